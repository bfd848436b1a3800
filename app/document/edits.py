"""Edits: pure functions from a graph to a graph. Each touches only what it must, so that everything else stays the same object."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from app.document.graph import Edge, EdgeId, Frame, FrameId, Graph, Node, NodeId, Place, port, type_name
from app.document.wiring import first_wire
from blocks.core import Block, ParamError


def add_node(graph: Graph, block: Block, position: tuple[float, float], name: str = "") -> tuple[Graph, NodeId]:
    """A new node; its name is made from the type unless given. Returns the graph and the new id."""
    id = f"n{graph.next_id}"
    node = Node(id, block, name or fresh_name(graph, block), position)
    return replace(graph, nodes={**graph.nodes, id: node}, next_id=graph.next_id + 1), id


def fresh_name(graph: Graph, block: Block) -> str:
    """The first of conv1, conv2, ... that is free; input, target and output go without a number at first."""
    taken = {node.name for node in graph.nodes.values()}
    base = short_name(type_name(block))
    if base in ("input", "target", "output", "loss") and base not in taken:
        return base
    k = 1
    while f"{base}{k}" in taken:
        k += 1
    return f"{base}{k}"


SHORT = {
    "Linear": "fc", "MaxPool2d": "pool", "AvgPool2d": "pool", "GlobalAvgPool": "gap", "BatchNorm2d": "bn", "LayerNorm": "ln",
    "CrossEntropy": "loss", "L1Loss": "loss", "MSELoss": "loss", "HuberLoss": "loss", "Conv1d": "conv", "Conv2d": "conv", "Conv3d": "conv",
}  # fmt: skip


def short_name(type_name: str) -> str:
    """What people call such a block in code: fc, conv, bn."""
    return SHORT.get(type_name, type_name.lower())


def remove(graph: Graph, nodes: Iterable[NodeId] = (), edges: Iterable[EdgeId] = (), frames: Iterable[FrameId] = ()) -> Graph:
    """Without these nodes, their wires, these wires, and these frames."""
    gone, cut, unframed = set(nodes), set(edges), set(frames)
    kept = {i: e for i, e in graph.edges.items() if i not in cut and e.source not in gone and e.target not in gone}
    return replace(
        graph,
        nodes={i: n for i, n in graph.nodes.items() if i not in gone} if gone else graph.nodes,
        edges=kept if len(kept) < len(graph.edges) else graph.edges,
        frames={i: f for i, f in graph.frames.items() if i not in unframed} if unframed else graph.frames,
    )


def connect(graph: Graph, edge: Edge) -> tuple[Graph, EdgeId]:
    """With a wire more. A wire that ends at the same input is replaced, unless the port takes many."""
    target = port(graph.nodes[edge.target].block, edge.target_port, "inputs")
    edges = dict(graph.edges)
    if target is None or not target.many:
        end = edge.target
        for taken in [i for i, e in edges.items() if e.target == end and e.target_port == edge.target_port]:
            del edges[taken]
    id = f"e{graph.next_id}"
    edges[id] = edge
    return replace(graph, edges=edges, next_id=graph.next_id + 1), id


def set_block(graph: Graph, id: NodeId, block: Block) -> Graph:
    """With another block in a node's place; wires to ports that it does not have are dropped."""
    node = graph.nodes[id]
    edges = graph.edges
    if type(block) is not type(node.block) or block.inputs != node.block.inputs or block.outputs != node.block.outputs:
        edges = {
            i: e
            for i, e in edges.items()
            if not (e.target == id and port(block, e.target_port, "inputs") is None)
            and not (e.source == id and port(block, e.source_port, "outputs") is None)
        }
    return replace(graph, nodes={**graph.nodes, id: replace(node, block=block)}, edges=edges)


