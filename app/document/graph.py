"""The values a document is made of. All are frozen: an edit makes a new one that shares what did not change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.document.recipe import Recipe
from blocks.core import Block, BlockError, Port, Shape, param

NodeId = str
EdgeId = str
FrameId = str
Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Node:
    """One block on the canvas. ``position`` is its top left corner in logical pixels; it says nothing about the network.

    A ``bypassed`` block hands on what comes in first; a ``frozen`` one keeps its weights in training; a ``collapsed`` one shows only its name.
    """

    id: NodeId
    block: Block
    name: str
    position: Place = (0.0, 0.0)
    bypassed: bool = False
    frozen: bool = False
    collapsed: bool = False


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
class Definition:
    """A block of blocks: a named inner graph, whose Input and Output blocks are its ports, and its own parameters."""

    name: str
    graph: Graph
    help: str = ""
    parameters: tuple["Parameter", ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a definition: a name, a default, and optional limits."""

    name: str
    default: float | int | bool | str
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """Everything a file holds: the network, the definitions it uses, and how to train it."""

    graph: Graph = field(default_factory=Graph)
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    recipe: Recipe = field(default_factory=Recipe)


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
