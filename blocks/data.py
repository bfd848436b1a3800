"""Where data comes in, and where results go out."""

from typing import Literal

from blocks.core import Block, BlockError, Kind, Nodes, Port, Shape, Shapes, param
from blocks.params import Ints
from blocks.source import literal


class Input(Block, label="Input", group="Data", inputs=(), aka=("image", "data", "placeholder", "inputlayer", "tokens")):
    """Where samples enter the network: one column of the data set.

    Example: a grey image of 28 by 28 pixels has the size 1×28×28, a colour photograph 3×224×224, a table of 13 numbers just 13
    Use: once for each thing the network is shown; the batch is not part of the size
    """

    column: str = param(default="image", help="Column of the data set that is fed in.")
    size: Ints = param(default=(1, 8, 8), ge=1, help="Shape of one sample, without the batch: channels × height × width for images.")
    kind: Literal["values", "index"] = param(
        default="values", help="'values' for real numbers; 'index' for whole numbers that name something, such as the words of a text."
    )
    classes: int = param(default=100, ge=1, help="How many different indices there are (kind 'index').")

    def shape(self) -> Shape:
        """The declared size."""
        if not self.size:
            raise BlockError("needs at least one axis: give a size such as 1×28×28", "axes")
        return self.size

    def kinds(self, *kinds: Kind) -> tuple[Kind, ...]:
        return ("index" if self.kind == "index" else "real",)


class Target(Block, label="Target", group="Data", inputs=(), aka=("label", "ground truth", "class", "y")):
    """What the network should answer: the labels, or the values to be matched. It goes into a loss.

    Example: for ten digits a label between 0 and 9 (kind 'class', size empty); for a price one number (kind 'values', size 1)
    Use: one for each loss; it is needed for training only, and is no part of what is exported
    """

    column: str = param(default="label", help="Column of the data set that holds the answers.")
    kind: Literal["class", "values"] = param(
        default="class", help="'class' for a label, one whole number a sample; 'values' for numbers to be matched."
    )
    classes: int = param(default=10, ge=1, help="How many different labels there are (kind 'class').")
    size: Ints = param(default=(), ge=1, help="Shape of one answer; empty for a single label or number.")

    def shape(self) -> Shape:
        """The declared size."""
        return self.size

    def kinds(self, *kinds: Kind) -> tuple[Kind, ...]:
        """Labels are indices, values are real."""
        return ("index" if self.kind == "class" else "real",)


class Output(
    Block,
    label="Output",
    group="Data",
    inputs=(Port("x", "any"),),
    outputs=(),
    slim=True,
    aka=("result", "prediction"),
    example=((10,),),
):
    """A result that the finished network gives. Without one, it gives what flows into the loss.

    Example: a network that sorts and measures has two: the scores of the classes and the sizes
    Use: to give a result a name, or to take out something that no loss looks at, such as features
    """


class Constant(
    Block,
    label="Constant",
    group="Data",
    onnx="Expand",
    inputs=(Port("like", "any"),),
    aka=("fixed value", "fill", "ones", "zeros"),
    example=((3, 8, 8),),
):
    """The same number everywhere, whatever comes in; a wire only tells it how large the batch is.

    Formula: y = value
    Example (value=2.0, size=[3]): [1, 5] gives [2, 2, 2]
    Use: as the other side of an Add, a Maximum or a Concat
    """

    value: float = param(default=1.0, help="The number.", chip="{}")
    size: Ints = param(default=(1,), ge=1, help="Shape of the result, without the batch.")

    def shape(self, like: Shape) -> Shape:
        return self.size

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        sizes = "".join(f", {n}" for n in self.size) or ","
        return f"torch.full(({args[0]}.shape[0]{sizes}), {literal(self.value)}, device={args[0]}.device)"

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Expand", g.real(self.value), g.sized(args[0], *self.size))


class GaussianNoise(
    Block,
    label="Gaussian noise",
    group="Data",
    modules=("gaussian_noise",),
    onnx="Identity",
    slim=True,
    aka=("noise", "jitter", "denoising"),
    example=((3, 8, 8),),
):
    """While training, adds random numbers, so that small changes of the input matter less; afterwards does nothing.

    Formula: y = x + std * n, with n drawn from a normal distribution of mean 0 and variance 1
    Use: right after an Input, as augmentation, or for a denoising autoencoder
    Paper: Vincent et al., Stacked denoising autoencoders, 2010
    """

    std: float = param(default=0.1, ge=0, help="Standard deviation of the noise; compare it with that of the data.", chip="{}")

    def module(self, x: Shape) -> str:
        return f"GaussianNoise({self.std!r})"

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return args[0]
