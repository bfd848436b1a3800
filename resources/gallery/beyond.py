"""First steps, and networks that do something else than classify an image."""

from collections.abc import Callable
from typing import Any

from app.document.graph import Parameter
from resources.gallery.pen import Pen
from resources.gallery.residual import conv_bn
from resources.gallery.template import SGD, Template, classify, conv_relu, fully, image, pool

TEN = (Parameter("classes", 10, "Number of classes.", 2),)
DIGITS: dict[str, Any] = {"dataset": "digits"}


def softmax_regression(pen: Pen) -> None:
    """The smallest network there is: one score for each class, a weighted sum of all pixels. On digits it is right 19 times in 20.

    Paper: Cox, The regression analysis of binary sequences, 1958
    Recipe: AdamW, learning rate 0.002, 30 epochs
    """
    image(pen, 8, 1)
    pen("Flatten")
    pen("Linear", out_features="= classes")
    classify(pen)


def mlp(pen: Pen) -> None:
    """Two hidden layers: features of features. Every pixel is joined with every unit, wherever it lies.

    Paper: Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986
    Recipe: AdamW, learning rate 0.002, 30 epochs
    """
    image(pen, 8, 1)
    pen("Flatten")
    fully(pen, "= width")
    fully(pen, "= width // 2", 0.2)
    pen("Linear", out_features="= classes")
    classify(pen)


def small_cnn(pen: Pen) -> None:
    """Two convolutions, each with batch norm, ReLU and a pool: windows that look for the same thing everywhere.

    Paper: LeCun et al., Gradient-based learning applied to document recognition, 1998
    Recipe: AdamW, learning rate 0.002, 30 epochs: about 99 % on the digits, in seconds
    """
    image(pen, 8, 1)
    for k, width in enumerate(("= width", "= 2 * width")):
        pen("Conv-BN-ReLU", out_channels=width, name=f"features {k + 1}")
        pool(pen)
    pen("Flatten")
    pen("Dropout", p=0.2)
    pen("Linear", out_features="= classes")
    classify(pen)


def residual_digits(pen: Pen) -> None:
    """Two residual blocks: the second halves the image and doubles the channels, so its shortcut projects. Enter them to see how.

    Paper: He et al., Deep residual learning, arXiv 1512.03385
    Recipe: AdamW, learning rate 0.002, 30 epochs: about 99 % on the digits
    """
    image(pen, 8, 1)
    pen("Conv-BN-ReLU", out_channels="= width")
    pen("Residual block", width="= width * 2**i", stride="= 2 if i else 1", repeat=2, name="stages")
    pen("GlobalAvgPool")
    pen("Linear", out_features="= classes")
    classify(pen)


def unet(pen: Pen) -> None:
    """Down to see the whole, up to see where; at each size, what was there on the way down is put beside what comes up.

    Paper: Ronneberger et al., U-Net, arXiv 1505.04597 (here with padding and batch norm, so that sizes match)
    Recipe: SGD, momentum 0.99, one image a step, elastic deformations as augmentation
    """
    x = image(pen, 128, 1)
    conv_bn(pen, "= width", 3, x)
    pen("ReLU")
    conv_bn(pen, "= width", 3)
    levels = [pen("ReLU")]
    for k in range(1, 5):
        levels.append(pen("U-Net down", width=f"= width * {2**k}", name=f"down {k}"))
    last = levels.pop()
    for k in range(4, 0, -1):
        last = pen("U-Net up", last, levels.pop(), width=f"= width * {2 ** (k - 1)}", name=f"up {5 - k}")
    pen("Conv2d", out_channels="= classes", kernel_size=1, padding=0)
    segment(pen, 128)


def segment(pen: Pen, size: int) -> None:
    """A class for each pixel."""
    logits = pen.last
    assert logits is not None
    pen("Output", logits, name="logits")
    target = pen("Target", name="mask", column="mask", kind="class", classes="= classes", size=(size, size))
    pen("CrossEntropy", logits, target, name="loss")


