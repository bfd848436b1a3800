"""What a block is: typed parameters, ports, and the rules that follow from them.

A block is declared once, as a class with typed fields. Its palette entry, its editors, its shape rule, its counts, its
torch source and its tests all come from that one declaration::

    class ReLU(Block, label="ReLU", group="Activation", onnx="Relu", slim=True, source="F.relu({0})"):
        \"\"\"Keeps what is positive and cuts the rest to zero.\"\"\"

Shapes leave the batch axis out: an RGB image is ``(3, 224, 224)``. Instances are values: frozen, hashable, equal when type and parameters are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from blocks.initialization import Initialization
from blocks.onnx import Nodes
from blocks.params import Param, ParamError, param
from blocks.record import Record
from blocks.source import Code, call

__all__ = ["Block", "BlockError", "Kind", "Many", "Nodes", "Param", "ParamError", "Port", "Record", "Shape", "Shapes", "param"]

Shape = tuple[int, ...]
Shapes = tuple[Shape, ...]
Kind = Literal["real", "index", "any"]


class BlockError(Exception):
    """A rule of a block is broken. The text says what, with the numbers, and what would mend it.

    ``code`` names the kind of mistake, so that a quick fix can be found for it.
    """

    def __init__(self, message: str, code: str = "shape") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Port:
    """A place where a wire ends. ``kind`` says what flows: real numbers, or indices such as class labels."""

    name: str
    kind: Kind = "real"
    many: bool = False  # takes any number of wires, in order
    optional: bool = False


def Many(name: str, kind: Kind = "real") -> tuple[Port, ...]:
    """A single input that takes any number of wires, at least one, in the order in which they were drawn."""
    return (Port(name, kind, many=True),)


class Block(Record):
    """The base of every block. A subclass without a label is abstract and appears nowhere.

    The docstring is the help page: its first paragraph says what the block does, for a beginner; lines that begin with ``Formula:``,
    ``Example:``, ``Use:`` and ``Paper:`` follow (see `blocks.help`).

    Class arguments: ``label`` and ``group`` for the palette; ``inputs`` and ``outputs``; ``aka``, other names people search for (Keras's, the
    papers'); ``example``, input shapes that it takes as it is; ``slim`` for one-to-one operations; ``glyph``, the icon, by default the type's name.

    Torch: ``source``, an expression with ``{0}``, ``{1}``, ... for the inputs; or ``function``, which is called with the inputs and with each
    parameter that differs from its default or stands in ``always``. ``modules`` are files of `blocks.modules` that the source uses.

    ONNX: ``onnx``, the operator it becomes; ``no_onnx``, why there is none.
    """

    label: ClassVar[str] = ""
    group: ClassVar[str] = ""
    glyph: ClassVar[str] = ""
    aka: ClassVar[tuple[str, ...]] = ()
    example: ClassVar[Shapes] = ()
    slim: ClassVar[bool] = False
    loss: ClassVar[bool] = False
    source: ClassVar[str] = ""
    function: ClassVar[str] = ""
    always: ClassVar[tuple[str, ...]] = ()
    modules: ClassVar[tuple[str, ...]] = ()
    onnx: ClassVar[str] = ""
    no_onnx: ClassVar[str] = ""
    inputs: ClassVar[tuple[Port, ...]] = (Port("x"),)
    outputs: ClassVar[tuple[Port, ...]] = (Port("y"),)

    def __init_subclass__(cls, label: str = "", glyph: str = "", **declared: Any) -> None:
        cls.label = label  # not inherited: an abstract family stays out of the palette
        cls.glyph = glyph or cls.__name__.lower()
        for name, value in declared.items():
            if name not in Block.__annotations__:
                raise TypeError(f"{cls.__name__}: a block has no class argument {name!r}")
            setattr(cls, name, value)
        super().__init_subclass__()
        if label and not (cls.__doc__ and cls.group):
            raise TypeError(f"{cls.__name__} needs a docstring and a group")

    # The rules. ``xs`` are the shapes at the inputs, in port order, those of a Many port one after the other.

    def shape(self, *xs: Shape) -> Shape | Shapes:
        """The shape of the output, or a tuple of shapes where there are several outputs. Raises BlockError."""
        return xs[0]

    def weights(self, *xs: Shape) -> dict[str, Shape]:
        """The learned tensors by the names torch gives them."""
        return {}

    def macs(self, *xs: Shape) -> int:
        """Multiply-accumulate operations for one sample, as matrix products and convolutions count them."""
        return 0

    def module(self, *xs: Shape) -> str:
        """Source of the torch module that holds the weights; empty for a block that needs none."""
        return ""

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """Source of the expression that computes a block without a module from its inputs."""
        if self.function:
            omit = {name: declared.default for name, declared in self.fields.items() if name not in self.always}
            return call(self.function, *map(Code, args), **self.values(), omit=omit)
        return self.source.format(*args)

    def initial(self, network: Initialization, last: bool, *xs: Shape) -> list[str]:
        """Source lines that set the first weights, with ``{0}`` for the module; none where torch's own are meant.

        ``last`` says whether this is the last norm of a residual branch.
        """
        return []

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str | tuple[str, ...]:
        """Add to ``g`` the nodes that compute the block in eval mode; returns the names of its outputs."""
        return g.add(self.onnx, *args)

    def kinds(self, *kinds: Kind) -> tuple[Kind, ...]:
        """What flows out of each output: a port declared "any" passes on what came in."""
        return tuple(kinds[0] if port.kind == "any" and kinds else port.kind for port in self.outputs)

    def chips(self, *xs: Shape) -> list[tuple[str, bool]]:
        """Short texts for the face of the block, each with whether it says something other than the default."""
        return list(self._chips())

    def _chips(self) -> Iterator[tuple[str, bool]]:
        for name, declared in self.fields.items():
            if declared.chip and (text := declared.chip(getattr(self, name))):
                yield text, getattr(self, name) != declared.default

    @classmethod
    def help(cls) -> str:
        """The first paragraph of the docstring: what the block does, for a beginner."""
        return " ".join((cls.__doc__ or "").strip().split("\n\n")[0].split()).replace("`", "")
