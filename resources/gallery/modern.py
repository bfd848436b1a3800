"""Residual and dense networks, and those for small machines."""

from collections.abc import Callable
from typing import Any

from app.document.graph import Parameter
from resources.gallery.mobile import V3
from resources.gallery.pen import Pen
from resources.gallery.residual import conv_bn
from resources.gallery.template import SGD, Template, classify, conv_relu, image, pool

TEN = (Parameter("classes", 10, "Number of classes.", 2),)
RESNET = {**SGD, "learning_rate": 0.1, "weight_decay": 1e-4, "batch_size": 256, "epochs": 90}
CIFAR = {**SGD, "learning_rate": 0.1, "weight_decay": 1e-4, "batch_size": 128, "epochs": 182}
IMAGENET_RECIPE = "Recipe: SGD, momentum 0.9, learning rate 0.1 divided by 10 every 30 epochs, weight decay 1e-4, batches of 256, 90 epochs"


def stem(pen: Pen, width: int = 64) -> None:
    """7×7 and a pool: from 224 to 56."""
    image(pen)
    conv_bn(pen, width, 7, stride=2)
    pen("ReLU")
    pool(pen, 3, padding=1)


def finish(pen: Pen) -> None:
    """The mean of each channel, and one layer on top."""
    pen("GlobalAvgPool")
    pen("Linear", out_features="= classes")
    classify(pen)


def stages(pen: Pen, block: str, depths: tuple[int, ...], **values: Any) -> None:
    """Four stages: each but the first begins by halving the image, and doubles the width."""
    for k, depth in enumerate(depths):
        own = {name: value << k if name in ("width", "out_channels") else value for name, value in values.items()}
        stride: Any = 1 if k == 0 else "= 2 if i == 0 else 1"
        pen(block, repeat=depth, stride=stride, name=f"stage {k + 1}", **own)


def residual(block: str, depths: tuple[int, ...], text: str, paper: str, **values: Any) -> Callable[[Pen], None]:
    """A network of four stages for images of 224."""

    def draw(pen: Pen) -> None:
        stem(pen)
        stages(pen, block, depths, **values)
        finish(pen)

    draw.__doc__ = f"{text}\n\nPaper: {paper}\n{IMAGENET_RECIPE}"
    return draw


def cifar(block: str, n: int, text: str) -> Callable[[Pen], None]:
    """A network of three stages for images of 32."""

    def draw(pen: Pen) -> None:
        image(pen, 32)
        conv_bn(pen, 16, 3)
        pen("ReLU")
        for k in range(3):
            pen(block, width=16 << k, stride=1 if k == 0 else "= 2 if i == 0 else 1", repeat=n, name=f"stage {k + 1}")
        finish(pen)

    draw.__doc__ = f"""{text}

    Paper: He et al., Deep residual learning, arXiv 1512.03385, section 4.2 (there the shortcut pads with zeros; here it projects)
    Recipe: SGD, momentum 0.9, learning rate 0.1 divided by 10 at 32k and 48k of 64k steps, weight decay 1e-4, batches of 128"""
    return draw


def densenet(growth: int, first: int, depths: tuple[int, ...]) -> Callable[[Pen], None]:
    """DenseNet with these numbers of layers a block."""

    def draw(pen: Pen) -> None:
        stem(pen, first)
        for k, depth in enumerate(depths):
            pen("Dense layer", growth=growth, repeat=depth, name=f"dense {k + 1}")
            if k + 1 < len(depths):
                pen("Transition")
        pen("BatchNorm2d")
        pen("ReLU")
        finish(pen)

    draw.__doc__ = f"""Every layer sees what all before it found. Watch the width at each wire grow by {growth} a layer, and be halved between blocks.

    Paper: Huang et al., Densely connected convolutional networks, arXiv 1608.06993
    {IMAGENET_RECIPE}"""
    return draw