def segnet(pen: Pen) -> None:
    """On the way up, each pool is undone where its largest values were: the wires of indices carry only positions.

    Paper: Badrinarayanan et al., SegNet, arXiv 1511.00561
    Recipe: SGD, momentum 0.9, learning rate 0.1, batches of 12, classes weighted by how rare they are
    """
    image(pen, 128)
    pools: list[str] = []
    for depth, width in ((2, 64), (2, 128), (3, 256), (3, 512)):
        pen("Conv-BN-ReLU", out_channels=width, repeat=depth, name=f"down {width}")
        pools.append(pool(pen, return_indices=True))
    flow: Any = (pools[-1], "y")
    for depth, width, after in ((3, 512, 256), (3, 256, 128), (2, 128, 64), (2, 64, 64)):
        at = pools.pop()
        pen("MaxUnpool2d", flow, (at, "indices"), kernel_size=2, stride=2, padding=0)
        pen("Conv-BN-ReLU", out_channels=width, repeat=depth - 1, name=f"up {width}")
        flow = pen("Conv-BN-ReLU", out_channels=after, name=f"to {after}")
    pen("Conv2d", flow, out_channels="= classes", kernel_size=1, padding=0)
    segment(pen, 128)


def espcn(pen: Pen) -> None:
    """Makes an image three times larger: all work is done at the small size, and the last layer's channels become pixels.

    Paper: Shi et al., Real-time single image and video super-resolution using a sub-pixel convolutional network, arXiv 1609.05158
    Recipe: Adam, learning rate 0.01 falling to 0.0001, patches of 17×17
    """
    image(pen, 32, 1)
    pen("Conv2d", out_channels=64, kernel_size=5, padding=2)
    pen("Tanh")
    pen("Conv2d", out_channels=32, kernel_size=3, padding=1)
    pen("Tanh")
    pen("Conv2d", out_channels="= scale * scale", kernel_size=3, padding=1)
    large = pen("PixelShuffle", upscale_factor="= scale")
    pen("Output", large, name="large")
    target = pen("Target", name="sharp", column="sharp", kind="values", size="= 1, 32 * scale, 32 * scale")
    pen("MSELoss", large, target, name="loss")


def autoencoder(pen: Pen) -> None:
    """Squeezes an image through a few numbers and draws it again from them: what it keeps is what matters. It needs no labels.

    Paper: Hinton and Salakhutdinov, Reducing the dimensionality of data with neural networks, 2006
    Recipe: AdamW, learning rate 0.002, 30 epochs
    """
    x = image(pen, 8, 1)
    conv_relu(pen, 16, 3, stride=2)
    conv_relu(pen, 32, 3, stride=2)
    pen("Flatten")
    pen("Linear", out_features="= code", name="code")
    pen("Linear", out_features=128)
    pen("ReLU")
    pen("Reshape", size=(32, 2, 2))
    pen("ConvTranspose2d", out_channels=16, kernel_size=2, stride=2, padding=0)
    pen("ReLU")
    drawn = pen("ConvTranspose2d", out_channels=1, kernel_size=2, stride=2, padding=0)
    pen("Output", drawn, name="drawn")
    pen("MSELoss", drawn, x, name="loss")


def dcgan(pen: Pen) -> None:
    """Draws an image of 64×64 from a hundred random numbers: each step doubles the size and halves the channels. The generator only.

    Paper: Radford et al., Unsupervised representation learning with deep convolutional GANs, arXiv 1511.06434
    Recipe: Adam, learning rate 0.0002, beta1 0.5, batches of 128, against a discriminator
    """
    pen("Input", name="noise", column="noise", size=(100,))
    pen("Reshape", size=(100, 1, 1))
    for k, width in enumerate((8, 4, 2, 1)):
        pen(
            "ConvTranspose2d",
            out_channels=f"= width * {width}" if width > 1 else "= width",
            kernel_size=4,
            stride=2 if k else 1,
            padding=1 if k else 0,
            bias=False,
        )
        pen("BatchNorm2d")
        pen("ReLU")
    pen("ConvTranspose2d", out_channels=3, kernel_size=4, stride=2, padding=1, bias=False)
    drawn = pen("Tanh")
    pen("Output", drawn, name="image")
    pen("MSELoss", drawn, pen("Target", name="wanted", column="wanted", kind="values", size=(3, 64, 64)), name="loss")


