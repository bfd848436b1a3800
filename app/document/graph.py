"""The values a document is made of. All are frozen: an edit makes a new one that shares what did not change."""

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Self

from app.document.recipe import Recipe
from blocks.catalogue import COMPOSITE
from blocks.core import Block, BlockError, Port, Shape, param
from blocks.data import Input, Output
from blocks.params import Param, times

NodeId = str
EdgeId = str
FrameId = str
Place = tuple[float, float]
Number = float | int | bool
Values = tuple[tuple[str, Number], ...]
Formulas = tuple[tuple[str, str], ...]  # (parameter, text)


@dataclass(frozen=True, slots=True)
class Node:
    """One block on the canvas. ``position`` is its top left corner in logical pixels; it says nothing about the network.

    ``formulas`` are (parameter, text): what the parameter is worth follows from where the block stands, and the block holds what it was worth last.
    A ``bypassed`` block hands on what comes in first; a ``frozen`` one keeps its weights in training; a ``collapsed`` one shows only its name.
    """

    id: NodeId
    block: Block
    name: str
    position: Place = (0.0, 0.0)
    bypassed: bool = False
    frozen: bool = False
    collapsed: bool = False
    formulas: Formulas = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A wire from an output port to an input port. Wires into a Many port count in the order of ``Graph.edges``.

    ``via`` are dots that the drawn wire passes through; they say nothing about the network.
    """

    source: NodeId
    source_port: str
    target: NodeId
    target_port: str
    via: tuple[Place, ...] = ()

    @property
    def ends(self) -> tuple[NodeId, str, NodeId, str]:
        """What it joins, however it is drawn."""
        return self.source, self.source_port, self.target, self.target_port


@dataclass(frozen=True, slots=True)
class Frame:
    """A comment around blocks: its text, its top left corner and its size in logical pixels."""

    text: str
    position: Place
    size: Place


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes, wires and comment frames by id; drawn from top to bottom, or from left to right (``across``). ``next_id`` only grows, so an id never comes back for something else."""

    nodes: Mapping[NodeId, Node] = field(default_factory=dict)
    edges: Mapping[EdgeId, Edge] = field(default_factory=dict)
    next_id: int = 1
    frames: Mapping[FrameId, Frame] = field(default_factory=dict)
    across: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a definition, or of the whole network: a name, a default, whose type is its own, and optional limits."""

    name: str
    default: Number
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None

    def declared(self) -> Param:
        """As blocks declare theirs."""
        help = self.help or f"Parameter {self.name} of the definition."
        return Param(self.default, help, ge=self.minimum, le=self.maximum, label=self.name, chip=self._chip)

    def _chip(self, value: Number) -> str:
        return (self.name if value else "") if isinstance(value, bool) else f"{self.name} {times(value)}"


@dataclass(frozen=True, eq=False)
class Definition:
    """A block of blocks: a named inner graph, whose Input and Output blocks are its ports, and its own parameters. Two are the same only if they are one."""

    name: str
    graph: Graph
    help: str = ""
    parameters: tuple[Parameter, ...] = ()
    shipped: bool = False  # comes with the program: in a document it is listed like any other

    @cached_property
    def entries(self) -> tuple[Node, ...]:
        """The Input blocks inside: the ports where data comes in, in order."""
        return tuple(node for node in self.graph.nodes.values() if isinstance(node.block, Input))

    @cached_property
    def exits(self) -> tuple[Node, ...]:
        """The Output blocks inside, in order."""
        return tuple(node for node in self.graph.nodes.values() if isinstance(node.block, Output))

    @cached_property
    def kind(self) -> type["Instance"]:
        """The type of its instances: a block like any other, with ports and parameters of its own."""
        body: dict[str, Any] = {p.name: p.declared() for p in self.parameters}
        body["__annotations__"] = {p.name: type(p.default) for p in self.parameters}
        body["__doc__"] = self.help or f"{self.name}: a block of blocks, drawn in this document."
        body["definition"] = self
        inputs = tuple(
            Port(node.name, "index" if node.block.kind == "index" else "real") for node in self.entries if isinstance(node.block, Input)
        )
        kind = types.new_class(
            self.name, (Instance,), {
                "label": self.name, "glyph": "composite", "inputs": inputs, "outputs": tuple(Port(node.name, "any") for node in self.exits),
                "example": tuple(node.block.size for node in self.entries if isinstance(node.block, Input)), "group": Instance.group,
            }, lambda namespace: namespace.update(body),
        )  # fmt: skip
        assert issubclass(kind, Instance)
        return kind

    @cached_property
    def inner(self) -> Mapping[str, "Definition"]:
        """The definitions it uses, and those that they use."""
        return used(self.graph)


class Instance(Block, group=COMPOSITE):
    """A place where a definition is used. It repeats: each output feeds the input of the same name of the next; a single one feeds a single one."""

    definition: ClassVar[Definition]
    repeat: int = param(
        default=1, ge=1, le=1000, section="Repeat", help="How many times in a row; the result of each feeds the next. In its formulas it is n, and i counts from 0.",
        chip=lambda n: f"×{n}" if n > 1 else "",
    )  # fmt: skip
    shared: bool = param(default=False, section="Repeat", help="All repetitions use the same weights, as a recurrent network does.")
    network: Values = ()  # the network's parameters, which formulas inside may use
    each: Formulas = ()  # parameters that differ from repetition to repetition
    outer: Values = ()  # what the formulas of ``each`` may use, beside i and n

    def within(self, network: Values, each: Formulas = (), outer: Values = ()) -> Self:
        """The same block in a network with these parameters, and with formulas that are worked out for each repetition."""
        place = (network, each, outer)
        if place == (self.network, self.each, self.outer):
            return self
        other = type(self)(**self.values())
        values = (*other._values, *place)
        other.__dict__.update(network=network, each=each, outer=outer, _values=values, _hash=hash((type(self), values)))
        return other

    def values(self) -> dict[str, Any]:
        return dict(zip(self.fields, self._values, strict=False))

    def own(self) -> dict[str, Number]:
        """The values of the definition's parameters."""
        return {p.name: getattr(self, p.name) for p in self.definition.parameters}

    def feeds(self) -> dict[str, str]:
        """Which input of the next repetition each output feeds."""
        inputs, outputs = ([port.name for port in ports] for ports in (self.inputs, self.outputs))
        if len(inputs) == len(outputs) == 1:
            return {outputs[0]: inputs[0]}
        return {name: name for name in outputs if name in inputs}


