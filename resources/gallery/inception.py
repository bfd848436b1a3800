"""Definitions that look at several scales at once: Inception in its forms, fire."""

from typing import Any

from app.document.graph import Definition, Parameter
from resources.gallery.pen import Pen, Source, define, whole

BRANCHES = (
    whole("ones", 64, "Filters of the 1×1 branch."), whole("threes_in", 96, "1×1 filters before the 3×3."), whole("threes", 128, "3×3 filters."),
    whole("fives_in", 16, "1×1 filters before the 5×5."), whole("fives", 32, "5×5 filters."), whole("pooled", 32, "1×1 filters after the pool."),
)  # fmt: skip
EPS = 1e-3


def conv_relu(pen: Pen, channels: Any, kernel: Any, *sources: Source, **options: Any) -> str:
    """A convolution that keeps the size, and ReLU."""
    pen("Conv2d", *sources, **{"out_channels": channels, "kernel_size": kernel, "padding": _half(kernel), **options})
    return pen("ReLU")


def conv_bn_relu(pen: Pen, channels: Any, kernel: Any, *sources: Source, **options: Any) -> str:
    """A convolution without bias that keeps the size, its batch norm, and ReLU."""
    pen("Conv2d", *sources, **{"out_channels": channels, "kernel_size": kernel, "padding": _half(kernel), "bias": False, **options})
    pen("BatchNorm2d", eps=EPS)
    return pen("ReLU")


