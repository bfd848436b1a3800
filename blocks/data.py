"""Where data comes in, and where results go out."""

from typing import Literal

from blocks.core import Block, BlockError, Kind, Port, Shape, param
from blocks.params import Ints


class Input(Block, label="Input", group="Data", glyph="input", inputs=(), aka=("image", "data", "placeholder")):
    """Where samples enter the network: one column of the data set."""

    column: str = param(default="image", help="Column of the data set that is fed in.")
    size: Ints = param(default=(1, 8, 8), ge=1, help="Shape of one sample, without the batch: channels × height × width for images.")

    def shape(self) -> Shape:
        """The declared size."""
        if not self.size:
            raise BlockError("needs at least one axis: give a size such as 1×28×28", "axes")
        return self.size


class Target(Block, label="Target", group="Data", glyph="target", inputs=(), aka=("label", "ground truth", "class", "y")):
    """What the network should answer: the labels, or the values to be matched. It goes into a loss."""

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
    glyph="output",
    inputs=(Port("x", "any"),),
    outputs=(),
    slim=True,
    aka=("result", "prediction"),
    example=((10,),),
):
    """A result that the finished network gives. Without one, it gives what flows into the loss."""
