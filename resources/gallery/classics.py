"""The networks of the course up to GoogLeNet."""

from collections.abc import Callable
from typing import Any

from app.document.graph import Parameter
from resources.gallery.pen import Pen
from resources.gallery.template import SGD, Template, classify, conv_relu, fully, image, pool

TEN = (Parameter("classes", 10, "Number of classes.", 2),)
ALEXNET = {**SGD, "learning_rate": 0.01, "weight_decay": 5e-4, "batch_size": 128, "epochs": 90}
VGG = {**SGD, "learning_rate": 0.01, "weight_decay": 5e-4, "batch_size": 256, "epochs": 74}
GOOGLENET = {**SGD, "learning_rate": 0.01, "weight_decay": 2e-4, "batch_size": 32, "epochs": 90}


def lenet5(pen: Pen) -> None:
    """Where it began: convolution and pooling by turns, then fully connected layers. Average pools with tanh, as in 1998.

    Paper: LeCun et al., Gradient-based learning applied to document recognition, 1998
    Recipe: SGD on MNIST, 20 epochs, with falling learning rates; here Adam would do it in five
    """
    image(pen, 32, 1)
    for channels in (6, 16):
        pen("Conv2d", out_channels=channels, kernel_size=5, padding=0)
        pen("Tanh")
        pen("AvgPool2d", kernel_size=2, stride=2, padding=0)
    pen("Conv2d", out_channels=120, kernel_size=5, padding=0)
    pen("Tanh")
    pen("Flatten")
    pen("Linear", out_features=84)
    pen("Tanh")
    pen("Linear", out_features="= classes")
    classify(pen)


def lenet(pen: Pen) -> None:
    """LeNet as Caffe ships it: max pools, one ReLU, no padding. Nine tenths of the weights are in the first fully connected layer.

    Paper: LeCun et al., 1998; this form: the Caffe examples
    Recipe: SGD, momentum 0.9, learning rate 0.01, weight decay 5e-4, batches of 64
    """
    image(pen, 28, 1)
    for channels in (20, 50):
        pen("Conv2d", out_channels=channels, kernel_size=5, padding=0)
        pool(pen)
    pen("Flatten")
    fully(pen, 500)
    pen("Linear", out_features="= classes")
    classify(pen)


def alexnet_2012(pen: Pen) -> None:
    """The network that won ImageNet in 2012, as it ran on two GPUs: groups of 2 in three convolutions, local response norm, input 227.

    Paper: Krizhevsky et al., ImageNet classification with deep convolutional neural networks, 2012
    Recipe: SGD, momentum 0.9, learning rate 0.01 divided by 10 on plateau, weight decay 5e-4, batches of 128, 90 epochs
    """
    image(pen, 227)
    for channels, kernel, options in ((96, 11, {"stride": 4, "padding": 0}), (256, 5, {"groups": 2})):
        conv_relu(pen, channels, kernel, **options)
        pen("LocalResponseNorm", size=5, alpha=1e-4, beta=0.75, k=1.0)
        pool(pen, 3)
    conv_relu(pen, 384, 3)
    conv_relu(pen, 384, 3, groups=2)
    conv_relu(pen, 256, 3, groups=2)
    pool(pen, 3)
    pen("Flatten")
    fully(pen, 4096, 0.5)
    fully(pen, 4096, 0.5)
    pen("Linear", out_features="= classes")
    classify(pen)


def alexnet_2014(pen: Pen) -> None:
    """AlexNet as libraries have it today: the one-tower form of 2014, without groups and norm, input 224.

    Paper: Krizhevsky, One weird trick for parallelizing convolutional neural networks, arXiv 1404.5997
    Recipe: SGD, momentum 0.9, learning rate 0.01 divided by 10 every 30 epochs, weight decay 1e-4, batches of 256, 90 epochs
    """
    image(pen)
    conv_relu(pen, 64, 11, stride=4, padding=2)
    pool(pen, 3)
    conv_relu(pen, 192, 5)
    pool(pen, 3)
    conv_relu(pen, 384, 3)
    conv_relu(pen, 256, 3)
    conv_relu(pen, 256, 3)
    pool(pen, 3)
    pen("AdaptiveAvgPool2d", output_size=6)
    pen("Flatten")
    pen("Dropout", p=0.5)
    fully(pen, 4096, 0.5)
    fully(pen, 4096)
    pen("Linear", out_features="= classes")
    classify(pen)


