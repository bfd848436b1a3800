"""Pooling: summarise windows, or whole maps, by their maximum or mean."""

from typing import ClassVar

from blocks.core import Block, BlockError, Shape, Shapes, param
from blocks.params import Pair, dilation_chip, stride_chip, window
from blocks.rules import AXES, Code, call, dims, need_axes, spread, window_size


class _Pool(Block, group="Pooling", glyph="pool"):
    """A window that slides over an image and keeps one number for each position."""

    rank: ClassVar[int] = 2
    dilation: Pair = (1, 1)
    kernel_size: Pair = param(default=(2, 2), ge=1, help="Height and width of the window, in pixels.", label="Kernel", chip=window)
    stride: Pair = param(
        default=(2, 2), ge=1, help="Pixels the window moves each step; equal to the kernel, windows do not overlap.", chip=stride_chip
    )
    padding: Pair = param(
        default=(0, 0),
        ge=0,
        help="Pixels added around the image; at most half the kernel.",
        chip=lambda p: f"p{window(p)}" if max(p) else "",
    )
    ceil_mode: bool = param(
        default=False,
        help="Round the size of the result up: keep a last window that hangs over the edge.",
        chip=lambda up: "ceil" if up else "",
    )

    def shape(self, x: Shape) -> Shape:  # type: ignore[override]
        """Each axis floor((n + 2p - d(k - 1) - 1) / s) + 1, or rounded up with ceil_mode."""
        need_axes(x, self.rank)
        for k, p in zip(self.kernel_size, self.padding, strict=True):
            if p > k // 2:
                raise BlockError(f"padding {p} is more than half of kernel_size {k}: use at most {k // 2}", "padding")
        sizes = zip(x[1:], AXES[self.rank][1:], self.kernel_size, self.stride, self.padding, spread(self.dilation, self.rank), strict=True)
        return (
            x[0],
            *(window_size(n, axis, kernel=k, stride=s, padding=p, dilation=d, round_up=self.ceil_mode) for n, axis, k, s, p, d in sizes),
        )


class MaxPool2d(_Pool, label="Max pool 2D", onnx="MaxPool", aka=("maxpool", "subsampling", "downsample"), example=((8, 16, 16),)):
    """Keeps the largest value of each window: says that a pattern is there, less exactly where."""

    dilation: Pair = param(default=(1, 1), ge=1, help="Distance between the pixels of the window.", chip=dilation_chip)

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.max_pool2d``."""
        omit = {"stride": self.kernel_size, "padding": 0, "dilation": 1, "ceil_mode": False}
        return call("F.max_pool2d", Code(args[0]), **self.values(), omit=omit)


class AvgPool2d(_Pool, label="Average pool 2D", onnx="AveragePool", aka=("avgpool", "mean pooling", "downsample"), example=((8, 16, 16),)):
    """Takes the mean of each window: a smaller, smoother image."""

    count_include_pad: bool = param(default=True, help="Count the padding as zeros in the mean of the windows at the edge.")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.avg_pool2d``."""
        omit = {"stride": self.kernel_size, "padding": 0, "ceil_mode": False, "count_include_pad": True}
        return call("F.avg_pool2d", Code(args[0]), **self.values(), omit=omit)


class GlobalAvgPool(
    Block,
    label="Global average pool",
    group="Pooling",
    glyph="pool",
    onnx="ReduceMean",
    slim=True,
    aka=("gap", "squeeze"),
    example=((64, 7, 7),),
):
    """Takes the mean of each channel over all positions: a C×H×W image becomes C numbers (Lin et al., arXiv 1312.4400)."""

    keepdim: bool = param(default=False, help="Keep the spatial axes, with size 1.")

    def shape(self, x: Shape) -> Shape:  # type: ignore[override]
        """C×spatial to C, or C×1×1 with keepdim."""
        if len(x) < 2:
            raise BlockError(f"needs channels and at least one axis to average over, got {dims(x)}", "axes")
        return (x[0], *(1 for _ in x[1:])) if self.keepdim else x[:1]

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``x.mean(dim=(2, 3))``."""
        axes = Code("(" + ", ".join(str(axis) for axis in range(2, len(xs[0]) + 1)) + ")" if len(xs[0]) > 2 else "2")
        return call(f"{args[0]}.mean", dim=axes, keepdim=self.keepdim, omit={"keepdim": False})
