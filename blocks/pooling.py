"""Pooling: summarise windows, or whole maps, by their maximum or mean."""

from functools import cached_property
from typing import ClassVar

from blocks.core import Block, BlockError, Nodes, Port, Shape, Shapes, param
from blocks.onnx import INF
from blocks.params import Pair, Triple, dilation_chip, pad_chip, stride_chip, window
from blocks.rules import AXES, dims, need_axes, size, spread, window_size
from blocks.source import Code, call

Size = int | Pair | Triple
MAX_HELP = "Round the size of the result up: keep a last window that hangs over the edge."


class Pool(Block, group="Pooling"):
    """A window that slides along 1, 2 or 3 axes and keeps one number for each position."""

    rank: ClassVar[int]
    kernel_size: Size = param(default=2, ge=1, help="Length of the window.", label="Kernel", chip=window)
    stride: Size = param(default=2, ge=1, help="Steps the window moves; equal to the kernel, windows do not overlap.", chip=stride_chip)
    padding: Size = param(default=0, ge=0, help="Entries added at both ends; at most half the kernel.", chip=pad_chip)
    ceil_mode: bool = param(default=False, help=MAX_HELP, chip=lambda up: "ceil" if up else "")

    def windows(self) -> list[Shape]:
        """Kernel, stride, padding and dilation of each axis."""
        values = (self.kernel_size, self.stride, getattr(self, "padding", 0) or 0, getattr(self, "dilation", 1))
        return list(zip(*(spread(v, self.rank) for v in values), strict=True))

    def shape(self, x: Shape) -> Shape:
        """Each axis floor((n + 2p - d(k - 1) - 1) / s) + 1, or rounded up with ceil_mode."""
        need_axes(x, self.rank)
        out = [x[0]]
        for n, axis, (k, s, p, d) in zip(x[1:], AXES[self.rank][1:], self.windows(), strict=True):
            if p > k // 2:
                raise BlockError(f"padding {p} is more than half of kernel_size {k}: use at most {k // 2}", "padding")
            out.append(window_size(n, axis, kernel=k, stride=s, padding=p, dilation=d, round_up=self.ceil_mode))
        return tuple(out)

    def overhang(self, x: Shape) -> list[int]:
        """How far the last window reaches over the padded end of each axis; only ceil_mode lets it."""
        out = self.shape(x)[-self.rank :]
        return [max(0, (m - 1) * s + d * (k - 1) + 1 - n - 2 * p) for m, n, (k, s, p, d) in zip(out, x[1:], self.windows(), strict=True)]

    def _options(self) -> dict[str, list[int]]:
        kernel, stride, _, _ = zip(*self.windows(), strict=True)
        return {"kernel_shape": [*kernel], "strides": [*stride]}

    def _call(self, function: str, args: tuple[str, ...], **more: object) -> str:
        omit = {"stride": self.kernel_size, "padding": 0, "ceil_mode": False, **more}
        return call(f"F.{function}{self.rank}d", Code(args[0]), **self.values(), omit=omit)


class MaxPool(Pool, onnx="MaxPool"):
    """Keeps the largest value."""

    dilation: Size = param(default=1, ge=1, help="Distance between the entries of the window.", chip=dilation_chip)
    return_indices: bool = param(
        default=False, help="A second output that says where each largest value was; max-unpooling needs it.", label="Indices"
    )

    @cached_property
    def outputs(self) -> tuple[Port, ...]:
        return (Port("y"), Port("indices", "index")) if self.return_indices else (Port("y"),)

    def shape(self, x: Shape) -> Shape | Shapes:
        out = super().shape(x)
        return (out, out) if self.return_indices else out

    def overhang(self, x: Shape) -> list[int]:
        return self.replace(return_indices=False).overhang(x) if self.return_indices else super().overhang(x)

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return self._call("max_pool", args, dilation=1, return_indices=False)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str | tuple[str, ...]:
        x, over, pads = args[0], self.overhang(xs[0]), [p for _, _, p, _ in self.windows()]
        after = [p + o for p, o in zip(pads, over, strict=True)]
        options = {**self._options(), "dilations": [d for *_, d in self.windows()]}
        if any(over):  # ONNX rounds up in another way: what hangs over is filled up instead
            x = g.add("Pad", x, g.ints(0, 0, *pads, 0, 0, *after), g.real(-INF), mode="constant")
        else:
            options["pads"] = [*pads, *after]
        if not self.return_indices:
            return g.add("MaxPool", x, **options)
        y, at = g.several("MaxPool", x, outputs=2, **options)
        plane = [n + p + a for n, p, a in zip(xs[0][1:], pads, after, strict=True)] if any(over) else [*xs[0][1:]]
        at = g.add("Mod", at, g.ints(size(tuple(plane)), dims=()))  # ONNX counts over the whole tensor, torch within the channel
        if any(over):
            at = _without_padding(g, at, plane, pads, xs[0][1:])
        return y, at


