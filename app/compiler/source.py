"""Writing the network: its class, what it is fed with, and its loss."""

from collections.abc import Iterable, Mapping

from app.compiler.body import Body
from app.compiler.classes import Classes, from_self, mentioned
from app.compiler.compiled import Compiled, LossArgument, LossTerm, Value
from app.compiler.first_weights import first_weights
from app.compiler.modules import REPEATED, copied
from app.compiler.names import Names, Variables
from app.compiler.plan import Line, Plan, Port
from app.document.graph import Instance, NodeId, Number, type_name
from blocks.core import Block, Shape
from blocks.data import Input, Target
from blocks.initialization import Initialization
from blocks.loss import Loss
from blocks.rules import dims


class Writer(Body):
    """Turns a plan into source, with the first weights that ``initialization`` asks for and ``parameters`` as arguments of the network."""

    def __init__(self, plan: Plan, initialization: Initialization, parameters: Mapping[str, Number]) -> None:
        blocks = {plan.graph.nodes[line.node].block for line in plan.lines}
        self.texts = copied(every(blocks), [REPEATED] if any(isinstance(block, Instance) for block in blocks) else [])
        names = Names({*self.texts.known, *parameters})
        self.classes = Classes(initialization, names)
        super().__init__(plan, names, self.classes)
        self.initialization, self.parameters = initialization, parameters

    def write(self, watched: bool = False) -> Compiled:
        """The source, and what must be known to feed it; ``watched`` as in ``Compiled``."""
        plan = self.plan
        self.watched = [] if watched else None
        args = {id: self.names.take(plan.graph.nodes[id].name, "input") for id in plan.inputs}
        self.make(plan.lines)
        named = self._named(plan.results, plan.outputs)
        kept: dict[str, None] = {}
        symbols = frozenset(self.parameters)
        body = [from_self(line, symbols, kept) for line in self._forward(args, plan.forward, plan.aside, plan.results, plan.count)]
        seen, self.watched = tuple(self.watched or ()), None
        loss, arguments = self._loss(plan.training, plan.losses, plan.results, named, args) if plan.losses else ([], [])
        loss = [from_self(line, symbols, kept) for line in loss]
        head = self._head(plan.lines, kept)
        results = tuple(
            Value(name, _plain(plan.shape(port)), plan.facts[port[0]].kinds[port[1]])
            for port, name in zip(plan.results, named, strict=True)
        )
        inputs = tuple(self._input(id, args[id]) for id in plan.inputs)
        written = [*head, "", *body, *loss, *self._tail(inputs), ""]
        rest = "\n".join([*self.classes.texts, *written])
        source = "\n".join([*self._top(inputs, results[: plan.count], plan.lines, rest), *written])
        terms = tuple(self._term(id) for id in plan.losses)
        return Compiled(source, inputs, results, plan.count, tuple(arguments), terms, self.modules, self.inner, plan, seen)

    def _input(self, id: NodeId, name: str) -> Value:
        block = self.plan.graph.nodes[id].block
        assert isinstance(block, Input)
        return Value(name, _plain(block.size), self.plan.facts[id].kinds[0], block.column, block.classes if block.kind == "index" else 0)

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
            *self.classes.texts,
            "class Net(nn.Module):",
            f'    """Takes {words(inputs)}, gives {words(results)}.',
            "",
            f"    {params:,} parameters, {macs:,} multiply-accumulates for one sample. Shapes below include the batch N.",
            '    """',
            "",
        ]

    def _head(self, lines: list[Line], kept: Iterable[str]) -> list[str]:
        made = [*self.assignments(lines), *first_weights(self.plan, self.modules, self.initialization)]
        words = mentioned(made, frozenset(self.parameters)) | set(kept)
        given = "".join(f", {name}={value!r}" for name, value in self.parameters.items() if name in words)
        stored = [f"self.{name} = {name}" for name in kept]
        return [f"    def __init__(self{given}):", "        super().__init__()", *(f"        {line}" for line in [*stored, *made])]

    def _forward(self, args: Mapping[NodeId, str], lines: list[Line], aside: list[Line], results: list[Port], count: int) -> list[str]:
        held = {(id, 0): name for id, name in args.items()}
        variables = Variables({*args.values(), *self.parameters})
        extra = len(results) > count
        uses = self.uses([*lines, *aside], results)
        source = [f"    def forward(self, {', '.join(args.values())}{', for_loss=False' if extra else ''}):"]
        for id, name in args.items():
            source += self.watch(id, name)
        source += self.statements(lines, held, variables, uses)
        if extra:
            source += ["        if not for_loss:", f"            return {_tuple([held[port] for port in results[:count]])}"]
            source += self.statements(aside, held, variables, uses)
        while source[-1].startswith("        del "):
            source.pop()  # the return lets go of everything
        return [*source, f"        return {_tuple([held[port] for port in results])}"]

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
        taken = {*held.values(), *self.parameters}
        body = self.statements(inner, held, Variables(taken), self.uses(lines, []))
        terms = []
        for line in lines:
            if line.node in losses:
                weight = getattr(self.plan.graph.nodes[line.node].block, "weight", 1.0)
                terms.append(("" if weight == 1 else f"{weight!r} * ") + self.expression(line, held))
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


def every(blocks: Iterable[Block]) -> set[Block]:
    """These blocks and all that are inside of them."""
    found = set(blocks)
    for block in list(found):
        if isinstance(block, Instance):
            definitions = [*block.definition.inner.values(), block.definition]
            found |= {node.block for definition in definitions for node in definition.graph.nodes.values()}
    return found


def _plain(shape: Shape) -> Shape:
    return tuple(map(int, shape))


def _tuple(names: list[str]) -> str:
    return ", ".join(names)


def _ascii(shape: Shape) -> str:
    return dims(shape).replace("×", "x")
