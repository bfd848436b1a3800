"""What follows from a graph: the shape at every port, parameters, MACs, activation memory, and what is wrong.

Rules are pure, so their results are remembered by (block, input shapes); an analysis is brought up to date from the one before, and
costs what the edit touched.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from heapq import heapify, heappop, heappush

from app.document.fitting import scope_with
from app.document.formulas import FormulaError
from app.document.graph import Document, Edge, EdgeId, Graph, Instance, Node, NodeId
from app.document.problem import Column
from app.document.scope import NOWHERE, Scope, settled
from app.document.wiring import NO_EDGES, Wiring, differing, first_wire, rewire, wire
from blocks.core import Block, BlockError, Kind, Port, Shape, Shapes
from blocks.data import Input
from blocks.merge import Switch
from blocks.rules import size

BYTES = 4  # of a float32
LARGEST_TENSOR = 2**40  # entries; more is refused before anything is allocated


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a node. ``outputs`` is None where that can't be said: with ``error`` the cause is here, else further up.

    ``inputs`` are the shapes that come in, ``memory`` the bytes of the results for one sample.
    """

    inputs: Shapes = ()
    outputs: Shapes | None = None
    kinds: tuple[Kind, ...] = ()
    params: int = 0
    macs: int = 0
    memory: int = 0
    error: str = ""
    code: str = ""
    blocks: int = 1  # more where it is a block of blocks


UNKNOWN = Facts()


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the graph. ``memory`` is bytes of results for one sample."""

    params: int = 0
    macs: int = 0
    memory: int = 0


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that follows from ``graph``."""

    graph: Graph  # with what formulas are worth in its blocks
    wiring: Wiring
    facts: Mapping[NodeId, Facts]
    totals: Totals
    origin: Graph  # as it was drawn
    scope: Scope = NOWHERE

    def shape_at(self, edge: Edge) -> Shape | None:
        """The shape that flows through a wire, where it is known."""
        facts = self.facts[edge.source]
        names = [port.name for port in self.graph.nodes[edge.source].block.outputs]
        if facts.outputs is None or edge.source_port not in names:
            return None
        return facts.outputs[names.index(edge.source_port)]

    def kind_at(self, edge: Edge) -> Kind:
        """What flows through a wire: real numbers or indices."""
        facts = self.facts[edge.source]
        names = [port.name for port in self.graph.nodes[edge.source].block.outputs]
        return facts.kinds[names.index(edge.source_port)] if facts.kinds and edge.source_port in names else "any"

    def kinds_into(self, id: NodeId) -> tuple[Kind, ...]:
        """What flows into a node, in the order of its ports."""
        wanted, _ = arrange(self.graph.nodes[id].block.inputs, self.wiring.incoming.get(id, NO_EDGES))
        return tuple(self.kind_at(edge) for edge in wanted)


def analyse(graph: Graph, before: Analysis | None = None, scope: Scope | None = None) -> Analysis:
    """The analysis of ``graph``, brought up to date from ``before`` where that is given; formulas hold in ``scope``, or in that of ``before``."""
    if before is None:
        return _from_scratch(graph, wire(graph), scope or NOWHERE)
    if (before.origin is graph or before.graph is graph) and scope in (None, before.scope):
        return before
    scope = scope or before.scope
    edges = differing(before.graph.edges, graph.edges)
    wiring = rewire(before.wiring, before.graph, graph, edges)
    plain = scope is NOWHERE and before.scope is NOWHERE and before.graph is before.origin  # nothing there that must be worked out first
    if wiring.cyclic or before.wiring.cyclic or not plain or any(special(node) for node in graph.nodes.values()):
        return _from_scratch(graph, wiring if wiring.cyclic else wire(graph), scope)
    return _update(graph, wiring, before, edges)


