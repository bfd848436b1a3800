"""Pooling: summarise windows, or whole maps, by their maximum or mean."""

from typing import ClassVar

from blocks.core import Block, BlockError, Shape, Shapes, param
from blocks.params import Pair, Triple, dilation_chip, pad_chip, stride_chip, window
from blocks.rules import AXES, Code, call, dims, need_axes, spread, window_size

Size = int | Pair | Triple


class Pool(Block, group="Pooling", glyph="pool"):
    """A window that slides along 1, 2 or 3 axes and keeps one number for each position."""

    rank: ClassVar[int]
    kernel_size: Size = param(default=2, ge=1, help="Length of the window.", label="Kernel", chip=window)
    stride: Size = param(default=2, ge=1, help="Steps the window moves; equal to the kernel, windows do not overlap.", chip=stride_chip)
    padding: Size = param(default=0, ge=0, help="Entries added at both ends; at most half the kernel.", chip=pad_chip)
    ceil_mode: bool = param(
        default=False,
        help="Round the size of the result up: keep a last window that hangs over the edge.",
        chip=lambda up: "ceil" if up else "",
    )

    def shape(self, x: Shape) -> Shape:
        """Each axis floor((n + 2p - d(k - 1) - 1) / s) + 1, or rounded up with ceil_mode."""
        need_axes(x, self.rank)
        dilation = getattr(self, "dilation", 1)
        kernel, stride, padding, apart = (spread(v, self.rank) for v in (self.kernel_size, self.stride, self.padding, dilation))
        for k, p in zip(kernel, padding, strict=True):
            if p > k // 2:
                raise BlockError(f"padding {p} is more than half of kernel_size {k}: use at most {k // 2}", "padding")
        sizes = zip(x[1:], AXES[self.rank][1:], kernel, stride, padding, apart, strict=True)
        return (
            x[0],
            *(window_size(n, axis, kernel=k, stride=s, padding=p, dilation=d, round_up=self.ceil_mode) for n, axis, k, s, p, d in sizes),
        )

    def _call(self, function: str, args: tuple[str, ...], **more: object) -> str:
        omit = {"stride": self.kernel_size, "padding": 0, "ceil_mode": False, **more}
        return call(f"F.{function}{self.rank}d", Code(args[0]), **self.values(), omit=omit)


class _MaxPool(Pool, onnx="MaxPool"):
    """Keeps the largest value."""

    dilation: Size = param(default=1, ge=1, help="Distance between the entries of the window.", chip=dilation_chip)

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.max_pool1d``, ``F.max_pool2d`` or ``F.max_pool3d``."""
        return self._call("max_pool", args, dilation=1)


class _AvgPool(Pool, onnx="AveragePool"):
    """Takes the mean."""

    count_include_pad: bool = param(default=True, help="Count the padding as zeros in the mean of the windows at the edge.")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.avg_pool1d``, ``F.avg_pool2d`` or ``F.avg_pool3d``."""
        return self._call("avg_pool", args, count_include_pad=True)


class MaxPool2d(_MaxPool, label="Max pool 2D", aka=("maxpool", "subsampling", "downsample"), example=((8, 16, 16),)):
    """Keeps the largest value of each window: says that a pattern is there, less exactly where."""

    rank = 2
    kernel_size: Pair = param(default=(2, 2), ge=1, help="Height and width of the window, in pixels.", label="Kernel", chip=window)
    stride: Pair = param(
        default=(2, 2), ge=1, help="Pixels the window moves each step; equal to the kernel, windows do not overlap.", chip=stride_chip
    )
    padding: Pair = param(default=(0, 0), ge=0, help="Pixels added around the image; at most half the kernel.", chip=pad_chip)
    dilation: Pair = param(default=(1, 1), ge=1, help="Distance between the pixels of the window.", chip=dilation_chip)


