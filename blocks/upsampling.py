"""Upsampling without weights: from few positions to many."""

import struct
from typing import ClassVar

from blocks.core import Block, BlockError, Nodes, Port, Shape, Shapes, param
from blocks.params import Ints, Pair, stride_chip, times, window
from blocks.rules import dims, need_axes, size
from blocks.source import Code, call

FACTOR = "How many times higher and wider the result is."
SIZE = "Height and width of the result, instead of a factor; empty: use the factor."


class Interpolate(Block, group="Upsampling", onnx="Resize"):
    """Fills in between the pixels of an image."""

    mode: ClassVar[str]
    scale_factor: Pair = param(default=(2, 2), ge=1, le=1024, help=FACTOR, label="Factor", chip="×{}")
    size: Ints = param(default=(), ge=1, help=SIZE, chip=lambda s: "to " + times(s) if s else "")

    def shape(self, x: Shape) -> Shape:
        """C×H×W to C×(factor * H)×(factor * W), or to C×size."""
        need_axes(x, 2)
        if len(self.size) not in (0, 2):
            raise BlockError(f"size is a height and a width, got {dims(self.size)}: give two numbers, or none to use the factor", "sizes")
        return (x[0], *(self.size or (x[1] * self.scale_factor[0], x[2] * self.scale_factor[1])))

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        to = {"size": self.size} if self.size else {"scale_factor": self.scale_factor}
        corners = getattr(self, "align_corners", False)
        return call("F.interpolate", Code(args[0]), **to, mode=self.mode, align_corners=corners, omit={"align_corners": False})

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        how = "align_corners" if getattr(self, "align_corners", False) else "half_pixel"
        to = g.add("Concat", g.add("Shape", args[0], start=0, end=2), g.ints(*self.shape(xs[0])[1:]), axis=0)
        mode = {"bilinear": "linear", "bicubic": "cubic"}[self.mode]
        return g.add("Resize", args[0], "", "", to, mode=mode, coordinate_transformation_mode=how, cubic_coeff_a=-0.75)

    def chips(self, *xs: Shape) -> list[tuple[str, bool]]:
        """The size, where it is given, instead of the factor."""
        return super().chips(*xs)[1 if self.size else 0 :]


class UpsampleNearest(
    Interpolate, label="Upsample nearest", aka=("resize", "upsampling2d", "nearest neighbour", "enlarge"), example=((8, 7, 7),)
):
    """Repeats each pixel: the simplest way to a larger image, with blocky edges.

    Formula: y(i, j) = x(floor(i H / H_out), floor(j W / W_out))
    Example: [[[1, 2]]] gives [[[1, 1, 2, 2], [1, 1, 2, 2]]]
    Use: before a 3×3 convolution it enlarges without the checkerboard of a transposed convolution
    Paper: Odena et al., Deconvolution and checkerboard artifacts, Distill, 2016
    """

    mode = "nearest"

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        """A look-up along each axis, rounded as torch does in single precision."""
        x = args[0]
        for k, (n, m) in enumerate(zip(xs[0][1:], self.shape(xs[0])[1:], strict=True)):
            scale = _single(n / m) if self.size else _single(1 / self.scale_factor[k])
            if n != m:
                x = g.add("Gather", x, g.ints(*(min(int(_single(i * scale)), n - 1) for i in range(m))), axis=k + 2)
        return x if x != args[0] else g.add("Identity", x)


def _single(value: float) -> float:
    """Rounded to single precision."""
    rounded: float = struct.unpack("f", struct.pack("f", value))[0]
    return rounded


class UpsampleBilinear(
    Interpolate, label="Upsample bilinear", aka=("resize", "interpolate", "upsampling2d", "linear"), example=((8, 7, 7),)
):
    """Blends the four nearest pixels: smooth, and no checkerboard.

    Formula: y = the mean of the 4 pixels around (i + 0.5) H / H_out - 0.5, each weighed by its nearness
    Example (scale_factor=[1, 2]): [[[0, 4]]] gives [[[0, 1, 3, 4]]]
    Use: in decoders for segmentation, and to bring maps of several sizes together
    """

    mode = "bilinear"
    align_corners: bool = param(default=False, help="Let the corner pixels of both images lie on each other.")


