"""Definitions for whole images out: U-Net's ways down and up; and the plain stacks of convolutions."""

from app.document.graph import Definition, Parameter
from resources.gallery.pen import Pen, Source, define, whole

WIDTH = whole("width", 64, "Filters.")


def conv_relu(pen: Pen) -> None:
    """A convolution that keeps the size, and ReLU.

    Use: repeated it is a stage of VGG
    Paper: Simonyan and Zisserman, Very deep convolutional networks, arXiv 1409.1556
    """
    pen("Input", name="x", size=(3, 32, 32), column="")
    pen("Conv2d", out_channels="= out_channels", kernel_size="= kernel", padding="= kernel // 2")
    pen("ReLU")
    pen("Output", name="y")


def conv_bn_relu(pen: Pen) -> None:
    """A convolution, batch norm and ReLU: the usual stone to build with.

    Use: in place of a bare convolution; the batch norm lets it learn faster, and makes the bias needless
    Paper: Ioffe and Szegedy, Batch normalization, arXiv 1502.03167
    """
    pen("Input", name="x", size=(3, 32, 32), column="")
    pen(
        "Conv2d",
        out_channels="= out_channels",
        kernel_size="= kernel",
        stride="= stride",
        padding="= kernel // 2",
        groups="= groups",
        bias="= bias",
    )
    pen("BatchNorm2d")
    pen("ReLU")
    pen("Output", name="y")


def plain(pen: Pen) -> None:
    """The residual block without its shortcut: what a deep network was before.

    Use: beside a ResNet of the same depth, to see that the plain one gets worse with depth
    Paper: He et al., Deep residual learning, arXiv 1512.03385
    """
    pen("Input", name="x", size=(64, 56, 56), column="")
    for stride in ("= stride", 1):
        pen("Conv2d", out_channels="= width", kernel_size=3, stride=stride, padding=1, bias=False)
        pen("BatchNorm2d")
        pen("ReLU")
    pen("Output", name="y")


def twice(pen: Pen, x: Source) -> str:
    """Two convolutions with batch norm and ReLU."""
    for k in range(2):
        pen("Conv2d", *([x] if not k else []), out_channels="= width", kernel_size=3, padding=1, bias=False)
        pen("BatchNorm2d")
        last = pen("ReLU")
    return last


def down(pen: Pen) -> None:
    """Halves the image and looks twice.

    Use: each step down of a U-Net
    Paper: Ronneberger et al., U-Net, arXiv 1505.04597
    """
    x = pen("Input", name="x", size=(64, 64, 64), column="")
    twice(pen, pen("MaxPool2d", x, kernel_size=2, stride=2, padding=0))
    pen("Output", name="y")


def up(pen: Pen) -> None:
    """Doubles the image, puts what was there on the way down beside it, and looks twice.

    Use: each step up of a U-Net; skip is what was there before the step down
    Paper: Ronneberger et al., U-Net, arXiv 1505.04597
    """
    x = pen("Input", name="x", size=(128, 32, 32), column="")
    skip = pen("Input", name="skip", size=(64, 64, 64), column="")
    grown = pen("ConvTranspose2d", x, out_channels="= width", kernel_size=2, stride=2, padding=0)
    twice(pen, pen("Concat", skip, grown))
    pen("Output", name="y")


def add_all(definitions: dict[str, Definition]) -> None:
    """Add what this file draws."""
    out, kernel = whole("out_channels", 64, "Number of filters."), whole("kernel", 3, "Height and width of the window.")
    define(definitions, "Conv-ReLU", conv_relu, out, kernel)
    stride, groups = whole("stride", 1, "Pixels the window moves each step."), whole("groups", 1, "Separate convolutions.")
    define(
        definitions,
        "Conv-BN-ReLU",
        conv_bn_relu,
        out,
        kernel,
        stride,
        groups,
        Parameter("bias", False, "A bias, which the batch norm makes needless."),
    )
    define(definitions, "Plain block", plain, WIDTH, stride)
    define(definitions, "U-Net down", down, WIDTH)
    define(definitions, "U-Net up", up, WIDTH)