def _without_padding(g: Nodes, at: str, plane: list[int], pads: list[int], inner: Shape) -> str:
    """Positions in a padded plane as positions in the plane itself."""
    total, step, inside = "", 1, 1
    for k in reversed(range(len(plane))):
        place = g.add("Mod", g.add("Div", at, g.ints(step, dims=())), g.ints(plane[k], dims=()))
        place = g.add("Mul", g.add("Sub", place, g.ints(pads[k], dims=())), g.ints(inside, dims=()))
        total = g.add("Add", total, place) if total else place
        step, inside = step * plane[k], inside * inner[k]
    return total


class AvgPool(Pool, onnx="AveragePool"):
    """Takes the mean."""

    count_include_pad: bool = param(default=True, help="Count the padding as zeros in the mean of the windows at the edge.")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return self._call("avg_pool", args, count_include_pad=True)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return self.averaged(g, args[0], xs[0], self.count_include_pad)

    def averaged(self, g: Nodes, x: str, shape: Shape, count: bool) -> str:
        """Means of the windows; what hangs over the end is never counted."""
        pads, over = [p for _, _, p, _ in self.windows()], self.overhang(shape)
        if not any(over):
            return g.add("AveragePool", x, **self._options(), pads=pads * 2, count_include_pad=int(count))
        after = [p + o for p, o in zip(pads, over, strict=True)]
        if count and any(pads):
            x = g.add("Pad", x, g.ints(0, 0, *pads, 0, 0, *pads), mode="constant")
            pads, after = [0] * self.rank, over
        return g.add("AveragePool", x, **self._options(), pads=[*pads, *after], count_include_pad=0)


class MaxPool2d(
    MaxPool,
    label="Max pool 2D",
    aka=("maxpool", "maxpooling2d", "subsampling", "downsample", "pooling"),
    example=((8, 16, 16),),
):
    """Keeps the largest value of each window: a smaller image that still says where something strong was.

    Formula: y = max of x over the window; size floor((n + 2p - d(k - 1) - 1) / s) + 1
    Example: [[[1, 3, 2, 0], [4, 2, 1, 5]]] gives [[[4, 5]]]
    Use: after one or two convolutions, to halve the image; overlapping windows (3, stride 2) as in AlexNet lose a little less
    Paper: Ranzato et al., Unsupervised learning of invariant feature hierarchies, 2007
    """

    rank = 2
    kernel_size: Pair = param(default=(2, 2), ge=1, help="Height and width of the window, in pixels.", label="Kernel", chip=window)
    stride: Pair = param(
        default=(2, 2), ge=1, help="Pixels the window moves each step; equal to the kernel, windows do not overlap.", chip=stride_chip
    )
    padding: Pair = param(default=(0, 0), ge=0, help="Pixels added around the image; at most half the kernel.", chip=pad_chip)
    dilation: Pair = param(default=(1, 1), ge=1, help="Distance between the pixels of the window.", chip=dilation_chip)