def swap(graph: Graph, id: NodeId, block: Block) -> Graph:
    """With a block of another type in a node's place: wires stay where it has the ports, and so do parameters of the same name that fit."""
    values = dict(block.changed())
    for name, value in graph.nodes[id].block.changed().items():
        if name in block.fields and name not in values:
            try:
                values[name] = block.fields[name].coerce(value)
            except ParamError:
                continue
    old, new = short_name(type_name(graph.nodes[id].block)), short_name(type_name(block))
    graph = set_block(graph, id, type(block)(**values))
    node = graph.nodes[id]
    if old != new and node.name.rstrip("0123456789") == old:  # a name that was made from the type is made anew
        graph = rename(graph, id, fresh_name(graph, block))
    return graph


def detach(graph: Graph, id: NodeId) -> Graph:
    """Without the wires of a node; what fed it first feeds now what it fed."""
    before = first_wire(graph.nodes[id].block, [e for e in graph.edges.values() if e.target == id])
    after = [e for e in graph.edges.values() if e.source == id]
    graph = remove(graph, edges=[i for i, e in graph.edges.items() if id in (e.source, e.target)])
    for edge in after if before else ():
        assert before is not None
        graph, _ = connect(graph, Edge(before.source, before.source_port, edge.target, edge.target_port))
    return graph


def without_formulas(graph: Graph, ids: Iterable[NodeId], names: Iterable[str]) -> Graph:
    """The graph in which these parameters are plain values again."""
    gone = set(names)
    nodes = {
        id: replace(graph.nodes[id], formulas=tuple((name, text) for name, text in graph.nodes[id].formulas if name not in gone))
        for id in ids if any(name in gone for name, _ in graph.nodes[id].formulas)
    }  # fmt: skip
    return replace(graph, nodes={**graph.nodes, **nodes}) if nodes else graph


def set_params(graph: Graph, ids: Iterable[NodeId], **values: Any) -> Graph:
    """With parameters changed on all of these nodes, whatever formulas they had; raises ParamError where a value does not fit.

    Where a parameter decides which ports there are, wires to those that go are dropped.
    """
    chosen = list(ids)
    graph = without_formulas(graph, chosen, values)
    for id in chosen:
        graph = set_block(graph, id, graph.nodes[id].block.replace(**values))
    return graph


def rename(graph: Graph, id: NodeId, name: str) -> Graph:
    """With another name on a node."""
    return replace(graph, nodes={**graph.nodes, id: replace(graph.nodes[id], name=name)})


def move(graph: Graph, positions: Mapping[NodeId, tuple[float, float]]) -> Graph:
    """With nodes at other places."""
    nodes = dict(graph.nodes)
    for id, position in positions.items():
        if nodes[id].position != position:
            nodes[id] = replace(nodes[id], position=position)
    return replace(graph, nodes=nodes)


def shift(graph: Graph, nodes: Iterable[NodeId], by: Place, frames: Iterable[FrameId] = ()) -> Graph:
    """With nodes and frames moved by a distance, and the dots of wires between these nodes with them."""
    moved, (dx, dy) = set(nodes), by
    graph = move(graph, {id: _moved(graph.nodes[id].position, dx, dy) for id in moved})
    bent = {i: e for i, e in graph.edges.items() if e.via and e.source in moved and e.target in moved}
    if bent:
        shifted = {i: replace(e, via=tuple(_moved(place, dx, dy) for place in e.via)) for i, e in bent.items()}
        graph = replace(graph, edges={**graph.edges, **shifted})
    for id in frames:
        graph = set_frame(graph, id, replace(graph.frames[id], position=_moved(graph.frames[id].position, dx, dy)))
    return graph


def _moved(place: Place, dx: float, dy: float) -> Place:
    return place[0] + dx, place[1] + dy


def set_flags(graph: Graph, ids: Iterable[NodeId], **flags: Any) -> Graph:
    """With ``bypassed``, ``frozen`` or ``collapsed`` set on these nodes."""
    return replace(graph, nodes={**graph.nodes, **{id: replace(graph.nodes[id], **flags) for id in ids}})


