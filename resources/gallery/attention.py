"""Definitions in which one part says what to look at in another: gates, attention, transformers."""

from typing import Any

from app.document.graph import Definition, Parameter
from resources.gallery.pen import Pen, define, whole

ZERO: dict[str, Any] = {"weight_init": "constant", "weight_value": 0.0, "bias_init": 0.0}


def squeeze_excite(pen: Pen) -> None:
    """Asks for each channel, from its mean over the image, how much it matters, and scales it by that.

    Use: at the end of a block, before the shortcut is added
    Paper: Hu et al., Squeeze-and-excitation networks, arXiv 1709.01507
    """
    x = pen("Input", name="x", size=(64, 28, 28), column="")
    pen("GlobalAvgPool", x, keepdim=True)
    pen("Conv2d", out_channels="= max(1, in.channels // reduction)", kernel_size=1, padding=0)
    pen("ReLU")
    pen("Conv2d", out_channels="= x.channels", kernel_size=1, padding=0)
    pen("Multiply", x, pen("Sigmoid"))
    pen("Output", name="y")


def cbam(pen: Pen) -> None:
    """First says which channels matter, then where in the image: two gates one after the other.

    Use: at the end of a block, before the shortcut is added
    Paper: Woo et al., CBAM: Convolutional block attention module, arXiv 1807.06521
    """
    x = pen("Input", name="x", size=(64, 28, 28), column="")
    pooled = pen("Stack", pen("GlobalAvgPool", x), pen("GlobalMaxPool", x), dim=1)  # both go through one and the same small network
    pen("Linear", pooled, out_features="= max(1, in.features // reduction)")
    pen("ReLU")
    pen("Linear", out_features="= x.channels")
    pen("Reduce", operation="sum", axes=(1,))
    pen("Sigmoid")
    pen("Unsqueeze", dim=2)
    channels = pen("Multiply", x, pen("Unsqueeze", dim=3))
    mean = pen("Reduce", channels, operation="mean", axes=(1,), keepdim=True)
    most = pen("Reduce", channels, operation="amax", axes=(1,), keepdim=True)
    pen("Concat", mean, most)
    pen("Conv2d", out_channels=1, kernel_size=7, padding=3, bias=False)
    pen("Multiply", channels, pen("Sigmoid"))
    pen("Output", name="y")


def non_local(pen: Pen, pairing: str) -> None:
    """Every place of an image looks at all others; ``pairing`` says how two places are compared."""
    x = pen("Input", name="x", size=(256, 14, 14), column="")
    if pairing == "gaussian":
        theta = phi = pen("Flatten", x, start_dim=2)
    else:
        theta = _rows(pen, x, "theta")
        phi = _rows(pen, x, "phi")
    g = pen("Permute", _rows(pen, x, "g"), order=(2, 1))
    if pairing == "concatenation":
        # w [theta, phi] is w_1 theta + w_2 phi: each place gives one number for either role
        rows = pen("Linear", pen("Permute", theta, order=(2, 1)), out_features=1, bias=False, name="w theta")
        columns = pen("Linear", pen("Permute", phi, order=(2, 1)), out_features=1, bias=False, name="w phi")
        across = pen("Constant", rows, value=1.0, size="= 1, x.height * x.width", name="ones")
        down = pen("Constant", rows, value=1.0, size="= x.height * x.width, 1", name="ones")
        pairs = pen("Add", pen("MatMul", rows, across), pen("MatMul", down, pen("Permute", columns, order=(2, 1))))
        weights = _mean(pen, pen("ReLU", pairs))
    else:
        pairs = pen("MatMul", pen("Permute", theta, order=(2, 1)), phi)
        weights = _mean(pen, pairs) if pairing == "dot product" else pen("Softmax", pairs, dim=-1)
    seen = pen("Permute", pen("MatMul", weights, g), order=(2, 1))
    back = pen("Reshape", seen, size="= x.channels // 2, x.height, x.width")
    pen("Conv2d", back, out_channels="= x.channels", kernel_size=1, padding=0)
    pen("Add", x, pen("BatchNorm2d", weight_init="zeros"))
    pen("Output", name="y")


def gaussian(pen: Pen) -> None:
    """Every place of an image looks at all others, the more the more alike they are: exp(x_i x_j), as it is.

    Use: in the middle of a network, where far things belong together
    Paper: Wang et al., Non-local neural networks, arXiv 1711.07971
    """
    non_local(pen, "gaussian")


def embedded_gaussian(pen: Pen) -> None:
    """Every place of an image looks at all others, the more the better a question of the one fits an answer of the other: self-attention.

    Use: in the middle of a network, where far things belong together
    Paper: Wang et al., Non-local neural networks, arXiv 1711.07971
    """
    non_local(pen, "embedded gaussian")


def dot_product(pen: Pen) -> None:
    """Every place of an image looks at all others, by the product of two embeddings, divided by how many there are.

    Use: as Non-local; without the softmax
    Paper: Wang et al., Non-local neural networks, arXiv 1711.07971
    """
    non_local(pen, "dot product")


