"""Non-linearities that let the positive side pass: without them, any stack of layers is one linear layer."""

from typing import Literal

from blocks.core import Block, BlockError, Nodes, Shape, Shapes, param
from blocks.params import bias_chip
from blocks.rules import size
from blocks.source import call
from blocks.weighted import Weighted

IMAGE = ((16, 8, 8),)


class Activation(Block, group="Activation", slim=True):
    """One number in, one number out, for each entry."""


class ReLU(
    Activation, label="ReLU", onnx="Relu", source="F.relu({0})", aka=("rectifier", "max(0, x)", "rectified linear unit"), example=IMAGE
):
    """Keeps what is positive and cuts the rest to zero; the usual choice.

    Formula: y = max(0, x)
    Example: [-2, 0, 3] gives [0, 0, 3]
    Use: after every convolution or linear layer but the last; where many units stay at 0, lower the learning rate or try Leaky ReLU
    Paper: Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010
    """


class LeakyReLU(Activation, label="Leaky ReLU", function="F.leaky_relu", aka=("lrelu",), example=IMAGE, onnx="LeakyRelu"):
    """A ReLU that lets a little of the negative side through, so that no unit dies.

    Formula: y = x for x > 0, else negative_slope * x
    Example: [-2, 0, 3] gives [-0.02, 0, 3]
    Use: in deep stacks and in discriminators, with a slope of 0.01 to 0.2
    Paper: Maas et al., Rectifier nonlinearities improve neural network acoustic models, 2013
    """

    negative_slope: float = param(default=0.01, ge=0, help="Slope on the negative side; 0 is a plain ReLU.", chip="{}")

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("LeakyRelu", args[0], alpha=self.negative_slope)


class ELU(Activation, label="ELU", function="F.elu", onnx="Elu", aka=("exponential linear unit",), example=IMAGE):
    """Bends smoothly towards -alpha on the negative side; keeps means near zero.

    Formula: y = x for x > 0, else alpha * (exp(x) - 1)
    Example: [0, 3] gives [0, 3]
    Use: instead of ReLU with batch norm; costs an exponential for each entry
    Paper: Clevert et al., arXiv 1511.07289
    """

    alpha: float = param(default=1.0, gt=0, help="The value it tends to, with a minus, far on the negative side.", chip="{}")

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Elu", args[0], alpha=self.alpha)


class ReLU6(Activation, label="ReLU6", onnx="Clip", source="F.relu6({0})", aka=("mobilenet", "capped relu"), example=IMAGE):
    """A ReLU that also cuts off at 6: keeps numbers small for low-precision arithmetic.

    Formula: y = min(max(0, x), 6)
    Example: [-2, 3, 9] gives [0, 3, 6]
    Use: in networks for phones that are later quantised
    Paper: Krizhevsky, Convolutional deep belief networks on CIFAR-10, 2010
    """

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Clip", args[0], g.real(0.0), g.real(6.0))


class PReLU(Activation, label="PReLU", onnx="PRelu", aka=("parametric relu", "learned slope"), example=IMAGE):
    """A ReLU that learns its slope on the negative side.

    Formula: y = x for x > 0, else a x with a learned a
    Example: [-2, 0, 3] gives [-0.5, 0, 3]
    Use: as ReLU; do not put weight decay on the slope
    Paper: He et al., Delving deep into rectifiers, arXiv 1502.01852
    """

    per_channel: bool = param(default=False, help="Learn a slope for each channel instead of one for all.")
    init: float = param(default=0.25, help="The slope to begin with.", label="First slope")

    def shape(self, x: Shape) -> Shape:
        if not x:
            raise BlockError("needs at least one axis, got a scalar", "axes")
        return x

    def weights(self, x: Shape) -> dict[str, Shape]:
        """``weight``, one slope or one for each channel."""
        return {"weight": x[:1] if self.per_channel else (1,)}

    def module(self, x: Shape) -> str:
        return call("nn.PReLU", num_parameters=x[0] if self.per_channel else 1, init=self.init, omit={"num_parameters": 1, "init": 0.25})

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        slope = g.weight("weight")
        return g.add("PRelu", args[0], g.reshape(slope, -1, *(1 for _ in xs[0][1:])) if self.per_channel else slope)