class MaxPool1d(_MaxPool, label="Max pool 1D", aka=("maxpool", "subsampling"), example=((8, 16),)):
    """Keeps the largest value of each stretch of a sequence."""

    rank = 1
    kernel_size: int = param(default=2, ge=1, help="Length of the window.", label="Kernel", chip=window)
    stride: int = param(default=2, ge=1, help="Steps the window moves each time.", chip=stride_chip)
    padding: int = param(default=0, ge=0, help="Entries added at both ends; at most half the kernel.", chip=pad_chip)
    dilation: int = param(default=1, ge=1, help="Distance between the entries of the window.", chip=dilation_chip)


class MaxPool3d(_MaxPool, label="Max pool 3D", aka=("maxpool", "video", "volume"), example=((4, 6, 8, 8),)):
    """Keeps the largest value of each small box of a volume or video."""

    rank = 3
    kernel_size: Triple = param(default=(2, 2, 2), ge=1, help="Depth, height and width of the window.", label="Kernel", chip=window)
    stride: Triple = param(default=(2, 2, 2), ge=1, help="Voxels the window moves each step.", chip=stride_chip)
    padding: Triple = param(default=(0, 0, 0), ge=0, help="Voxels added on all sides; at most half the kernel.", chip=pad_chip)
    dilation: Triple = param(default=(1, 1, 1), ge=1, help="Distance between the voxels of the window.", chip=dilation_chip)


class AvgPool2d(_AvgPool, label="Average pool 2D", aka=("avgpool", "mean pooling", "downsample"), example=((8, 16, 16),)):
    """Takes the mean of each window: a smaller, smoother image."""

    rank = 2
    kernel_size: Pair = param(default=(2, 2), ge=1, help="Height and width of the window, in pixels.", label="Kernel", chip=window)
    stride: Pair = param(
        default=(2, 2), ge=1, help="Pixels the window moves each step; equal to the kernel, windows do not overlap.", chip=stride_chip
    )
    padding: Pair = param(default=(0, 0), ge=0, help="Pixels added around the image; at most half the kernel.", chip=pad_chip)


class AvgPool1d(_AvgPool, label="Average pool 1D", aka=("avgpool", "mean pooling"), example=((8, 16),)):
    """Takes the mean of each stretch of a sequence."""

    rank = 1
    kernel_size: int = param(default=2, ge=1, help="Length of the window.", label="Kernel", chip=window)
    stride: int = param(default=2, ge=1, help="Steps the window moves each time.", chip=stride_chip)
    padding: int = param(default=0, ge=0, help="Entries added at both ends; at most half the kernel.", chip=pad_chip)


class AvgPool3d(_AvgPool, label="Average pool 3D", aka=("avgpool", "mean pooling", "volume"), example=((4, 6, 8, 8),)):
    """Takes the mean of each small box of a volume or video."""

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


class _GlobalPool(Block, group="Pooling", glyph="pool", slim=True):
    """One number for each channel."""

    keepdim: bool = param(default=False, help="Keep the spatial axes, with size 1.")

    def shape(self, x: Shape) -> Shape:
        """C×spatial to C, or C×1×1 with keepdim."""
        if len(x) < 2:
            raise BlockError(f"needs channels and at least one axis to pool over, got {dims(x)}", "axes")
        return (x[0], *(1 for _ in x[1:])) if self.keepdim else x[:1]

    def _call(self, method: str, args: tuple[str, ...], xs: Shapes) -> str:
        axes = Code("(" + ", ".join(str(axis) for axis in range(2, len(xs[0]) + 1)) + ")" if len(xs[0]) > 2 else "2")
        return call(f"{args[0]}.{method}", dim=axes, keepdim=self.keepdim, omit={"keepdim": False})


class GlobalAvgPool(_GlobalPool, label="Global average pool", onnx="ReduceMean", aka=("gap", "squeeze"), example=((64, 7, 7),)):
    """Takes the mean of each channel over all positions: a C×H×W image becomes C numbers (Lin et al., arXiv 1312.4400)."""

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``x.mean(dim=(2, 3))``."""
        return self._call("mean", args, xs)


class GlobalMaxPool(_GlobalPool, label="Global max pool", onnx="ReduceMax", aka=("gmp",), example=((64, 7, 7),)):
    """Takes the largest value of each channel over all positions: says whether a pattern is anywhere."""

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``x.amax(dim=(2, 3))``."""
        return self._call("amax", args, xs)
