"""Reshape: the same numbers in another arrangement."""

from functools import cached_property

from blocks.core import Block, BlockError, Nodes, Port, Shape, Shapes, param
from blocks.params import Ints, times
from blocks.rules import axis, dims, need_axes, size
from blocks.source import Code, call

DIM = "counted as torch does: 0 is the batch, 1 the channels, -1 the last."


class Rearrange(Block, group="Reshape", slim=True, inputs=(Port("x", "any"),), outputs=(Port("y", "any"),)):
    """Moves numbers of any kind."""


class Flatten(Rearrange, label="Flatten", onnx="Flatten", aka=("vector", "view", "linearize"), example=((16, 5, 5),)):
    """Lays all numbers out in one row: what a fully connected layer needs after a convolution.

    Formula: C×H×W becomes C * H * W
    Example: [[1, 2], [3, 4]] gives [1, 2, 3, 4]
    Use: between the last convolution and the first Linear; a Global average pool needs fewer weights after it
    """

    start_dim: int = param(default=1, ge=-8, le=8, help="First axis to merge, counted as torch does: 0 is the batch, which must stay.")
    end_dim: int = param(default=-1, ge=-8, le=8, help="Last axis to merge; -1 is the last.")

    def shape(self, x: Shape) -> Shape:
        """The axes start_dim to end_dim become one."""
        first, last = axis(self.start_dim, x, "start_dim"), axis(self.end_dim, x, "end_dim")
        if first > last:
            raise BlockError(f"start_dim {self.start_dim} comes after end_dim {self.end_dim} in {dims(x)}: swap them", "axes")
        return (*x[:first], size(x[first : last + 1]), *x[last + 1 :])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return call("torch.flatten", Code(args[0]), self.start_dim, end_dim=self.end_dim, omit={"end_dim": -1})

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        shape = self.shape(xs[0])
        return g.add("Flatten", args[0], axis=1) if len(shape) == 1 else g.reshape(args[0], -1, *shape)


class Reshape(Rearrange, label="Reshape", onnx="Reshape", aka=("view", "unflatten"), example=((16, 4),)):
    """Gives the same numbers another shape, row by row.

    Formula: as many numbers after as before
    Example (size=[2, 2]): [1, 2, 3, 4] gives [[1, 2], [3, 4]]
    Use: at the start of a generator, to make an image of a vector
    """

    size: Ints = param(default=(8, 8), ge=1, help="The new shape of one sample, without the batch.", chip=times)

    def shape(self, x: Shape) -> Shape:
        """The declared size, which must hold as many numbers."""
        if size(x) != size(self.size) or not self.size:
            raise BlockError(f"{dims(x)} are {size(x)} numbers, but {dims(self.size)} are {size(self.size)}: both must be equal", "count")
        return self.size

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return call(f"{args[0]}.reshape", -1, *self.size)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.reshape(args[0], -1, *self.size)


class Permute(Rearrange, label="Permute", onnx="Transpose", aka=("transpose", "channels last", "swap axes"), example=((4, 8),)):
    """Puts the axes into another order.

    Formula: axis k of y is axis order_k of x
    Example: [[1, 2], [3, 4]] gives [[1, 3], [2, 4]]
    Use: between layers that expect channels first and layers that expect them last
    """

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
        return call(f"{args[0]}.permute", 0, *self.order)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Transpose", args[0], perm=[0, *self.order])


class Squeeze(Rearrange, label="Squeeze", onnx="Squeeze", aka=("remove axis",), example=((16, 1, 4),)):
    """Removes an axis of size 1.

    Formula: C×1×W becomes C×W
    Example (dim=1): [[1, 2]] gives [1, 2]
    Use: after a pool or a convolution that left nothing of an axis
    """

    dim: int = param(default=2, ge=-8, le=8, help="The axis to remove, counted as torch does: 0 is the batch.")

    def shape(self, x: Shape) -> Shape:
        """One axis less."""
        at = axis(self.dim, x)
        if x[at] != 1:
            raise BlockError(f"axis {self.dim} of {dims(x)} has size {x[at]}: only an axis of size 1 can be removed", "count")
        return (*x[:at], *x[at + 1 :])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return call(f"{args[0]}.squeeze", self.dim)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Squeeze", args[0], g.ints(self.dim))


