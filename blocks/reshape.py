"""Reshape: the same numbers in another arrangement."""

from typing import Literal

from blocks.activation import axis
from blocks.core import Block, BlockError, Port, Shape, Shapes, param
from blocks.params import Ints, times
from blocks.rules import Code, call, dims, need_axes, size


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

    def shape(self, x: Shape) -> Shape:
        """The axes start_dim to end_dim become one."""
        first, last = axis(self.start_dim, x, "start_dim"), axis(self.end_dim, x, "end_dim")
        if first > last:
            raise BlockError(f"start_dim {self.start_dim} comes after end_dim {self.end_dim} in {dims(x)}: swap them", "axes")
        return (*x[:first], size(x[first : last + 1]), *x[last + 1 :])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``torch.flatten``."""
        return call("torch.flatten", Code(args[0]), self.start_dim, end_dim=self.end_dim, omit={"end_dim": -1})


class _Rearrange(Block, group="Reshape", glyph="flatten", slim=True):
    """Moves numbers of any kind."""

    inputs = (Port("x", "any"),)
    outputs = (Port("y", "any"),)


class Reshape(_Rearrange, label="Reshape", onnx="Reshape", aka=("view", "unflatten"), example=((16, 4),)):
    """Gives the same numbers another shape, row by row."""

    size: Ints = param(default=(8, 8), ge=1, help="The new shape of one sample, without the batch.", chip=times)

    def shape(self, x: Shape) -> Shape:
        """The declared size, which must hold as many numbers."""
        if size(x) != size(self.size) or not self.size:
            raise BlockError(f"{dims(x)} are {size(x)} numbers, but {dims(self.size)} are {size(self.size)}: both must be equal", "count")
        return self.size

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``x.reshape(-1, ...)``."""
        return call(f"{args[0]}.reshape", -1, *self.size)


class Permute(_Rearrange, label="Permute", onnx="Transpose", aka=("transpose", "channels last", "swap axes"), example=((4, 8),)):
    """Puts the axes into another order."""

    order: Ints = param(
        default=(2, 1), ge=1, help="The axes in their new order, counted as torch does without the batch: 2, 1 swaps two axes."
    )

    def shape(self, x: Shape) -> Shape:
        """The sizes in the new order."""
        if sorted(self.order) != list(range(1, len(x) + 1)):
            wanted = ", ".join(str(k) for k in range(1, len(x) + 1))
            raise BlockError(f"order must name each of the axes {wanted} of {dims(x)} once, got {', '.join(map(str, self.order))}", "axes")
        return tuple(x[k - 1] for k in self.order)

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``x.permute(0, ...)``."""
        return call(f"{args[0]}.permute", 0, *self.order)


class Squeeze(_Rearrange, label="Squeeze", onnx="Squeeze", aka=("remove axis",), example=((16, 1, 4),)):
    """Removes an axis of size 1."""

    dim: int = param(default=2, ge=-8, le=8, help="The axis to remove, counted as torch does: 0 is the batch.")

    def shape(self, x: Shape) -> Shape:
        """One axis less."""
        at = axis(self.dim, x)
        if x[at] != 1:
            raise BlockError(f"axis {self.dim} of {dims(x)} has size {x[at]}: only an axis of size 1 can be removed", "count")
        return (*x[:at], *x[at + 1 :])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``x.squeeze(dim)``."""
        return call(f"{args[0]}.squeeze", self.dim)


class Unsqueeze(_Rearrange, label="Unsqueeze", onnx="Unsqueeze", aka=("new axis", "expand dims"), example=((16, 4),)):
    """Adds an axis of size 1."""

    dim: int = param(default=1, ge=1, le=8, help="Where the new axis stands, counted as torch does: 1 is the first after the batch.")

    def shape(self, x: Shape) -> Shape:
        """One axis more."""
        if self.dim > len(x) + 1:
            raise BlockError(f"dim {self.dim} is too far: {dims(x)} can get a new axis at 1 to {len(x) + 1}", "axes")
        return (*x[: self.dim - 1], 1, *x[self.dim - 1 :])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``x.unsqueeze(dim)``."""
        return call(f"{args[0]}.unsqueeze", self.dim)


class Slice(_Rearrange, label="Slice", onnx="Slice", aka=("narrow", "select", "part"), example=((16, 8, 8),)):
    """Takes a stretch of one axis."""

    dim: int = param(
        default=1, ge=-8, le=8, help="The axis that is cut, counted as torch does: 0 is the batch, 1 the channels, -1 the last."
    )
    start: int = param(default=0, ge=0, help="The first entry that is kept.")
    length: int = param(default=1, ge=1, help="How many entries are kept.", chip="{}")

    def shape(self, x: Shape) -> Shape:
        """The axis becomes ``length`` long."""
        at = axis(self.dim, x)
        if self.start + self.length > x[at]:
            raise BlockError(
                f"entries {self.start} to {self.start + self.length - 1} of axis {self.dim} are asked for, but it has {x[at]}", "window"
            )
        return (*x[:at], self.length, *x[at + 1 :])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``x.narrow(dim, start, length)``."""
        return call(f"{args[0]}.narrow", self.dim, self.start, self.length)


class Pad2d(
    Block, label="Pad 2D", group="Reshape", glyph="flatten", onnx="Pad", slim=True, aka=("border", "zero padding"), example=((8, 7, 7),)
):
    """Adds a border around an image; each side has its own width."""

    left: int = param(default=1, ge=0, help="Columns added at the left.")
    right: int = param(default=1, ge=0, help="Columns added at the right.")
    top: int = param(default=1, ge=0, help="Rows added at the top.")
    bottom: int = param(default=1, ge=0, help="Rows added at the bottom.")
    mode: Literal["constant", "reflect", "replicate", "circular"] = param(default="constant", help="What the border is filled with.")
    value: float = param(default=0.0, help="The number for mode 'constant'.")

    def shape(self, x: Shape) -> Shape:
        """C×(H + top + bottom)×(W + left + right)."""
        need_axes(x, 2)
        for name, pad, n in (
            ("left", self.left, x[2]),
            ("right", self.right, x[2]),
            ("top", self.top, x[1]),
            ("bottom", self.bottom, x[1]),
        ):
            if (self.mode == "reflect" and pad >= n) or (self.mode == "circular" and pad > n):
                raise BlockError(f"a {self.mode} border of {pad} at the {name} needs more than {dims(x)} has to mirror", "padding")
        return (x[0], x[1] + self.top + self.bottom, x[2] + self.left + self.right)

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.pad``."""
        sides = Code(f"({self.left}, {self.right}, {self.top}, {self.bottom})")
        value = {"value": self.value} if self.mode == "constant" else {}
        return call("F.pad", Code(args[0]), sides, mode=self.mode, **value, omit={"mode": "constant", "value": 0.0})