def analyse_document(document: Document, before: Analysis | None = None, columns: Mapping[str, Column] | None = None) -> Analysis:
    """The analysis of a document's own graph, with its parameters, and with what it leaves open as the data's ``columns`` say."""
    return analyse(document.graph, before, scope_with(document, columns))


def special(node: Node) -> bool:
    """Whether what a node is depends on where it stands, or whether others are there depends on it."""
    return bool(node.formulas) or isinstance(node.block, Switch)


def _from_scratch(graph: Graph, wiring: Wiring, scope: Scope) -> Analysis:
    facts: dict[NodeId, Facts] = {}
    blocks: dict[NodeId, Block] = {}
    params = macs = memory = 0
    nodes, incoming, rank = graph.nodes, wiring.incoming, wiring.rank
    switches = False
    for id in rank:  # made in rank order
        node, edges = nodes[id], incoming.get(id, NO_EDGES)
        if scope is not NOWHERE or node.formulas or isinstance(node.block, Switch):
            switches = switches or isinstance(node.block, Switch)
            facts[id], block = _in_scope(node, edges, facts, nodes, scope)
            if block is not node.block:
                blocks[id] = block
        else:
            facts[id] = _evaluate(node, edges, facts, nodes)
    for id in wiring.cyclic:
        facts[id] = UNKNOWN
    settled_graph = settled(graph, blocks)
    if switches:
        for id in left_out(settled_graph, wiring):
            facts[id] = replace(facts[id], params=0, macs=0, memory=0, error="", code="left-out")
    for known in facts.values():
        params += known.params
        macs += known.macs
        memory += known.memory
    return Analysis(settled_graph, wiring, facts, Totals(params, macs, memory), graph, scope)


def _in_scope(
    node: Node, edges: tuple[Edge, ...], facts: Mapping[NodeId, Facts], nodes: Mapping[NodeId, Node], scope: Scope
) -> tuple[Facts, Block]:
    """Facts of a node whose block must be worked out first, and the block."""
    if node.id in scope.entries:
        shape, kind = scope.entries[node.id]
        return Facts((), (shape,), (kind,)), node.block
    feeding = next((_flow(edge, facts, nodes) for edge in edges), None)
    try:
        block = scope.block(node, feeding[0] if feeding else None)
    except BlockError as error:
        unknown = edges and feeding is None  # the cause is further up
        return (UNKNOWN if unknown else Facts(error=str(error), code=error.code)), node.block
    if isinstance(block, Switch) and not node.bypassed:
        return _switch(block, edges, facts, nodes), block
    return _evaluate(node if block is node.block else replace(node, block=block), edges, facts, nodes, scope.symbolic), block


def _flow(edge: Edge, facts: Mapping[NodeId, Facts], nodes: Mapping[NodeId, Node]) -> tuple[Shape, Kind] | None:
    """What comes along a wire, where that is known."""
    source = facts[edge.source]
    at = next((k for k, port in enumerate(nodes[edge.source].block.outputs) if port.name == edge.source_port), -1)
    return None if source.outputs is None or at < 0 else (source.outputs[at], source.kinds[at])


def _switch(block: Switch, edges: tuple[Edge, ...], facts: Mapping[NodeId, Facts], nodes: Mapping[NodeId, Node]) -> Facts:
    """A switch needs to know only what it picks."""
    if not edges:
        return Facts(error=_missing_text(block, list(block.inputs)), code="unconnected")
    if block.which >= len(edges):
        return Facts(
            error=f"which is {block.which}, but it has {len(edges)} wires, counted from 0: give 0 to {len(edges) - 1}", code="range"
        )
    picked = _flow(edges[block.which], facts, nodes)
    return UNKNOWN if picked is None else Facts((picked[0],), (picked[0],), (picked[1],))


def left_out(graph: Graph, wiring: Wiring) -> set[NodeId]:
    """The nodes of which nothing is left when the network is built: they feed only what switches do not pick."""
    gone: set[NodeId] = set()
    for id in reversed(list(wiring.rank)):
        outgoing = wiring.outgoing.get(id, NO_EDGES)
        if outgoing and not isinstance(graph.nodes[id].block, Input) and all(_dead(edge, graph, wiring, gone) for edge in outgoing):
            gone.add(id)
    return gone


