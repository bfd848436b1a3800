"""Upsampling: from few positions to many."""

from typing import ClassVar

from blocks.convolution import TORCH
from blocks.core import Block, BlockError, Shape, Shapes, param
from blocks.params import Pair, Triple, bias_chip, dilation_chip, padding_chip, stride_chip, window
from blocks.rules import AXES, Code, call, need_axes, need_groups, size, spread


class _Interpolate(Block, group="Upsampling", glyph="upsample", onnx="Resize"):
    """Fills in between the pixels of an image."""

    mode: ClassVar[str]
    scale_factor: Pair = param(
        default=(2, 2), ge=1, le=1024, help="How many times higher and wider the result is.", label="Factor", chip="×{}"
    )

    def shape(self, x: Shape) -> Shape:
        """C×H×W to C×(factor * H)×(factor * W)."""
        need_axes(x, 2)
        return (x[0], x[1] * self.scale_factor[0], x[2] * self.scale_factor[1])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.interpolate``."""
        corners = getattr(self, "align_corners", False)
        return call(
            "F.interpolate",
            Code(args[0]),
            scale_factor=self.scale_factor,
            mode=self.mode,
            align_corners=corners,
            omit={"align_corners": False},
        )


class UpsampleNearest(_Interpolate, label="Upsample nearest", aka=("resize", "unpooling", "nearest neighbour"), example=((8, 7, 7),)):
    """Repeats each pixel: the simplest way to a larger image, with blocky edges."""

    mode = "nearest"


class UpsampleBilinear(_Interpolate, label="Upsample bilinear", aka=("resize", "interpolate", "linear"), example=((8, 7, 7),)):
    """Blends the four nearest pixels: smooth, and no checkerboard."""

    mode = "bilinear"
    align_corners: bool = param(default=False, help="Let the corner pixels of both images lie on each other.")


class UpsampleBicubic(_Interpolate, label="Upsample bicubic", aka=("resize", "interpolate", "cubic"), example=((8, 7, 7),)):
    """Fits smooth curves through the sixteen nearest pixels: sharper than bilinear, may overshoot."""

    mode = "bicubic"
    align_corners: bool = param(default=False, help="Let the corner pixels of both images lie on each other.")


class PixelShuffle(
    Block,
    label="Sub-pixel (pixel shuffle)",
    group="Upsampling",
    glyph="upsample",
    onnx="DepthToSpace",
    aka=("depth to space", "espcn", "sub-pixel convolution"),
    example=((36, 5, 5),),
):
    """Lays channels out in space: r*r channels become one that is r times higher and wider (Shi et al., arXiv 1609.05158)."""

    upscale_factor: int = param(default=2, ge=1, le=1024, help="r: how many times higher and wider.", label="Factor", chip="×{}")

    def shape(self, x: Shape) -> Shape:
        """(C r r)×H×W to C×(r H)×(r W)."""
        need_axes(x, 2)
        r = self.upscale_factor
        if x[0] % (r * r):
            raise BlockError(
                f"needs channels that {r}*{r} = {r * r} divides, got {x[0]}: give the convolution before it {-(-x[0] // (r * r)) * r * r} filters",
                "groups",
            )
        return (x[0] // (r * r), x[1] * r, x[2] * r)

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.pixel_shuffle``."""
        return call("F.pixel_shuffle", Code(args[0]), self.upscale_factor)


