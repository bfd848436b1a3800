"""Non-linearities: without them, any stack of layers is one linear layer."""

from typing import Literal

from blocks.core import Block, BlockError, Shape, Shapes, param
from blocks.rules import Code, call, dims


class _Activation(Block, group="Activation", slim=True):
    """One number in, one number out, for each entry."""


class ReLU(
    _Activation, label="ReLU", glyph="relu", onnx="Relu", source="F.relu({0})", aka=("rectifier", "max(0, x)"), example=((16, 8, 8),)
):
    """Keeps what is positive and cuts the rest to zero; the usual choice (Nair and Hinton, 2010)."""


class LeakyReLU(_Activation, label="Leaky ReLU", glyph="leaky", onnx="LeakyRelu", aka=("lrelu",), example=((16, 8, 8),)):
    """A ReLU that lets a little of the negative side through, so that no unit dies (Maas et al., 2013)."""

    negative_slope: float = param(default=0.01, ge=0, help="Slope on the negative side; 0 is a plain ReLU.", chip="{}")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.leaky_relu``."""
        return call("F.leaky_relu", Code(args[0]), negative_slope=self.negative_slope, omit={"negative_slope": 0.01})


class ELU(_Activation, label="ELU", glyph="elu", onnx="Elu", aka=("exponential linear unit",), example=((16, 8, 8),)):
    """Bends smoothly towards -alpha on the negative side; keeps means near zero (Clevert et al., arXiv 1511.07289)."""

    alpha: float = param(default=1.0, gt=0, help="The value it tends to, with a minus, far on the negative side.", chip="{}")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.elu``."""
        return call("F.elu", Code(args[0]), alpha=self.alpha, omit={"alpha": 1.0})


class ReLU6(_Activation, label="ReLU6", glyph="relu", onnx="Clip", source="F.relu6({0})", aka=("mobilenet",), example=((16, 8, 8),)):
    """A ReLU that also cuts off at 6: keeps numbers small for low-precision arithmetic (Krizhevsky, 2010)."""


class PReLU(_Activation, label="PReLU", glyph="leaky", onnx="PRelu", aka=("parametric relu", "learned slope"), example=((16, 8, 8),)):
    """A ReLU that learns its slope on the negative side (He et al., arXiv 1502.01852)."""

    per_channel: bool = param(default=False, help="Learn a slope for each channel instead of one for all.")
    init: float = param(default=0.25, help="The slope to begin with.", label="First slope")

    def shape(self, x: Shape) -> Shape:
        """The shape of the input."""
        if not x:
            raise BlockError("needs at least one axis, got a scalar", "axes")
        return x

    def weights(self, x: Shape) -> dict[str, Shape]:
        """``weight``, one slope or one for each channel."""
        return {"weight": x[:1] if self.per_channel else (1,)}

    def module(self, x: Shape) -> str:
        """``nn.PReLU``."""
        return call("nn.PReLU", num_parameters=x[0] if self.per_channel else 1, init=self.init, omit={"num_parameters": 1, "init": 0.25})


class SELU(_Activation, label="SELU", glyph="elu", onnx="Selu", source="F.selu({0})", aka=("self-normalizing",), example=((16, 8, 8),)):
    """An ELU scaled so that means and variances stay near 0 and 1 by themselves (Klambauer et al., arXiv 1706.02515)."""


class CELU(_Activation, label="CELU", glyph="elu", onnx="Celu", aka=("continuously differentiable",), example=((16, 8, 8),)):
    """An ELU without a kink for any alpha (Barron, arXiv 1704.07483)."""

    alpha: float = param(default=1.0, gt=0, help="The value it tends to, with a minus, far on the negative side.", chip="{}")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.celu``."""
        return call("F.celu", Code(args[0]), alpha=self.alpha, omit={"alpha": 1.0})


class GELU(_Activation, label="GELU", glyph="elu", onnx="Gelu", aka=("transformer", "gaussian error linear unit"), example=((16, 8, 8),)):
    """Weighs its input by the chance that a normal number is smaller; usual in transformers (Hendrycks and Gimpel, arXiv 1606.08415)."""

    approximate: Literal["none", "tanh"] = param(default="none", help="'tanh' is the faster approximation of the original paper.")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.gelu``."""
        return call("F.gelu", Code(args[0]), approximate=self.approximate, omit={"approximate": "none"})