class UpsampleBicubic(Interpolate, label="Upsample bicubic", aka=("resize", "interpolate", "upsampling2d", "cubic"), example=((8, 7, 7),)):
    """Fits smooth curves through the sixteen nearest pixels: sharper than bilinear, may overshoot.

    Formula: y = sum of 16 pixels weighed by cubic curves with a = -0.75
    Example (scale_factor=[1, 1]): [[[0, 4]]] gives [[[0, 4]]]
    Use: for pictures that people look at; for features bilinear does
    Paper: Keys, Cubic convolution interpolation, 1981
    """

    mode = "bicubic"
    align_corners: bool = param(default=False, help="Let the corner pixels of both images lie on each other.")


class BedOfNails(
    Block,
    label="Bed of nails",
    group="Upsampling",
    modules=("bed_of_nails",),
    onnx="ConvTranspose",
    aka=("unpool", "unpooling", "zero stuffing"),
    example=((8, 7, 7),),
):
    """Puts each pixel into the corner of a block of zeros: the image grows, nothing is filled in.

    Formula: y(f i, f j) = x(i, j), and 0 elsewhere
    Example: [[[1, 2], [3, 4]]] gives [[[1, 0, 2, 0], [0, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]]]
    Use: to see what a transposed convolution does: a bed of nails and a convolution; in practice upsample and convolve
    Paper: Zeiler and Fergus, Visualizing and understanding convolutional networks, arXiv 1311.2901, unpools in a like way
    """

    scale_factor: Pair = param(default=(2, 2), ge=1, le=1024, help=FACTOR, label="Factor", chip="×{}")

    def shape(self, x: Shape) -> Shape:
        """C×H×W to C×(factor * H)×(factor * W)."""
        need_axes(x, 2)
        return (x[0], x[1] * self.scale_factor[0], x[2] * self.scale_factor[1])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return call("bed_of_nails", Code(args[0]), self.scale_factor)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        """One grouped transposed convolution with a single 1 in each filter."""
        kernel = [*self.scale_factor]
        nails = g.add("Expand", g.real(*([1.0] + [0.0] * (kernel[0] * kernel[1] - 1)), dims=(1, 1, *kernel)), g.ints(xs[0][0], 1, *kernel))
        return g.add("ConvTranspose", args[0], nails, group=xs[0][0], kernel_shape=kernel, strides=kernel)


