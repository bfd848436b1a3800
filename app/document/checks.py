"""Everything that can be said against a document, worst first. networkx finds the paths and circles."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.document import fixes
from app.document.analysis import Analysis, analyse
from app.document.fitting import column_of
from app.document.graph import Graph, NodeId, label
from app.document.problem import Column, Problem, Severity
from blocks.convolution import Conv1d, Conv2d, Conv3d
from blocks.core import Block
from blocks.data import Input, Output, Target
from blocks.linear import Linear
from blocks.loss import Classification, CTCLoss, Loss
from blocks.normalization import BatchNorm2d
from blocks.rules import dims, spread
from blocks.squashing import LogSoftmax, Sigmoid, Softmax
from blocks.transposed import ConvTranspose

if TYPE_CHECKING:
    import networkx as nx

ORDER = {"error": 0, "warning": 1, "hint": 2}
MOST_NODES = 100_000


OUTSIDE = frozenset(("no-input", "no-loss"))  # what a block of blocks need not have


def check(
    graph: Graph, columns: Mapping[str, Column] | None = None, analysis: Analysis | None = None, *, inside: bool = False
) -> list[Problem]:
    """All problems of a graph. ``columns`` of the data set are compared too where they are given; ``inside`` for that of a block of blocks."""
    analysis = analysis or analyse(graph)
    if not graph.nodes:
        return [Problem("error", "empty", "The network is empty: drag an Input, a few layers, a Target and a loss onto the canvas")]
    found = [*_circles(analysis), *_rules(analysis), *_ends(analysis), *_losses(analysis), *_style(analysis)]
    if columns is not None:
        found += _data(analysis, columns)
    if inside:
        found = [problem for problem in found if problem.code not in OUTSIDE]
    return sorted(found, key=lambda problem: ORDER[problem.severity])


def digraph(graph: Graph) -> "nx.MultiDiGraph[str]":
    """The graph as networkx knows it; edges carry the id of their wire as key."""
    import networkx as nx  # 120 ms: on first use, not when the window starts

    result: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    result.add_nodes_from(graph.nodes)
    result.add_edges_from((edge.source, edge.target, id) for id, edge in graph.edges.items())
    return result


def _of(graph: Graph, *kinds: type[Block]) -> list[NodeId]:
    return [id for id, node in graph.nodes.items() if isinstance(node.block, kinds)]


def _circles(analysis: Analysis) -> list[Problem]:
    if not analysis.wiring.cyclic:
        return []
    import networkx as nx

    graph, found = analysis.graph, []
    for group in nx.strongly_connected_components(digraph(graph)):
        wires = [id for id, edge in graph.edges.items() if edge.source in group and edge.target in group]
        if wires:
            inner = nx.find_cycle(digraph(graph).subgraph(group))
            names = " → ".join(graph.nodes[step[0]].name for step in inner[:6]) + (" → ..." if len(inner) > 6 else "")
            text = f"{names} → {graph.nodes[inner[0][0]].name} is a circle: data could never pass it. Remove one of its {len(inner)} wires"
            found.append(Problem("error", "cycle", text, inner[-1][1], (fixes.cut(graph, inner[-1][2]),)))
    return found


def _rules(analysis: Analysis) -> list[Problem]:
    graph = analysis.graph

    def severity(id: NodeId, code: str) -> Severity:
        """A block that nothing needs is only left out; one whose shape is being measured is no mistake."""
        if code == "pending":
            return "hint"
        needed = analysis.wiring.outgoing.get(id) or graph.nodes[id].block.loss or not graph.nodes[id].block.outputs
        return "error" if needed or code != "unconnected" else "warning"

    return [
        Problem(
            severity(id, facts.code),
            facts.code,
            _sentence(graph.nodes[id].name, facts.error),
            id,
            fixes.for_error(analysis, id, facts.code),
        )
        for id, facts in analysis.facts.items()
        if facts.error
    ]


def _sentence(name: str, text: str) -> str:
    return f"{name} {text}" if text.split()[0] in ("needs", "has", "compares", "would", "normalises", "takes") else f"{name}: {text}"


def _ends(analysis: Analysis) -> list[Problem]:
    """Branches that lead nowhere: each is told once, at its end."""
    graph, found = analysis.graph, []
    if not _of(graph, Input):
        found.append(Problem("error", "no-input", "The network has no Input: data has no way in", None, (fixes.add_input(graph),)))
    alone = len(graph.nodes) == 1
    for id, node in graph.nodes.items():
        if alone or not node.block.outputs or analysis.wiring.outgoing.get(id) or analysis.facts[id].code == "unconnected":
            continue
        if isinstance(node.block, Target):
            text = f"{node.name} goes nowhere: wire it to the target of a loss"
        elif isinstance(node.block, Input):
            text = f"{node.name} goes nowhere: wire it to the first layer"
        else:
            text = f"The result of {node.name} goes nowhere: wire it to a loss or an Output, or remove it"
        found.append(Problem("warning", "dangling", text, id, fixes.for_dangling(analysis, id)))
    return found


def _losses(analysis: Analysis) -> list[Problem]:
    graph, found = analysis.graph, []
    losses = [id for id, node in graph.nodes.items() if node.block.loss]
    if not losses:
        text = "There is no loss: the network can't be trained until one says how wrong it is"
        found.append(Problem("warning", "no-loss", text, None, fixes.add_loss(analysis)))
    for answer in _of(graph, Target):
        for id in analysis.wiring.reach(answer, up=False) - {answer}:
            if isinstance(graph.nodes[id].block, Output):
                text = (
                    f"{graph.nodes[id].name} depends on {graph.nodes[answer].name}: the finished network would need the answer to give it"
                )
                found.append(Problem("error", "leak", text, id))
    for id in losses:
        found += _prediction(analysis, id)
        if not isinstance(graph.nodes[id].block, Classification):
            continue
        sources = {edge.target_port: edge.source for edge in analysis.wiring.incoming.get(id, ())}
        prediction, target = sources.get("prediction"), sources.get("target")
        if prediction and target and isinstance(block := graph.nodes[target].block, Target):
            facts = analysis.facts[prediction]
            width = facts.outputs[0][0] if facts.outputs and facts.outputs[0] else 0
            if width and width != block.classes and not analysis.facts[id].error:
                text = f"{graph.nodes[id].name} gets {width} scores for {block.classes} classes: there must be one score for each class"
                found.append(Problem("error", "classes", text, id, fixes.set_width(analysis, prediction, block.classes)))
    return found


def _prediction(analysis: Analysis, id: NodeId) -> list[Problem]:
    """A loss that wants scores gets probabilities, or one that wants log-probabilities gets something else."""
    graph, loss = analysis.graph, analysis.graph.nodes[id]
    edge = next((e for e in analysis.wiring.incoming.get(id, ()) if e.target_port == "prediction"), None)
    if edge is None or not isinstance(loss.block, Loss) or analysis.facts[id].error:
        return []
    source = graph.nodes[edge.source]
    squashed = (Softmax, LogSoftmax) if isinstance(loss.block, Classification) else (Sigmoid,)
    if source.bypassed:
        return []
    if loss.block.takes == "scores" and isinstance(source.block, squashed):
        what = label(source.block).lower()
        text = f"{source.name} before {loss.name}: {label(loss.block).lower()} applies {what} itself, twice makes learning slow"
        return [Problem("warning", "softmax-twice", text, source.id, (fixes.bypass(graph, source.id),))]
    if loss.block.takes == "log-probabilities" and isinstance(source.block, (Linear, Softmax, Conv1d, Conv2d, Conv3d)):
        text = f"{loss.name} takes log-probabilities, but {source.name} gives {'probabilities' if isinstance(source.block, Softmax) else 'raw scores'}"
        return [Problem("warning", "log-softmax", text, id, fixes.log_softmax(analysis, edge, last=isinstance(loss.block, CTCLoss)))]
    return []


def _style(analysis: Analysis) -> list[Problem]:
    graph, found = analysis.graph, []
    for id, node in graph.nodes.items():
        if node.bypassed:
            continue
        if node.block.no_onnx:
            found.append(Problem("hint", "no-onnx", f"{node.name} can't be exported to ONNX: {node.block.no_onnx}", id))
        if isinstance(node.block, BatchNorm2d):
            for edge in analysis.wiring.incoming.get(id, ()):
                conv = graph.nodes[edge.source]
                if isinstance(conv.block, (Conv1d, Conv2d, Conv3d)) and conv.block.bias and not conv.bypassed:
                    text = f"{conv.name} has a bias, but {node.name} subtracts the mean right after it: the bias has no effect"
                    found.append(Problem("hint", "bias-before-norm", text, conv.id, (fixes.bias_off(conv.id),)))
        elif isinstance(node.block, Linear) and (shape := analysis.facts[id].inputs) and len(shape[0]) > 2:
            text = f"{node.name} sees only the last axis of {dims(shape[0])}, one row at a time: an image is usually flattened first"
            found.append(Problem("warning", "linear-on-image", text, id, fixes.flatten_before(analysis, id)))
        elif isinstance(node.block, ConvTranspose):
            kernel, stride = spread(node.block.kernel_size, node.block.rank), spread(node.block.stride, node.block.rank)
            if any(s > 1 and k % s for k, s in zip(kernel, stride, strict=True)):
                even = tuple(-(-k // s) * s for k, s in zip(kernel, stride, strict=True))
                text = (
                    f"{node.name}: a kernel of {max(kernel)} that stride {max(stride)} does not divide stamps unevenly, which shows as a "
                    f"checkerboard (Odena et al., 2016)"
                )
                fix = fixes.set_value(id, f"Set kernel_size to {even[0]}", kernel_size=even if len(even) > 1 else even[0])
                found.append(Problem("hint", "checkerboard", text, id, (fix,)))
    return found


def _data(analysis: Analysis, columns: Mapping[str, Column]) -> list[Problem]:
    """The network against the data set it is to learn from."""
    graph, found = analysis.graph, []
    for id in _of(graph, Input, Target):
        node, block = graph.nodes[id], graph.nodes[id].block
        assert isinstance(block, (Input, Target))
        column = column_of(block, columns)
        if column is None:
            text = f"{node.name}: the data set has no column {block.column!r}; it has {', '.join(columns)}"
            wanted = "index" if isinstance(block, Target) and block.kind == "class" else "real"
            options = tuple(fixes.set_value(id, f"Use column {c.name!r}", column=c.name) for c in columns.values() if c.kind == wanted)
            found.append(Problem("error", "column", text, id, options))
        elif isinstance(block, Target) and (block.kind == "class") != (column.kind == "index"):
            right = "class" if column.kind == "index" else "values"
            text = f"{node.name} expects {'labels' if block.kind == 'class' else 'values'}, but column {column.name!r} holds the other kind"
            found.append(Problem("error", "column", text, id, (fixes.set_value(id, f"Set kind to {right!r}", kind=right),)))
        elif isinstance(block, Input) and (block.kind == "index") != (column.kind == "index"):
            right = "index" if column.kind == "index" else "values"
            text = f"{node.name} expects {'indices' if block.kind == 'index' else 'real numbers'}, but column {column.name!r} holds the other kind"
            found.append(Problem("error", "column", text, id, (fixes.set_value(id, f"Set kind to {right!r}", kind=right),)))
        elif block.size != column.shape:
            text = f"{node.name} is {dims(block.size)}, but column {column.name!r} of the data set is {dims(column.shape)}"
            found.append(Problem("error", "size", text, id, (fixes.set_value(id, f"Set size to {dims(column.shape)}", size=column.shape),)))
        elif isinstance(block, Target) and column.classes and block.classes != len(column.classes):
            n = len(column.classes)
            text = f"{node.name} says {block.classes} classes, but column {column.name!r} of the data set has {n}"
            found.append(Problem("error", "classes", text, id, (fixes.set_value(id, f"Set classes to {n}", classes=n),)))
    return found


def describe(problem: Problem, graph: Graph) -> str:
    """A problem on one line, for a terminal: where, and what."""
    where = f"{graph.nodes[problem.node].name} ({label(graph.nodes[problem.node].block)})" if problem.node else "network"
    return f"{problem.severity}: {where}: {problem.text}"