def zfnet(wide: bool) -> Callable[[Pen], None]:
    """ZFNet, or its larger model."""
    widths = (512, 1024, 512) if wide else (384, 384, 256)

    def draw(pen: Pen) -> None:
        image(pen)
        for channels, kernel, padding in ((96, 7, 1), (256, 5, 0)):
            conv_relu(pen, channels, kernel, stride=2, padding=padding)
            pool(pen, 3, ceil_mode=True)
            pen("LocalResponseNorm", size=5, alpha=1e-4, beta=0.75, k=2.0)
        for channels in widths:
            conv_relu(pen, channels, 3)
        pool(pen, 3, ceil_mode=True)
        pen("Flatten")
        fully(pen, 4096, 0.5)
        fully(pen, 4096, 0.5)
        pen("Linear", out_features="= classes")
        classify(pen)

    more = " The larger model of the paper: 512, 1024 and 512 filters." if wide else ""
    draw.__doc__ = f"""AlexNet, mended by looking into it: the first window is 7×7 at stride 2 instead of 11×11 at 4, so that early features are less coarse.{more}

    Paper: Zeiler and Fergus, Visualizing and understanding convolutional networks, arXiv 1311.2901
    Recipe: SGD, momentum 0.9, learning rate 0.01 lowered by hand on plateau, batches of 128, 70 epochs
    """
    return draw


def vgg(depths: tuple[int, ...], batch_norm: bool) -> Callable[[Pen], None]:
    """VGG with these numbers of convolutions a stage."""

    def draw(pen: Pen) -> None:
        image(pen)
        for k, (depth, width) in enumerate(zip(depths, (64, 128, 256, 512, 512), strict=True)):
            kind, more = ("Conv-BN-ReLU", {"bias": True}) if batch_norm else ("Conv-ReLU", {})
            pen(kind, out_channels=width, repeat=depth, name=f"stage {k + 1}", **more)
            pool(pen)
        pen("Flatten")
        fully(pen, 4096, 0.5)
        fully(pen, 4096, 0.5)
        pen("Linear", out_features="= classes")
        classify(pen)

    draw.__doc__ = """Nothing but 3×3: three of them see what one 7×7 sees, with 27 weights instead of 49 for each pair of channels. The first fully connected layer
    holds most of the weights, the first stages cost most of the time.

    Paper: Simonyan and Zisserman, Very deep convolutional networks, arXiv 1409.1556
    Recipe: SGD, momentum 0.9, learning rate 0.01 divided by 10 on plateau, weight decay 5e-4, batches of 256, 74 epochs
    """
    return draw


TABLE = {
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64), "4a": (192, 96, 208, 16, 48, 64), "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64), "4d": (112, 144, 288, 32, 64, 64), "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}  # fmt: skip
BRANCHES = ("ones", "threes_in", "threes", "fives_in", "fives", "pooled")


def inceptions(pen: Pen, kind: str, last_pool: int) -> dict[str, str]:
    """The nine inception blocks with the pools between them."""
    made = {}
    for name, widths in TABLE.items():
        if name == "4a":
            pool(pen, 3, ceil_mode=True)
        if name == "5a":
            pool(pen, last_pool, ceil_mode=True)
        made[name] = pen(kind, name=name, **dict(zip(BRANCHES, widths, strict=True)))
    return made


