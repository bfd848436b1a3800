"""Convolutions: learned filters that slide over a sequence, an image or a volume."""

from typing import ClassVar, Literal

from blocks.core import BlockError, Nodes, Port, Shape, Shapes, param
from blocks.params import Pair, Triple, bias_chip, dilation_chip, padding_chip, stride_chip, window
from blocks.rules import AXES, dims, need_axes, need_groups, size, spread, window_size
from blocks.source import call
from blocks.weighted import Weighted

PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]
Same = Literal["same"]
TORCH = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True, "padding_mode": "zeros"}
ONNX_MODE = {"reflect": "reflect", "replicate": "edge", "circular": "wrap", "constant": "constant"}


class Conv(Weighted, group="Convolution", onnx="Conv"):
    """What all convolutions share. ``rank`` is the number of spatial axes."""

    rank: ClassVar[int]
    out_channels: int = param(default=32, ge=1, help="Number of filters; channels of the result.", label="Filters", chip="{}")
    kernel_size: int | Pair | Triple = param(default=3, ge=1, help="Length of the window.", label="Kernel", chip=window)
    stride: int | Pair | Triple = param(default=1, ge=1, help="Steps the window moves each time.", chip=stride_chip)
    padding: int | Pair | Triple | Same = param(
        default=1, ge=0, help="Entries added at both ends, or 'same' to keep the length.", chip=padding_chip
    )
    dilation: int | Pair | Triple = param(default=1, ge=1, help="Distance between the entries of the window.", chip=dilation_chip)
    groups: int = param(
        default=1,
        ge=1,
        help="Split the channels into this many separate convolutions; must divide both channel counts.",
        chip=lambda n: f"g{n}" if n > 1 else "",
    )
    bias: bool = param(default=True, help="Add a learned offset to each filter. Needless before a batch norm.", chip=bias_chip)
    padding_mode: PaddingMode = param(default="zeros", help="What the padding is filled with.")

    def filters(self, x: Shape) -> int:
        """Channels of the result."""
        return self.out_channels

    def split(self, x: Shape) -> int:
        """Into how many groups the channels are split."""
        return self.groups

    def pads(self) -> tuple[Shape, Shape]:
        """Entries added before and after each axis."""
        if self.padding != "same":
            return (spread(self.padding, self.rank),) * 2
        spans = [d * (k - 1) for k, d in zip(spread(self.kernel_size, self.rank), spread(self.dilation, self.rank), strict=True)]
        return tuple(n // 2 for n in spans), tuple(n - n // 2 for n in spans)

    def shape(self, x: Shape) -> Shape:
        """C×spatial to out_channels×spatial; each axis floor((n + 2p - d(k - 1) - 1) / s) + 1."""
        need_axes(x, self.rank)
        need_groups(self.split(x), x[0], self.filters(x))
        kernel, stride, dilation = (spread(v, self.rank) for v in (self.kernel_size, self.stride, self.dilation))
        before, after = self.pads()
        if self.padding == "same" and set(stride) != {1}:
            raise BlockError(
                f"padding 'same' keeps the size only at stride 1, got stride {max(stride)}: give the padding as a number", "same"
            )
        self._check_padding(x, after)
        if self.padding == "same":
            return (self.filters(x), *x[1:])
        return (
            self.filters(x),
            *(
                window_size(n, axis, kernel=k, stride=s, padding=p, dilation=d)
                for n, axis, k, s, p, d in zip(x[1:], AXES[self.rank][1:], kernel, stride, before, dilation, strict=True)
            ),
        )

    def _check_padding(self, x: Shape, padding: Shape) -> None:
        for n, p in zip(x[1:], padding, strict=True):
            if (self.padding_mode == "reflect" and p >= n) or (self.padding_mode == "circular" and p > n):
                raise BlockError(
                    f"{self.padding_mode} padding of {p} needs more than {dims(x)} has to mirror: use 'zeros' or less padding", "padding"
                )

    def weights(self, x: Shape) -> dict[str, Shape]:
        """``weight`` (out, in / groups, *kernel_size) and ``bias`` (out)."""
        weight = (self.filters(x), x[0] // self.split(x), *spread(self.kernel_size, self.rank))
        return {"weight": weight, "bias": weight[:1]} if self.bias else {"weight": weight}

    def macs(self, x: Shape) -> int:
        """One product for each weight at each position of the output."""
        return size(self.shape(x)[1:]) * size(self.weights(x)["weight"])

    def module(self, x: Shape) -> str:
        options = {name: getattr(self, name) for name in TORCH if name != "groups"}
        return call(
            f"nn.Conv{self.rank}d", x[0], self.filters(x), kernel_size=self.kernel_size, groups=self.split(x), **options, omit=TORCH
        )  # fmt: skip

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        x, (before, after) = args[0], self.pads()
        pads: list[int] | None = [*before, *after]
        if self.padding_mode != "zeros" and any(pads or ()):
            x = g.add("Pad", x, g.ints(0, 0, *before, 0, 0, *after), mode=ONNX_MODE[self.padding_mode])
            pads = None
        return g.add(
            "Conv", x, g.weight("weight"), *([g.weight("bias")] if self.bias else []), group=self.split(xs[0]), pads=pads,
            kernel_shape=[*spread(self.kernel_size, self.rank)], strides=[*spread(self.stride, self.rank)],
            dilations=[*spread(self.dilation, self.rank)],
        )  # fmt: skip

    def chips(self, *xs: Shape) -> list[tuple[str, bool]]:
        """The window before the filters, as papers write it: 3×3, 64."""
        filters, kernel, *rest = super().chips(*xs)
        return [kernel, filters, *rest]


class Conv2d(Conv, label="Conv 2D", aka=("convolution", "filter", "cnn", "convolution2d"), example=((3, 32, 32),)):
    """Slides `out_channels` learned filters over an image; finds local patterns anywhere in it.

    Formula: each output is b + the sum of w * x over the window and the input channels; size floor((n + 2p - d(k - 1) - 1) / s) + 1
    Example: 3×32×32 with 16 filters of 3×3, padding 1: 16×32×32, and 16 * (3 * 3 * 3) + 16 = 448 weights
    Use: the workhorse for images. 3×3 with padding 1 keeps the size, stride 2 halves it, 1×1 mixes channels only
    Paper: LeCun et al., Gradient-based learning applied to document recognition, 1998; arithmetic: Dumoulin and Visin, arXiv 1603.07285
    """

    rank = 2
    kernel_size: Pair = param(default=(3, 3), ge=1, help="Height and width of the window, in pixels.", label="Kernel", chip=window)
    stride: Pair = param(default=(1, 1), ge=1, help="Pixels the window moves each step.", chip=stride_chip)
    padding: Pair | Same = param(default=(1, 1), ge=0, help="Pixels added around the image, or 'same' to keep its size.", chip=padding_chip)
    dilation: Pair = param(default=(1, 1), ge=1, help="Distance between the pixels of the window.", chip=dilation_chip)


class Conv1d(Conv, label="Conv 1D", aka=("convolution", "temporal convolution", "convolution1d"), example=((4, 16),)):
    """Slides `out_channels` learned filters along a sequence; finds local patterns anywhere in it.

    Formula: each output is b + the sum of w * x over the window and the input channels; length floor((n + 2p - d(k - 1) - 1) / s) + 1
    Example: 4×16 with 8 filters of 3, padding 1: 8×16, and 8 * (4 * 3) + 8 = 104 weights
    Use: for sound, sensors and text; growing dilations see far with few weights
    Paper: Waibel et al., Phoneme recognition using time-delay neural networks, 1989
    """

    rank = 1
    kernel_size: int = param(default=3, ge=1, help="Length of the window.", label="Kernel", chip=window)
    stride: int = param(default=1, ge=1, help="Steps the window moves each time.", chip=stride_chip)
    padding: int | Same = param(default=1, ge=0, help="Entries added at both ends, or 'same' to keep the length.", chip=padding_chip)
    dilation: int = param(default=1, ge=1, help="Distance between the entries of the window.", chip=dilation_chip)


class Conv3d(Conv, label="Conv 3D", aka=("convolution", "video", "volume", "convolution3d"), example=((2, 6, 8, 8),)):
    """Slides `out_channels` learned filters through a volume or a video; finds local patterns anywhere in it.

    Formula: as Conv 2D, with a third axis; size floor((n + 2p - d(k - 1) - 1) / s) + 1 along each
    Example: 2×6×8×8 with 4 filters of 3×3×3, padding 1: 4×6×8×8, and 4 * (2 * 27) + 4 = 220 weights
    Use: for medical volumes and short clips; costs 3 times a Conv 2D of the same width for each frame
    Paper: Tran et al., Learning spatiotemporal features with 3D convolutional networks, arXiv 1412.0767
    """

    rank = 3
    kernel_size: Triple = param(default=(3, 3, 3), ge=1, help="Depth, height and width of the window.", label="Kernel", chip=window)
    stride: Triple = param(default=(1, 1, 1), ge=1, help="Voxels the window moves each step.", chip=stride_chip)
    padding: Triple | Same = param(
        default=(1, 1, 1), ge=0, help="Voxels added on all sides, or 'same' to keep the size.", chip=padding_chip
    )
    dilation: Triple = param(default=(1, 1, 1), ge=1, help="Distance between the voxels of the window.", chip=dilation_chip)


class DepthwiseConv2d(
    Conv, label="Depthwise conv 2D", aka=("separable", "mobilenet", "depthwise", "depthwiseconv"), example=((8, 16, 16),)
):
    """Gives each channel a filter of its own and mixes none: a convolution at a fraction of the cost.

    Formula: as Conv 2D with as many groups as channels; k * k * C * depth_multiplier weights instead of k * k * C * C
    Example: 8×16×16 with 3×3 windows: 8×16×16, and 8 * 9 + 8 = 80 weights; a plain convolution would have 584
    Use: followed by a 1×1 convolution that mixes the channels, it makes a depthwise-separable convolution
    Paper: Howard et al., MobileNets, arXiv 1704.04861
    """

    rank = 2
    out_channels = groups = None  # both follow from the channels that come in
    depth_multiplier: int = param(
        default=1, ge=1, help="Filters for each channel.", label="Filters a channel", chip=lambda m: f"×{m}" if m > 1 else ""
    )
    kernel_size: Pair = param(default=(3, 3), ge=1, help="Height and width of the window, in pixels.", label="Kernel", chip=window)
    stride: Pair = param(default=(1, 1), ge=1, help="Pixels the window moves each step.", chip=stride_chip)
    padding: Pair | Same = param(default=(1, 1), ge=0, help="Pixels added around the image, or 'same' to keep its size.", chip=padding_chip)
    dilation: Pair = param(default=(1, 1), ge=1, help="Distance between the pixels of the window.", chip=dilation_chip)

    def filters(self, x: Shape) -> int:
        return x[0] * self.depth_multiplier

    def split(self, x: Shape) -> int:
        return x[0]

    def chips(self, *xs: Shape) -> list[tuple[str, bool]]:
        return super(Conv, self).chips(*xs)


class DeformConv2d(
    Conv,
    label="Deformable conv 2D",
    onnx="DeformConv",
    modules=("deform_conv",),
    inputs=(Port("x"), Port("offset"), Port("mask", optional=True)),
    aka=("deformable", "dcn", "modulated"),
    example=((4, 8, 8), (18, 8, 8), (9, 8, 8)),
):
    """A convolution whose window is not a fixed grid: another layer says, for each position, where to look.

    Formula: y(p) = b + sum over k of w_k * x(p + p_k + offset_k(p)) * mask_k(p), between pixels by bilinear interpolation
    Example: a 3×3 window needs 2 * 9 = 18 channels of offsets (dy, dx of each entry) and, if wired, 9 of mask
    Use: for objects whose shape varies; draw a Conv 2D with 18 filters, begun at 0, for the offsets, and one with a Sigmoid for the mask
    Paper: Dai et al., arXiv 1703.06211; with the mask Zhu et al., arXiv 1811.11168
    """

    rank = 2
    padding_mode = None  # it reads zeros outside the image
    kernel_size: Pair = param(default=(3, 3), ge=1, help="Height and width of the window.", label="Kernel", chip=window)
    stride: Pair = param(default=(1, 1), ge=1, help="Pixels the window moves each step.", chip=stride_chip)
    padding: Pair = param(default=(1, 1), ge=0, help="Zeros added around the image.", chip=padding_chip)
    dilation: Pair = param(default=(1, 1), ge=1, help="Distance between the pixels of the window.", chip=dilation_chip)
    offset_groups: int = param(
        default=1, ge=1, help="Split the channels into this many parts with offsets of their own; must divide them.", label="Offset groups"
    )

    def _check_padding(self, x: Shape, padding: Shape) -> None:
        """Zeros can always be added."""

    def shape(self, x: Shape, *more: Shape) -> Shape:
        out = super().shape(x)
        if x[0] % self.offset_groups:
            raise BlockError(
                f"offset_groups must divide the input channels: {x[0]} / {self.offset_groups} leaves {x[0] % self.offset_groups}", "groups"
            )
        entries = size(self.kernel_size) * self.offset_groups
        for name, each, got in zip(("offset", "mask"), (2, 1), more, strict=False):
            wanted = (each * entries, *out[1:])
            if got != wanted:
                raise BlockError(
                    f"needs {name} of {dims(wanted)} ({each} for each of {entries} entries of the window, at each position), got {dims(got)}",
                    "offsets",
                )
        return out

    def weights(self, x: Shape, *more: Shape) -> dict[str, Shape]:
        return super().weights(x)

    def macs(self, x: Shape, *more: Shape) -> int:
        """As a convolution; looking up pixels is not counted."""
        return size(self.shape(x)[1:]) * size(self.weights(x)["weight"])

    def module(self, x: Shape, *more: Shape) -> str:
        omit = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True, "offset_groups": 1}
        options = {name: getattr(self, name) for name in omit}
        return call("DeformConv2d", x[0], self.out_channels, self.kernel_size, **options, omit=omit)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        bias = g.weight("bias") if self.bias else ""
        mask = args[2] if len(args) > 2 else ""
        inputs = [args[0], g.weight("weight"), args[1], bias, mask]
        while not inputs[-1]:
            inputs.pop()
        return g.add(
            "DeformConv", *inputs, kernel_shape=[*self.kernel_size], strides=[*self.stride], pads=[*self.padding, *self.padding],
            dilations=[*self.dilation], group=self.groups, offset_group=self.offset_groups,
        )  # fmt: skip