def resnet50_with(insert: Callable[[Pen, int], None], text: str) -> Callable[[Pen], None]:
    """ResNet-50 with something after some of its stages."""

    def draw(pen: Pen) -> None:
        image(pen)
        conv_bn(pen, 64, 7, stride=2)
        pen("ReLU")
        pool(pen, 3, padding=1)
        for k, depth in enumerate((3, 4, 6, 3)):
            pen(
                "Bottleneck",
                width=64 << k,
                out_channels=256 << k,
                stride=1 if k == 0 else "= 2 if i == 0 else 1",
                repeat=depth,
                name=f"stage {k + 1}",
            )
            insert(pen, k)
        pen("GlobalAvgPool")
        pen("Linear", out_features="= classes")
        classify(pen)

    draw.__doc__ = text
    return draw


def non_local_after(pen: Pen, k: int) -> None:
    """One after the third stage."""
    if k == 2:
        pen("Non-local", name="non-local")


def deformable_after(pen: Pen, k: int) -> None:
    """One at the end of the last two stages."""
    if k >= 2:
        pen("Deformable convolution", out_channels=256 << k, name=f"deformable {k + 1}")
        pen("BatchNorm2d")
        pen("ReLU")


def vit(pen: Pen) -> None:
    """An image as a sentence: patches are words, and every patch asks all others. A small one, for images of 32.

    Paper: Dosovitskiy et al., An image is worth 16x16 words, arXiv 2010.11929
    Recipe: AdamW, learning rate 0.001 with warm-up and cosine, weight decay 0.05, much augmentation
    """
    image(pen, 32)
    pen("Patch embedding", width="= width", patch=4)
    pen("Transformer layer", heads=4, repeat="= depth", name="encoder")
    pen("LayerNorm")
    pen("Slice", dim=1, start=0, length=1, name="class token")
    pen("Flatten")
    pen("Linear", out_features="= classes")
    classify(pen)


def char_lstm(pen: Pen) -> None:
    """Reads a text letter by letter and guesses the next one; asked again and again, it writes.

    Paper: Graves, Generating sequences with recurrent neural networks, arXiv 1308.0850; Hochreiter and Schmidhuber, Long short-term memory, 1997
    Recipe: Adam, learning rate 0.002, clipped gradients, sequences of 100
    """
    pen("Input", name="text", column="text", size=(100,), kind="index", classes=96)
    pen("Embedding", num_embeddings="= letters", embedding_dim=64)
    first = pen("LSTM", hidden_size="= width", num_layers=2, dropout=0.2)
    logits = pen("Linear", (first, "sequence"), out_features="= letters")
    pen("Output", logits, name="logits")
    scores = pen("Permute", logits, order=(2, 1), name="letters first")
    next_ = pen("Target", name="next letter", column="next", kind="class", classes="= letters", size=(100,))
    pen("CrossEntropy", scores, next_, name="loss")


def anchored_speech(pen: Pen) -> None:
    """Whose voice is meant? A recurrent encoder makes one vector of the anchor word, such as a wake word; the decoder hears each frame of what
    follows beside that vector and says whether the same person speaks.

    Paper: Maas et al., Domain-specific utterance end-point and anchored speech detection, Interspeech 2016
    Recipe: Adam, learning rate 0.001, frame-wise cross entropy
    """
    anchor = pen("Input", name="anchor word", column="anchor", size=(60, 40))
    speech = pen("Input", name="speech", column="speech", size=(200, 40))
    pen("LSTM", anchor, hidden_size="= width", name="encoder")
    said = pen("LastStep")
    wide = pen("Unsqueeze", said, dim=1)
    frames = pen("Constant", speech, value=1.0, size=(200, 1), name="every frame")
    beside = pen("MatMul", frames, wide, name="for each frame")
    joined = pen("Concat", speech, beside, dim=2)
    decoded = pen("LSTM", joined, hidden_size="= width", name="decoder")
    logits = pen("Linear", (decoded, "sequence"), out_features=2)
    pen("Output", logits, name="same speaker")
    scores = pen("Permute", logits, order=(2, 1), name="classes first")
    pen("CrossEntropy", scores, pen("Target", name="speaker", column="speaker", kind="class", classes=2, size=(200,)), name="loss")


