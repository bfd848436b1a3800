"""Plain mathematics on every entry, or over chosen axes."""

from functools import cached_property
from typing import Literal

from blocks import formula
from blocks.core import Block, BlockError, Nodes, Port, Shape, Shapes, param
from blocks.params import Ints
from blocks.rules import axis, broadcast, dims
from blocks.source import Code, call

DIM = "counted as torch does: 0 is the batch, 1 the channels, -1 the last."


class Maths(Block, group="Math", slim=True):
    """One number in, one number out."""


class Abs(Maths, label="Absolute value", onnx="Abs", source="torch.abs({0})", aka=("magnitude",), example=((8, 8),)):
    """Drops the sign.

    Formula: y = |x|
    Example: [-2, 3] gives [2, 3]
    Use: to measure how far something is from zero
    """


class Exp(Maths, label="Exponential", onnx="Exp", source="torch.exp({0})", aka=("e^x",), example=((8, 8),)):
    """e to the power of each entry; grows fast.

    Formula: y = e^x
    Example: [0] gives [1]
    Use: to turn a log-variance into a variance; keep x small
    """


class Log(Maths, label="Logarithm", onnx="Log", source="torch.log({0})", aka=("ln",), example=((8, 8),)):
    """The natural logarithm; entries must be positive.

    Formula: y = ln(x)
    Example: [1] gives [0]
    Use: for prices, counts and loudness, whose ratios matter more than their differences
    """


class Sqrt(Maths, label="Square root", onnx="Sqrt", source="torch.sqrt({0})", aka=("root",), example=((8, 8),)):
    """The square root; entries must not be negative.

    Formula: y = sqrt(x)
    Example: [4, 9] gives [2, 3]
    Use: after a sum of squares; its slope at 0 is infinite, so add a little first
    """


class Power(Maths, label="Power", onnx="Pow", function="torch.pow", always=("exponent",), aka=("square", "exponent"), example=((8, 8),)):
    """Raises each entry to a fixed power.

    Formula: y = x^exponent
    Example: [-2, 3] gives [4, 9]
    Use: to square; with a broken exponent entries must not be negative
    """

    exponent: float = param(default=2.0, help="The power; 2 squares.", chip="^{}")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return call("torch.pow", Code(args[0]), self.exponent)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Pow", args[0], g.real(self.exponent))


class Clamp(Maths, label="Clamp", onnx="Clip", aka=("clip", "limit"), example=((8, 8),)):
    """Cuts off what lies beyond two limits.

    Formula: y = min(max(minimum, x), maximum)
    Example: [-2, 0.5, 3] gives [0, 0.5, 1]
    Use: to keep colours, or a logarithm's input, within bounds
    """

    minimum: float = param(default=0.0, help="Lower limit.")
    maximum: float = param(default=1.0, help="Upper limit.")

    def shape(self, x: Shape) -> Shape:
        if self.minimum > self.maximum:
            raise BlockError(f"needs minimum at most maximum, got {self.minimum:g} and {self.maximum:g}: swap them", "limits")
        return x

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return call("torch.clamp", Code(args[0]), self.minimum, self.maximum)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Clip", args[0], g.real(self.minimum), g.real(self.maximum))


REDUCTIONS = {"mean": "ReduceMean", "sum": "ReduceSum", "amax": "ReduceMax", "amin": "ReduceMin", "l2": "ReduceL2"}