class RReLU(Activation, label="RReLU", onnx="LeakyRelu", aka=("randomized leaky relu",), example=IMAGE):
    """A leaky ReLU whose slope is drawn anew for each entry while training; afterwards it is the mean of both limits.

    Formula: y = x for x > 0, else a x, with a drawn between lower and upper
    Use: where a small network learns its data by heart
    Paper: Xu et al., Empirical evaluation of rectified activations, arXiv 1505.00853
    """

    lower: float = param(default=0.125, ge=0, help="Smallest slope.")
    upper: float = param(default=1 / 3, ge=0, help="Largest slope.")

    def shape(self, x: Shape) -> Shape:
        if self.lower > self.upper:
            raise BlockError(f"needs lower at most upper, got {self.lower:g} and {self.upper:g}: swap them", "limits")
        return x

    def module(self, x: Shape) -> str:
        return call("nn.RReLU", **self.values(), omit={"lower": 1 / 8, "upper": 1 / 3})

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("LeakyRelu", args[0], alpha=(self.lower + self.upper) / 2)


class SELU(Activation, label="SELU", onnx="Selu", source="F.selu({0})", aka=("self-normalizing",), example=IMAGE):
    """An ELU scaled so that means and variances stay near 0 and 1 by themselves.

    Formula: y = 1.0507 * (x for x > 0, else 1.6733 * (exp(x) - 1))
    Example: [0] gives [0]
    Use: in deep stacks of Linear without any norm; begin with LeCun weights and use Alpha dropout
    Paper: Klambauer et al., arXiv 1706.02515
    """

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Selu", args[0], alpha=1.6732632423543772, gamma=1.0507009873554805)


class CELU(Activation, label="CELU", function="F.celu", onnx="Celu", aka=("continuously differentiable",), example=IMAGE):
    """An ELU without a kink for any alpha.

    Formula: y = max(0, x) + min(0, alpha * (exp(x / alpha) - 1))
    Example: [0, 3] gives [0, 3]
    Use: where ELU's alpha should be tuned
    Paper: Barron, arXiv 1704.07483
    """

    alpha: float = param(default=1.0, gt=0, help="The value it tends to, with a minus, far on the negative side.", chip="{}")

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Celu", args[0], alpha=self.alpha)


class GELU(Activation, label="GELU", function="F.gelu", onnx="Gelu", aka=("transformer", "gaussian error linear unit"), example=IMAGE):
    """Weighs its input by the chance that a normal number is smaller; usual in transformers.

    Formula: y = x * P(n < x) for a standard normal n
    Example: [0, 10] gives [0, 10]
    Use: in transformers and in ConvNeXt
    Paper: Hendrycks and Gimpel, arXiv 1606.08415
    """

    approximate: Literal["none", "tanh"] = param(default="none", help="'tanh' is the faster approximation of the original paper.")

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Gelu", args[0], approximate=self.approximate)


class SiLU(Activation, label="SiLU (Swish)", onnx="Mul", source="F.silu({0})", aka=("swish", "sigmoid linear unit"), example=IMAGE):
    """x times sigmoid(x): smooth, and dips a little below zero.

    Formula: y = x / (1 + exp(-x))
    Example: [0, 30] gives [0, 30]
    Use: instead of ReLU in deep networks such as EfficientNet
    Paper: Elfwing et al., arXiv 1702.03118; Ramachandran et al., arXiv 1710.05941
    """

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Mul", args[0], g.add("Sigmoid", args[0]))


class Swish(Activation, label="Swish (learned)", modules=("swish",), onnx="Mul", aka=("silu", "learned beta"), example=IMAGE):
    """SiLU that learns how sharply it bends: beta 0 is a straight line, a large beta a ReLU.

    Formula: y = x * sigmoid(beta * x) with one learned beta
    Example: [0, 30] gives [0, 30]
    Use: where one would try SiLU and ReLU both
    Paper: Ramachandran et al., Searching for activation functions, arXiv 1710.05941
    """

    init: float = param(default=1.0, help="The beta to begin with; 1 is SiLU.", label="First beta")

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"beta": ()}

    def module(self, x: Shape) -> str:
        return call("Swish", self.init, omit={}) if self.init != 1 else "Swish()"

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Mul", args[0], g.add("Sigmoid", g.add("Mul", args[0], g.weight("beta"))))