NON_LOCAL = """ResNet-50 in which, after the third stage, every place of the image looks at all others.

    Paper: Wang et al., Non-local neural networks, arXiv 1711.07971
    Recipe: as ResNet-50"""
DEFORMABLE = """ResNet-50 in which, after the last two stages, a 3×3 window learns where its nine points should look.

    Paper: Dai et al., Deformable convolutional networks, arXiv 1703.06211
    Recipe: as ResNet-50"""
RESNET = {**SGD, "learning_rate": 0.1, "weight_decay": 1e-4, "batch_size": 256, "epochs": 90}
FIRST, BEYOND = "First steps", "Beyond classification"
WIDTH64 = Parameter("width", 64, "Filters of the first level.", 1)
FIRST_STEPS = (
    Template("softmax-regression", "Softmax regression", FIRST, softmax_regression, DIGITS, "", TEN),
    Template(
        "mlp", "Multi-layer perceptron", FIRST, mlp, DIGITS, "", (*TEN, Parameter("width", 128, "Units of the first hidden layer.", 2))
    ),
    Template(
        "small-cnn", "Small CNN on digits", FIRST, small_cnn, DIGITS, "", (*TEN, Parameter("width", 16, "Filters of the first layer.", 1))
    ),
    Template(
        "residual-digits", "Residual network on digits", FIRST, residual_digits, DIGITS, "",
        (*TEN, Parameter("width", 16, "Filters of the first layer.", 1)),
    ),
)  # fmt: skip
TEMPLATES = (
    Template("u-net", "U-Net", BEYOND, unet, {**SGD, "momentum": 0.99}, "", (Parameter("classes", 2, "Classes of a pixel.", 2), WIDTH64)),
    Template("segnet", "SegNet", BEYOND, segnet, {**SGD, "learning_rate": 0.1, "batch_size": 12}, "", (Parameter("classes", 11, "Classes of a pixel.", 2),)),
    Template("espcn", "ESPCN (super-resolution)", BEYOND, espcn, {"learning_rate": 0.01}, "", (Parameter("scale", 3, "How many times larger.", 1, 8),)),
    Template("autoencoder", "Convolutional autoencoder", BEYOND, autoencoder, DIGITS, "", (Parameter("code", 8, "Numbers in the middle.", 1),)),
    Template("dcgan-generator", "DCGAN's generator", BEYOND, dcgan, {"learning_rate": 2e-4, "batch_size": 128}, "", (WIDTH64,)),
    Template("resnet-50-deformable", "ResNet-50, deformable", BEYOND, resnet50_with(deformable_after, DEFORMABLE), RESNET),
    Template("resnet-50-non-local", "ResNet-50, non-local", BEYOND, resnet50_with(non_local_after, NON_LOCAL), RESNET),
    Template(
        "vit-small", "Vision transformer (small)", BEYOND, vit, {"learning_rate": 0.001, "weight_decay": 0.05}, "",
        (*TEN, Parameter("width", 64, "Numbers of each patch's vector.", 4), Parameter("depth", 6, "Number of layers.", 1)),
    ),
    Template(
        "char-lstm", "Character LSTM", BEYOND, char_lstm, {"learning_rate": 0.002}, "",
        (Parameter("letters", 96, "Different letters.", 2), Parameter("width", 256, "Numbers in its memory.", 1)),
    ),
    Template(
        "anchored-speech", "Anchored speech detection", BEYOND, anchored_speech, {"learning_rate": 0.001}, "",
        (Parameter("width", 128, "Numbers in each memory.", 1),),
    ),
)  # fmt: skip
