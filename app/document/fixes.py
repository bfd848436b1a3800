"""Quick fixes: for a kind of problem, the edits that would mend it. Only those that do are offered."""

from collections.abc import Callable
from functools import partial
from typing import Any

from app.document.analysis import Analysis, analyse
from app.document.edits import add_node, connect, detach, remove, set_block, set_params
from app.document.fixes_upsampling import enough_channels, without_indices
from app.document.graph import Edge, EdgeId, Graph, NodeId
from app.document.placing import on_wire
from app.document.problem import Fix
from blocks.convolution import Conv1d, Conv2d, Conv3d
from blocks.core import Block, Shape
from blocks.data import Input, Target
from blocks.linear import Linear
from blocks.loss import CrossEntropy, MSELoss
from blocks.merge import Add, Concat
from blocks.normalization import GroupNorm
from blocks.pooling import GlobalAvgPool, Pool
from blocks.reshape import Flatten
from blocks.rules import dims, size, spread
from blocks.squashing import LogSoftmax, Softmax
from blocks.transposed import ConvTranspose

GAP = 120.0  # between a block and one put beside it by a fix
Conv = (Conv1d, Conv2d, Conv3d)


def for_error(analysis: Analysis, id: NodeId, code: str) -> tuple[Fix, ...]:
    """The fixes for an error of a rule at a node that really remove it."""
    makers: dict[str, Callable[[Analysis, NodeId], list[Fix]]] = {
        "unconnected": _connect_something,
        "shapes-differ": _match_shapes,
        "window": _smaller_window,
        "groups": _valid_groups,
        "same": _numeric_padding,
        "scores": _scores,
        "axes": _axes,
        "kind": _kind,
        "padding": _less_padding,
    }
    maker = makers.get(code)
    offered = maker(analysis, id) if maker else []
    return tuple(fix for fix in offered if _mends(analysis, id, fix))


def _mends(analysis: Analysis, id: NodeId, fix: Fix) -> bool:
    after = analyse(fix.edit(analysis.graph), analysis)
    return id not in after.graph.nodes or (
        not after.facts[id].error and (after.facts[id].outputs is not None or after.facts[id] != analysis.facts[id])
    )


def set_value(id: NodeId, text: str, **values: Any) -> Fix:
    """Change parameters of one node."""
    return Fix(text, lambda graph: set_params(graph, [id], **values))


def cut(graph: Graph, edge: EdgeId) -> Fix:
    """Remove a wire."""
    ends = graph.edges[edge]
    return Fix(
        f"Remove the wire from {graph.nodes[ends.source].name} to {graph.nodes[ends.target].name}", lambda g: remove(g, edges=[edge])
    )


def bypass(graph: Graph, id: NodeId) -> Fix:
    """Remove a node and join what it stood between."""
    return Fix(f"Remove {graph.nodes[id].name}", lambda graph: remove(detach(graph, id), [id]))


def bias_off(id: NodeId) -> Fix:
    """Turn off a bias that has no effect."""
    return set_value(id, "Turn bias off", bias=False)


def add_input(graph: Graph) -> Fix:
    """An Input above everything."""
    x = min((n.position[0] for n in graph.nodes.values()), default=0.0)
    y = min((n.position[1] for n in graph.nodes.values()), default=0.0)
    return Fix("Add an Input", lambda g: add_node(g, Input(), (x, y - GAP))[0])


def _spliced(analysis: Analysis, edge: EdgeId, text: str, *blocks: Block) -> Fix:
    """Put blocks one after the other into a wire."""

    def edit(graph: Graph) -> Graph:
        for block in blocks:  # the wire stays the one into the target
            graph, _ = on_wire(block, edge)(graph)
        return graph

    more = analyse(edit(analysis.graph), analysis).totals.params - analysis.totals.params
    return Fix(text, edit, f"+{more:,} params" if more > 0 else "")


def _wires(graph: Graph, id: NodeId) -> list[tuple[EdgeId, Edge]]:
    return [(i, e) for i, e in graph.edges.items() if e.target == id]


