"""Who feeds whom, and an order in which everything comes after what it needs. Kept from edit to edit, so that one wire costs what it touches.

The order is maintained as in Pearce and Kelly, A dynamic topological sort algorithm for directed acyclic graphs (2006).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import compress
from operator import is_not
from typing import Any

from app.document.graph import Edge, EdgeId, Graph, NodeId
from blocks.core import Block

NO_EDGES: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True)
class Wiring:
    """``incoming`` and ``outgoing`` wires of each node that has some, in order; ``rank`` grows along every wire.

    Nodes on a cycle, and all that follow from one, have no rank: ``cyclic`` holds them.
    """

    incoming: Mapping[NodeId, tuple[Edge, ...]]
    outgoing: Mapping[NodeId, tuple[Edge, ...]]
    rank: Mapping[NodeId, int]
    cyclic: frozenset[NodeId] = frozenset()

    @property
    def order(self) -> list[NodeId]:
        """The nodes that have a rank, each after all that feed it."""
        return sorted(self.rank, key=self.rank.__getitem__)

    def reach(self, start: NodeId, *, up: bool) -> set[NodeId]:
        """Every node that feeds ``start`` (up) or is fed by it, itself included: one search."""
        edges = self.incoming if up else self.outgoing
        found, stack = {start}, [start]
        while stack:
            for edge in edges.get(stack.pop(), NO_EDGES):
                other = edge.source if up else edge.target
                if other not in found:
                    found.add(other)
                    stack.append(other)
        return found

    def closes_cycle(self, source: NodeId, target: NodeId) -> bool:
        """Whether a wire from ``source`` to ``target`` would close a circle. Searches only between their ranks."""
        if source == target:
            return True
        if source in self.cyclic or target in self.cyclic:
            return source in self.reach(target, up=False)
        high = self.rank[source]
        if self.rank[target] > high:
            return False
        found, stack = {target}, [target]
        while stack:
            for edge in self.outgoing.get(stack.pop(), NO_EDGES):
                if edge.target == source:
                    return True
                if edge.target not in found and self.rank.get(edge.target, high) < high:
                    found.add(edge.target)
                    stack.append(edge.target)
        return False


def wire(graph: Graph) -> Wiring:
    """The wiring of a graph, from scratch."""
    into: dict[NodeId, list[Edge]] = {}
    out: dict[NodeId, list[Edge]] = {}
    for edge in graph.edges.values():
        if (wires := into.get(edge.target)) is None:
            into[edge.target] = [edge]
        else:
            wires.append(edge)
        if (wires := out.get(edge.source)) is None:
            out[edge.source] = [edge]
        else:
            wires.append(edge)
    rank: dict[NodeId, int] = {}
    waiting: dict[NodeId, int] = {}
    for start in graph.nodes:  # nodes mostly stand in a good order already: then this is one look at each
        if start in into:
            ready = True
            for edge in into[start]:
                if edge.source not in rank:
                    ready = False
                    break
            if not ready:
                waiting[start] = 0
                continue
        rank[start] = len(rank)
    if waiting:
        _settle(waiting, into, out, rank)
    cyclic = frozenset(waiting.keys() - rank.keys()) if waiting else frozenset()
    return Wiring(_tuples(into), _tuples(out), rank, cyclic)


def _settle(
    waiting: dict[NodeId, int], into: Mapping[NodeId, list[Edge]], out: Mapping[NodeId, list[Edge]], rank: dict[NodeId, int]
) -> None:
    """Give a rank to every waiting node that can have one (Kahn, 1962)."""
    for id in waiting:
        waiting[id] = sum(edge.source in waiting for edge in into[id])
    ready = [id for id, count in waiting.items() if not count]
    while ready:
        id = ready.pop()
        rank[id] = len(rank)
        for edge in out.get(id, ()):
            if edge.target in waiting:
                waiting[edge.target] -= 1
                if not waiting[edge.target]:
                    ready.append(edge.target)


def _tuples(edges: dict[NodeId, list[Edge]]) -> dict[NodeId, tuple[Edge, ...]]:
    return dict(zip(edges, map(tuple, edges.values()), strict=True))


def first_wire(block: Block, edges: Iterable[Edge]) -> Edge | None:
    """Of the wires into a block the one that goes on where the block is taken out: the first of the first port that has one."""
    order = {port.name: k for k, port in enumerate(block.inputs)}
    return min(edges, key=lambda edge: order.get(edge.target_port, len(order)), default=None)


def differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Keys that were added, removed or now hold another object. Costs little where the two mostly share their entries."""
    if old is new:
        return []
    changed = list(compress(new, map(is_not, map(old.get, new), new.values())))
    return changed + list(old.keys() - new.keys())


