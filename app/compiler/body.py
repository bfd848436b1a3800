"""Writing the lines of one graph: one a node, names from the canvas, shapes as comments, values let go after their last use."""

from collections.abc import Mapping
from typing import Protocol

from app.compiler.compiled import CompileError, Inside
from app.compiler.names import Names, Variables
from app.compiler.plan import Line, Plan, Port
from app.document.edits import short_name
from app.document.graph import Instance, NodeId, type_name
from blocks.core import Kind, Shape, Shapes
from blocks.data import Input, Output, Target


class Instances(Protocol):
    """Writes the modules of blocks of blocks."""

    def module(self, block: Instance, shapes: Shapes, kinds: tuple[Kind, ...]) -> tuple[str, tuple[Inside, ...]]:
        """Source of the module, and what is inside each repetition."""
        ...


class Body:
    """The lines that make and run the modules of a plan. ``names`` are those still free."""

    def __init__(self, plan: Plan, names: Names, instances: Instances) -> None:
        self.plan, self.names, self.instances = plan, names, instances
        self.modules: dict[NodeId, str] = {}
        self.inner: dict[NodeId, tuple[Inside, ...]] = {}
        self.made: dict[NodeId, str] = {}  # the source of each module
        self.same: dict[Port, Port] = {}  # values that are others under a second name
        self.watched: list[NodeId] | None = None  # whose results are handed to ``watch``; None where nobody looks

    def make(self, lines: list[Line]) -> None:
        """Write the source of all modules and give them their names."""
        for line in lines:
            node = self.plan.graph.nodes[line.node]
            if text := self._module(line):
                self.made[line.node] = text
                self.modules[line.node] = self.names.take(node.name, short_name(type_name(node.block)))

    def assignments(self, lines: list[Line]) -> list[str]:
        """The lines of ``__init__`` that make the modules."""
        return [
            part
            for line in lines
            if line.node in self.modules
            for part in f"self.{self.modules[line.node]} = {self.made[line.node]}".split("\n")
        ]

    def uses(self, lines: list[Line], results: list[Port]) -> dict[Port, int]:
        uses: dict[Port, int] = {}
        for port in [*results, *(port for line in lines for port in line.args)]:
            uses[port] = uses.get(port, 0) + 1
        return uses

    def statements(self, lines: list[Line], held: dict[Port, str], variables: Variables, uses: dict[Port, int]) -> list[str]:
        source = []
        for line in lines:
            block = self.plan.graph.nodes[line.node].block
            if isinstance(block, (Input, Target)):
                continue
            if isinstance(block, Output):
                held[line.node, 0] = held[line.args[0]]
                continue
            expression = self.expression(line, held)
            if expression == (held[line.args[0]] if line.args else None):  # it passes on what comes in
                self._alias(line, held, uses)
                source += self.watch(line.node, held[line.node, 0])
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
            comment = f"  # {batched(shape)}" if shape != before else ""
            source.append(f"        {', '.join(held.get(port, '_') for port in ports)} = {expression}{comment}")
            source += self.watch(line.node, held.get(ports[0], "_"))
            if gone:
                source.append(f"        del {', '.join(gone)}")
        return source

    def watch(self, id: NodeId, name: str) -> list[str]:
        """The line that hands on a node's result, if somebody looks."""
        if self.watched is None:
            return []
        self.watched.append(id)
        return [f"        watch({len(self.watched) - 1}, {name})"]

    def _alias(self, line: Line, held: dict[Port, str], uses: dict[Port, int]) -> None:
        """The result of ``line`` is its argument: whoever uses the one uses the other."""
        held[line.node, 0] = held[line.args[0]]
        root = self.same[line.node, 0] = self._root(line.args[0])
        uses[root] += uses.get((line.node, 0), 0) - 1

    def _root(self, port: Port) -> Port:
        return self.same.get(port, port)

    def expression(self, line: Line, held: Mapping[Port, str]) -> str:
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
        if isinstance(node.block, Instance):
            kinds = tuple(self.plan.facts[id].kinds[k] for id, k in line.args)
            text, self.inner[line.node] = self.instances.module(node.block, self.plan.shapes(line), kinds)
            return text
        try:
            return node.block.module(*self.plan.shapes(line))
        except Exception as error:
            raise CompileError(f"{node.name} could not write its source: {type(error).__name__}: {error}") from error


def batched(shape: Shape) -> str:
    """A shape with the batch in front, for a comment."""
    return f"({', '.join(['N', *map(str, shape)])}{',' if not shape else ''})"
