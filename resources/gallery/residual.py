"""Definitions with a way around: basic block, bottlenecks, dense layer and transition."""

from typing import Any

from app.document.graph import Definition
from resources.gallery.pen import Pen, Source, define, whole

WIDTH = whole("width", 64, "Filters inside the block.")
STRIDE = whole("stride", 1, "Pixels the window moves each step; 2 halves the image.")
OUT = whole("out_channels", 256, "Channels of the result: four times the width in ResNet-50.")
GROUPS = whole("groups", 1, "Groups of the 3×3 convolution: 32 in ResNeXt.")


def conv_bn(pen: Pen, channels: object, kernel: object, *sources: Source, **options: object) -> str:
    """A convolution without bias that keeps the size, and its batch norm."""
    padding = tuple(n // 2 for n in kernel) if isinstance(kernel, tuple) else kernel // 2 if isinstance(kernel, int) else 0
    values: dict[str, Any] = {"out_channels": channels, "kernel_size": kernel, "padding": padding, "bias": False, **options}
    pen("Conv2d", *sources, **values)
    return pen("BatchNorm2d")


def shortcut(pen: Pen, x: str, channels: str, branch: str) -> None:
    """Add the branch to what came in, by a projection where the shapes differ; then ReLU."""
    projected = conv_bn(pen, f"= {channels}", 1, x, stride="= stride")
    picked = pen("Switch", x, projected, which=f"= 0 if stride == 1 and x.channels == {channels} else 1", name="shortcut")
    pen("Add", branch, picked)
    pen("ReLU")
    pen("Output", name="y")


def basic(pen: Pen) -> None:
    """Two 3×3 convolutions and a shortcut around them. Where shapes differ, the shortcut is a 1×1 convolution.

    Use: repeated it is a stage of ResNet-18 or 34
    Paper: He et al., Deep residual learning, arXiv 1512.03385
    """
    x = pen("Input", name="x", size=(64, 56, 56), column="")
    conv_bn(pen, "= width", 3, x, stride="= stride")
    pen("ReLU")
    shortcut(pen, x, "width", conv_bn(pen, "= width", 3))


def bottleneck(pen: Pen) -> None:
    """1×1 narrows, 3×3 looks, 1×1 widens, with a shortcut around. The stride is on the 3×3, as today's libraries have it.

    Use: repeated it is a stage of ResNet-50 or deeper; with groups, of ResNeXt
    Paper: He et al., Deep residual learning, arXiv 1512.03385; Xie et al., Aggregated residual transformations, arXiv 1611.05431
    """
    x = pen("Input", name="x", size=(256, 56, 56), column="")
    conv_bn(pen, "= width", 1, x)
    pen("ReLU")
    conv_bn(pen, "= width", 3, stride="= stride", groups="= groups")
    pen("ReLU")
    shortcut(pen, x, "out_channels", conv_bn(pen, "= out_channels", 1))


def resnext(pen: Pen) -> None:
    """A bottleneck whose 3×3 is split into groups: many narrow paths side by side, for as many operations as one wide one.

    Use: repeated it is a stage of ResNeXt; width is groups times the width of a path
    Paper: Xie et al., Aggregated residual transformations, arXiv 1611.05431
    """
    bottleneck(pen)


def bottleneck_2015(pen: Pen) -> None:
    """As Bottleneck, with the stride on the first 1×1, as the paper has it: fewer operations, a little less accurate.

    Use: repeated it is a stage of the ResNet-50 of 2015
    Paper: He et al., Deep residual learning, arXiv 1512.03385
    """
    x = pen("Input", name="x", size=(256, 56, 56), column="")
    conv_bn(pen, "= width", 1, x, stride="= stride")
    pen("ReLU")
    conv_bn(pen, "= width", 3)
    pen("ReLU")
    shortcut(pen, x, "out_channels", conv_bn(pen, "= out_channels", 1))


def dense_layer(pen: Pen) -> None:
    """Finds new channels and puts them beside all that came in.

    Use: repeated it is a dense block: each repetition sees what all before it found
    Paper: Huang et al., Densely connected convolutional networks, arXiv 1608.06993
    """
    x = pen("Input", name="x", size=(64, 56, 56), column="")
    pen("BatchNorm2d", x)
    pen("ReLU")
    conv_bn(pen, "= 4 * growth", 1)
    pen("ReLU")
    new = pen("Conv2d", out_channels="= growth", kernel_size=3, padding=1, bias=False)
    pen("Concat", x, new)
    pen("Output", name="y")


def transition(pen: Pen) -> None:
    """Half the channels by a 1×1 convolution, half the size by an average pool.

    Use: between two dense blocks
    Paper: Huang et al., Densely connected convolutional networks, arXiv 1608.06993
    """
    pen("Input", name="x", size=(256, 56, 56), column="")
    pen("BatchNorm2d")
    pen("ReLU")
    pen("Conv2d", out_channels="= in.channels // 2", kernel_size=1, padding=0, bias=False)
    pen("AvgPool2d", kernel_size=2, stride=2, padding=0)
    pen("Output", name="y")


def add_all(definitions: dict[str, Definition]) -> None:
    """Add what this file draws."""
    define(definitions, "Residual block", basic, WIDTH, STRIDE)
    define(definitions, "Bottleneck", bottleneck, WIDTH, OUT, STRIDE, GROUPS)
    define(definitions, "Bottleneck 2015", bottleneck_2015, WIDTH, OUT, STRIDE)
    paths = whole("groups", 32, "Number of paths."), whole("width", 128, "Filters of all paths together.")
    define(definitions, "ResNeXt bottleneck", resnext, paths[1], OUT, STRIDE, paths[0])
    define(definitions, "Dense layer", dense_layer, whole("growth", 32, "New channels."))
    define(definitions, "Transition", transition)