class MaxUnpool2d(
    Block,
    label="Max unpool 2D",
    group="Upsampling",
    onnx="MaxUnpool",
    inputs=(Port("x"), Port("indices", "index")),
    aka=("unpooling", "segnet", "unpool"),
    example=((8, 4, 4), (8, 4, 4)),
):
    """Undoes a max pool: puts each value back where the largest one was found, and 0 elsewhere.

    Formula: y at position indices(i, j) is x(i, j); size (n - 1) s - 2p + k
    Example: the 2×2 results of a 2×2 max pool go back to the 4 of 16 places they came from
    Use: in a decoder that mirrors the encoder: turn on Indices of the Max pool 2D there and wire them here
    Paper: Zeiler et al., 2011; Badrinarayanan et al., SegNet, arXiv 1511.00561
    """

    kernel_size: Pair = param(default=(2, 2), ge=1, help="The window of the max pool.", label="Kernel", chip=window)
    stride: Pair = param(default=(2, 2), ge=1, help="The stride of the max pool.", chip=stride_chip)
    padding: Pair = param(default=(0, 0), ge=0, help="The padding of the max pool.")
    output_size: Ints = param(
        default=(), ge=1, help="Height and width of the result where the max pool rounded; empty: the formula.", label="Size"
    )

    def shape(self, x: Shape, indices: Shape) -> Shape:
        """Height and width before the max pool."""
        need_axes(x, 2)
        if x != indices:
            raise BlockError(f"needs an index for each value: x is {dims(x)}, the indices are {dims(indices)}", "shapes-differ")
        out = tuple((n - 1) * s - 2 * p + k for n, k, s, p in zip(x[1:], self.kernel_size, self.stride, self.padding, strict=True))
        if min(out) < 1:
            raise BlockError(f"nothing is left: (n - 1) * stride - 2 * padding + kernel gives {dims(out)}. Use less padding", "empty")
        if self.output_size:
            near = len(self.output_size) == 2 and all(o - s < m < o + s for o, s, m in zip(out, self.stride, self.output_size, strict=True))
            if not near:
                raise BlockError(f"output_size must be within a stride of {dims(out)}, got {dims(self.output_size)}", "sizes")
            out = self.output_size
        return (x[0], *out)

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        omit = {"stride": self.kernel_size, "padding": 0}
        to = {"output_size": Code(str(self.output_size))} if self.output_size else {}
        return call(
            "F.max_unpool2d", *map(Code, args), kernel_size=self.kernel_size, stride=self.stride, padding=self.padding, **to, omit=omit
        )  # fmt: skip

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        c, h, w = self.shape(*xs)
        flat, at = (g.reshape(arg, 0, c, size(xs[0][1:])) for arg in args)
        zeros = g.add("Expand", g.real(0.0), g.sized(args[0], c, h * w))
        return g.reshape(g.add("ScatterElements", zeros, at, flat, axis=2), 0, c, h, w)


class PixelShuffle(
    Block,
    label="Sub-pixel (pixel shuffle)",
    group="Upsampling",
    onnx="DepthToSpace",
    aka=("depth to space", "espcn", "sub-pixel convolution", "super-resolution"),
    example=((36, 5, 5),),
):
    """Lays channels out in space: r*r channels become one that is r times higher and wider.

    Formula: y(c, r i + a, r j + b) = x(c r r + a r + b, i, j)
    Example: [[[1]], [[2]], [[3]], [[4]]] gives [[[1, 2], [3, 4]]]
    Use: after a convolution with r*r times the filters: enlarges without a checkerboard and cheaply
    Paper: Shi et al., arXiv 1609.05158
    """

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
        return call("F.pixel_shuffle", Code(args[0]), self.upscale_factor)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("DepthToSpace", args[0], blocksize=self.upscale_factor, mode="CRD")


class PixelUnshuffle(
    Block,
    label="Pixel unshuffle",
    group="Upsampling",
    onnx="SpaceToDepth",
    aka=("space to depth", "reorg", "focus"),
    example=((4, 8, 8),),
):
    """Lays space out in channels: an image r times lower and narrower with r*r times the channels; nothing is lost.

    Formula: y(c r r + a r + b, i, j) = x(c, r i + a, r j + b)
    Example: [[[1, 2], [3, 4]]] gives [[[1]], [[2]], [[3]], [[4]]]
    Use: to shrink an image without dropping anything, before a convolution
    """

    downscale_factor: int = param(default=2, ge=1, le=1024, help="r: how many times lower and narrower.", label="Factor", chip="/{}")

    def shape(self, x: Shape) -> Shape:
        """C×H×W to (C r r)×(H / r)×(W / r)."""
        need_axes(x, 2)
        r = self.downscale_factor
        if x[1] % r or x[2] % r:
            raise BlockError(f"needs height and width that {r} divides, got {x[1]}×{x[2]}", "groups")
        return (x[0] * r * r, x[1] // r, x[2] // r)

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return call("F.pixel_unshuffle", Code(args[0]), self.downscale_factor)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        (c, h, w), r = xs[0], self.downscale_factor
        apart = g.add("Transpose", g.reshape(args[0], 0, c, h // r, r, w // r, r), perm=[0, 1, 3, 5, 2, 4])
        return g.reshape(apart, 0, *self.shape(xs[0]))