class Unsqueeze(Rearrange, label="Unsqueeze", onnx="Unsqueeze", aka=("new axis", "expand dims"), example=((16, 4),)):
    """Adds an axis of size 1.

    Formula: C×W becomes C×1×W
    Example: [1, 2] gives [[1, 2]]
    Use: to give a single map a channel axis, or to let Multiply repeat it
    """

    dim: int = param(default=1, ge=1, le=8, help="Where the new axis stands, counted as torch does: 1 is the first after the batch.")

    def shape(self, x: Shape) -> Shape:
        """One axis more."""
        if self.dim > len(x) + 1:
            raise BlockError(f"dim {self.dim} is too far: {dims(x)} can get a new axis at 1 to {len(x) + 1}", "axes")
        return (*x[: self.dim - 1], 1, *x[self.dim - 1 :])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return call(f"{args[0]}.unsqueeze", self.dim)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Unsqueeze", args[0], g.ints(self.dim))


class Split(Rearrange, label="Split", onnx="Split", aka=("chunk", "tensor_split", "divide", "branches"), example=((16, 8, 8),)):
    """Cuts an axis into parts, each with an output of its own.

    Formula: parts of equal size, the first ones larger by one where it does not divide; or parts of the sizes given
    Example (parts=2): [1, 2, 3] gives [1, 2] and [3]
    Use: for branches that each see a part of the channels, as in ShuffleNet
    """

    dim: int = param(default=1, ge=-8, le=8, help=f"The axis that is cut, {DIM}")
    parts: int = param(default=2, ge=1, le=16, help="How many parts.", chip=lambda n: f"in {n}")
    sizes: Ints = param(
        default=(), ge=1, help="The size of each part; empty: equal parts.", check=lambda s: "" if len(s) <= 16 else "at most 16 parts"
    )

    @cached_property
    def outputs(self) -> tuple[Port, ...]:
        return tuple(Port(f"y{k + 1}", "any") for k in range(len(self.sizes) or self.parts))

    def cuts(self, n: int) -> Shape:
        """The size of each part of an axis of ``n``."""
        return self.sizes or tuple(n // self.parts + (k < n % self.parts) for k in range(self.parts))

    def shape(self, x: Shape) -> Shapes:
        at = axis(self.dim, x)
        cuts = self.cuts(x[at])
        if sum(cuts) != x[at]:
            raise BlockError(
                f"the parts {' + '.join(map(str, cuts))} = {sum(cuts)} must make up axis {self.dim}, which has {x[at]}", "count"
            )
        if min(cuts) < 1:
            raise BlockError(f"axis {self.dim} has {x[at]} entries: too few for {self.parts} parts", "empty")
        return tuple((*x[:at], n, *x[at + 1 :]) for n in cuts)

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        if self.sizes:
            return f"{args[0]}.split({list(self.sizes)}, dim={self.dim})" + "[0]" * (len(self.sizes) == 1)
        return f"{args[0]}.tensor_split({self.parts}, dim={self.dim})" + "[0]" * (self.parts == 1)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> tuple[str, ...]:
        cuts = self.cuts(xs[0][axis(self.dim, xs[0])])
        return g.several("Split", args[0], g.ints(*cuts), outputs=len(cuts), axis=self.dim)


class Slice(Rearrange, label="Slice", onnx="Slice", aka=("narrow", "select", "part"), example=((16, 8, 8),)):
    """Takes a stretch of one axis.

    Formula: y = entries start to start + length - 1
    Example (start=1, length=2): [1, 2, 3, 4] gives [2, 3]
    Use: to take single channels, or the middle of a sequence
    """

    dim: int = param(default=1, ge=-8, le=8, help=f"The axis that is cut, {DIM}")
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
        return call(f"{args[0]}.narrow", self.dim, self.start, self.length)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Slice", args[0], g.ints(self.start), g.ints(self.start + self.length), g.ints(self.dim))


class Crop2d(Rearrange, label="Crop 2D", onnx="Slice", aka=("cropping2d", "center crop", "cut out"), example=((8, 10, 10),)):
    """Cuts a rectangle out of an image.

    Formula: y = rows top to top + height - 1, columns left to left + width - 1
    Example (size=[1, 2], top=0, left=1): [[[1, 2, 3], [4, 5, 6]]] gives [[[2, 3]]]
    Use: to bring the skips of a U-Net to one size, as its first version did
    Paper: Ronneberger et al., U-Net, arXiv 1505.04597
    """

    size: Ints = param(default=(4, 4), ge=1, help="Height and width of what is kept.", chip=times)
    top: int = param(default=-1, ge=-1, help="The first row that is kept; -1: centred.")
    left: int = param(default=-1, ge=-1, help="The first column that is kept; -1: centred.")

    def corner(self, x: Shape) -> Shape:
        """First row and first column."""
        starts = zip((self.top, self.left), x[1:], self.size, strict=True)
        return tuple((n - m) // 2 if at < 0 else at for at, n, m in starts)

    def shape(self, x: Shape) -> Shape:
        """C×size."""
        need_axes(x, 2)
        if len(self.size) != 2:
            raise BlockError(f"size is a height and a width, got {dims(self.size)}", "sizes")
        for at, n, m, name in zip(self.corner(x), x[1:], self.size, ("height", "width"), strict=True):
            if at + m > n or at < 0:
                raise BlockError(f"{m} from {at} on do not fit into {name} {n}: keep at most {max(0, n - max(at, 0))}", "crop")
        return (x[0], *self.size)

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        (top, left), (height, width) = self.corner(xs[0]), self.size
        return f"{args[0]}[:, :, {top}:{top + height}, {left}:{left + width}]"

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        starts = self.corner(xs[0])
        ends = [at + n for at, n in zip(starts, self.size, strict=True)]
        return g.add("Slice", args[0], g.ints(*starts), g.ints(*ends), g.ints(2, 3))


class ChannelShuffle(
    Rearrange,
    label="Channel shuffle",
    function="F.channel_shuffle",
    always=("groups",),
    onnx="Transpose",
    aka=("shufflenet",),
    example=((8, 4, 4),),
):
    """Deals the channels of several groups out like cards, so that the next grouped convolution sees all groups.

    Formula: channel g * n + k goes to k * groups + g, with n channels a group
    Example: [[[1]], [[2]], [[3]], [[4]]] gives [[[1]], [[3]], [[2]], [[4]]]
    Use: between grouped 1×1 convolutions
    Paper: Zhang et al., ShuffleNet, arXiv 1707.01083
    """

    inputs = (Port("x"),)
    outputs = (Port("y"),)
    groups: int = param(default=2, ge=1, help="Into how many groups the channels are split; must divide them.", chip="g{}")

    def shape(self, x: Shape) -> Shape:
        need_axes(x, 2)
        if x[0] % self.groups:
            raise BlockError(f"groups must divide the channels: {x[0]} / {self.groups} leaves {x[0] % self.groups}", "groups")
        return x

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        c, h, w = xs[0]
        apart = g.add("Transpose", g.reshape(args[0], 0, self.groups, c // self.groups, h * w), perm=[0, 2, 1, 3])
        return g.reshape(apart, 0, c, h, w)


class Identity(
    Rearrange, label="Identity", onnx="Identity", source="{0}", aka=("pass through", "nothing", "linear activation"), example=((16, 8, 8),)
):
    """Passes everything on as it is.

    Formula: y = x
    Example: [1, 2] gives [1, 2]
    Use: as a place holder, or to give a value a name on the canvas
    """

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return args[0]
