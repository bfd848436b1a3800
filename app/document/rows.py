"""The network as a table: what a row says of a block, and what editing a cell does. For large networks, and for those who can't see the canvas."""

import re
from dataclasses import replace
from typing import Any

from app.document.analysis import Analysis, analyse
from app.document.edits import connect, detach, remove, set_block, splice
from app.document.graph import Edge, Graph, NodeId, Unknown
from app.document.legal import targets
from app.document.wiring import NO_EDGES
from blocks.params import ParamError

PAIR = re.compile(r"\s*(\w+)\s*=\s*(.*?)\s*(?:,(?=\s*\w+\s*=)|$)")


def inputs(analysis: Analysis, id: NodeId) -> str:
    """Where a block's inputs come from: ``relu1`` or ``relu1, skip``; with the port where a block gives several."""
    return ", ".join(_end(analysis, edge) for edge in analysis.wiring.incoming.get(id, NO_EDGES))


def _end(analysis: Analysis, edge: Edge) -> str:
    node = analysis.graph.nodes[edge.source]
    return f"{node.name}.{edge.source_port}" if len(node.block.outputs) > 1 else node.name


def reconnect(analysis: Analysis, id: NodeId, text: str) -> Graph:
    """The graph with a block fed by those named in ``text``, in the order of its ports; raises ValueError with a sentence."""
    graph, node = analysis.graph, analysis.graph.nodes[id]
    names = [part.strip() for part in text.split(",") if part.strip()]
    ports = [port.name for port in node.block.inputs]
    most = len(ports) if not (node.block.inputs and node.block.inputs[-1].many) else len(names)
    if len(names) > most:
        raise ValueError(f"{node.name} has {most} input{'s' * (most != 1)}, got {len(names)} names")
    graph = remove(graph, edges=[i for i, e in graph.edges.items() if e.target == id])
    for k, name in enumerate(names):
        source, port = _find(graph, name)
        entry = ports[min(k, len(ports) - 1)]
        reason = targets(analyse(graph), source, port, forward=True).reasons.get((id, entry), f"{node.name} has no input {entry}")
        if reason:
            raise ValueError(reason)
        graph, _ = connect(graph, Edge(source, port, id, entry))
    return graph


def _find(graph: Graph, text: str) -> tuple[NodeId, str]:
    """The block and the output that ``relu1`` or ``split1.b`` mean."""
    for name, port in ((text, ""), tuple(text.rpartition(".")[::2])):
        found = [n for n in graph.nodes.values() if n.name == name]
        if len(found) > 1:
            raise ValueError(f"{len(found)} blocks are named {name}: rename one first")
        if found:
            outputs = [one.name for one in found[0].block.outputs]
            if not outputs or (port and port not in outputs):
                raise ValueError(f"{name} gives {', '.join(outputs) or 'nothing'}, not {port or 'a result'}")
            return found[0].id, port or outputs[0]
    raise ValueError(f"no block is named {text}")


def params(graph: Graph, id: NodeId) -> str:
    """The parameters that are not at their default, as ``out_channels=64, kernel_size=5×5``."""
    block = graph.nodes[id].block
    return "" if isinstance(block, Unknown) else ", ".join(f"{name}={_text(value)}" for name, value in block.changed().items())


def _text(value: Any) -> str:
    return "×".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else str(value)


def set_params(graph: Graph, id: NodeId, text: str) -> Graph:
    """The graph with the parameters of a block as ``text`` says, all others at their defaults; raises ValueError with a sentence."""
    block, values, at = graph.nodes[id].block, dict[str, Any](), 0
    while at < len(text.rstrip()):
        pair = PAIR.match(text, at)
        if pair is None:
            raise ValueError(f"parameters read like out_channels=64, kernel_size=3×3, got {text[at:]!r}")
        name, value = pair.groups()
        if name not in block.fields:
            raise ValueError(f"{type(block).__name__} has no parameter {name}; it has {', '.join(block.fields)}")
        try:
            values[name] = block.fields[name].coerce(_value(value))
        except ParamError as error:
            raise ValueError(str(error)) from None
        at = pair.end()
    return set_block(graph, id, type(block)(**values))


def _value(text: str) -> Any:
    if re.fullmatch(r"-?\d+([x×]-?\d+)+", text):
        return [int(part) for part in re.split("[x×]", text)]
    if text in ("True", "False", "on", "off"):
        return text in ("True", "on")
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def earlier(analysis: Analysis, id: NodeId) -> Graph | None:
    """The graph with a block before the one that feeds it; None where that has no meaning."""
    edges = analysis.wiring.incoming.get(id, NO_EDGES)
    node = analysis.graph.nodes[id]
    if len(edges) != 1 or not node.block.outputs:
        return None
    above = edges[0].source
    entry = analysis.wiring.incoming.get(above, NO_EDGES)
    if len(entry) != 1 or len(analysis.wiring.outgoing.get(above, NO_EDGES)) != 1:
        return None
    graph = detach(analysis.graph, id)
    wire = next(i for i, e in graph.edges.items() if e.target == above)
    graph = splice(graph, wire, id)
    a, b = graph.nodes[id], graph.nodes[above]
    places = {id: replace(a, position=b.position), above: replace(b, position=a.position)}
    return replace(graph, nodes={**graph.nodes, **places})


def later(analysis: Analysis, id: NodeId) -> Graph | None:
    """The graph with a block behind the one that it feeds; None where that has no meaning."""
    edges = analysis.wiring.outgoing.get(id, NO_EDGES)
    return earlier(analysis, edges[0].target) if len(edges) == 1 else None