def googlenet_2014(heads: bool) -> Callable[[Pen], None]:
    """GoogLeNet as it won in 2014, perhaps with its two auxiliary heads."""

    def draw(pen: Pen) -> None:
        image(pen)
        conv_relu(pen, 64, 7, stride=2)
        pool(pen, 3, ceil_mode=True)
        pen("LocalResponseNorm", size=5, alpha=1e-4, beta=0.75, k=1.0)
        conv_relu(pen, 64, 1)
        conv_relu(pen, 192, 3)
        pen("LocalResponseNorm", size=5, alpha=1e-4, beta=0.75, k=1.0)
        pool(pen, 3, ceil_mode=True)
        made = inceptions(pen, "Inception", 3)
        pen("GlobalAvgPool")
        pen("Dropout", p=0.4)
        logits = pen("Linear", out_features="= classes")
        more = (
            tuple((pen("Auxiliary head", made[at], classes="= classes", name=f"auxiliary {at}"), 0.3) for at in ("4a", "4d"))
            if heads
            else ()
        )
        classify(pen, logits, more)

    more = " Two auxiliary heads, with losses of weight 0.3, help the gradient in training." if heads else ""
    draw.__doc__ = f"""Several window sizes at once, made affordable by 1×1 convolutions; no fully connected layers but the last, so a twelfth of AlexNet's weights.
    This is the form of 2014: local response norm, a true 5×5 branch, no batch norm.{more}

    Paper: Szegedy et al., Going deeper with convolutions, arXiv 1409.4842
    Recipe: SGD, momentum 0.9, learning rate 0.01 falling by 4 % every 8 epochs, weight decay 2e-4, batches of 32
    """
    return draw