def rewire(wiring: Wiring, old: Graph, new: Graph, edge_ids: list[EdgeId]) -> Wiring:
    """The wiring of ``new`` from that of ``old``, where the wires ``edge_ids`` differ; from scratch where there is or was a cycle."""
    if not edge_ids and old.nodes.keys() == new.nodes.keys():
        return wiring
    if wiring.cyclic or len(edge_ids) > 64:
        return wire(new)
    rank = dict(wiring.rank)
    if old.nodes is not new.nodes:
        _rerank(rank, new)
    gone = [old.edges[id] for id in edge_ids if id in old.edges]
    added = [new.edges[id] for id in edge_ids if id in new.edges]
    incoming, outgoing = dict(wiring.incoming), dict(wiring.outgoing)
    if len(gone) + len(added) == len(edge_ids):  # none was replaced in its place, so new ones come last
        for edge in gone:
            _drop(incoming, edge.target, edge)
            _drop(outgoing, edge.source, edge)
        for edge in added:
            incoming[edge.target] = (*incoming.get(edge.target, NO_EDGES), edge)
            outgoing[edge.source] = (*outgoing.get(edge.source, NO_EDGES), edge)
    else:
        _collect(incoming, {e.target for e in gone + added}, new.edges, "target")
        _collect(outgoing, {e.source for e in gone + added}, new.edges, "source")
    against = [edge for edge in added if rank[edge.source] >= rank[edge.target]]
    if len(against) > 1:  # one at a time can be lifted; the others would have to be unknown until their turn
        return wire(new)
    if against and (against[0].source == against[0].target or not _lift(rank, against[0], incoming, outgoing)):
        return wire(new)
    return Wiring(incoming, outgoing, rank)


def _rerank(rank: dict[NodeId, int], graph: Graph) -> None:
    """Forget nodes that are gone; new ones come last."""
    for id in rank.keys() - graph.nodes.keys():
        del rank[id]
    last = max(rank.values(), default=-1)
    for id in graph.nodes:
        if id not in rank:
            rank[id] = last = last + 1


def _drop(edges: dict[NodeId, tuple[Edge, ...]], end: NodeId, gone: Edge) -> None:
    if kept := tuple(edge for edge in edges[end] if edge is not gone):
        edges[end] = kept
    else:
        del edges[end]


def _collect(edges: dict[NodeId, tuple[Edge, ...]], ends: set[NodeId], all_edges: Mapping[EdgeId, Edge], side: str) -> None:
    """Gather the wires of some nodes anew, in document order."""
    found: dict[NodeId, list[Edge]] = {end: [] for end in ends}
    for edge in all_edges.values():
        if (wires := found.get(getattr(edge, side))) is not None:
            wires.append(edge)
    for end, wires in found.items():
        if wires:
            edges[end] = tuple(wires)
        else:
            edges.pop(end, None)


def _lift(
    rank: dict[NodeId, int], edge: Edge, incoming: Mapping[NodeId, Iterable[Edge]], outgoing: Mapping[NodeId, Iterable[Edge]]
) -> bool:
    """Reorder the nodes between the ends of a new wire; False where it closes a cycle."""
    low, high = rank[edge.target], rank[edge.source]
    ahead, behind = [edge.target], [edge.source]
    for found, edges, down in ((ahead, outgoing, True), (behind, incoming, False)):
        seen = set(found)
        for id in found:  # grows while it is walked
            for wire_ in edges.get(id, NO_EDGES):
                other = wire_.target if down else wire_.source
                if other not in seen and (rank[other] <= high if down else rank[other] >= low):
                    if down and other == edge.source:
                        return False
                    seen.add(other)
                    found.append(other)
    moved = sorted(behind, key=rank.__getitem__) + sorted(ahead, key=rank.__getitem__)
    for id, place in zip(moved, sorted(rank[id] for id in moved), strict=True):
        rank[id] = place
    return True