class Reduce(
    Block,
    label="Reduce",
    group="Math",
    onnx="ReduceMean",
    slim=True,
    aka=("mean", "sum", "max", "min", "average", "norm", "reducesum", "reducemax", "reducel2"),
    example=((8, 4, 4),),
):
    """Sums up axes: their mean, sum, largest or smallest entry, or length.

    Formula: y = mean, sum, max, min or sqrt(sum of x^2) over the axes
    Example (axes=[1]): [1, 2, 6] gives 3
    Use: where a pool over other axes than height and width is wanted
    """

    operation: Literal["mean", "sum", "amax", "amin", "l2"] = param(
        default="mean", help="amax and amin are the largest and the smallest entry, l2 is the length of the vector.", chip="{}"
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
        axes = Code(str(self.axes[0]) if len(self.axes) == 1 else "(" + ", ".join(map(str, self.axes)) + ")")
        if self.operation == "l2":
            return call("torch.linalg.vector_norm", Code(args[0]), dim=axes, keepdim=self.keepdim, omit={"keepdim": False})
        return call(f"{args[0]}.{self.operation}", dim=axes, keepdim=self.keepdim, omit={"keepdim": False})

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.sum(REDUCTIONS[self.operation], args[0], self.axes, self.keepdim)


class ArgMax(
    Block,
    label="ArgMax",
    group="Math",
    onnx="ArgMax",
    slim=True,
    outputs=(Port("y", "index"),),
    aka=("prediction", "winner", "class"),
    example=((10,),),
):
    """Says where the largest entry is: from scores to a class.

    Formula: y = the index of the largest entry along the axis
    Example: [1, 5, 2] gives 1
    Use: right before an Output; nothing can be learned through it
    """

    dim: int = param(default=1, ge=-8, le=8, help=f"The axis that is searched, {DIM}")
    keepdim: bool = param(default=False, help="Keep the axis, with size 1.")

    def shape(self, x: Shape) -> Shape:
        """Without the axis, or with size 1 there."""
        at = axis(self.dim, x)
        return (*x[:at], *((1,) if self.keepdim else ()), *x[at + 1 :])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return call(f"{args[0]}.argmax", dim=self.dim, keepdim=self.keepdim, omit={"keepdim": False})

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("ArgMax", args[0], axis=self.dim, keepdims=int(self.keepdim))


class Learned(Block, group="Math", slim=True):
    """A learned number for each channel, or one for all."""

    per_channel: bool = param(default=True, help="Learn a number for each channel; otherwise one for all.")

    def shape(self, x: Shape) -> Shape:
        if not x:
            raise BlockError("needs at least one axis, got a scalar", "axes")
        return x

    def size(self, x: Shape) -> Shape:
        """The shape of what is learned: a number for each entry of the first axis."""
        return (x[0], *(1 for _ in x[1:])) if self.per_channel else (1,)


class Scale(Learned, label="Scale", modules=("affine",), onnx="Mul", aka=("gain", "layer scale", "gamma"), example=((16, 8, 8),)):
    """Multiplies each channel by a learned number.

    Formula: y = a x
    Example: 16 channels: 16 weights
    Use: at the end of a residual branch, begun small, it lets deep transformers train
    Paper: Touvron et al., Going deeper with image transformers, arXiv 2103.17239
    """

    init: float = param(default=1.0, help="The number to begin with.", label="First value", chip="×{}")

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"weight": self.size(x)}

    def module(self, x: Shape) -> str:
        return f"Scale({self.size(x)}, {self.init!r})"

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Mul", args[0], g.weight("weight"))


class Bias(Learned, label="Bias", modules=("affine",), onnx="Add", aka=("offset", "shift", "beta"), example=((16, 8, 8),)):
    """Adds a learned number to each channel.

    Formula: y = x + b
    Example: 16 channels: 16 weights
    Use: after something without a bias of its own, such as a MatMul
    """

    init: float = param(default=0.0, help="The number to begin with.", label="First value")

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"bias": self.size(x)}

    def module(self, x: Shape) -> str:
        return f"Bias({self.size(x)}, {self.init!r})"

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Add", args[0], g.weight("bias"))


class Formula(
    Block, label="Formula", group="Math", onnx="Mul", aka=("expression", "lambda", "custom", "own maths"), example=((8, 8), (8, 8))
):
    """Your own maths, typed as a formula; each name in it becomes an input.

    Formula: what you type: numbers, names, + - * / **, and abs, cos, erf, exp, floor, log, max, min, relu, sigmoid, sign, sin, softplus, sqrt, tanh
    Example (expression="a * relu(b) + 0.5"): [1, 2] and [-3, 4] gives [0.5, 8.5]
    Use: for a gate, a trick of a paper, a scaling; axes of size 1 are repeated, as in Multiply
    """

    expression: str = param(default="a * sigmoid(b)", help="The formula, such as a * sigmoid(b) + 0.5.", chip="{}", check=formula.wrong)

    @cached_property
    def inputs(self) -> tuple[Port, ...]:
        return tuple(map(Port, formula.names(self.expression)))

    def shape(self, *xs: Shape) -> Shape:
        """Equal ranks; along each axis equal sizes or 1."""
        return broadcast(xs)

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return formula.to_torch(self.expression, dict(zip((port.name for port in self.inputs), args, strict=True)))

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return formula.to_onnx(self.expression, g, dict(zip((port.name for port in self.inputs), args, strict=True)))
