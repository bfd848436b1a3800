"""What a network needs and in which order: what ``forward`` computes, what only the loss needs, and what crosses between them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.compiler.compiled import CompileError
from app.document.analysis import Analysis, arrange, left_out, picked_wire
from app.document.graph import Edge, NodeId
from app.document.wiring import NO_EDGES, wire
from blocks.core import Shape
from blocks.data import Input, Output, Target
from blocks.merge import Switch

Port = tuple[NodeId, int]  # a value: the output of a node, counted from 0


@dataclass(frozen=True, slots=True)
class Line:
    """One node to be computed, from these values."""

    node: NodeId
    args: list[Port]


class Plan:
    """``forward`` and ``aside`` are the lines of ``Net.forward``, the latter only for the loss; ``training`` those of ``Net.loss``.

    ``results[:count]`` is what the network is for, all of ``results`` what the losses need as well. Raises CompileError.
    """

    def __init__(self, analysis: Analysis) -> None:
        graph = analysis.graph
        self.graph, self.facts, self.wiring = graph, analysis.facts, analysis.wiring
        nodes = graph.nodes
        self.losses = [id for id, node in nodes.items() if node.block.loss]
        self.outputs = [id for id, node in nodes.items() if isinstance(node.block, Output)]
        ends = self.losses + self.outputs or self._open_ends()
        if not ends:
            raise CompileError("the network has no layers yet: connect an Input to a layer")
        self._refuse_errors(ends)
        wanted = self._crossing() or [(id, 0) for id in ends]
        plain = list(dict.fromkeys(self.value(id) for id in self.outputs)) or wanted
        self.count = len(plain)
        self.results = plain + [port for port in wanted if port not in plain]
        self.forward = self._schedule(id for id, _ in plain)
        self.aside = self._schedule((id for id, _ in self.results[self.count :]), done=self.forward)
        self.training = self._schedule(self.losses, done=self.forward + self.aside)
        self.inputs = [id for id in nodes if isinstance(nodes[id].block, Input) and any(line.node == id for line in self.lines)]
        if not self.inputs:
            raise CompileError("the network has no Input that leads to a result: connect one to the first layer")

    @property
    def lines(self) -> list[Line]:
        return [*self.forward, *self.aside, *self.training]

    def value(self, output: NodeId) -> Port:
        """What flows into an Output."""
        return self._args(output)[0]

    def shape(self, port: Port) -> Shape:
        """The shape of a value."""
        outputs = self.facts[port[0]].outputs
        assert outputs is not None  # _refuse_errors saw to it
        return outputs[port[1]]

    def shapes(self, line: Line) -> tuple[Shape, ...]:
        """The shapes that a line is computed from."""
        return tuple(self.shape(port) for port in line.args)

    def _open_ends(self) -> list[NodeId]:
        inner = (Target, Input)
        return [
            i for i, n in self.graph.nodes.items() if n.block.outputs and not self.wiring.outgoing.get(i) and not isinstance(n.block, inner)
        ]

    def _refuse_errors(self, ends: list[NodeId]) -> None:
        for end in ends:
            if end in self.wiring.cyclic:
                raise CompileError(f"{self.graph.nodes[end].name} stands on a circle or behind one: remove one of its wires")
            facts = self.facts[end]
            if facts.outputs is None:
                cause = end if facts.error else next((i for i in self.wiring.reach(end, up=True) if self.facts[i].error), end)
                text = self.facts[cause].error or "its shape is not known"
                raise CompileError(f"{self.graph.nodes[cause].name}: {text}")

    def _after_targets(self) -> set[NodeId]:
        """Targets and everything that depends on one: it belongs to the loss, not to the network."""
        found: set[NodeId] = set()
        for id, node in self.graph.nodes.items():
            if isinstance(node.block, Target):
                found |= self.wiring.reach(id, up=False)
        return found

    def _args(self, id: NodeId) -> list[Port]:
        wanted, _ = arrange(self.graph.nodes[id].block.inputs, self.wiring.incoming.get(id, NO_EDGES))
        return [self._port(edge) for edge in wanted]

    def _port(self, edge: Edge) -> Port:
        names = [port.name for port in self.graph.nodes[edge.source].block.outputs]
        return edge.source, names.index(edge.source_port)

    def _crossing(self) -> list[Port]:
        """The values that cross from the network to the losses, Inputs aside: those are at hand anyway."""
        trained = self._after_targets()
        found: dict[Port, None] = {}
        stack, seen = list(reversed(self.losses)), set(self.losses)
        while stack:
            for port in self._args(stack.pop()):
                id = port[0]
                if id in trained:
                    if id not in seen:
                        seen.add(id)
                        stack.append(id)
                elif not isinstance(self.graph.nodes[id].block, Input):
                    found[port] = None
        return list(found) or [self.value(id) for id in self.outputs]

    def _schedule(self, ends: Iterable[NodeId], done: Iterable[Line] = ()) -> list[Line]:
        """What the ends need beyond ``done``, each branch from its beginning to its end."""
        seen = {line.node for line in done}
        lines: list[Line] = []
        for end in ends:
            stack: list[tuple[NodeId, list[Port] | None]] = [(end, None)]
            while stack:
                id, args = stack.pop()
                if args is not None:
                    lines.append(Line(id, args))
                elif id not in seen:
                    seen.add(id)
                    wanted = self._args(id)
                    stack.append((id, wanted))
                    stack += [(source, None) for source, _ in reversed(wanted)]
        return lines


class InnerPlan(Plan):
    """The plan of what is inside a block of blocks: every Input is an argument, every Output a result, and nothing is for a loss."""

    def __init__(self, analysis: Analysis) -> None:
        self.graph, self.facts, self.wiring = analysis.graph, analysis.facts, analysis.wiring
        nodes = self.graph.nodes
        self.losses = []
        self.inputs = [id for id in nodes if isinstance(nodes[id].block, Input)]
        self.outputs = [id for id in nodes if isinstance(nodes[id].block, Output)]
        self._refuse_errors(self.outputs)
        self.results = [self.value(id) for id in self.outputs]
        self.count = len(self.results)
        self.forward = self._schedule(id for id, _ in self.results)
        self.aside = []
        self.training = []


def built(analysis: Analysis) -> Analysis:
    """The analysis of what is left when switches have picked: of each one wire, and nothing that fed the others alone."""
    graph, wiring = analysis.graph, analysis.wiring
    switches = {id: node.block for id, node in graph.nodes.items() if isinstance(node.block, Switch)}
    if not switches:
        return analysis
    gone = left_out(graph, wiring)
    picked = {id: picked_wire(block, wiring.incoming.get(id, NO_EDGES)) for id, block in switches.items()}
    edges = {
        id: edge for id, edge in graph.edges.items()
        if edge.source not in gone and edge.target not in gone and (edge.target not in picked or edge is picked[edge.target])
    }  # fmt: skip
    nodes = {id: replace(node, block=Switch()) if id in switches else node for id, node in graph.nodes.items() if id not in gone}
    graph = replace(graph, nodes=nodes, edges=edges)
    return replace(analysis, graph=graph, origin=graph, wiring=wire(graph))
