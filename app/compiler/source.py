"""Writing the module: one line a node, names from the canvas, shapes as comments, values let go after their last use."""

from collections.abc import Iterable, Mapping

from app.compiler.compiled import Compiled, CompileError, LossArgument, LossTerm, Value
from app.compiler.first_weights import first_weights
from app.compiler.modules import copied
from app.compiler.names import Names, Variables
from app.compiler.plan import Line, Plan, Port
from app.document.edits import short_name
from app.document.graph import NodeId, type_name
from blocks.core import Shape
from blocks.data import Input, Output, Target
from blocks.initialization import Initialization
from blocks.loss import Loss
from blocks.rules import dims


class Writer:
    """Turns a plan into source, with the first weights that ``initialization`` asks for."""

    def __init__(self, plan: Plan, initialization: Initialization) -> None:
        self.plan = plan
        self.initialization = initialization
        self.texts = copied({plan.graph.nodes[line.node].block for line in plan.lines})
        self.names = Names(self.texts.known)
        self.modules: dict[NodeId, str] = {}
        self.made: dict[NodeId, str] = {}  # the source of each module
        self.same: dict[Port, Port] = {}  # values that are others under a second name

    def write(self) -> Compiled:
        """The source, and what must be known to feed it."""
        plan = self.plan
        args = {id: self.names.take(plan.graph.nodes[id].name, "input") for id in plan.inputs}
        for line in plan.lines:
            node = plan.graph.nodes[line.node]
            if text := self._module(line):
                self.made[line.node] = text
                self.modules[line.node] = self.names.take(node.name, short_name(type_name(node.block)))
        named = self._named(plan.results, plan.outputs)
        head = self._head(plan.lines)
        body = self._forward(args, plan.forward, plan.aside, plan.results, plan.count)
        loss, arguments = self._loss(plan.training, plan.losses, plan.results, named, args) if plan.losses else ([], [])
        results = tuple(
            Value(name, plan.shape(port), plan.facts[port[0]].kinds[port[1]]) for port, name in zip(plan.results, named, strict=True)
        )
        inputs = tuple(self._input(id, args[id]) for id in plan.inputs)
        written = [*head, "", *body, *loss, *self._tail(inputs), ""]
        source = "\n".join([*self._top(inputs, results[: plan.count], plan.lines, "\n".join(written)), *written])
        terms = tuple(self._term(id) for id in plan.losses)
        return Compiled(source, inputs, results, plan.count, tuple(arguments), terms, self.modules, plan)

    def _input(self, id: NodeId, name: str) -> Value:
        block = self.plan.graph.nodes[id].block
        assert isinstance(block, Input)
        return Value(name, block.size, self.plan.facts[id].kinds[0], block.column, block.classes if block.kind == "index" else 0)

    def _column(self, id: NodeId) -> str:
        block = self.plan.graph.nodes[id].block
        assert isinstance(block, (Input, Target))
        return block.column

    def _named(self, results: list[Port], outputs: list[NodeId]) -> list[str]:
        given = {self.plan.value(id): self.plan.graph.nodes[id].name for id in outputs}
        names = []
        for port in results:
            node = self.plan.graph.nodes[port[0]]
            suffix = f"_{node.block.outputs[port[1]].name}" if len(node.block.outputs) > 1 else ""
            own = self.modules.get(port[0])
            if port in given:
                names.append(self.names.take(given[port], "output"))
            else:  # a result is called like the layer that makes it
                names.append(own + suffix if own and not suffix else self.names.take(node.name + suffix, "output"))
        return names

    def _top(self, inputs: tuple[Value, ...], results: tuple[Value, ...], lines: list[Line], rest: str) -> list[str]:
        def words(values: Iterable[Value]) -> str:
            return ", ".join(f"{v.name} ({_ascii(v.shape)})" for v in values)

        params, macs = (sum(getattr(self.plan.facts[line.node], what) for line in lines) for what in ("params", "macs"))
        return [
            '"""A PyTorch network, drawn and written with Netwright."""',
            "",
            "import torch",
            "from torch import nn",
            "from torch.nn import functional as F",
            "",
            "",
            *self.texts.used(rest),
            "class Net(nn.Module):",
            f'    """Takes {words(inputs)}, gives {words(results)}.',
            "",
            f"    {params:,} parameters, {macs:,} multiply-accumulates for one sample. Shapes below include the batch N.",
            '    """',
            "",
        ]

    def _head(self, lines: list[Line]) -> list[str]:
        made = [f"        self.{self.modules[line.node]} = {self.made[line.node]}" for line in lines if line.node in self.modules]
        started = first_weights(self.plan, self.modules, self.initialization)
        return ["    def __init__(self):", "        super().__init__()", *made, *(f"        {line}" for line in started)]

    def _forward(self, args: Mapping[NodeId, str], lines: list[Line], aside: list[Line], results: list[Port], count: int) -> list[str]:
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

    def _uses(self, lines: list[Line], results: list[Port]) -> dict[Port, int]:
        uses: dict[Port, int] = {}
        for port in [*results, *(port for line in lines for port in line.args)]:
            uses[port] = uses.get(port, 0) + 1
        return uses

    def _statements(self, lines: list[Line], held: dict[Port, str], variables: Variables, uses: dict[Port, int]) -> list[str]:
        source = []
        for line in lines:
            block = self.plan.graph.nodes[line.node].block
            if isinstance(block, (Input, Target)):
                continue
            if isinstance(block, Output):
                held[line.node, 0] = held[line.args[0]]
                continue
            expression = self._expression(line, held)
            if expression == (held[line.args[0]] if line.args else None):  # it passes on what comes in
                self._alias(line, held, uses)
                continue
            dying = []
            for port in map(self._root, line.args):
                uses[port] -= 1
                if not uses[port]:
                    dying.append(held[port])
            ports = [(line.node, k) for k in range(len(block.outputs))]
            used = [port for port in ports if uses.get(port)]
            names, gone = variables.bind(dying, len(used))
            held.update(zip(used, names, strict=True))
            shape = self.plan.shape((line.node, 0))
            before = self.plan.shape(line.args[0]) if line.args else None
            comment = f"  # {_batched(shape)}" if shape != before else ""
            source.append(f"        {', '.join(held.get(port, '_') for port in ports)} = {expression}{comment}")
            if gone:
                source.append(f"        del {', '.join(gone)}")
        return source

    def _alias(self, line: Line, held: dict[Port, str], uses: dict[Port, int]) -> None:
        """The result of ``line`` is its argument: whoever uses the one uses the other."""
        held[line.node, 0] = held[line.args[0]]
        root = self.same[line.node, 0] = self._root(line.args[0])
        uses[root] += uses.get((line.node, 0), 0) - 1

    def _root(self, port: Port) -> Port:
        return self.same.get(port, port)

    def _expression(self, line: Line, held: Mapping[Port, str]) -> str:
        args = tuple(held[port] for port in line.args)
        if line.node in self.modules:
            return f"self.{self.modules[line.node]}({', '.join(args)})"
        node = self.plan.graph.nodes[line.node]
        try:
            return node.block.forward(args, self.plan.shapes(line))
        except Exception as error:
            raise CompileError(f"{node.name} could not write its source: {type(error).__name__}: {error}") from error

    def _module(self, line: Line) -> str:
        node = self.plan.graph.nodes[line.node]
        try:
            return node.block.module(*self.plan.shapes(line))
        except Exception as error:
            raise CompileError(f"{node.name} could not write its source: {type(error).__name__}: {error}") from error

    def _loss(
        self, lines: list[Line], losses: list[NodeId], results: list[Port], named: list[str], inputs: Mapping[NodeId, str]
    ) -> tuple[list[str], list[LossArgument]]:
        used = {port for line in lines for port in line.args}
        held: dict[Port, str] = {}
        arguments: list[LossArgument] = []
        for k, (port, name) in enumerate(zip(results, named, strict=True)):
            if port in used:
                held[port] = name
                arguments.append(LossArgument(name, k))
        for line in lines:
            if isinstance(self.plan.graph.nodes[line.node].block, Target):
                held[line.node, 0] = self.names.take(self.plan.graph.nodes[line.node].name, "target")
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
                weight = getattr(self.plan.graph.nodes[line.node].block, "weight", 1.0)
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

    def _term(self, id: NodeId) -> LossTerm:
        plan = self.plan
        args = next(line.args for line in plan.training if line.node == id)
        result = plan.results.index(args[0]) if args[0] in plan.results else None
        target = plan.graph.nodes[args[1][0]].block if len(args) > 1 else None
        column = target.column if isinstance(target, (Target, Input)) else ""
        block = plan.graph.nodes[id].block
        return LossTerm(id, type_name(block), result, column, block.metric if isinstance(block, Loss) else "")


def _tuple(names: list[str]) -> str:
    return ", ".join(names)


def _ascii(shape: Shape) -> str:
    return dims(shape).replace("×", "x")


def _batched(shape: Shape) -> str:
    return f"({', '.join(['N', *map(str, shape)])}{',' if not shape else ''})"
