"""Plain mathematics on every entry, or over chosen axes."""

from typing import Literal

from blocks.activation import axis
from blocks.core import Block, BlockError, Shape, Shapes, param
from blocks.params import Ints
from blocks.rules import Code, call, dims


class _Math(Block, group="Math", glyph="math", slim=True):
    """One number in, one number out."""


class Abs(_Math, label="Absolute value", onnx="Abs", source="torch.abs({0})", aka=("magnitude",), example=((8, 8),)):
    """Drops the sign."""


class Exp(_Math, label="Exponential", onnx="Exp", source="torch.exp({0})", aka=("e^x",), example=((8, 8),)):
    """e to the power of each entry; grows fast."""


class Log(_Math, label="Logarithm", onnx="Log", source="torch.log({0})", aka=("ln",), example=((8, 8),)):
    """The natural logarithm; entries must be positive."""


class Sqrt(_Math, label="Square root", onnx="Sqrt", source="torch.sqrt({0})", aka=("root",), example=((8, 8),)):
    """The square root; entries must not be negative."""


class Power(_Math, label="Power", onnx="Pow", aka=("square", "exponent"), example=((8, 8),)):
    """Raises each entry to a fixed power."""

    exponent: float = param(default=2.0, help="The power; 2 squares.", chip="^{}")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``torch.pow``."""
        return call("torch.pow", Code(args[0]), self.exponent)


class Clamp(_Math, label="Clamp", onnx="Clip", aka=("clip", "limit"), example=((8, 8),)):
    """Cuts off what lies beyond two limits."""

    minimum: float = param(default=0.0, help="Lower limit.")
    maximum: float = param(default=1.0, help="Upper limit.")

    def shape(self, x: Shape) -> Shape:
        """The shape of the input."""
        if self.minimum > self.maximum:
            raise BlockError(f"needs minimum at most maximum, got {self.minimum:g} and {self.maximum:g}: swap them", "limits")
        return x

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``torch.clamp``."""
        return call("torch.clamp", Code(args[0]), self.minimum, self.maximum)


class Reduce(
    Block,
    label="Reduce",
    group="Math",
    glyph="math",
    onnx="ReduceMean",
    slim=True,
    aka=("mean", "sum", "max", "min", "average"),
    example=((8, 4, 4),),
):
    """Sums up axes: their mean, sum, largest or smallest entry."""

    operation: Literal["mean", "sum", "amax", "amin"] = param(
        default="mean", help="amax and amin are the largest and the smallest entry.", chip="{}"
    )
    axes: Ints = param(default=(2, 3), ge=1, help="The axes that vanish, counted as torch does without the batch: 1 is the channels.")
    keepdim: bool = param(default=False, help="Keep them, with size 1.")

    def shape(self, x: Shape) -> Shape:
        """Without the axes, or with size 1 there."""
        gone = [axis(k, x, "axis") for k in self.axes]
        if not gone or len(set(gone)) < len(gone):
            raise BlockError(
                f"needs each axis of {dims(x)} at most once and at least one, got {', '.join(map(str, self.axes)) or 'none'}", "axes"
            )
        return tuple(1 if k in gone else n for k, n in enumerate(x) if self.keepdim or k not in gone)

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``x.mean(dim=...)`` and the like."""
        axes = Code(str(self.axes[0]) if len(self.axes) == 1 else "(" + ", ".join(map(str, self.axes)) + ")")
        return call(f"{args[0]}.{self.operation}", dim=axes, keepdim=self.keepdim, omit={"keepdim": False})
