"""Transposed convolutions: learned upsampling."""

from typing import ClassVar

from blocks.convolution import TORCH
from blocks.core import BlockError, Nodes, Shape, Shapes, param
from blocks.params import Pair, Triple, bias_chip, dilation_chip, padding_chip, stride_chip, window
from blocks.rules import AXES, need_axes, need_groups, size, spread
from blocks.source import call
from blocks.weighted import Weighted


class ConvTranspose(Weighted, group="Upsampling", onnx="ConvTranspose"):
    """A convolution run backwards: each input position stamps its filters into the result."""

    rank: ClassVar[int]
    fan = "fan_out"  # the weight is kept as (in, out, ...)
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
        omit = {**TORCH, "output_padding": 0}
        options = {name: getattr(self, name) for name in omit if name != "padding_mode"}
        return call(f"nn.ConvTranspose{self.rank}d", x[0], self.out_channels, kernel_size=self.kernel_size, **options, omit=omit)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        values = (self.kernel_size, self.stride, self.padding, self.output_padding, self.dilation)
        kernel, strides, pads, extra, dilations = ([*spread(value, self.rank)] for value in values)
        common = {"group": self.groups, "kernel_shape": kernel, "strides": strides, "dilations": dilations}
        if all(more < stride for more, stride in zip(extra, strides, strict=True)):
            bias = [g.weight("bias")] if self.bias else []
            return g.add("ConvTranspose", args[0], g.weight("weight"), *bias, pads=pads * 2, output_padding=extra, **common)
        ends = [
            more - pad for more, pad in zip(extra, pads, strict=True)
        ]  # onnxruntime refuses more extra than a stride: cut and add by hand
        y = g.add("ConvTranspose", args[0], g.weight("weight"), **common)
        y = g.add("Pad", y, g.ints(0, 0, *(-pad for pad in pads), 0, 0, *ends), mode="constant")
        return g.add("Add", y, g.reshape(g.weight("bias"), -1, *[1] * self.rank)) if self.bias else y

    def chips(self, *xs: Shape) -> list[tuple[str, bool]]:
        """The window before the filters, as papers write it."""
        filters, kernel, *rest = super().chips(*xs)
        return [kernel, filters, *rest]


class ConvTranspose2d(
    ConvTranspose,
    label="Transposed conv 2D",
    aka=("deconvolution", "deconv", "upconv", "fractionally strided", "conv2dtranspose"),
    example=((8, 7, 7),),
):
    """Learns how to enlarge an image: each pixel stamps a small learned patch into the result.

    Formula: size (n - 1) s - 2p + d (k - 1) + output_padding + 1; with kernel 2 and stride 2 exactly twice the size
    Example: 8×7×7 with 32 filters of 2×2, stride 2: 32×14×14, and 8 * 32 * 4 + 32 = 1,056 weights
    Use: in decoders and generators; a kernel that the stride does not divide leaves a checkerboard, upsampling and a Conv 2D does not
    Paper: Zeiler et al., Deconvolutional networks, 2010; Dumoulin and Visin, arXiv 1603.07285
    """

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
    """Learns how to lengthen a sequence: each entry stamps a small learned patch into the result.

    Formula: length (n - 1) s - 2p + d (k - 1) + output_padding + 1
    Example: 4×9 with 32 filters of 2, stride 2: 32×18, and 4 * 32 * 2 + 32 = 288 weights
    Use: to make sound or signals; a kernel that the stride does not divide leaves ripples
    """

    rank = 1
    kernel_size: int = param(
        default=2, ge=1, help="Length of the patch; a multiple of the stride avoids a checkerboard.", label="Kernel", chip=window
    )
    stride: int = param(default=2, ge=1, help="How many times longer the result is.", chip=stride_chip)
    padding: int = param(default=0, ge=0, help="Entries cut off at both ends.", chip=padding_chip)
    output_padding: int = param(default=0, ge=0, help="Entries added at one end.", label="Output padding")
    dilation: int = param(default=1, ge=1, help="Distance between the entries of the patch.", chip=dilation_chip)


class ConvTranspose3d(ConvTranspose, label="Transposed conv 3D", aka=("deconvolution", "deconv", "volume"), example=((2, 4, 5, 5),)):
    """Learns how to enlarge a volume: each voxel stamps a small learned patch into the result.

    Formula: size (n - 1) s - 2p + d (k - 1) + output_padding + 1 along each axis
    Example: 2×4×5×5 with 32 filters of 2×2×2, stride 2: 32×8×10×10, and 2 * 32 * 8 + 32 = 544 weights
    Use: in decoders for medical volumes, such as a 3D U-Net
    """

    rank = 3
    kernel_size: Triple = param(default=(2, 2, 2), ge=1, help="Depth, height and width of the patch.", label="Kernel", chip=window)
    stride: Triple = param(default=(2, 2, 2), ge=1, help="How many times larger the result is.", chip=stride_chip)
    padding: Triple = param(default=(0, 0, 0), ge=0, help="Voxels cut off on all sides.", chip=padding_chip)
    output_padding: Triple = param(default=(0, 0, 0), ge=0, help="Voxels added at one side of each axis.", label="Output padding")
    dilation: Triple = param(default=(1, 1, 1), ge=1, help="Distance between the voxels of the patch.", chip=dilation_chip)