def squeezenet(one_one: bool) -> Callable[[Pen], None]:
    """SqueezeNet 1.0 or 1.1."""
    widths = (16, 16, 32, 32, 48, 48, 64, 64)
    pools = {2, 4} if one_one else {3, 7}

    def draw(pen: Pen) -> None:
        image(pen)
        conv_relu(pen, 64 if one_one else 96, 3 if one_one else 7, stride=2, padding=0)
        pool(pen, 3, ceil_mode=True)
        for k, squeeze in enumerate(widths):
            if k in pools:
                pool(pen, 3, ceil_mode=True)
            pen("Fire", squeeze=squeeze, expand=4 * squeeze, name=f"fire {k + 2}")
        pen("Dropout", p=0.5)
        conv_relu(pen, "= classes", 1)
        pen("GlobalAvgPool")
        classify(pen)

    draw.__doc__ = """AlexNet's accuracy with a fiftieth of its weights: few channels before each 3×3, and pools late, so that maps stay large.

    Paper: Iandola et al., SqueezeNet, arXiv 1602.07360
    Recipe: SGD, momentum 0.9, learning rate 0.04 falling linearly, weight decay 2e-4, batches of 512"""
    return draw


def mobilenet_v2(pen: Pen) -> None:
    """Wide inside, narrow between: the shortcut joins the narrow ends. Nearly all weights are in 1×1 convolutions.

    Paper: Sandler et al., MobileNetV2, arXiv 1801.04381
    Recipe: RMSProp, momentum 0.9, learning rate 0.045 falling by 2 % an epoch, weight decay 4e-5, batches of 96
    """
    image(pen)
    conv_bn(pen, 32, 3, stride=2)
    pen("ReLU6")
    table = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
    for k, (expand, channels, count, stride) in enumerate(table):
        own: Any = "= 2 if i == 0 else 1" if stride == 2 and count > 1 else stride
        pen("Inverted residual", expand=expand, out_channels=channels, repeat=count, stride=own, name=f"stage {k + 1}")
    conv_bn(pen, 1280, 1)
    pen("ReLU6")
    pen("GlobalAvgPool")
    pen("Dropout", p=0.2)
    pen("Linear", out_features="= classes")
    classify(pen)


V3_LARGE = (
    (3, 16, 16, 0, 0, 1), (3, 64, 24, 0, 0, 2), (3, 72, 24, 0, 0, 1), (5, 72, 40, 24, 0, 2), (5, 120, 40, 32, 0, 1), (5, 120, 40, 32, 0, 1),
    (3, 240, 80, 0, 1, 2), (3, 200, 80, 0, 1, 1), (3, 184, 80, 0, 1, 1), (3, 184, 80, 0, 1, 1), (3, 480, 112, 120, 1, 1), (3, 672, 112, 168, 1, 1),
    (5, 672, 160, 168, 1, 2), (5, 960, 160, 240, 1, 1), (5, 960, 160, 240, 1, 1),
)  # fmt: skip
V3_SMALL = (
    (3, 16, 16, 8, 0, 2), (3, 72, 24, 0, 0, 2), (3, 88, 24, 0, 0, 1), (5, 96, 40, 24, 1, 2), (5, 240, 40, 64, 1, 1), (5, 240, 40, 64, 1, 1),
    (5, 120, 48, 32, 1, 1), (5, 144, 48, 40, 1, 1), (5, 288, 96, 72, 1, 2), (5, 576, 96, 144, 1, 1), (5, 576, 96, 144, 1, 1),
)  # fmt: skip