class MaxPool1d(MaxPool, label="Max pool 1D", aka=("maxpool", "maxpooling1d", "downsample"), example=((8, 16),)):
    """Keeps the largest value of each stretch of a sequence.

    Formula: y = max of x over the window; length floor((n + 2p - d(k - 1) - 1) / s) + 1
    Example: [[1, 3, 2, 5]] gives [[3, 5]]
    Use: after convolutions over sound, sensors or text, to shorten the sequence
    """

    rank = 1
    kernel_size: int = param(default=2, ge=1, help="Length of the window.", label="Kernel", chip=window)
    stride: int = param(default=2, ge=1, help="Steps the window moves each time.", chip=stride_chip)
    padding: int = param(default=0, ge=0, help="Entries added at both ends; at most half the kernel.", chip=pad_chip)
    dilation: int = param(default=1, ge=1, help="Distance between the entries of the window.", chip=dilation_chip)


class MaxPool3d(MaxPool, label="Max pool 3D", aka=("maxpool", "maxpooling3d", "video", "volume"), example=((4, 6, 8, 8),)):
    """Keeps the largest value of each small box of a volume or video.

    Formula: y = max of x over the box; size floor((n + 2p - d(k - 1) - 1) / s) + 1 along each axis
    Example: [[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]] gives [[[[8]]]]
    Use: after 3D convolutions; a stride of 1 along the depth keeps all frames
    """

    rank = 3
    kernel_size: Triple = param(default=(2, 2, 2), ge=1, help="Depth, height and width of the window.", label="Kernel", chip=window)
    stride: Triple = param(default=(2, 2, 2), ge=1, help="Voxels the window moves each step.", chip=stride_chip)
    padding: Triple = param(default=(0, 0, 0), ge=0, help="Voxels added on all sides; at most half the kernel.", chip=pad_chip)
    dilation: Triple = param(default=(1, 1, 1), ge=1, help="Distance between the voxels of the window.", chip=dilation_chip)


class AvgPool2d(
    AvgPool, label="Average pool 2D", aka=("avgpool", "averagepooling2d", "mean pooling", "downsample"), example=((8, 16, 16),)
):
    """Takes the mean of each window: a smaller, smoother image.

    Formula: y = sum of x over the window / entries of the window; size floor((n + 2p - k) / s) + 1
    Example: [[[1, 3, 2, 0], [4, 2, 1, 5]]] gives [[[2.5, 2]]]
    Use: to shrink without picking; LeNet used it, DenseNet's transitions do
    Paper: LeCun et al., 1998
    """

    rank = 2
    kernel_size: Pair = param(default=(2, 2), ge=1, help="Height and width of the window, in pixels.", label="Kernel", chip=window)
    stride: Pair = param(
        default=(2, 2), ge=1, help="Pixels the window moves each step; equal to the kernel, windows do not overlap.", chip=stride_chip
    )
    padding: Pair = param(default=(0, 0), ge=0, help="Pixels added around the image; at most half the kernel.", chip=pad_chip)


class AvgPool1d(AvgPool, label="Average pool 1D", aka=("avgpool", "averagepooling1d", "mean pooling"), example=((8, 16),)):
    """Takes the mean of each stretch of a sequence.

    Formula: y = sum of x over the window / entries of the window; length floor((n + 2p - k) / s) + 1
    Example: [[1, 3, 2, 5]] gives [[2, 3.5]]
    Use: to shorten a sequence and smooth it
    """

    rank = 1
    kernel_size: int = param(default=2, ge=1, help="Length of the window.", label="Kernel", chip=window)
    stride: int = param(default=2, ge=1, help="Steps the window moves each time.", chip=stride_chip)
    padding: int = param(default=0, ge=0, help="Entries added at both ends; at most half the kernel.", chip=pad_chip)


class AvgPool3d(AvgPool, label="Average pool 3D", aka=("avgpool", "averagepooling3d", "mean pooling", "volume"), example=((4, 6, 8, 8),)):
    """Takes the mean of each small box of a volume or video.

    Formula: y = sum of x over the box / entries of the box
    Example: [[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]] gives [[[[4.5]]]]
    Use: to shrink volumes without picking
    """

    rank = 3
    kernel_size: Triple = param(default=(2, 2, 2), ge=1, help="Depth, height and width of the window.", label="Kernel", chip=window)
    stride: Triple = param(default=(2, 2, 2), ge=1, help="Voxels the window moves each step.", chip=stride_chip)
    padding: Triple = param(default=(0, 0, 0), ge=0, help="Voxels added on all sides; at most half the kernel.", chip=pad_chip)

    def shape(self, x: Shape) -> Shape:
        """As the other pools, but the window must fit without the padding: torch asks for that in 3D."""
        shape = super().shape(x)
        for n, k, name in zip(x[1:], self.kernel_size, AXES[3][1:], strict=True):
            if n < k:
                raise BlockError(
                    f"a window of {k} does not fit into {name} {n}, and in 3D padding does not help: use a kernel_size of {n}", "window"
                )
        return shape