class PixelUnshuffle(
    Block,
    label="Pixel unshuffle",
    group="Upsampling",
    glyph="pool",
    onnx="SpaceToDepth",
    aka=("space to depth", "reorg"),
    example=((4, 8, 8),),
):
    """Lays space out in channels: an image r times lower and narrower with r*r times the channels; nothing is lost."""

    downscale_factor: int = param(default=2, ge=1, le=1024, help="r: how many times lower and narrower.", label="Factor", chip="/{}")

    def shape(self, x: Shape) -> Shape:
        """C×H×W to (C r r)×(H / r)×(W / r)."""
        need_axes(x, 2)
        r = self.downscale_factor
        if x[1] % r or x[2] % r:
            raise BlockError(f"needs height and width that {r} divides, got {x[1]}×{x[2]}", "groups")
        return (x[0] * r * r, x[1] // r, x[2] // r)

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.pixel_unshuffle``."""
        return call("F.pixel_unshuffle", Code(args[0]), self.downscale_factor)


class ConvTranspose(Block, group="Upsampling", glyph="upsample", onnx="ConvTranspose"):
    """A convolution run backwards: each input position stamps its filters into the result."""

    rank: ClassVar[int]
    out_channels: int = param(default=32, ge=1, help="Number of filters; channels of the result.", label="Filters", chip="{}")
    kernel_size: int | Pair | Triple = param(default=2, ge=1, help="Length of the window.", label="Kernel", chip=window)
    stride: int | Pair | Triple = param(default=2, ge=1, help="How many times longer the result is.", chip=stride_chip)
    padding: int | Pair | Triple = param(default=0, ge=0, help="Entries cut off at both ends of the result.", chip=padding_chip)
    output_padding: int | Pair | Triple = param(
        default=0, ge=0, help="Entries added at one end, to reach a size that others round away.", label="Output padding"
    )
    dilation: int | Pair | Triple = param(default=1, ge=1, help="Distance between the entries of the window.", chip=dilation_chip)
    groups: int = param(
        default=1,
        ge=1,
        help="Split the channels into this many separate convolutions; must divide both channel counts.",
        chip=lambda n: f"g{n}" if n > 1 else "",
    )
    bias: bool = param(default=True, help="Add a learned offset to each filter. Needless before a batch norm.", chip=bias_chip)

    def shape(self, x: Shape) -> Shape:
        """Each axis (n - 1) s - 2p + d (k - 1) + output_padding + 1."""
        need_axes(x, self.rank)
        need_groups(self.groups, x[0], self.out_channels)
        values = (spread(v, self.rank) for v in (self.kernel_size, self.stride, self.padding, self.output_padding, self.dilation))
        out = []
        for n, axis, k, s, p, extra, d in zip(x[1:], AXES[self.rank][1:], *values, strict=True):
            if extra >= max(s, d):
                raise BlockError(f"output_padding {extra} must be smaller than stride {s} or dilation {d}", "padding")
            length = (n - 1) * s - 2 * p + d * (k - 1) + extra + 1
            if length < 1:
                raise BlockError(
                    f"nothing is left of {axis} {n}: ({n} - 1) * {s} - 2*{p} + {d}*({k} - 1) + {extra} + 1 = {length}. Use less padding",
                    "empty",
                )
            out.append(length)
        return (self.out_channels, *out)

    def weights(self, x: Shape) -> dict[str, Shape]:
        """``weight`` (in, out / groups, *kernel_size) and ``bias`` (out)."""
        weight = (x[0], self.out_channels // self.groups, *spread(self.kernel_size, self.rank))
        return {"weight": weight, "bias": (self.out_channels,)} if self.bias else {"weight": weight}

    def macs(self, x: Shape) -> int:
        """One product for each weight at each position of the input."""
        return size(x[1:]) * size(self.weights(x)["weight"])

    def module(self, x: Shape) -> str:
        """``nn.ConvTranspose1d``, ``nn.ConvTranspose2d`` or ``nn.ConvTranspose3d``."""
        omit = {**TORCH, "output_padding": 0}
        options = {name: value for name, value in self.values().items() if name not in ("out_channels", "kernel_size")}
        return call(f"nn.ConvTranspose{self.rank}d", x[0], self.out_channels, kernel_size=self.kernel_size, **options, omit=omit)

    def chips(self, *xs: Shape) -> list[tuple[str, bool]]:
        """The window before the filters, as papers write it."""
        filters, kernel, *rest = super().chips(*xs)
        return [kernel, filters, *rest]


class ConvTranspose2d(
    ConvTranspose, label="Transposed conv 2D", aka=("deconvolution", "deconv", "upconv", "fractionally strided"), example=((8, 7, 7),)
):
    """Learns how to enlarge an image: each pixel stamps a small learned patch into the result (Zeiler et al., 2010)."""

    rank = 2
    kernel_size: Pair = param(
        default=(2, 2),
        ge=1,
        help="Height and width of the patch; a multiple of the stride avoids a checkerboard.",
        label="Kernel",
        chip=window,
    )
    stride: Pair = param(default=(2, 2), ge=1, help="How many times higher and wider the result is.", chip=stride_chip)
    padding: Pair = param(default=(0, 0), ge=0, help="Pixels cut off around the result.", chip=padding_chip)
    output_padding: Pair = param(
        default=(0, 0), ge=0, help="Rows and columns added at one side, to reach an odd size.", label="Output padding"
    )
    dilation: Pair = param(default=(1, 1), ge=1, help="Distance between the pixels of the patch.", chip=dilation_chip)


class ConvTranspose1d(ConvTranspose, label="Transposed conv 1D", aka=("deconvolution", "deconv"), example=((4, 9),)):
    """Learns how to lengthen a sequence: each entry stamps a small learned patch into the result."""

    rank = 1
    kernel_size: int = param(
        default=2, ge=1, help="Length of the patch; a multiple of the stride avoids a checkerboard.", label="Kernel", chip=window
    )
    stride: int = param(default=2, ge=1, help="How many times longer the result is.", chip=stride_chip)
    padding: int = param(default=0, ge=0, help="Entries cut off at both ends.", chip=padding_chip)
    output_padding: int = param(default=0, ge=0, help="Entries added at one end.", label="Output padding")
    dilation: int = param(default=1, ge=1, help="Distance between the entries of the patch.", chip=dilation_chip)


class ConvTranspose3d(ConvTranspose, label="Transposed conv 3D", aka=("deconvolution", "deconv", "volume"), example=((2, 4, 5, 5),)):
    """Learns how to enlarge a volume: each voxel stamps a small learned patch into the result."""

    rank = 3
    kernel_size: Triple = param(default=(2, 2, 2), ge=1, help="Depth, height and width of the patch.", label="Kernel", chip=window)
    stride: Triple = param(default=(2, 2, 2), ge=1, help="How many times larger the result is.", chip=stride_chip)
    padding: Triple = param(default=(0, 0, 0), ge=0, help="Voxels cut off on all sides.", chip=padding_chip)
    output_padding: Triple = param(default=(0, 0, 0), ge=0, help="Voxels added at one side of each axis.", label="Output padding")
    dilation: Triple = param(default=(1, 1, 1), ge=1, help="Distance between the voxels of the patch.", chip=dilation_chip)