def used(graph: Graph) -> dict[str, Definition]:
    """The definitions that a graph needs, those inside others before them."""
    found: dict[str, Definition] = {}
    for definition in {node.block.definition: None for node in graph.nodes.values() if isinstance(node.block, Instance)}:
        found.update(definition.inner)
        found[definition.name] = definition
    return found


@dataclass(frozen=True, slots=True)
class Document:
    """Everything a file holds: the network with its parameters, the definitions it uses, and how to train it."""

    graph: Graph = field(default_factory=Graph)
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    recipe: Recipe = field(default_factory=Recipe)
    parameters: tuple[Parameter, ...] = ()


class Unknown(Block):
    """A block of a type that is not installed here. Its parameters are kept, as JSON text, exactly as they were."""

    glyph = "unknown"
    group = "Unknown"
    inputs = (Port("x", "any", many=True, optional=True),)
    type_name: str = param(default="?", help="The type that the document names.")
    data: str = param(default="{}", help="The parameters in the document.")

    def shape(self, *xs: Shape) -> Shape:
        """Nothing is known of it: always raises."""
        raise BlockError(
            f"block type {self.type_name!r} is not known here: it is kept as it is, but the network can't run", "unknown-block"
        )


def type_name(block: Block) -> str:
    """The name of a block's type in a file."""
    return block.type_name if isinstance(block, Unknown) else type(block).__name__


def label(block: Block) -> str:
    """The name of a block's type for people."""
    return block.type_name if isinstance(block, Unknown) else block.label


def port(block: Block, name: str, side: str) -> Port | None:
    """The port ``name`` among the "inputs" or "outputs"; None where there is none. An unknown block has whatever it is asked for."""
    ports: tuple[Port, ...] = getattr(block, side)
    found = next((p for p in ports if p.name == name), None)
    if found is None and isinstance(block, Unknown):
        return Port(name, "any", many=side == "inputs")
    return found


def as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameter values as JSON: tuples become lists."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
