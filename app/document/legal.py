"""Where a wire may go, found once when it is picked up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.document.analysis import Analysis, analyse, kind_error
from app.document.edits import connect, set_flags
from app.document.graph import Edge, NodeId, label
from app.document.graph import port as port_of
from app.document.wiring import NO_EDGES
from blocks.core import Kind, Port

End = tuple[NodeId, str]  # a node and the name of one of its ports


@dataclass(frozen=True, slots=True)
class Targets:
    """Every port at the other side, with the reason why the wire can't end there; an empty text where it can."""

    start: End
    forward: bool  # from an output to inputs; else from an input to outputs
    reasons: Mapping[End, str]

    def edge(self, end: End) -> Edge:
        """The wire that would come of it."""
        return Edge(*self.start, *end) if self.forward else Edge(*end, *self.start)

    def at(self, node: NodeId, analysis: Analysis) -> tuple[End | None, str]:
        """The best port of a node: free and legal if there is one. With it comes the reason where none is legal."""
        ends = [end for end in self.reasons if end[0] == node]
        if not ends:
            return None, ""
        taken = {(e.target, e.target_port) for e in analysis.wiring.incoming.get(node, NO_EDGES)} if self.forward else set()
        best = min(ends, key=lambda end: (bool(self.reasons[end]), end in taken))
        return best, self.reasons[best]


def targets(analysis: Analysis, node: NodeId, port: str, *, forward: bool) -> Targets:
    """All places for a wire that starts at an output (forward) or at an input: one search for circles, one look at each port."""
    graph = analysis.graph
    loop = analysis.wiring.reach(node, up=forward)
    own = graph.nodes[node]
    reasons: dict[End, str] = {}
    if forward:
        kind = _kind(analysis, node, port)
        for other in graph.nodes.values():
            for entry in other.block.inputs:
                reasons[other.id, entry.name] = _circle(own.name, other.name, other.id, node, loop) or kind_error(
                    kind, entry, label(other.block)
                )
    else:
        entry = port_of(own.block, port, "inputs") or Port(port, "any")
        for other in graph.nodes.values():
            for out in other.block.outputs:
                reason = _circle(other.name, own.name, other.id, node, loop)
                reasons[other.id, out.name] = reason or kind_error(_kind(analysis, other.id, out.name), entry, label(own.block))
    return Targets((node, port), forward, reasons)


def _circle(source: str, target: str, other: NodeId, node: NodeId, loop: set[NodeId]) -> str:
    if other == node:
        return f"{source} can't feed itself"
    return f"{target} already feeds {source}: the wire would close a circle" if other in loop else ""


def _kind(analysis: Analysis, node: NodeId, port: str) -> Kind:
    block, facts = analysis.graph.nodes[node].block, analysis.facts[node]
    outputs = [p.name for p in block.outputs]
    if port not in outputs:  # an unknown block, or a wire kept from the block that stood here before
        return "any"
    at = outputs.index(port)
    return facts.kinds[at] if facts.kinds else block.outputs[at].kind


def bypass(analysis: Analysis, ids: Iterable[NodeId]) -> str:
    """Why these nodes can't be bypassed; empty where they can."""
    graph, chosen = analysis.graph, list(ids)
    for id in chosen:
        node = graph.nodes[id]
        if not node.block.inputs or not node.block.outputs:
            return f"{node.name} can't be bypassed: it has {'nothing to hand on' if not node.block.inputs else 'no result'}"
    after = analyse(set_flags(graph, chosen, bypassed=True), analysis)
    for id, facts in after.facts.items():
        if facts.error and not analysis.facts[id].error and facts.code != "pending":
            what = ", ".join(graph.nodes[one].name for one in chosen[:3]) + ", ..." * (len(chosen) > 3)
            return f"Without {what}, {graph.nodes[id].name} would not fit: {facts.error}"
    return ""


def consequence(analysis: Analysis, edge: Edge) -> str:
    """The error that a legal wire would bring to its target; empty where all would be well or nothing is known yet."""
    after = analyse(connect(analysis.graph, edge)[0], analysis)
    facts = after.facts[edge.target]
    return facts.error if facts.code != "unconnected" else ""