class LPPool2d(AvgPool, label="LP pool 2D", onnx="LpPool", aka=("power average", "lp norm", "square root pooling"), example=((8, 16, 16),)):
    """Between mean and maximum: the p-norm of each window, which large values dominate the more, the larger p is.

    Formula: y = (sum of x^p over the window)^(1 / p)
    Example: [[[3, 0], [0, 4]]] gives [[[5]]]
    Use: p = 2 measures the energy of a pattern; values should not be negative where p is no even number
    Paper: Sermanet et al., Convolutional neural networks applied to house numbers, arXiv 1204.3968
    """

    rank = 2
    padding = count_include_pad = None
    norm_type: float = param(default=2.0, ge=1, le=16, help="p: 1 adds up, large values come near the maximum.", label="p", chip="p {}")
    kernel_size: Pair = param(default=(2, 2), ge=1, help="Height and width of the window, in pixels.", label="Kernel", chip=window)
    stride: Pair = param(default=(2, 2), ge=1, help="Pixels the window moves each step.", chip=stride_chip)

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        options = {name: value for name, value in self.values().items() if name != "norm_type"}
        return call("F.lp_pool2d", Code(args[0]), self.norm_type, **options, omit={"stride": self.kernel_size, "ceil_mode": False})

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        mean = self.averaged(g, g.add("Pow", args[0], g.real(self.norm_type)), xs[0], count=True)
        sums = g.add("Mul", mean, g.real(size(self.kernel_size)))
        return g.add("Pow", sums, g.real(1 / self.norm_type))


class GlobalPool(Block, group="Pooling", slim=True):
    """One number for each channel."""

    keepdim: bool = param(default=False, help="Keep the spatial axes, with size 1.")

    def shape(self, x: Shape) -> Shape:
        """C×spatial to C, or C×1×1 with keepdim."""
        if len(x) < 2:
            raise BlockError(f"needs channels and at least one axis to pool over, got {dims(x)}", "axes")
        return (x[0], *(1 for _ in x[1:])) if self.keepdim else x[:1]

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        axes = Code("(" + ", ".join(str(axis) for axis in range(2, len(xs[0]) + 1)) + ")" if len(xs[0]) > 2 else "2")
        return call(f"{args[0]}.{self.function}", dim=axes, keepdim=self.keepdim, omit={"keepdim": False})

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.sum(self.onnx, args[0], range(2, len(xs[0]) + 1), self.keepdim)


class GlobalAvgPool(
    GlobalPool,
    label="Global average pool",
    function="mean",
    onnx="ReduceMean",
    aka=("gap", "squeeze", "globalaveragepooling2d"),
    example=((64, 7, 7),),
):
    """Takes the mean of each channel over all positions: a C×H×W image becomes C numbers.

    Formula: y_c = sum of x_c over all positions / positions
    Example: [[[1, 2], [3, 6]]] gives [3]
    Use: between the last convolution and the last Linear; images of any size fit, and there is nothing to overfit
    Paper: Lin et al., Network in network, arXiv 1312.4400
    """


class GlobalMaxPool(
    GlobalPool, label="Global max pool", function="amax", onnx="ReduceMax", aka=("gmp", "globalmaxpooling2d"), example=((64, 7, 7),)
):
    """Takes the largest value of each channel over all positions: says whether a pattern is anywhere.

    Formula: y_c = max of x_c over all positions
    Example: [[[1, 2], [3, 6]]] gives [6]
    Use: where one strong finding decides; elsewhere the average is steadier
    Paper: Oquab et al., Is object localization for free?, 2015
    """
