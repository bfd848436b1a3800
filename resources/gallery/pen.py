"""A pen for graphs: each call adds a block and wires it to what came before."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from app.document.definitions import set_formula
from app.document.edits import add_node, connect, move
from app.document.formulas import is_formula
from app.document.graph import Definition, Document, Edge, Graph, NodeId, Parameter
from app.document.layout import lay_out
from app.document.recipe import Recipe
from blocks import catalogue

Source = NodeId | tuple[NodeId, str]


class Pen:
    """Draws one graph. A value that begins with "=" is a formula."""

    def __init__(self, definitions: Mapping[str, Definition]) -> None:
        self.graph = Graph()
        self.definitions = definitions
        self.last: Source | None = None

    def __call__(self, block: str, /, *sources: Source, name: str = "", **values: Any) -> NodeId:
        """Add a block, wired to ``sources``, or to the one before."""
        kind = self.definitions[block].kind if block in self.definitions else catalogue.load()[block]
        formulas = {key: value for key, value in values.items() if is_formula(value) and not kind.fields[key].takes(value)}
        made = kind(**{key: value for key, value in values.items() if key not in formulas})
        self.graph, id = add_node(self.graph, made, (0.0, 110.0 * len(self.graph.nodes)), name)
        for key, text in formulas.items():
            self.graph = set_formula(self.graph, [id], key, text)
        for k, source in enumerate(sources or ((self.last,) if self.last is not None and made.inputs else ())):
            node, port = source if isinstance(source, tuple) else (source, self.graph.nodes[source].block.outputs[0].name)
            assert any(out.name == port for out in self.graph.nodes[node].block.outputs), f"{block}: there is no output {port}"
            into = made.inputs[0 if made.inputs[0].many else k].name
            self.graph, _ = connect(self.graph, Edge(node, port, id, into))
        self.last = id
        return id

    def chain(self, *steps: tuple[str, Mapping[str, Any]] | str) -> NodeId:
        """Add blocks one after the other; returns the last."""
        id = ""
        for step in steps:
            block, values = (step, {}) if isinstance(step, str) else step
            id = self(block, **values)
        return id

    def finished(self) -> Graph:
        """The graph, laid out."""
        return move(self.graph, lay_out(self.graph))


def define(definitions: dict[str, Definition], name: str, draw: Callable[[Pen], None], *parameters: Parameter) -> None:
    """Draw a definition and add it; its help is what ``draw`` says of itself."""
    pen = Pen(definitions)
    draw(pen)
    help = "\n".join(line.strip() for line in (draw.__doc__ or "").strip().splitlines())
    definitions[name] = Definition(name, pen.finished(), help, parameters)


def whole(name: str, default: int, help: str, minimum: int = 1, maximum: int | None = None) -> Parameter:
    """A parameter that is a whole number."""
    return Parameter(name, default, help, minimum, maximum)


def document(
    definitions: Mapping[str, Definition], draw: Callable[[Pen], None], recipe: Recipe | None = None, parameters: Iterable[Parameter] = ()
) -> Document:
    """A document with the definitions that it uses."""
    from app.document.definitions import gathered

    pen = Pen(definitions)
    draw(pen)
    return gathered(replace(Document(pen.finished(), {}, recipe or Recipe()), parameters=tuple(parameters)))
