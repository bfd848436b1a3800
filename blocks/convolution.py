"""Convolutions: learned filters that slide over a sequence, an image or a volume."""

from typing import ClassVar, Literal

from blocks.core import Block, BlockError, Shape, param
from blocks.params import Pair, Triple, bias_chip, dilation_chip, padding_chip, stride_chip, window
from blocks.rules import AXES, call, dims, need_axes, need_groups, size, spread, window_size

PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]
Same = Literal["same"]
TORCH = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True, "padding_mode": "zeros"}


class _Conv(Block, group="Convolution", glyph="conv", onnx="Conv"):
    """What 1, 2 and 3 axes share. ``rank`` is the number of spatial axes."""

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

    def shape(self, x: Shape) -> Shape:
        """C×spatial to out_channels×spatial; each axis floor((n + 2p - d(k - 1) - 1) / s) + 1."""
        need_axes(x, self.rank)
        need_groups(self.groups, x[0], self.out_channels)
        kernel, stride, dilation = (spread(v, self.rank) for v in (self.kernel_size, self.stride, self.dilation))
        if self.padding == "same":
            if set(stride) != {1}:
                raise BlockError(
                    f"padding 'same' keeps the size only at stride 1, got stride {max(stride)}: give the padding as a number", "same"
                )
            padded = tuple(d * (k - 1) - d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True))
            self._check_padding(x, padded)
            return (self.out_channels, *x[1:])
        padding = spread(self.padding, self.rank)
        self._check_padding(x, padding)
        return (
            self.out_channels,
            *(
                window_size(n, axis, kernel=k, stride=s, padding=p, dilation=d)
                for n, axis, k, s, p, d in zip(x[1:], AXES[self.rank][1:], kernel, stride, padding, dilation, strict=True)
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
        weight = (self.out_channels, x[0] // self.groups, *spread(self.kernel_size, self.rank))
        return {"weight": weight, "bias": (self.out_channels,)} if self.bias else {"weight": weight}

    def macs(self, x: Shape) -> int:
        """One product for each weight at each position of the output."""
        return size(self.shape(x)[1:]) * size(self.weights(x)["weight"])

    def module(self, x: Shape) -> str:
        """``nn.Conv1d``, ``nn.Conv2d`` or ``nn.Conv3d``."""
        options = {name: getattr(self, name) for name in TORCH}
        return call(f"nn.Conv{self.rank}d", x[0], self.out_channels, kernel_size=self.kernel_size, **options, omit=TORCH)

    def chips(self, *xs: Shape) -> list[tuple[str, bool]]:
        """The window before the filters, as papers write it: 3×3, 64."""
        filters, kernel, *rest = super().chips(*xs)
        return [kernel, filters, *rest]


class Conv2d(_Conv, label="Conv 2D", aka=("convolution", "filter", "cnn"), example=((3, 32, 32),)):
    """Slides `out_channels` learned filters over an image; finds local patterns anywhere in it."""

    rank = 2
    kernel_size: Pair = param(default=(3, 3), ge=1, help="Height and width of the window, in pixels.", label="Kernel", chip=window)
    stride: Pair = param(default=(1, 1), ge=1, help="Pixels the window moves each step.", chip=stride_chip)
    padding: Pair | Same = param(default=(1, 1), ge=0, help="Pixels added around the image, or 'same' to keep its size.", chip=padding_chip)
    dilation: Pair = param(default=(1, 1), ge=1, help="Distance between the pixels of the window.", chip=dilation_chip)


class Conv1d(_Conv, label="Conv 1D", aka=("convolution", "temporal convolution"), example=((4, 16),)):
    """Slides `out_channels` learned filters along a sequence; finds local patterns anywhere in it."""

    rank = 1
    kernel_size: int = param(default=3, ge=1, help="Length of the window.", label="Kernel", chip=window)
    stride: int = param(default=1, ge=1, help="Steps the window moves each time.", chip=stride_chip)
    padding: int | Same = param(default=1, ge=0, help="Entries added at both ends, or 'same' to keep the length.", chip=padding_chip)
    dilation: int = param(default=1, ge=1, help="Distance between the entries of the window.", chip=dilation_chip)


class Conv3d(_Conv, label="Conv 3D", aka=("convolution", "video", "volume"), example=((2, 6, 8, 8),)):
    """Slides `out_channels` learned filters through a volume or a video; finds local patterns anywhere in it."""

    rank = 3
    kernel_size: Triple = param(default=(3, 3, 3), ge=1, help="Depth, height and width of the window.", label="Kernel", chip=window)
    stride: Triple = param(default=(1, 1, 1), ge=1, help="Voxels the window moves each step.", chip=stride_chip)
    padding: Triple | Same = param(
        default=(1, 1, 1), ge=0, help="Voxels added on all sides, or 'same' to keep the size.", chip=padding_chip
    )
    dilation: Triple = param(default=(1, 1, 1), ge=1, help="Distance between the voxels of the window.", chip=dilation_chip)
