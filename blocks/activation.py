"""Non-linearities: without them, any stack of layers is one linear layer."""

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

    def shape(self, x: Shape) -> Shape:  # type: ignore[override]
        """The shape of the input."""
        axis(self.dim, x)
        return x

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.softmax``."""
        return call("F.softmax", Code(args[0]), dim=self.dim)


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