def mobilenet_v3(table: tuple[tuple[int, ...], ...], last: int, hidden: int) -> Callable[[Pen], None]:
    """MobileNet v3 of these rows: kernel, channels inside, channels out, squeeze, hard swish, stride."""

    def draw(pen: Pen) -> None:
        image(pen)
        pen("Conv2d", out_channels=16, kernel_size=3, stride=2, padding=1, bias=False)
        pen("BatchNorm2d", **V3)
        pen("Hardswish")
        at = 0
        while at < len(table):
            kernel, expanded, out, squeeze, hard, stride = table[at]
            count = 1
            while at + count < len(table) and table[at + count] == table[at] and stride == 1:
                count += 1
            pen("Inverted residual v3", kernel=kernel, expanded=expanded, out_channels=out, squeeze=squeeze, hard_swish=bool(hard), stride=stride,
                repeat=count)  # fmt: skip
            at += count
        pen("Conv2d", out_channels=last, kernel_size=1, padding=0, bias=False)
        pen("BatchNorm2d", **V3)
        pen("Hardswish")
        pen("GlobalAvgPool")
        pen("Linear", out_features=hidden)
        pen("Hardswish")
        pen("Dropout", p=0.2)
        pen("Linear", out_features="= classes")
        classify(pen)

    draw.__doc__ = """Found by search, not by hand: windows of 3 and 5, attention in some blocks, hard swish where it is cheap, that is late.

    Paper: Howard et al., Searching for MobileNetV3, arXiv 1905.02244
    Recipe: RMSProp, momentum 0.9, learning rate 0.1 falling by 1 % every 3 epochs, weight decay 1e-5, batches of 4096"""
    return draw


def shufflenet(widths: tuple[int, ...]) -> Callable[[Pen], None]:
    """ShuffleNet v2 with these widths of its three stages and of its last convolution."""

    def draw(pen: Pen) -> None:
        image(pen)
        conv_bn(pen, 24, 3, stride=2)
        pen("ReLU")
        pool(pen, 3, padding=1)
        for k, (width, count) in enumerate(zip(widths[:3], (4, 8, 4), strict=True)):
            pen("Shuffle unit", out_channels=width, stride="= 2 if i == 0 else 1", repeat=count, name=f"stage {k + 2}")
        conv_bn(pen, widths[3], 1)
        pen("ReLU")
        finish(pen)

    draw.__doc__ = """Made for speed as it is measured, not for few operations: equal widths, no groups, half of the channels just pass.

    Paper: Ma et al., ShuffleNet V2, arXiv 1807.11164
    Recipe: SGD, momentum 0.9, learning rate 0.5 falling linearly, weight decay 4e-5, batches of 1024, 300k steps"""
    return draw