def _match_shapes(analysis: Analysis, id: NodeId) -> list[Fix]:
    """A 1×1 convolution, with a stride where sizes differ, on one of the branches; or Concat instead of Add."""
    graph = analysis.graph
    fixes: list[Fix] = []
    block = graph.nodes[id].block
    if isinstance(block, (Add, Concat)):
        wires = [(i, e, shape) for i, e in _wires(graph, id) if (shape := analysis.shape_at(e))]
        # the skip is the branch that leaves earlier: it comes first
        wires.sort(key=lambda w: analysis.wiring.rank[w[1].source])
        for i, edge, shape in wires:
            for other in dict.fromkeys(w[2] for w in wires if w[2] != shape):
                if (conv := _projection(shape, other)) is not None:
                    stride = f", stride {conv.stride[0]}" if max(conv.stride) > 1 else ""
                    fixes.append(
                        _spliced(
                            analysis,
                            i,
                            f"Insert 1×1 conv{stride} after {graph.nodes[edge.source].name}: {dims(shape)} → {dims(other)}",
                            conv,
                        )
                    )
        if isinstance(block, Add):
            fixes.append(Fix("Use Concat instead", lambda g: set_block(g, id, Concat()), "joins the channels"))
    return fixes


def _projection(shape: Shape, other: Shape) -> Conv2d | None:
    if len(shape) != 3 or len(other) != 3:
        return None
    if other[1] > shape[1] or other[2] > shape[2]:
        return None
    stride = (-(-shape[1] // other[1]), -(-shape[2] // other[2]))
    return Conv2d(out_channels=other[0], kernel_size=(1, 1), stride=stride, padding=(0, 0), bias=False)


def _smaller_window(analysis: Analysis, id: NodeId) -> list[Fix]:
    block, shapes = analysis.graph.nodes[id].block, analysis.facts[id].inputs
    fits = min(shapes[0][1:], default=1)
    found: list[Fix] = []
    if isinstance(block, Conv):
        if block.stride in (1, (1, 1), (1, 1, 1)):
            found.append(set_value(id, "Use padding 'same'", padding="same"))
        smaller = min(fits, 3)
        found.append(set_value(id, f"Set kernel_size to {smaller}", kernel_size=smaller, dilation=1))
    elif isinstance(block, Pool):
        found.append(set_value(id, f"Set kernel_size to {fits}", kernel_size=fits))
        found.append(bypass(analysis.graph, id))
    pools = [i for i in analysis.wiring.reach(id, up=True) if isinstance(analysis.graph.nodes[i].block, Pool) and i != id]
    if pools:
        found.append(bypass(analysis.graph, max(pools, key=analysis.wiring.rank.__getitem__)))
    return found


def _valid_groups(analysis: Analysis, id: NodeId) -> list[Fix]:
    """The nearest value that divides; for a block whose channels come from elsewhere there is none."""
    if upsampled := enough_channels(analysis, id):
        return upsampled
    block, channels = analysis.graph.nodes[id].block, analysis.facts[id].inputs[0][0]
    if isinstance(block, GroupNorm):
        best = min((g for g in range(1, channels + 1) if not channels % g), key=lambda g: abs(g - block.num_groups))
        return [set_value(id, f"Set num_groups to {best}", num_groups=best)]
    if not isinstance(block, (*Conv, ConvTranspose)):
        return []
    fits = [g for g in range(1, min(channels, block.out_channels) + 1) if not channels % g and not block.out_channels % g]
    nearest = min(fits, key=lambda g: abs(g - block.groups))
    multiple = -(-block.out_channels // block.groups) * block.groups
    return [
        set_value(id, f"Set groups to {nearest}", groups=nearest),
        set_value(id, f"Set out_channels to {multiple}", out_channels=multiple),
    ]


def _numeric_padding(analysis: Analysis, id: NodeId) -> list[Fix]:
    block = analysis.graph.nodes[id].block
    if not isinstance(block, Conv):
        return []
    kernel = block.kernel_size if isinstance(block.kernel_size, tuple) else (block.kernel_size,)
    half = tuple(k // 2 for k in kernel)
    padding = half if len(half) > 1 else half[0]
    return [set_value(id, f"Set padding to {half[0]}", padding=padding), set_value(id, "Set stride to 1", stride=1)]


def _less_padding(analysis: Analysis, id: NodeId) -> list[Fix]:
    block = analysis.graph.nodes[id].block
    if isinstance(block, Conv):
        return [set_value(id, "Pad with zeros", padding_mode="zeros")]
    if isinstance(block, Pool):
        most = min(spread(block.kernel_size, block.rank)) // 2
        return [set_value(id, f"Set padding to {most}", padding=most)]
    return []


def _scores(analysis: Analysis, id: NodeId) -> list[Fix]:
    """Class scores from whatever flows into a cross-entropy."""
    graph = analysis.graph
    wires = {e.target_port: (i, e) for i, e in _wires(graph, id)}
    if "prediction" not in wires or "target" not in wires:
        return []
    target = graph.nodes[wires["target"][1].source].block
    classes = target.classes if isinstance(target, Target) else 10
    edge, wire = wires["prediction"]
    shape = analysis.shape_at(wire) or ()
    found: list[Fix] = []
    if len(shape) == 3:
        before = graph.nodes[wire.source]
        if isinstance(before.block, Linear):
            found += flatten_before(analysis, wire.source)
        if shape[0] == classes:
            found.append(_spliced(analysis, edge, "Insert a global average pool", GlobalAvgPool()))
        found.append(_spliced(analysis, edge, f"Insert Flatten and Linear with {classes} outputs", Flatten(), Linear(out_features=classes)))
    return found


def _axes(analysis: Analysis, id: NodeId) -> list[Fix]:
    """A convolution after a Flatten; a vector where an image is needed."""
    found: list[Fix] = []
    for _, edge in _wires(analysis.graph, id):
        if isinstance(analysis.graph.nodes[edge.source].block, (Flatten, GlobalAvgPool)):
            found.append(bypass(analysis.graph, edge.source))
    return found


def _kind(analysis: Analysis, id: NodeId) -> list[Fix]:
    """Labels where numbers should be, or the other way round: the wires of a loss are swapped, or another target is taken."""
    graph = analysis.graph
    wires = {e.target_port: (i, e) for i, e in _wires(graph, id)}
    found: list[Fix] = []
    if wires.keys() == {"prediction", "target"}:
        (i, a), (j, b) = wires["prediction"], wires["target"]

        def swap(graph: Graph) -> Graph:
            graph = remove(graph, edges=[i, j])
            graph, _ = connect(graph, Edge(b.source, b.source_port, id, "prediction"))
            return connect(graph, Edge(a.source, a.source_port, id, "target"))[0]

        found.append(Fix("Swap prediction and target", swap))
        if not isinstance(graph.nodes[id].block, CrossEntropy):
            found.append(Fix("Use cross-entropy instead", lambda g: set_block(g, id, CrossEntropy())))
    return found


def _connected(graph: Graph, edge: Edge) -> Graph:
    return connect(graph, edge)[0]


def _connect_something(analysis: Analysis, id: NodeId) -> list[Fix]:
    """The nearest block whose result is not used yet and may flow in here."""
    graph, node = analysis.graph, analysis.graph.nodes[id]
    if unpooled := without_indices(analysis, id):
        return unpooled
    have = {e.target_port for _, e in _wires(graph, id)}
    free = [p for p in node.block.inputs if p.name not in have]
    below = analysis.wiring.reach(id, up=False)
    found: list[Fix] = []
    for port in free:
        options = []
        for other in graph.nodes.values():
            if other.id in below or not other.block.outputs:
                continue
            used = bool(analysis.wiring.outgoing.get(other.id))
            suits = isinstance(other.block, Target) == (port.name == "target")
            if suits and (not used or port.name == "target"):
                far = abs(other.position[0] - node.position[0]) + abs(other.position[1] - node.position[1])
                options.append((used, other.position[1] > node.position[1], far, other))
        for *_, other in sorted(options, key=lambda option: option[:3])[:1]:
            edge = Edge(other.id, other.block.outputs[0].name, id, port.name)
            found.append(
                Fix(f"Connect {other.name} to {port.name if len(node.block.inputs) > 1 else node.name}", partial(_connected, edge=edge))
            )
        if port.name == "target" and not options:
            found.append(_with_target(id, node.position))
    if len(found) > 1:  # both ends of a loss at once
        both = list(found)

        def all_of(graph: Graph) -> Graph:
            for fix in both:
                graph = fix.edit(graph)
            return graph

        found.insert(0, Fix(" and ".join(fix.label[0].lower() * (k > 0) + fix.label[k > 0 :] for k, fix in enumerate(both)), all_of))
    return found


def _with_target(id: NodeId, position: tuple[float, float]) -> Fix:
    def edit(graph: Graph) -> Graph:
        graph, target = add_node(graph, Target(), (position[0] - 240, position[1]))
        return connect(graph, Edge(target, "y", id, "target"))[0]

    return Fix("Add a Target", edit)


def for_dangling(analysis: Analysis, id: NodeId) -> tuple[Fix, ...]:
    """For a result that is not used: wire it to a free input below, or remove it."""
    graph, node = analysis.graph, analysis.graph.nodes[id]
    found: list[Fix] = []
    above = analysis.wiring.reach(id, up=True)
    for other in graph.nodes.values():
        if other.id in above or analysis.facts[other.id].code != "unconnected":
            continue
        have = {e.target_port for e in analysis.wiring.incoming.get(other.id, ())}
        for port in other.block.inputs:
            if port.name not in have and (port.name == "target") == isinstance(node.block, Target):
                edge = Edge(id, node.block.outputs[0].name, other.id, port.name)
                found.append(Fix(f"Connect {node.name} to {other.name}", partial(_connected, edge=edge)))
    return (*found[:2], Fix(f"Remove {node.name}", lambda g: remove(g, [id])))


def add_loss(analysis: Analysis) -> tuple[Fix, ...]:
    """A loss and a target for the only open end, cross-entropy for scores."""
    graph = analysis.graph
    ends = [
        n
        for i, n in graph.nodes.items()
        if n.block.outputs and not isinstance(n.block, (Input, Target)) and not analysis.wiring.outgoing.get(i)
    ]
    if len(ends) != 1 or not (outputs := analysis.facts[ends[0].id].outputs):
        return ()
    end, shape = ends[0], outputs[0]

    def edit(graph: Graph, loss: Block, target: Target) -> Graph:
        x, y = end.position
        graph, new = add_node(graph, loss, (x, y + GAP))
        graph, _ = connect(graph, Edge(end.id, end.block.outputs[0].name, new, "prediction"))
        known = next((i for i, n in graph.nodes.items() if isinstance(n.block, Target)), None)
        if known is None:
            graph, known = add_node(graph, target, (x - 240, y + GAP))
        return connect(graph, Edge(known, "y", new, "target"))[0]

    if len(shape) == 1 and size(shape) > 1:
        return (Fix("Add cross-entropy and a target", lambda g: edit(g, CrossEntropy(), Target(classes=shape[0]))),)
    return (Fix("Add L2 loss and a target", lambda g: edit(g, MSELoss(), Target(kind="values", size=shape))),)


def flatten_before(analysis: Analysis, id: NodeId) -> tuple[Fix, ...]:
    """Make a vector of an image before a layer."""
    wires = _wires(analysis.graph, id)
    if not wires:
        return ()
    edge = wires[0][0]
    return (
        _spliced(analysis, edge, "Insert Flatten", Flatten()),
        _spliced(analysis, edge, "Insert a global average pool", GlobalAvgPool()),
    )


def log_softmax(analysis: Analysis, wire: Edge, last: bool) -> tuple[Fix, ...]:
    """Log-probabilities from scores: along the classes, or for a sequence along the last axis."""
    edge = next(i for i, e in analysis.graph.edges.items() if e == wire)
    source = analysis.graph.nodes[wire.source]
    block = LogSoftmax(dim=-1 if last else 1)
    if isinstance(source.block, Softmax):
        return (Fix(f"Make {source.name} a Log-softmax", lambda g: set_block(g, source.id, block)),)
    return (_spliced(analysis, edge, "Insert Log-softmax", block),)


def set_width(analysis: Analysis, prediction: NodeId, classes: int) -> tuple[Fix, ...]:
    """One score for each class, from the layer that makes the scores."""
    graph = analysis.graph
    for id in sorted(analysis.wiring.reach(prediction, up=True), key=lambda i: -analysis.wiring.rank[i]):
        block = graph.nodes[id].block
        if isinstance(block, Linear):
            return (set_value(id, f"Set {graph.nodes[id].name} to {classes} outputs", out_features=classes),)
        if isinstance(block, Conv):
            return (set_value(id, f"Set {graph.nodes[id].name} to {classes} filters", out_channels=classes),)
    return ()