def _dead(edge: Edge, graph: Graph, wiring: Wiring, gone: set[NodeId]) -> bool:
    node = graph.nodes[edge.target]
    if edge.target in gone or not isinstance(node.block, Switch) or node.bypassed:
        return edge.target in gone
    return edge is not picked_wire(node.block, wiring.incoming[edge.target])


def picked_wire(block: Switch, edges: tuple[Edge, ...]) -> Edge | None:
    """The wire that a switch picks."""
    return edges[block.which] if block.which < len(edges) else None


def _update(graph: Graph, wiring: Wiring, before: Analysis, edge_ids: list[EdgeId]) -> Analysis:
    facts = dict(before.facts)
    totals = before.totals
    params, macs, memory = totals.params, totals.macs, totals.memory
    nodes, rank, incoming, outgoing = graph.nodes, wiring.rank, wiring.incoming, wiring.outgoing
    touched: set[NodeId] = set()
    for id in differing(before.graph.nodes, nodes):
        if id not in nodes:
            gone = facts.pop(id)
            params, macs, memory = params - gone.params, macs - gone.macs, memory - gone.memory
        elif (old_node := before.graph.nodes.get(id)) is None or (
            old_node.block is not nodes[id].block or old_node.bypassed is not nodes[id].bypassed
        ):
            touched.add(id)
    for edge_id in edge_ids:
        for edges in (before.graph.edges, graph.edges):
            if edge_id in edges and edges[edge_id].target in nodes:
                touched.add(edges[edge_id].target)
    queue = [(rank[id], id) for id in touched]
    heapify(queue)
    while queue:
        _, id = heappop(queue)
        touched.discard(id)
        old = facts.get(id, UNKNOWN)
        new = _evaluate(nodes[id], incoming.get(id, NO_EDGES), facts, nodes)
        facts[id] = new
        params, macs, memory = params + new.params - old.params, macs + new.macs - old.macs, memory + new.memory - old.memory
        if new.outputs != old.outputs or new.kinds != old.kinds:
            for edge in outgoing.get(id, NO_EDGES):
                if edge.target not in touched:
                    touched.add(edge.target)
                    heappush(queue, (rank[edge.target], edge.target))
    return Analysis(graph, wiring, facts, Totals(params, macs, memory), graph)


def _evaluate(
    node: Node, edges: tuple[Edge, ...], facts: Mapping[NodeId, Facts], nodes: Mapping[NodeId, Node], symbolic: bool = False
) -> Facts:
    """Facts of one node from those of the nodes that feed it."""
    infer = symbolically if symbolic else remembered
    block = node.block
    ports = block.inputs
    if node.bypassed:
        return _through(block, edges, facts, nodes)
    if len(edges) == 1 and len(ports) == 1 and ports[0].name == edges[0].target_port:  # the usual case, without a loop
        source = facts[edges[0].source]
        if source.outputs is None:
            return UNKNOWN
        if len(source.outputs) == 1:
            return infer(block, source.outputs, source.kinds)
    wanted, missing = arrange(ports, edges)
    if missing:
        return Facts(error=_missing_text(block, missing), code="unconnected")
    shapes: list[Shape] = []
    kinds: list[Kind] = []
    for edge in wanted:
        source = facts[edge.source]
        if source.outputs is None:
            return UNKNOWN
        at = next((k for k, port in enumerate(nodes[edge.source].block.outputs) if port.name == edge.source_port), -1)
        if at < 0:
            return UNKNOWN
        shapes.append(source.outputs[at])
        kinds.append(source.kinds[at])
    return infer(block, tuple(shapes), tuple(kinds))