def _half(kernel: Any) -> Any:
    return tuple(n // 2 for n in kernel) if isinstance(kernel, tuple) else kernel // 2


def joined(pen: Pen, *branches: Source) -> None:
    """All branches beside one another, and the end."""
    pen("Concat", *branches)
    pen("Output", name="y")


def v1(pen: Pen) -> None:
    """1×1, 3×3, 5×5 and a pool side by side; 1×1 convolutions in front make it affordable. No batch norm, as in 2014.

    Use: nine of them, with growing widths, are GoogLeNet
    Paper: Szegedy et al., Going deeper with convolutions, arXiv 1409.4842
    """
    x = pen("Input", name="x", size=(192, 28, 28), column="")
    a = conv_relu(pen, "= ones", 1, x)
    b = conv_relu(pen, "= threes", 3, conv_relu(pen, "= threes_in", 1, x))
    c = conv_relu(pen, "= fives", 5, conv_relu(pen, "= fives_in", 1, x))
    d = conv_relu(pen, "= pooled", 1, pen("MaxPool2d", x, kernel_size=3, stride=1, padding=1))
    joined(pen, a, b, c, d)


def v1_batch_norm(pen: Pen) -> None:
    """Inception with batch norm, as today's libraries have it: its third branch is 3×3, not 5×5.

    Use: nine of them, with growing widths, are the GoogLeNet of torchvision
    Paper: Szegedy et al., arXiv 1409.4842; Ioffe and Szegedy, Batch normalization, arXiv 1502.03167
    """
    x = pen("Input", name="x", size=(192, 28, 28), column="")
    a = conv_bn_relu(pen, "= ones", 1, x)
    b = conv_bn_relu(pen, "= threes", 3, conv_bn_relu(pen, "= threes_in", 1, x))
    c = conv_bn_relu(pen, "= fives", 3, conv_bn_relu(pen, "= fives_in", 1, x))
    d = conv_bn_relu(pen, "= pooled", 1, pen("MaxPool2d", x, kernel_size=3, stride=1, padding=1, ceil_mode=True))
    joined(pen, a, b, c, d)


def v3_a(pen: Pen) -> None:
    """Inception-v3 at 35×35: the 5×5 of one branch has become two 3×3 in another.

    Paper: Szegedy et al., Rethinking the Inception architecture, arXiv 1512.00567, figure 5
    """
    x = pen("Input", name="x", size=(192, 35, 35), column="")
    a = conv_bn_relu(pen, 64, 1, x)
    b = conv_bn_relu(pen, 64, 5, conv_bn_relu(pen, 48, 1, x))
    c = conv_bn_relu(pen, 96, 3, conv_bn_relu(pen, 96, 3, conv_bn_relu(pen, 64, 1, x)))
    d = conv_bn_relu(pen, "= pooled", 1, pen("AvgPool2d", x, kernel_size=3, stride=1, padding=1))
    joined(pen, a, b, c, d)


def v3_b(pen: Pen) -> None:
    """Inception-v3 from 35×35 to 17×17: convolutions and a pool of stride 2 side by side.

    Paper: Szegedy et al., Rethinking the Inception architecture, arXiv 1512.00567, figure 10
    """
    x = pen("Input", name="x", size=(288, 35, 35), column="")
    a = conv_bn_relu(pen, 384, 3, x, stride=2, padding=0)
    b = conv_bn_relu(pen, 96, 3, conv_bn_relu(pen, 96, 3, conv_bn_relu(pen, 64, 1, x)), stride=2, padding=0)
    joined(pen, a, b, pen("MaxPool2d", x, kernel_size=3, stride=2, padding=0))


def v3_c(pen: Pen) -> None:
    """Inception-v3 at 17×17: a 7×7 window is a 1×7 after a 7×1.

    Paper: Szegedy et al., Rethinking the Inception architecture, arXiv 1512.00567, figure 6
    """
    x = pen("Input", name="x", size=(768, 17, 17), column="")
    a = conv_bn_relu(pen, 192, 1, x)
    b = conv_bn_relu(pen, 192, (7, 1), conv_bn_relu(pen, "= width", (1, 7), conv_bn_relu(pen, "= width", 1, x)))
    c = conv_bn_relu(pen, "= width", (7, 1), conv_bn_relu(pen, "= width", 1, x))
    c = conv_bn_relu(pen, "= width", (7, 1), conv_bn_relu(pen, "= width", (1, 7), c))
    c = conv_bn_relu(pen, 192, (1, 7), c)
    d = conv_bn_relu(pen, 192, 1, pen("AvgPool2d", x, kernel_size=3, stride=1, padding=1))
    joined(pen, a, b, c, d)


def v3_d(pen: Pen) -> None:
    """Inception-v3 from 17×17 to 8×8.

    Paper: Szegedy et al., Rethinking the Inception architecture, arXiv 1512.00567
    """
    x = pen("Input", name="x", size=(768, 17, 17), column="")
    a = conv_bn_relu(pen, 320, 3, conv_bn_relu(pen, 192, 1, x), stride=2, padding=0)
    b = conv_bn_relu(pen, 192, (7, 1), conv_bn_relu(pen, 192, (1, 7), conv_bn_relu(pen, 192, 1, x)))
    b = conv_bn_relu(pen, 192, 3, b, stride=2, padding=0)
    joined(pen, a, b, pen("MaxPool2d", x, kernel_size=3, stride=2, padding=0))


def v3_e(pen: Pen) -> None:
    """Inception-v3 at 8×8: 1×3 and 3×1 side by side, for many different features.

    Paper: Szegedy et al., Rethinking the Inception architecture, arXiv 1512.00567, figure 7
    """
    x = pen("Input", name="x", size=(1280, 8, 8), column="")
    a = conv_bn_relu(pen, 320, 1, x)
    b = conv_bn_relu(pen, 384, 1, x)
    b1, b2 = conv_bn_relu(pen, 384, (1, 3), b), conv_bn_relu(pen, 384, (3, 1), b)
    c = conv_bn_relu(pen, 384, 3, conv_bn_relu(pen, 448, 1, x))
    c1, c2 = conv_bn_relu(pen, 384, (1, 3), c), conv_bn_relu(pen, 384, (3, 1), c)
    d = conv_bn_relu(pen, 192, 1, pen("AvgPool2d", x, kernel_size=3, stride=1, padding=1))
    joined(pen, a, b1, b2, c1, c2, d)


def fire(pen: Pen) -> None:
    """Squeezes to a few channels by 1×1, then expands by 1×1 and 3×3 side by side: few weights.

    Use: eight of them are SqueezeNet, as accurate as AlexNet with a fiftieth of its weights
    Paper: Iandola et al., SqueezeNet, arXiv 1602.07360
    """
    x = pen("Input", name="x", size=(96, 54, 54), column="")
    narrow = conv_relu(pen, "= squeeze", 1, x)
    joined(pen, conv_relu(pen, "= expand", 1, narrow), conv_relu(pen, "= expand", 3, narrow))


def auxiliary(pen: Pen) -> None:
    """A small classifier on top of a middle layer: it lets the gradient reach the early layers. Used in training only.

    Use: with a loss of weight 0.3, after 4a and 4d of GoogLeNet
    Paper: Szegedy et al., Going deeper with convolutions, arXiv 1409.4842
    """
    x = pen("Input", name="x", size=(512, 14, 14), column="")
    conv_relu(pen, 128, 1, pen("AvgPool2d", x, kernel_size=5, stride=3, padding=0))
    pen("Flatten")
    pen("Linear", out_features=1024)
    pen("ReLU")
    pen("Dropout", p=0.7)
    pen("Linear", out_features="= classes")
    pen("Output", name="logits")


def add_all(definitions: dict[str, Definition]) -> None:
    """Add what this file draws."""
    define(definitions, "Inception", v1, *BRANCHES)
    batch_norm = [p if p.name != "fives" else Parameter("fives", 32, "3×3 filters of the third branch.", 1) for p in BRANCHES]
    define(definitions, "Inception BN", v1_batch_norm, *batch_norm)
    define(definitions, "Inception-v3 A", v3_a, whole("pooled", 32, "1×1 filters after the pool."))
    define(definitions, "Inception-v3 B", v3_b)
    define(definitions, "Inception-v3 C", v3_c, whole("width", 128, "Filters inside the 7×7 branches."))
    define(definitions, "Inception-v3 D", v3_d)
    define(definitions, "Inception-v3 E", v3_e)
    define(definitions, "Auxiliary head", auxiliary, whole("classes", 1000, "Number of classes."))
    define(
        definitions,
        "Fire",
        fire,
        whole("squeeze", 16, "1×1 filters that squeeze."),
        whole("expand", 64, "Filters of each of the two sides."),
    )