class Mish(Activation, label="Mish", onnx="Mish", source="F.mish({0})", aka=("yolo v4",), example=IMAGE):
    """x times tanh(softplus(x)): close to SiLU, a little smoother.

    Formula: y = x * tanh(log(1 + exp(x)))
    Example: [0, 30] gives [0, 30]
    Use: as SiLU; slower
    Paper: Misra, arXiv 1908.08681
    """

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Mul", args[0], g.add("Tanh", g.add("Softplus", args[0])))


class Hardswish(Activation, label="Hardswish", onnx="HardSwish", source="F.hardswish({0})", aka=("mobilenet v3",), example=IMAGE):
    """SiLU drawn with straight lines: nearly as good and cheap.

    Formula: y = x * min(max(0, x + 3), 6) / 6
    Example: [-4, 0, 6] gives [0, 0, 6]
    Use: in networks for phones
    Paper: Howard et al., Searching for MobileNetV3, arXiv 1905.02244
    """


class Softplus(Activation, label="Softplus", function="F.softplus", onnx="Softplus", aka=("smooth relu",), example=IMAGE):
    """A smooth ReLU: always positive, good for variances and rates.

    Formula: y = log(1 + exp(beta * x)) / beta
    Example: [100] gives [100]
    Use: as the last layer where the answer must be positive
    Paper: Dugas et al., Incorporating second-order functional knowledge, 2001
    """

    beta: float = param(default=1.0, gt=0, help="Sharpness; larger is closer to a ReLU.", chip=lambda b: "" if b == 1 else f"β {b:g}")
    threshold: float = param(default=20.0, gt=0, help="Above this value of beta * x the function is taken as linear.")

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        steep = args[0] if self.beta == 1 else g.add("Mul", args[0], g.real(self.beta))
        y = g.add("Softplus", steep)
        y = y if self.beta == 1 else g.add("Div", y, g.real(self.beta))
        return y if self.threshold >= 20 else g.add("Where", g.add("Greater", steep, g.real(self.threshold)), args[0], y)


class Maxout(Weighted, label="Maxout", group="Activation", modules=("maxout",), onnx="MatMul", aka=("piecewise linear",), example=((12,),)):
    """Several linear layers side by side, of which each output takes the largest: an activation that is learned.

    Formula: y_j = max over k of (W_jk x + b_jk)
    Example: 12 inputs, 8 outputs, 2 pieces: 12 * 8 * 2 + 8 * 2 = 208 weights
    Use: instead of a Linear and a ReLU, together with dropout; has pieces times the weights
    Paper: Goodfellow et al., Maxout networks, arXiv 1302.4389
    """

    out_features: int = param(default=8, ge=1, help="Number of outputs.", label="Outputs", chip="→{}")
    pieces: int = param(default=2, ge=1, help="How many linear layers compete.", chip="max of {}")
    bias: bool = param(default=True, help="Add a learned offset to each piece.", chip=bias_chip)

    def shape(self, x: Shape) -> Shape:
        """...×in to ...×out_features."""
        if not x:
            raise BlockError("needs at least one axis, got a scalar", "axes")
        return (*x[:-1], self.out_features)

    def weights(self, x: Shape) -> dict[str, Shape]:
        """``weight`` (out * pieces, in) and ``bias`` (out * pieces)."""
        weight = (self.out_features * self.pieces, x[-1])
        return {"weight": weight, "bias": weight[:1]} if self.bias else {"weight": weight}

    def macs(self, x: Shape) -> int:
        return size(x) * self.out_features * self.pieces

    def module(self, x: Shape) -> str:
        return call("Maxout", x[-1], self.out_features, self.pieces, bias=self.bias, omit={"bias": True})

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        y = g.add("MatMul", args[0], g.add("Transpose", g.weight("weight"), perm=[1, 0]))
        y = g.add("Add", y, g.weight("bias")) if self.bias else y
        return g.sum("ReduceMax", g.reshape(y, -1, *xs[0][:-1], self.out_features, self.pieces), [-1])