def _through(block: Block, edges: tuple[Edge, ...], facts: Mapping[NodeId, Facts], nodes: Mapping[NodeId, Node]) -> Facts:
    """Facts of a bypassed node: it hands on what comes in first, and costs nothing."""
    first = first_wire(block, edges)
    if first is None:
        return Facts(error=_missing_text(block, list(block.inputs[:1])), code="unconnected")
    source = facts[first.source]
    at = next((k for k, port in enumerate(nodes[first.source].block.outputs) if port.name == first.source_port), -1)
    if source.outputs is None or at < 0:
        return UNKNOWN
    shape, count = source.outputs[at], len(block.outputs)
    return Facts((shape,), (shape,) * count, (source.kinds[at],) * count)


def arrange(ports: tuple[Port, ...], edges: tuple[Edge, ...]) -> tuple[list[Edge], list[Port]]:
    """The wires in port order, those of a Many port one after the other, and the ports that lack one."""
    wanted: list[Edge] = []
    missing: list[Port] = []
    for port in ports:
        found = [edge for edge in edges if edge.target_port == port.name]
        if not found and not port.optional:
            missing.append(port)
        wanted += found if port.many else found[:1]
    return wanted, missing


def _missing_text(block: Block, missing: list[Port]) -> str:
    if len(block.inputs) == 1:
        return "has no input: drag a wire from another block onto it"
    names = " and ".join(port.name for port in missing)
    return f"has no wire at {names}: drag one there from another block"


def forget() -> None:
    """Rules that ask others may answer differently now."""
    remembered.cache_clear()


def worked_out(block: Block, shapes: Shapes, kinds: tuple[Kind, ...], symbolic: bool = False) -> Facts:
    """Facts of a block for shapes at its inputs. Never raises: a broken rule is a fact with an error."""
    try:
        _check_kinds(block, kinds)
        if isinstance(block, Instance):
            from app.document.repeating import facts_of  # it analyses what is inside, and so needs this module

            return facts_of(block, shapes, kinds, symbolic=symbolic)
        result = block.shape(*shapes)
        several = bool(result) and isinstance(result[0], tuple)
        outputs: Shapes = result if several else (result,)  # type: ignore[assignment]
        weights = block.weights(*shapes)
        largest = max(map(size, (*outputs, *weights.values())), default=0)
        if largest > LARGEST_TENSOR:
            raise BlockError(
                f"would hold a tensor of {largest:.3g} numbers ({largest * BYTES / 2**30:,.0f} GiB): make it smaller", "too-large"
            )
        return Facts(
            shapes,
            outputs,
            block.kinds(*kinds),
            sum(map(size, weights.values())),
            block.macs(*shapes),
            BYTES * sum(map(size, outputs)),
        )
    except BlockError as error:
        return Facts(shapes, error=str(error), code=error.code)
    except FormulaError as error:
        return Facts(shapes, error=str(error), code="formula")
    except Exception as error:  # a plug-in's rule may be wrong; the examiner sees to ours
        return Facts(shapes, error=f"its shape rule failed: {type(error).__name__}: {error}", code="rule")


remembered = lru_cache(maxsize=65_536)(worked_out)
symbolically = partial(worked_out, symbolic=True)  # numbers that remember their expressions equal plain ones: no cache must see them
infer = remembered


def _check_kinds(block: Block, kinds: tuple[Kind, ...]) -> None:
    ports = block.inputs
    for k, kind in enumerate(kinds):
        port = ports[min(k, len(ports) - 1)]
        if text := kind_error(kind, port, block.label):
            raise BlockError(text, "kind")


def kind_error(kind: Kind, port: Port, label: str) -> str:
    """Why what flows can't flow into a port; empty where it can."""
    if "any" in (kind, port.kind) or kind == port.kind:
        return ""
    if port.kind == "index":
        return f"the {port.name} of {label} takes class labels, not real numbers: wire a Target of kind 'class' to it"
    return f"{label} takes real numbers, not class labels"