def without_bypassed(graph: Graph) -> Graph:
    """The network that runs: bypassed nodes are gone, what fed them feeds what they fed."""
    for id in [id for id, node in graph.nodes.items() if node.bypassed]:
        graph = remove(detach(graph, id), [id])
    return graph


def add_frame(graph: Graph, frame: Frame) -> tuple[Graph, FrameId]:
    """With a comment frame more. Returns the graph and the new id."""
    id = f"f{graph.next_id}"
    return replace(graph, frames={**graph.frames, id: frame}, next_id=graph.next_id + 1), id


def set_frame(graph: Graph, id: FrameId, frame: Frame) -> Graph:
    """With another frame in the place of one."""
    return replace(graph, frames={**graph.frames, id: frame})


def bend(graph: Graph, id: EdgeId, via: Iterable[Place]) -> Graph:
    """With the drawn wire passing through other dots."""
    return replace(graph, edges={**graph.edges, id: replace(graph.edges[id], via=tuple(via))})


def replug(graph: Graph, edges: Iterable[EdgeId], source: NodeId, port: str) -> Graph:
    """With these wires beginning at another output."""
    return replace(graph, edges={**graph.edges, **{i: replace(graph.edges[i], source=source, source_port=port, via=()) for i in edges}})


def splice(graph: Graph, id: EdgeId, node: NodeId) -> Graph:
    """With a node that is there put into a wire: through its first input and its first output."""
    old, block = graph.edges[id], graph.nodes[node].block
    before = Edge(old.source, old.source_port, node, block.inputs[0].name)
    after = Edge(node, block.outputs[0].name, old.target, old.target_port)
    edges = {i: after if i == id else e for i, e in graph.edges.items()}  # keeps its place among the wires of a Many port
    return connect(replace(graph, edges=edges), before)[0]


def insert_on_edge(graph: Graph, id: EdgeId, block: Block, position: tuple[float, float]) -> tuple[Graph, NodeId]:
    """With a block spliced into a wire: through its first input and its first output."""
    graph, new = add_node(graph, block, position)
    return splice(graph, id, new), new


def subgraph(graph: Graph, ids: Iterable[NodeId], frames: Iterable[FrameId] = ()) -> Graph:
    """Only these nodes, the wires between them, and these frames."""
    kept = set(ids)
    return Graph(
        {i: n for i, n in graph.nodes.items() if i in kept},
        {i: e for i, e in graph.edges.items() if e.source in kept and e.target in kept},
        graph.next_id,
        {id: graph.frames[id] for id in frames},
    )


def paste(graph: Graph, piece: Graph, offset: Place, fed: Iterable[Edge] = ()) -> tuple[Graph, list[NodeId]]:
    """With a copy of ``piece`` added under new ids and free names. Returns the graph and the new ids.

    ``fed`` are wires into nodes of the piece from nodes of the graph: the copies get them too.
    """
    renamed: dict[NodeId, NodeId] = {}
    for node in piece.nodes.values():
        position = (node.position[0] + offset[0], node.position[1] + offset[1])
        taken = any(other.name == node.name for other in graph.nodes.values())
        graph, new = add_node(graph, node.block, position, "" if taken else node.name)
        renamed[node.id] = new
        graph = set_flags(graph, [new], bypassed=node.bypassed, frozen=node.frozen, collapsed=node.collapsed, formulas=node.formulas)
    for edge in piece.edges.values():
        via = tuple(_moved(place, *offset) for place in edge.via)
        graph, _ = connect(graph, replace(edge, source=renamed[edge.source], target=renamed[edge.target], via=via))
    for edge in fed:
        source = graph.nodes.get(edge.source)
        if source and edge.target in renamed and port(source.block, edge.source_port, "outputs"):  # it may be another block by now
            graph, _ = connect(graph, replace(edge, target=renamed[edge.target], via=()))
    for frame in piece.frames.values():
        graph, _ = add_frame(graph, replace(frame, position=_moved(frame.position, *offset)))
    return graph, list(renamed.values())
