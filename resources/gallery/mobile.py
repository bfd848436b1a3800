"""Definitions that are cheap: depthwise-separable convolution, inverted residuals, shuffle unit."""

from typing import Any

from app.document.graph import Definition, Parameter
from resources.gallery.pen import Pen, Source, define, whole

STRIDE = whole("stride", 1, "Pixels the window moves each step; 2 halves the image.")
OUT = whole("out_channels", 64, "Channels of the result.")
V3: dict[str, Any] = {"eps": 1e-3, "momentum": 0.01}


def bare_conv(pen: Pen, channels: Any, *sources: Source, **norm: Any) -> str:
    """A 1×1 convolution without bias, and its batch norm."""
    pen("Conv2d", *sources, out_channels=channels, kernel_size=1, padding=0, bias=False)
    return pen("BatchNorm2d", **norm)


def around(pen: Pen, x: str, branch: str) -> None:
    """A shortcut where the block keeps the shape, and the end."""
    pen("Switch", x, branch, pen("Add", branch, x), which="= 2 if stride == 1 and x.channels == out_channels else 1", name="shortcut")
    pen("Output", name="y")


def separable(pen: Pen) -> None:
    """A 3×3 convolution of each channel by itself, then a 1×1 that mixes them: about a ninth of the cost of a plain 3×3.

    Use: wherever a Conv-BN-ReLU is too dear
    Paper: Howard et al., MobileNets, arXiv 1704.04861
    """
    pen("Input", name="x", size=(32, 56, 56), column="")
    pen("DepthwiseConv2d", kernel_size=3, stride="= stride", padding=1, bias=False)
    pen("BatchNorm2d")
    pen("ReLU")
    bare_conv(pen, "= out_channels")
    pen("ReLU")
    pen("Output", name="y")


def inverted(pen: Pen) -> None:
    """Widens by 1×1, looks at each channel by itself, narrows again without a non-linearity; with a shortcut where shapes allow it.

    Use: seventeen of them are MobileNet v2
    Paper: Sandler et al., MobileNetV2, arXiv 1801.04381
    """
    x = pen("Input", name="x", size=(32, 56, 56), column="")
    bare_conv(pen, "= x.channels * expand", x)
    pen("Switch", x, pen("ReLU6"), which="= 0 if expand == 1 else 1", name="widened")
    pen("DepthwiseConv2d", kernel_size=3, stride="= stride", padding=1, bias=False)
    pen("BatchNorm2d")
    pen("ReLU6")
    around(pen, x, bare_conv(pen, "= out_channels"))


def inverted_v3(pen: Pen) -> None:
    """The inverted residual of MobileNet v3: a window of any size, squeeze-and-excite where squeeze is not 0, ReLU or hard swish.

    Use: MobileNet v3 is made of it
    Paper: Howard et al., Searching for MobileNetV3, arXiv 1905.02244
    """
    x = pen("Input", name="x", size=(40, 28, 28), column="")
    wide = bare_conv(pen, "= expanded", x, **V3)
    wide = activation(pen, wide)
    pen("Switch", x, wide, which="= 0 if x.channels == expanded else 1", name="widened")
    pen("DepthwiseConv2d", kernel_size="= kernel", stride="= stride", padding="= kernel // 2", bias=False)
    looked = activation(pen, pen("BatchNorm2d", **V3))
    pen("GlobalAvgPool", looked, keepdim=True)
    pen("Conv2d", out_channels="= max(1, squeeze)", kernel_size=1, padding=0)
    pen("ReLU")
    pen("Conv2d", out_channels="= expanded", kernel_size=1, padding=0)
    gate = pen("Hardsigmoid")
    gated = pen("Multiply", looked, gate)
    pen("Switch", looked, gated, which="= 0 if squeeze == 0 else 1", name="attention")
    around(pen, x, bare_conv(pen, "= out_channels", **V3))


def activation(pen: Pen, x: str) -> str:
    """ReLU, or hard swish if asked."""
    return pen("Switch", pen("ReLU", x), pen("Hardswish", x), which="= 1 if hard_swish else 0", name="non-linearity")


def shuffle(pen: Pen) -> None:
    """Half the channels pass, the other half is worked on; then all are shuffled. With stride 2 both halves see everything.

    Use: ShuffleNet v2 is made of it
    Paper: Ma et al., ShuffleNet V2, arXiv 1807.11164
    """
    x = pen("Input", name="x", size=(64, 28, 28), column="")
    halves = pen("Split", x, dim=1, parts=2)
    passed, taken = (halves, "y1"), (halves, "y2")
    pen("DepthwiseConv2d", x, kernel_size=3, stride="= stride", padding=1, bias=False)
    pen("BatchNorm2d")
    bare_conv(pen, "= out_channels // 2")
    left = pen("Switch", passed, pen("ReLU"), which="= 0 if stride == 1 else 1", name="left")
    bare_conv(pen, "= out_channels // 2", pen("Switch", taken, x, which="= 0 if stride == 1 else 1", name="right"))
    pen("ReLU")
    pen("DepthwiseConv2d", kernel_size=3, stride="= stride", padding=1, bias=False)
    pen("BatchNorm2d")
    bare_conv(pen, "= out_channels // 2")
    pen("Concat", left, pen("ReLU"))
    pen("ChannelShuffle", groups=2)
    pen("Output", name="y")


def add_all(definitions: dict[str, Definition]) -> None:
    """Add what this file draws."""
    define(definitions, "Depthwise-separable", separable, OUT, STRIDE)
    define(definitions, "Inverted residual", inverted, OUT, STRIDE, whole("expand", 6, "How many times wider it is inside."))
    v3 = (
        OUT, STRIDE, whole("expanded", 120, "Channels inside."), whole("kernel", 3, "Height and width of the window.", 1),
        whole("squeeze", 32, "Channels to which squeeze-and-excite narrows; 0 leaves it out.", 0),
        Parameter("hard_swish", True, "Hard swish instead of ReLU."),
    )  # fmt: skip
    define(definitions, "Inverted residual v3", inverted_v3, *v3)
    define(definitions, "Shuffle unit", shuffle, OUT, STRIDE)