HE, XIE = "He et al., Deep residual learning, arXiv 1512.03385", "Xie et al., Aggregated residual transformations, arXiv 1611.05431"
ZAGORUYKO = "Zagoruyko and Komodakis, Wide residual networks, arXiv 1605.07146"
TODAY = (
    "Four stages of bottlenecks; the stride is on the 3×3, as today's libraries have it. Enter a stage to see where the shortcut projects."
)
AS_2015 = "ResNet as the paper of 2015 has it: the stride on the first 1×1 of a stage's first block. As many weights as today's form, fewer operations."
GROUPS = "A bottleneck whose 3×3 is split into groups: more paths, not more depth or width, for as many operations."
DEPTHS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
SHUFFLE = {"0.5": (48, 96, 192, 1024), "1.0": (116, 232, 464, 1024), "1.5": (176, 352, 704, 1024), "2.0": (244, 488, 976, 2048)}
DENSE = {121: (32, 64, (6, 12, 24, 16)), 161: (48, 96, (6, 12, 36, 24)), 169: (32, 64, (6, 12, 32, 32)), 201: (32, 64, (6, 12, 48, 32))}
BASIC = "Four stages of two 3×3 convolutions with a shortcut around; each stage halves the image and doubles the width."
PLAIN = "ResNet-34 without its shortcuts: train both, and see that this one ends worse, on the training data too."
TEMPLATES = (
    Template("resnet-18", "ResNet-18", "ResNet", residual("Residual block", (2, 2, 2, 2), BASIC, HE, width=64), RESNET, "resnet18"),
    Template("resnet-34", "ResNet-34", "ResNet", residual("Residual block", (3, 4, 6, 3), BASIC, HE, width=64), RESNET, "resnet34"),
    Template("plain-34", "Plain-34 (no shortcuts)", "ResNet", residual("Plain block", (3, 4, 6, 3), PLAIN, HE, width=64), RESNET),
    *(
        Template(f"resnet-{n}", f"ResNet-{n}", "ResNet", residual("Bottleneck", d, TODAY, HE, width=64, out_channels=256), RESNET, f"resnet{n}")
        for n, d in DEPTHS.items()
    ),
    *(
        Template(
            f"resnet-{n}-2015", f"ResNet-{n} (2015, stride on the 1×1)", "ResNet", residual("Bottleneck 2015", d, AS_2015, HE, width=64, out_channels=256),
            RESNET, f"resnet{n}_paper",
        )
        for n, d in DEPTHS.items()
    ),
    *(
        Template(
            f"wide-resnet-{n}-2", f"Wide ResNet-{n}-2", "ResNet", residual("Bottleneck", DEPTHS[n], "A ResNet whose 3×3 are twice as wide.", ZAGORUYKO,
            width=128, out_channels=256), RESNET, f"wide_resnet{n}_2",
        )
        for n in (50, 101)
    ),
    *(
        Template(
            f"resnext-{n}-{g}x{w}d", f"ResNeXt-{n} {g}×{w}d", "ResNeXt", residual("ResNeXt bottleneck", DEPTHS[n], GROUPS, XIE, width=g * w, out_channels=256,
            groups=g), RESNET, f"resnext{n}_{g}x{w}d",
        )
        for n, g, w in ((50, 32, 4), (101, 32, 8), (101, 64, 4))
    ),
    *(
        Template(f"{kind}-{depth}", f"{title}-{depth} for CIFAR", "CIFAR", cifar(block, (depth - 2) // 6, text), CIFAR, "", TEN)
        for kind, title, block, text in (
            ("plain", "Plain", "Plain block", "Without shortcuts: train 20 and 56 layers, and see the deeper one end worse, on the training data too."),
            ("resnet", "ResNet", "Residual block", "With shortcuts: train 20 and 56 layers beside the plain ones, and see depth pay."),
        )
        for depth in (20, 56)
    ),
    *(Template(f"densenet-{n}", f"DenseNet-{n}", "DenseNet", densenet(*row), RESNET, f"densenet{n}") for n, row in DENSE.items()),
    Template("squeezenet-1.0", "SqueezeNet 1.0", "Small", squeezenet(False), {**SGD, "learning_rate": 0.04, "weight_decay": 2e-4}, "squeezenet1_0"),
    Template("squeezenet-1.1", "SqueezeNet 1.1", "Small", squeezenet(True), {**SGD, "learning_rate": 0.04, "weight_decay": 2e-4}, "squeezenet1_1"),
    Template("mobilenet-v2", "MobileNet v2", "Small", mobilenet_v2, {**SGD, "learning_rate": 0.045, "weight_decay": 4e-5, "batch_size": 96}, "mobilenet_v2"),
    Template("mobilenet-v3-large", "MobileNet v3 large", "Small", mobilenet_v3(V3_LARGE, 960, 1280), {**SGD, "weight_decay": 1e-5}, "mobilenet_v3_large"),
    Template("mobilenet-v3-small", "MobileNet v3 small", "Small", mobilenet_v3(V3_SMALL, 576, 1024), {**SGD, "weight_decay": 1e-5}, "mobilenet_v3_small"),
    *(
        Template(f"shufflenet-v2-{x}", f"ShuffleNet v2 ×{x}", "Small", shufflenet(w), {**SGD, "learning_rate": 0.5, "weight_decay": 4e-5},
                 f"shufflenet_v2_x{x.replace('.', '_')}")
        for x, w in SHUFFLE.items()
    ),
)  # fmt: skip