def concatenation(pen: Pen) -> None:
    """Every place of an image looks at all others, by ReLU(w [theta, phi]), divided by how many there are.

    Use: as Non-local; the pairing of relation networks
    Paper: Wang et al., Non-local neural networks, arXiv 1711.07971
    """
    non_local(pen, "concatenation")


def _rows(pen: Pen, x: str, name: str) -> str:
    pen("Conv2d", x, out_channels="= in.channels // 2", kernel_size=1, padding=0, name=name)
    return pen("Flatten", start_dim=2)


def _mean(pen: Pen, pairs: str) -> str:
    return pen("Multiply", pairs, pen("Constant", pairs, value="= 1 / (x.height * x.width)", size=(1, 1)))


def patch_embedding(pen: Pen) -> None:
    """Cuts an image into patches and makes a vector of each: a convolution whose stride is its window.

    Use: as the way from an image into a transformer
    Paper: Dosovitskiy et al., An image is worth 16x16 words, arXiv 2010.11929
    """
    pen("Input", name="x", size=(3, 32, 32), column="")
    pen("Conv2d", out_channels="= width", kernel_size="= patch", stride="= patch", padding=0)
    pen("Flatten", start_dim=2)
    pen("Permute", order=(2, 1))
    pen("ClassToken")
    pen("LearnedPositions")
    pen("Output", name="y")


def encoder_layer(pen: Pen) -> None:
    """Every place of a sequence asks all others, then each thinks by itself; both with a shortcut, normalised first.

    Use: repeated it is the body of a transformer
    Paper: Vaswani et al., Attention is all you need, arXiv 1706.03762; norm first: Xiong et al., arXiv 2002.04745
    """
    x = pen("Input", name="x", size=(65, 64), column="")
    normed = pen("LayerNorm", x)
    asked = pen("MultiheadAttention", normed, normed, normed, num_heads="= heads")
    seen = pen("Add", x, pen("Dropout", asked, p="= dropout"))
    pen("LayerNorm", seen)
    pen("Linear", out_features="= x.features * expand")
    pen("GELU")
    pen("Dropout", p="= dropout")
    pen("Linear", out_features="= x.features")
    pen("Add", seen, pen("Dropout", p="= dropout"))
    pen("Output", name="y")


def spatial_transformer(pen: Pen) -> None:
    """Learns to turn, scale and shift an image so that what follows sees it straight.

    Use: in front of a classifier of things that lie at any angle
    Paper: Jaderberg et al., Spatial transformer networks, arXiv 1506.02025
    """
    x = pen("Input", name="x", size=(1, 28, 28), column="")
    pen("Conv2d", x, out_channels=8, kernel_size=7, padding=0)
    pen("MaxPool2d", kernel_size=2, stride=2, padding=0)
    pen("ReLU")
    pen("Flatten")
    pen("Linear", out_features=32)
    pen("ReLU")
    turned = pen("Linear", out_features=6, **ZERO, name="six numbers")
    as_it_is = [pen("Constant", turned, value=value, size=(count,)) for value, count in ((1.0, 1), (0.0, 3), (1.0, 1), (0.0, 1))]
    pen("Add", turned, pen("Concat", *as_it_is, name="no change"))
    theta = pen("Reshape", size=(2, 3))
    pen("GridSample", x, pen("AffineGrid", theta, size="= x.height, x.width"))
    pen("Output", name="y")


def deformable(pen: Pen) -> None:
    """A 3×3 convolution that learns, for each place of the image, where its nine points should look.

    Use: in the last stages of a network, for things of any pose
    Paper: Dai et al., Deformable convolutional networks, arXiv 1703.06211
    """
    x = pen("Input", name="x", size=(256, 14, 14), column="")
    offset = pen("Conv2d", x, out_channels=18, kernel_size=3, stride="= stride", padding=1, **ZERO, name="offsets")
    pen("DeformConv2d", x, offset, out_channels="= out_channels", kernel_size=3, stride="= stride", padding=1, bias=False)
    pen("Output", name="y")


def add_all(definitions: dict[str, Definition]) -> None:
    """Add what this file draws."""
    reduction = whole("reduction", 16, "How many times fewer channels there are in between.")
    define(definitions, "Squeeze-and-excite", squeeze_excite, reduction)
    define(definitions, "CBAM", cbam, reduction)
    define(
        definitions,
        "Patch embedding",
        patch_embedding,
        whole("width", 64, "Numbers of each vector."),
        whole("patch", 4, "Height and width of a patch."),
    )
    define(
        definitions, "Transformer layer", encoder_layer, whole("heads", 4, "How many questions each place asks at once."),
        whole("expand", 4, "How many times wider the second part is inside."), Parameter("dropout", 0.1, "Share that is dropped.", 0, 1),
    )  # fmt: skip
    define(definitions, "Non-local", embedded_gaussian)
    define(definitions, "Non-local Gaussian", gaussian)
    define(definitions, "Non-local dot product", dot_product)
    define(definitions, "Non-local concatenation", concatenation)
    define(definitions, "Spatial transformer", spatial_transformer)
    define(
        definitions,
        "Deformable convolution",
        deformable,
        whole("out_channels", 256, "Number of filters."),
        whole("stride", 1, "Pixels the window moves."),
    )
