"""What formulas may speak of at the place where they stand, and what blocks become there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from app.document.formulas import AUTO, FormulaError, as_int, evaluate, names, uses_input
from app.document.graph import Document, Formulas, Graph, Instance, Node, NodeId, Parameter, Values
from blocks.core import Block, BlockError, Kind, Shape
from blocks.params import ParamError
from blocks.symbols import RealSymbol, Symbol

Entry = tuple[Shape, Kind]
NOTHING: Mapping[str, Any] = {}
B = TypeVar("B", bound=Block)


@dataclass(frozen=True, slots=True)
class Scope:
    """``values`` are the names that formulas may use; ``network`` those of them that hold everywhere; ``entries`` what comes into Input blocks
    from outside. In a ``symbolic`` scope numbers remember their expressions, and nothing is kept in caches.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    network: Values = ()
    entries: Mapping[NodeId, Entry] = field(default_factory=dict)
    symbolic: bool = False
    open: Mapping[NodeId, Mapping[str, Any]] = field(default_factory=dict)  # what "auto" is, for each node and parameter

    def block(self, node: Node, x: Shape | None) -> Block:
        """The block of a node with its formulas worked out. Raises BlockError."""
        block = node.block
        if not isinstance(block, Instance):
            return worked_out(block, node.formulas, self.values, x, self.open.get(node.id, {}))
        first = tuple((name, text) for name, text in node.formulas if name == "repeat")
        others = tuple((name, text) for name, text in node.formulas if name != "repeat")
        block = worked_out(block, first, self.values, x)
        each: Formulas = tuple((name, text) for name, text in others if varies(text)) if block.repeat > 1 else ()
        values = {**self.values, "i": 0, "n": block.repeat} if each else self.values
        block = worked_out(block, others, values, x)
        return block.within(self.network, each, tuple(self.values.items()) if each else ())


NOWHERE = Scope()


def worked_out(block: B, formulas: Formulas, values: Mapping[str, Any], x: Shape | None, open: Mapping[str, Any] = NOTHING) -> B:
    """The block with these parameters worked out. Raises BlockError."""
    if not formulas:
        return block
    found: dict[str, Any] = {}
    for name, text in formulas:
        if AUTO in names(text):
            if name not in open:
                raise BlockError(
                    f"leaves {name} open: choose a data set in the recipe (on the command line with --data) that says it", "open"
                )
            values = {**values, AUTO: open[name]}
        try:
            found[name] = fitting(block, name, evaluate(text, values, x))
        except FormulaError as error:
            raise BlockError(f"{name} {text}: {error}", "formula") from None
    try:
        return block.replace(**found)
    except ParamError as error:
        raise BlockError(f"{error.name} {dict(formulas).get(error.name, '')}: {error}", "formula") from None


def varies(text: str) -> bool:
    """Whether a formula of a block that repeats may be worth something else for each repetition."""
    return uses_input(text) or not names(text).isdisjoint(("i", "n"))


def fitting(block: Block, name: str, value: Any) -> Any:
    """A formula's value as the parameter takes it: 4.0 is 4, and 1 is true where only yes or no will do."""
    declared = block.fields.get(name)
    if declared is not None and declared.type is bool and isinstance(value, int):
        return bool(value)
    return as_int(value) if declared is not None and declared.type is not float else value


def of_parameters(parameters: Iterable[Parameter]) -> Scope:
    """The scope of the outermost graph of a network with these parameters."""
    network = tuple((p.name, p.default) for p in parameters)
    return Scope(dict(network), network)


def of_document(document: Document) -> Scope:
    """The scope of a document's own graph."""
    return of_parameters(document.parameters) if document.parameters else NOWHERE


def inside(block: Instance, i: int, entries: Iterable[Entry], *, symbolic: bool = False) -> Scope:
    """The scope inside repetition ``i`` of a block of blocks."""
    found = list(entries)
    if block.each:
        values = {**dict(block.outer), "i": i, "n": block.repeat}
        block = worked_out(block, block.each, values, found[0][0] if found else None).within(block.network)
    shapes: dict[str, Any] = {port.name: shape for port, (shape, _) in zip(block.inputs, found, strict=True)}
    values = {**shapes, **dict(block.network), **block.own(), "i": i, "n": block.repeat}
    return Scope(values, block.network, {node.id: entry for node, entry in zip(block.definition.entries, found, strict=True)}, symbolic)


def named(value: Any, name: str) -> Any:
    """A number that remembers being called ``name``; what is no number stays as it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return Symbol.of(int(value), name) if isinstance(value, int) else RealSymbol.of(float(value), name)


def settled(graph: Graph, blocks: Mapping[NodeId, Block]) -> Graph:
    """The graph with these blocks in place of those that its nodes hold."""
    if not blocks:
        return graph
    return replace(graph, nodes={id: replace(node, block=blocks[id]) if id in blocks else node for id, node in graph.nodes.items()})
