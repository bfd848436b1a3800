"""Reshape: the same numbers in another arrangement."""

from blocks.activation import axis
from blocks.core import Block, BlockError, Port, Shape, Shapes, param
from blocks.rules import Code, call, dims, size


class Flatten(
    Block,
    label="Flatten",
    group="Reshape",
    glyph="flatten",
    onnx="Flatten",
    slim=True,
    inputs=(Port("x", "any"),),
    outputs=(Port("y", "any"),),
    aka=("reshape", "vector", "view"),
    example=((16, 5, 5),),
):
    """Lays all numbers out in one row: what a fully connected layer needs after a convolution."""

    start_dim: int = param(default=1, ge=-8, le=8, help="First axis to merge, counted as torch does: 0 is the batch, which must stay.")
    end_dim: int = param(default=-1, ge=-8, le=8, help="Last axis to merge; -1 is the last.")

    def shape(self, x: Shape) -> Shape:  # type: ignore[override]
        """The axes start_dim to end_dim become one."""
        first, last = axis(self.start_dim, x, "start_dim"), axis(self.end_dim, x, "end_dim")
        if first > last:
            raise BlockError(f"start_dim {self.start_dim} comes after end_dim {self.end_dim} in {dims(x)}: swap them", "axes")
        return (*x[:first], size(x[first : last + 1]), *x[last + 1 :])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``torch.flatten``."""
        return call("torch.flatten", Code(args[0]), self.start_dim, end_dim=self.end_dim, omit={"end_dim": -1})
