"""Edits: pure functions from a graph to a graph. Each touches only what it must, so that everything else stays the same object."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from app.document.graph import Edge, EdgeId, Graph, Node, NodeId, port, type_name
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


def remove(graph: Graph, nodes: Iterable[NodeId] = (), edges: Iterable[EdgeId] = ()) -> Graph:
    """Without these nodes, their wires, and these wires."""
    gone, cut = set(nodes), set(edges)
    kept = {i: e for i, e in graph.edges.items() if i not in cut and e.source not in gone and e.target not in gone}
    return replace(
        graph, nodes={i: n for i, n in graph.nodes.items() if i not in gone}, edges=kept if len(kept) < len(graph.edges) else graph.edges
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
    old = short_name(type_name(graph.nodes[id].block))
    graph = set_block(graph, id, type(block)(**values))
    node = graph.nodes[id]
    if node.name.rstrip("0123456789") == old:  # a name that was made from the type is made anew
        graph = rename(graph, id, fresh_name(graph, block))
    return graph


def detach(graph: Graph, id: NodeId) -> Graph:
    """Without the wires of a node; what fed it first feeds now what it fed."""
    before = next((e for e in graph.edges.values() if e.target == id), None)
    after = [e for e in graph.edges.values() if e.source == id]
    graph = remove(graph, edges=[i for i, e in graph.edges.items() if id in (e.source, e.target)])
    for edge in after if before else ():
        assert before is not None
        graph, _ = connect(graph, Edge(before.source, before.source_port, edge.target, edge.target_port))
    return graph


def set_params(graph: Graph, ids: Iterable[NodeId], **values: Any) -> Graph:
    """With parameters changed on all of these nodes; raises ParamError where a value does not fit.

    Where a parameter decides which ports there are, wires to those that go are dropped.
    """
    for id in ids:
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


def insert_on_edge(graph: Graph, id: EdgeId, block: Block, position: tuple[float, float]) -> tuple[Graph, NodeId]:
    """With a block spliced into a wire: through its first input and its first output."""
    old = graph.edges[id]
    graph, new = add_node(graph, block, position)
    before = Edge(old.source, old.source_port, new, block.inputs[0].name)
    after = Edge(new, block.outputs[0].name, old.target, old.target_port)
    edges = {i: after if i == id else e for i, e in graph.edges.items()}  # keeps its place among the wires of a Many port
    return replace(graph, edges={**edges, f"e{graph.next_id}": before}, next_id=graph.next_id + 1), new


def subgraph(graph: Graph, ids: Iterable[NodeId]) -> Graph:
    """Only these nodes and the wires between them."""
    kept = set(ids)
    return Graph(
        {i: n for i, n in graph.nodes.items() if i in kept},
        {i: e for i, e in graph.edges.items() if e.source in kept and e.target in kept},
        graph.next_id,
    )


def paste(graph: Graph, piece: Graph, offset: tuple[float, float]) -> tuple[Graph, list[NodeId]]:
    """With a copy of ``piece`` added under new ids and free names. Returns the graph and the new ids."""
    renamed: dict[NodeId, NodeId] = {}
    for node in piece.nodes.values():
        position = (node.position[0] + offset[0], node.position[1] + offset[1])
        taken = any(other.name == node.name for other in graph.nodes.values())
        graph, renamed[node.id] = add_node(graph, node.block, position, "" if taken else node.name)
    for edge in piece.edges.values():
        graph, _ = connect(graph, replace(edge, source=renamed[edge.source], target=renamed[edge.target]))
    return graph, list(renamed.values())