class SiLU(_Activation, label="SiLU (Swish)", glyph="elu", onnx="Mul", source="F.silu({0})", aka=("swish",), example=((16, 8, 8),)):
    """x times sigmoid(x): smooth, and dips a little below zero (Ramachandran et al., arXiv 1710.05941)."""


class Mish(_Activation, label="Mish", glyph="elu", onnx="Mish", source="F.mish({0})", example=((16, 8, 8),)):
    """x times tanh(softplus(x)): close to SiLU, a little smoother (Misra, arXiv 1908.08681)."""


class Hardswish(
    _Activation, label="Hardswish", glyph="elu", onnx="HardSwish", source="F.hardswish({0})", aka=("mobilenet v3",), example=((16, 8, 8),)
):
    """SiLU drawn with straight lines: nearly as good and cheap (Howard et al., arXiv 1905.02244)."""


class Hardsigmoid(
    _Activation, label="Hardsigmoid", glyph="sigmoid", onnx="HardSigmoid", source="F.hardsigmoid({0})", example=((16, 8, 8),)
):
    """A sigmoid drawn with three straight lines."""


class Hardtanh(_Activation, label="Hardtanh", glyph="tanh", onnx="Clip", aka=("clip",), example=((16, 8, 8),)):
    """Passes what lies between two limits and cuts off the rest."""

    min_val: float = param(default=-1.0, help="Lower limit.", label="Minimum")
    max_val: float = param(default=1.0, help="Upper limit.", label="Maximum")

    def shape(self, x: Shape) -> Shape:
        """The shape of the input."""
        if self.min_val >= self.max_val:
            raise BlockError(f"needs min_val below max_val, got {self.min_val:g} and {self.max_val:g}: swap them", "limits")
        return x

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.hardtanh``."""
        return call("F.hardtanh", Code(args[0]), **self.values(), omit={"min_val": -1.0, "max_val": 1.0})


class Softplus(_Activation, label="Softplus", glyph="elu", onnx="Softplus", aka=("smooth relu",), example=((16, 8, 8),)):
    """A smooth ReLU, log(1 + exp(x)): always positive, good for variances and rates."""

    beta: float = param(default=1.0, gt=0, help="Sharpness; larger is closer to a ReLU.", chip=lambda b: "" if b == 1 else f"β {b:g}")
    threshold: float = param(default=20.0, gt=0, help="Above this value of beta * x the function is taken as linear.")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.softplus``."""
        return call("F.softplus", Code(args[0]), **self.values(), omit={"beta": 1.0, "threshold": 20.0})


class Softsign(_Activation, label="Softsign", glyph="tanh", onnx="Softsign", source="F.softsign({0})", example=((16, 8, 8),)):
    """x / (1 + |x|): like tanh, with slower tails."""


class Softshrink(_Activation, label="Softshrink", glyph="tanh", onnx="Shrink", aka=("soft threshold",), example=((16, 8, 8),)):
    """Moves everything towards zero by lambd, and what is nearer to zero: sparse results."""

    lambd: float = param(default=0.5, ge=0, help="How far, and the width of the zone that becomes zero.", label="Lambda", chip="{}")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.softshrink``."""
        return call("F.softshrink", Code(args[0]), self.lambd)


class Hardshrink(_Activation, label="Hardshrink", glyph="tanh", onnx="Shrink", aka=("hard threshold",), example=((16, 8, 8),)):
    """Sets what is near zero to zero and leaves the rest as it is."""

    lambd: float = param(default=0.5, ge=0, help="What is smaller than this, with either sign, becomes zero.", label="Lambda", chip="{}")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.hardshrink``."""
        return call("F.hardshrink", Code(args[0]), self.lambd)