def googlenet(pen: Pen) -> None:
    """GoogLeNet as libraries have it today: with batch norm, without biases and heads, and a 3×3 where the paper has a 5×5.

    Paper: Szegedy et al., arXiv 1409.4842; Ioffe and Szegedy, arXiv 1502.03167
    Recipe: SGD, momentum 0.9, learning rate 0.01, weight decay 2e-4
    """
    image(pen)
    for channels, kernel, stride in ((64, 7, 2), (0, 3, 2), (64, 1, 1), (192, 3, 1), (0, 3, 2)):
        if channels:
            pen("Conv2d", out_channels=channels, kernel_size=kernel, stride=stride, padding=kernel // 2, bias=False)
            pen("BatchNorm2d", eps=1e-3)
            pen("ReLU")
        else:
            pool(pen, 3, ceil_mode=True)
    inceptions(pen, "Inception BN", 2)
    pen("GlobalAvgPool")
    pen("Dropout", p=0.2)
    pen("Linear", out_features="= classes")
    classify(pen)


def inception_v3(pen: Pen) -> None:
    """GoogLeNet's idea, taken further: 5×5 becomes two 3×3, 7×7 becomes 1×7 and 7×1. Input 299; one auxiliary head.

    Paper: Szegedy et al., Rethinking the Inception architecture for computer vision, arXiv 1512.00567
    Recipe: RMSProp, learning rate 0.045 falling by 6 % every 2 epochs, label smoothing 0.1, batches of 32, 100 epochs
    """
    image(pen, 299)
    for channels, kernel, options in (
        (32, 3, {"stride": 2, "padding": 0}), (32, 3, {"padding": 0}), (64, 3, {}), (0, 0, {}), (80, 1, {}), (192, 3, {"padding": 0}), (0, 0, {}),
    ):  # fmt: skip
        if channels:
            norm_relu(pen, channels, kernel, **options)
        else:
            pool(pen, 3)
    made: dict[str, str] = {}
    for name, kind, values in (
        ("5b", "A", {"pooled": 32}), ("5c", "A", {"pooled": 64}), ("5d", "A", {"pooled": 64}), ("6a", "B", {}), ("6b", "C", {"width": 128}),
        ("6c", "C", {"width": 160}), ("6d", "C", {"width": 160}), ("6e", "C", {"width": 192}), ("7a", "D", {}), ("7b", "E", {}), ("7c", "E", {}),
    ):  # fmt: skip
        made[name] = pen(f"Inception-v3 {kind}", name=f"mixed {name}", **values)
    pen("GlobalAvgPool")
    pen("Dropout", p=0.5)
    logits = pen("Linear", out_features="= classes")
    pen("AvgPool2d", made["6e"], kernel_size=5, stride=3, padding=0)
    norm_relu(pen, 128, 1)
    norm_relu(pen, 768, 5, padding=0)
    pen("Flatten")
    side = pen("Linear", out_features="= classes", name="auxiliary")
    classify(pen, logits, ((side, 0.4),))


def norm_relu(pen: Pen, channels: int, kernel: int, **options: Any) -> str:
    """A convolution, batch norm and ReLU as Inception-v3 has them."""
    values: dict[str, Any] = {"out_channels": channels, "kernel_size": kernel, "padding": kernel // 2, **options}
    pen("Conv2d", bias=False, **values)
    pen("BatchNorm2d", eps=1e-3)
    return pen("ReLU")


def network_in_network(pen: Pen) -> None:
    """After each convolution two 1×1: a small fully connected network that slides over the image. Classes are maps whose means are the scores.

    Paper: Lin et al., Network in network, arXiv 1312.4400
    Recipe: SGD on CIFAR-10, momentum 0.9, weight decay 1e-4, batches of 128, dropout 0.5
    """
    image(pen, 32)
    for first, second, third, kernel in ((192, 160, 96, 5), (192, 192, 192, 5)):
        conv_relu(pen, first, kernel)
        conv_relu(pen, second, 1)
        conv_relu(pen, third, 1)
        pool(pen, 3, padding=1)
        pen("Dropout", p=0.5)
    conv_relu(pen, 192, 3)
    conv_relu(pen, 192, 1)
    conv_relu(pen, "= classes", 1)
    pen("GlobalAvgPool")
    classify(pen)


DEPTHS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
TEMPLATES = (
    Template("lenet-5", "LeNet-5 (1998)", "Classics", lenet5, {"epochs": 20}, "", TEN),
    Template(
        "lenet",
        "LeNet (Caffe)",
        "Classics",
        lenet,
        {**SGD, "learning_rate": 0.01, "weight_decay": 5e-4, "batch_size": 64},
        "lenet_caffe",
        TEN,
    ),
    Template("alexnet-2012", "AlexNet (2012, two groups)", "Classics", alexnet_2012, ALEXNET, "alexnet_2012_two_groups"),
    Template("alexnet", "AlexNet (2014, one tower)", "Classics", alexnet_2014, ALEXNET, "alexnet"),
    Template("zfnet", "ZFNet", "Classics", zfnet(False), ALEXNET, "zfnet"),
    Template("zfnet-wide", "ZFNet (larger)", "Classics", zfnet(True), ALEXNET, "zfnet_wide"),
    *(Template(f"vgg-{n}", f"VGG-{n}", "VGG", vgg(depths, False), VGG, f"vgg{n}") for n, depths in DEPTHS.items()),
    *(Template(f"vgg-{n}-bn", f"VGG-{n} with batch norm", "VGG", vgg(depths, True), VGG, f"vgg{n}_bn") for n, depths in DEPTHS.items()),
    Template(
        "network-in-network",
        "Network in Network",
        "Inception",
        network_in_network,
        {**SGD, "learning_rate": 0.1, "batch_size": 128},
        "",
        TEN,
    ),
    Template("googlenet-2014", "GoogLeNet (2014)", "Inception", googlenet_2014(False), GOOGLENET, "googlenet_2014_no_aux"),
    Template(
        "googlenet-2014-heads",
        "GoogLeNet (2014, two auxiliary heads)",
        "Inception",
        googlenet_2014(True),
        GOOGLENET,
        "googlenet_2014_two_aux",
    ),
    Template("googlenet", "GoogLeNet (batch norm)", "Inception", googlenet, GOOGLENET, "googlenet"),
    Template(
        "inception-v3",
        "Inception-v3",
        "Inception",
        inception_v3,
        {**SGD, "learning_rate": 0.045, "batch_size": 32, "epochs": 100},
        "inception_v3",
    ),
)
