"""What comes out of the compiler: source, and what must be known to feed it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.document.graph import NodeId
from blocks.core import Kind, Shape

if TYPE_CHECKING:
    from app.compiler.plan import Plan


class CompileError(Exception):
    """The graph can't be turned into a network. The text is for the user."""


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor at the border of the network. ``column`` of the data set is empty for results; ``shape`` is without the batch.

    ``classes`` is how many different indices there are, where it holds indices.
    """

    name: str
    shape: Shape
    kind: Kind
    column: str = ""
    classes: int = 0


@dataclass(frozen=True, slots=True)
class LossArgument:
    """An argument of ``Net.loss``: the result of ``forward`` at ``result``, or a column of the data set."""

    name: str
    result: int | None
    column: str = ""


@dataclass(frozen=True, slots=True)
class LossTerm:
    """One loss block: its type, which result of ``forward`` it judges (if it does so directly), against which column, and what people read."""

    node: NodeId
    block: str
    result: int | None
    column: str
    metric: str  # "accuracy", "binary_accuracy", "mae", or nothing


@dataclass(frozen=True, slots=True)
class Inside:
    """The inside of one repetition of a block of blocks: which attribute of its module each node is."""

    modules: Mapping[NodeId, str]
    inner: Mapping[NodeId, tuple["Inside", ...]]


@dataclass(frozen=True, slots=True)
class Compiled:
    """The source of a network, and what must be known to feed it.

    ``Net.forward(*inputs)`` gives ``results[:outputs]``; called with ``for_loss=True``, if ``outputs < len(results)``, all of ``results``.
    ``Net.loss(*loss_arguments)`` is the weighted sum of ``losses``. ``modules`` maps nodes to attributes of ``Net``, ``inner`` blocks of blocks to what
    is inside each repetition; ``plan`` is what it was written from. Where it was asked to be ``watched``, ``forward`` hands each result to a
    global function ``watch(k, value)``, of the k-th of these nodes.
    """

    source: str
    inputs: tuple[Value, ...]
    results: tuple[Value, ...]
    outputs: int
    loss_arguments: tuple[LossArgument, ...]
    losses: tuple[LossTerm, ...]
    modules: Mapping[NodeId, str]
    inner: Mapping[NodeId, tuple["Inside", ...]]
    plan: "Plan" = field(repr=False, compare=False)
    watched: tuple[NodeId, ...] = ()
