"""Padding: a border of its own width on each side."""

from typing import ClassVar, Literal

from blocks.convolution import ONNX_MODE
from blocks.core import Block, BlockError, Nodes, Shape, Shapes, param
from blocks.rules import dims, need_axes
from blocks.source import Code, call

Mode = Literal["constant", "reflect", "replicate", "circular"]
MODE = "What the border is filled with: a number, the mirrored inside, the edge, or the other end."
VALUE = "The number for mode 'constant'."


class Pad(Block, group="Reshape", onnx="Pad", slim=True):
    """``sides`` names the parameters, the last axis first, as torch counts."""

    sides: ClassVar[tuple[str, ...]]
    mode: Mode
    value: float

    def widths(self) -> list[tuple[int, int]]:
        """Before and after each axis, the first axis first."""
        found = [getattr(self, name) for name in self.sides]
        return [(found[k], found[k + 1]) for k in range(len(found) - 2, -1, -2)]

    def shape(self, x: Shape) -> Shape:
        """Each axis n + before + after."""
        need_axes(x, len(self.sides) // 2)
        for n, pads in zip(x[1:], self.widths(), strict=True):
            for pad in pads:
                if (self.mode == "reflect" and pad >= n) or (self.mode == "circular" and pad > n):
                    raise BlockError(f"a {self.mode} border of {pad} needs more than {dims(x)} has to mirror", "padding")
        return (x[0], *(n + before + after for n, (before, after) in zip(x[1:], self.widths(), strict=True)))

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        sides = Code("(" + ", ".join(str(getattr(self, name)) for name in self.sides) + ")")
        value = {"value": self.value} if self.mode == "constant" else {}
        return call("F.pad", Code(args[0]), sides, mode=self.mode, **value, omit={"mode": "constant", "value": 0.0})

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        before, after = zip(*self.widths(), strict=True)
        value = [g.real(self.value)] if self.mode == "constant" else []
        return g.add("Pad", args[0], g.ints(0, 0, *before, 0, 0, *after), *value, mode=ONNX_MODE[self.mode])


class Pad2d(Pad, label="Pad 2D", aka=("border", "zero padding", "zeropadding2d"), example=((8, 7, 7),)):
    """Adds a border around an image; each side has its own width.

    Formula: C×(H + top + bottom)×(W + left + right)
    Example (left=1, right=0, top=0, bottom=0): [[[1, 2]]] gives [[[0, 1, 2]]]
    Use: where the padding of a convolution should differ from side to side, or mirror the image
    """

    sides = ("left", "right", "top", "bottom")
    left: int = param(default=1, ge=0, help="Columns added at the left.")
    right: int = param(default=1, ge=0, help="Columns added at the right.")
    top: int = param(default=1, ge=0, help="Rows added at the top.")
    bottom: int = param(default=1, ge=0, help="Rows added at the bottom.")
    mode: Mode = param(default="constant", help=MODE)
    value: float = param(default=0.0, help=VALUE)


class Pad1d(Pad, label="Pad 1D", aka=("border", "zero padding", "causal"), example=((8, 7),)):
    """Adds entries at the ends of a sequence; each end has its own number.

    Formula: C×(L + left + right)
    Example (left=2, right=0): [[1, 2]] gives [[0, 0, 1, 2]]
    Use: only at the left, before a Conv 1D without padding, it makes the convolution causal
    """

    sides = ("left", "right")
    left: int = param(default=1, ge=0, help="Entries added before the first.")
    right: int = param(default=1, ge=0, help="Entries added after the last.")
    mode: Mode = param(default="constant", help=MODE)
    value: float = param(default=0.0, help=VALUE)


class Pad3d(Pad, label="Pad 3D", aka=("border", "zero padding", "volume"), example=((2, 3, 4, 5),)):
    """Adds a border around a volume; each side has its own width.

    Formula: C×(D + front + back)×(H + top + bottom)×(W + left + right)
    Example (left=1, right=0, top=0, bottom=0, front=0, back=0): [[[[1, 2]]]] gives [[[[0, 1, 2]]]]
    Use: before 3D convolutions without padding
    """

    sides = ("left", "right", "top", "bottom", "front", "back")
    left: int = param(default=1, ge=0, help="Columns added at the left.")
    right: int = param(default=1, ge=0, help="Columns added at the right.")
    top: int = param(default=1, ge=0, help="Rows added at the top.")
    bottom: int = param(default=1, ge=0, help="Rows added at the bottom.")
    front: int = param(default=1, ge=0, help="Slices added before the first.")
    back: int = param(default=1, ge=0, help="Slices added after the last.")
    mode: Mode = param(default="constant", help=MODE)
    value: float = param(default=0.0, help=VALUE)