class Tanhshrink(_Activation, label="Tanhshrink", glyph="tanh", onnx="Sub", source="F.tanhshrink({0})", example=((16, 8, 8),)):
    """x - tanh(x): nearly nothing around zero, nearly everything far from it."""


class Threshold(_Activation, label="Threshold", glyph="relu", onnx="Where", example=((16, 8, 8),)):
    """Keeps what is above a threshold and puts a fixed value in place of the rest."""

    threshold: float = param(default=0.1, help="What is larger than this is kept.", chip="{}")
    value: float = param(default=0.0, help="What the rest becomes.")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.threshold``."""
        return call("F.threshold", Code(args[0]), self.threshold, self.value)


class Sigmoid(
    _Activation, label="Sigmoid", glyph="sigmoid", onnx="Sigmoid", source="torch.sigmoid({0})", aka=("logistic",), example=((10,),)
):
    """Squeezes any number between 0 and 1; a gate or a probability, slow to learn in deep stacks."""


class Tanh(_Activation, label="Tanh", glyph="tanh", onnx="Tanh", source="torch.tanh({0})", aka=("hyperbolic tangent",), example=((10,),)):
    """Squeezes any number between -1 and 1."""


class Softmax(_Activation, label="Softmax", glyph="softmax", onnx="Softmax", aka=("probabilities",), example=((10,),)):
    """Turns scores into probabilities that add up to one. Cross-entropy does this itself: do not put one before it."""

    dim: int = param(
        default=1, ge=-8, le=8, help="The axis that adds up to one, counted as torch does: 0 is the batch, 1 the channels, -1 the last."
    )

    def shape(self, x: Shape) -> Shape:
        """The shape of the input."""
        axis(self.dim, x)
        return x

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.softmax``."""
        return call("F.softmax", Code(args[0]), dim=self.dim)


class LogSoftmax(_Activation, label="Log-softmax", glyph="softmax", onnx="LogSoftmax", aka=("log probabilities",), example=((10,),)):
    """The logarithm of softmax, computed in one stable step; what the negative log-likelihood loss takes."""

    dim: int = param(default=1, ge=-8, le=8, help="The axis whose exponentials add up to one: 0 is the batch, 1 the channels, -1 the last.")

    def shape(self, x: Shape) -> Shape:
        """The shape of the input."""
        axis(self.dim, x)
        return x

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.log_softmax``."""
        return call("F.log_softmax", Code(args[0]), dim=self.dim)


class GLU(Block, label="GLU", group="Activation", glyph="sigmoid", onnx="Mul", aka=("gated linear unit", "gate"), example=((16, 8, 8),)):
    """Cuts an axis in half: one half passes, gated by the sigmoid of the other (Dauphin et al., arXiv 1612.08083)."""

    dim: int = param(
        default=1, ge=-8, le=8, help="The axis that is cut, counted as torch does: 0 is the batch, 1 the channels, -1 the last."
    )

    def shape(self, x: Shape) -> Shape:
        """The axis ``dim`` becomes half as long."""
        at = axis(self.dim, x)
        if x[at] % 2:
            raise BlockError(f"cuts axis {self.dim} in half, but its size {x[at]} is odd", "groups")
        return (*x[:at], x[at] // 2, *x[at + 1 :])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.glu``."""
        return call("F.glu", Code(args[0]), dim=self.dim)


def axis(dim: int, x: Shape, role: str = "dim") -> int:
    """The index into ``x`` of an axis counted as torch does, with the batch as axis 0; raises BlockError where there is none."""
    rank = len(x) + 1
    if not -rank <= dim < rank or dim % rank == 0:
        raise BlockError(
            f"{role} {dim} is no axis of {dims(x)} (axis 0 is the batch): use 1 to {rank - 1} or -{rank - 1} to -1"
            if x
            else "a scalar has no axis",
            "axes",
        )
    return dim % rank - 1
