"""The compiler: one readable ``nn.Module`` for a graph, as a person would have written it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.compiler.names import Names, Variables
from app.document.analysis import Analysis, Facts, analyse, arrange
from app.document.edits import short_name
from app.document.graph import Edge, Graph, NodeId, type_name
from app.document.wiring import NO_EDGES
from blocks.core import Kind, Shape
from blocks.data import Input, Output, Target
from blocks.rules import dims


class CompileError(Exception):
    """The graph can't be turned into a network. The text is for the user."""


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor at the border of the network. ``column`` of the data set is empty for results; ``shape`` is without the batch."""

    name: str
    shape: Shape
    kind: Kind
    column: str = ""


@dataclass(frozen=True, slots=True)
class LossArgument:
    """An argument of ``Net.loss``: the result of ``forward`` at ``result``, or a column of the data set."""

    name: str
    result: int | None
    column: str = ""


@dataclass(frozen=True, slots=True)
class LossTerm:
    """One loss block: its type, which result of ``forward`` it judges (if it does so directly), and against which column."""

    node: NodeId
    block: str
    result: int | None
    column: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """The source of a network, and what must be known to feed it.

    ``Net.forward(*inputs)`` gives ``results[:outputs]``; called with ``for_loss=True``, if ``outputs < len(results)``, all of ``results``.
    ``Net.loss(*loss_arguments)`` is the weighted sum of ``losses``. ``modules`` maps nodes to attributes of ``Net``.
    """

    source: str
    inputs: tuple[Value, ...]
    results: tuple[Value, ...]
    outputs: int
    loss_arguments: tuple[LossArgument, ...]
    losses: tuple[LossTerm, ...]
    modules: Mapping[NodeId, str]


Port = tuple[NodeId, int]  # a value: the output of a node, counted from 0


def compile_graph(graph: Graph, analysis: Analysis | None = None) -> Compiled:
    """Compile ``graph``; raises CompileError where something it needs is missing or wrong."""
    return _Compiler(graph, analysis or analyse(graph)).run()


@dataclass(slots=True)
class _Line:
    node: NodeId
    args: list[Port]


class _Compiler:
    def __init__(self, graph: Graph, analysis: Analysis) -> None:
        self.graph, self.facts, self.wiring = graph, analysis.facts, analysis.wiring
        self.names = Names()
        self.modules: dict[NodeId, str] = {}

    def run(self) -> Compiled:
        nodes = self.graph.nodes
        losses = [id for id, node in nodes.items() if node.block.loss]
        outputs = [id for id, node in nodes.items() if isinstance(node.block, Output)]
        ends = losses + outputs or [
            i for i, n in nodes.items() if n.block.outputs and not self.wiring.outgoing.get(i) and not isinstance(n.block, (Target, Input))
        ]
        if not ends:
            raise CompileError("the network has no layers yet: connect an Input to a layer")
        self._refuse_errors(ends)
        trained = self._after_targets()
        results = self._results(outputs, losses, trained) or [(id, 0) for id in ends]
        plain = [self._value(id) for id in outputs] or results  # what forward gives when it is not asked for more
        count = len(plain)
        results = plain + [r for r in results if r not in plain]
        forward = self._schedule(id for id, _ in results[:count])
        aside = self._schedule((id for id, _ in results[count:]), done=forward)
        training = self._schedule(losses, done=forward + aside)
        inputs = [id for id in nodes if isinstance(nodes[id].block, Input) and any(line.node == id for line in forward + aside + training)]
        args = {id: self.names.take(nodes[id].name, "input") for id in inputs}
        if not inputs:
            raise CompileError("the network has no Input that leads to a result: connect one to the first layer")
        for line in forward + aside + training:
            self._name_module(line)
        named = self._named(results, outputs)
        head = self._head([*forward, *aside, *training])
        body = self._forward(args, forward, aside, results, count)
        loss, arguments = self._loss(training, losses, results, named, args) if losses else ([], [])
        values = [self._border(port, name) for port, name in zip(results, named, strict=True)]
        shown = tuple(Value(args[id], self._out(id), self.facts[id].kinds[0], self._column(id)) for id in inputs)
        source = "\n".join(
            [*self._top(shown, values[:count], [*forward, *aside, *training]), *head, "", *body, *loss, *self._tail(shown), ""]
        )
        terms = tuple(self._term(id, results) for id in losses)
        return Compiled(source, shown, tuple(values), count, tuple(arguments), terms, self.modules)

    # What is needed

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

    def _value(self, output: NodeId) -> Port:
        """What flows into an Output."""
        return self._args(output)[0]

    def _results(self, outputs: list[NodeId], losses: list[NodeId], trained: set[NodeId]) -> list[Port]:
        """The values that cross from the network to the losses, Inputs aside: those are at hand anyway."""
        found: dict[Port, None] = {}
        stack, seen = list(reversed(losses)), set(losses)
        while stack:
            for port in self._args(stack.pop()):
                id = port[0]
                if id in trained:
                    if id not in seen:
                        seen.add(id)
                        stack.append(id)
                elif not isinstance(self.graph.nodes[id].block, Input):
                    found[port] = None
        return list(found) or [self._value(id) for id in outputs]

    def _schedule(self, ends: Iterable[NodeId], done: Iterable[_Line] = ()) -> list[_Line]:
        """What the ends need beyond ``done``, each branch from its beginning to its end."""
        seen = {line.node for line in done}
        lines: list[_Line] = []
        for end in ends:
            stack: list[tuple[NodeId, list[Port] | None]] = [(end, None)]
            while stack:
                id, args = stack.pop()
                if args is not None:
                    lines.append(_Line(id, args))
                elif id not in seen:
                    seen.add(id)
                    wanted = self._args(id)
                    stack.append((id, wanted))
                    stack += [(source, None) for source, _ in reversed(wanted)]
        return lines

    # Source

    def _name_module(self, line: _Line) -> None:
        node, shapes = self.graph.nodes[line.node], self._shapes(line)
        if node.block.module(*shapes):
            self.modules[line.node] = self.names.take(node.name, short_name(type_name(node.block)))

    def _shapes(self, line: _Line) -> tuple[Shape, ...]:
        return tuple(self._shape(port) for port in line.args)

    def _shape(self, port: Port) -> Shape:
        outputs = self.facts[port[0]].outputs
        assert outputs is not None  # _refuse_errors saw to it
        return outputs[port[1]]

    def _out(self, id: NodeId) -> Shape:
        return self._shape((id, 0))

    def _border(self, port: Port, name: str) -> Value:
        facts: Facts = self.facts[port[0]]
        return Value(name, self._shape(port), facts.kinds[port[1]])

    def _column(self, id: NodeId) -> str:
        block = self.graph.nodes[id].block
        assert isinstance(block, (Input, Target))
        return block.column

    def _named(self, results: list[Port], outputs: list[NodeId]) -> list[str]:
        given = {self._value(id): self.graph.nodes[id].name for id in outputs}
        names = []
        for port in results:
            node = self.graph.nodes[port[0]]
            suffix = f"_{node.block.outputs[port[1]].name}" if len(node.block.outputs) > 1 else ""
            own = self.modules.get(port[0])
            if port in given:
                names.append(self.names.take(given[port], "output"))
            else:  # a result is called like the layer that makes it
                names.append(own + suffix if own and not suffix else self.names.take(node.name + suffix, "output"))
        return names

    def _top(self, inputs: tuple[Value, ...], results: list[Value], lines: list[_Line]) -> list[str]:
        def words(values: Iterable[Value]) -> str:
            return ", ".join(f"{v.name} ({_ascii(v.shape)})" for v in values)

        params, macs = (sum(getattr(self.facts[line.node], what) for line in lines) for what in ("params", "macs"))
        return [
            '"""A PyTorch network, drawn and written with Netwright."""',
            "",
            "import torch",
            "from torch import nn",
            "from torch.nn import functional as F",
            "",
            "",
            "class Net(nn.Module):",
            f'    """Takes {words(inputs)}, gives {words(results)}.',
            "",
            f"    {params:,} parameters, {macs:,} multiply-accumulates for one sample. Shapes below include the batch N.",
            '    """',
            "",
        ]

    def _head(self, lines: list[_Line]) -> list[str]:
        made = [
            f"        self.{self.modules[line.node]} = {self.graph.nodes[line.node].block.module(*self._shapes(line))}"
            for line in lines
            if line.node in self.modules
        ]
        return ["    def __init__(self):", "        super().__init__()", *made]

    def _forward(self, args: Mapping[NodeId, str], lines: list[_Line], aside: list[_Line], results: list[Port], count: int) -> list[str]:
        held = {(id, 0): name for id, name in args.items()}
        variables = Variables(set(args.values()))
        extra = len(results) > count
        uses = self._uses([*lines, *aside], results)
        source = [f"    def forward(self, {', '.join(args.values())}{', for_loss=False' if extra else ''}):"]
        source += self._statements(lines, held, variables, uses)
        if extra:
            source += ["        if not for_loss:", f"            return {_tuple([held[port] for port in results[:count]])}"]
            source += self._statements(aside, held, variables, uses)
        while source[-1].startswith("        del "):
            source.pop()  # the return lets go of everything
        return [*source, f"        return {_tuple([held[port] for port in results])}"]

    def _uses(self, lines: list[_Line], results: list[Port]) -> dict[Port, int]:
        uses: dict[Port, int] = {}
        for port in [*results, *(port for line in lines for port in line.args)]:
            uses[port] = uses.get(port, 0) + 1
        return uses

    def _statements(self, lines: list[_Line], held: dict[Port, str], variables: Variables, uses: dict[Port, int]) -> list[str]:
        source = []
        for line in lines:
            block = self.graph.nodes[line.node].block
            if isinstance(block, (Input, Target)):
                continue
            if isinstance(block, Output):
                held[line.node, 0] = held[line.args[0]]
                continue
            expression = self._expression(line, held)
            dying = []
            for port in line.args:
                uses[port] -= 1
                if not uses[port]:
                    dying.append(held[port])
            names, gone = variables.bind(dying, len(block.outputs))
            held.update(((line.node, k), name) for k, name in enumerate(names))
            shape = self._out(line.node)
            before = self._shape(line.args[0]) if line.args else None
            comment = f"  # {_batched(shape)}" if shape != before else ""
            source.append(f"        {', '.join(names)} = {expression}{comment}")
            if gone:
                source.append(f"        del {', '.join(gone)}")
        return source

    def _expression(self, line: _Line, held: Mapping[Port, str]) -> str:
        args = tuple(held[port] for port in line.args)
        if line.node in self.modules:
            return f"self.{self.modules[line.node]}({', '.join(args)})"
        return self.graph.nodes[line.node].block.forward(args, self._shapes(line))

    def _loss(
        self, lines: list[_Line], losses: list[NodeId], results: list[Port], named: list[str], inputs: Mapping[NodeId, str]
    ) -> tuple[list[str], list[LossArgument]]:
        used = {port for line in lines for port in line.args}
        held: dict[Port, str] = {}
        arguments: list[LossArgument] = []
        for k, (port, name) in enumerate(zip(results, named, strict=True)):
            if port in used:
                held[port] = name
                arguments.append(LossArgument(name, k))
        for line in lines:
            if isinstance(self.graph.nodes[line.node].block, Target):
                held[line.node, 0] = self.names.take(self.graph.nodes[line.node].name, "target")
                arguments.append(LossArgument(held[line.node, 0], None, self._column(line.node)))
        for id, name in inputs.items():
            if (id, 0) in used:
                held[id, 0] = name
                arguments.append(LossArgument(name, None, self._column(id)))
        inner = [line for line in lines if line.node not in losses]
        taken = set(held.values())
        body = self._statements(inner, held, Variables(taken), self._uses(lines, []))
        terms = []
        for line in lines:
            if line.node in losses:
                weight = getattr(self.graph.nodes[line.node].block, "weight", 1.0)
                terms.append(("" if weight == 1 else f"{weight!r} * ") + self._expression(line, held))
        source = ["", f"    def loss(self, {', '.join(argument.name for argument in arguments)}):", *body]
        if len(terms) == 1:
            source.append(f"        return {terms[0]}")
        else:
            source.append(f"        total = {terms[0]}")
            source += [f"        total = total + {term}" for term in terms[1:]]
            source.append("        return total")
        return source, arguments

    def _tail(self, inputs: tuple[Value, ...]) -> list[str]:
        """What the file does when it is run: shows that it works."""

        def sample(value: Value) -> str:
            size = ", ".join(map(str, (2, *value.shape)))
            return f"torch.zeros({size}, dtype=torch.long)" if value.kind == "index" else f"torch.randn({size})"

        return [
            "",
            "",
            'if __name__ == "__main__":',
            "    net = Net()",
            f'    print(net, net({", ".join(map(sample, inputs))}), sep="\\n")',
        ]

    def _term(self, id: NodeId, results: list[Port]) -> LossTerm:
        args = self._args(id)
        result = results.index(args[0]) if args[0] in results else None
        target = self.graph.nodes[args[1][0]].block if len(args) > 1 else None
        column = target.column if isinstance(target, (Target, Input)) else ""
        return LossTerm(id, type_name(self.graph.nodes[id].block), result, column)


def _tuple(names: list[str]) -> str:
    return ", ".join(names)


def _ascii(shape: Shape) -> str:
    return dims(shape).replace("×", "x")


def _batched(shape: Shape) -> str:
    return f"({', '.join(['N', *map(str, shape)])}{',' if not shape else ''})"
