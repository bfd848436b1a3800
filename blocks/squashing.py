"""Non-linearities that squeeze, cut, gate or turn scores into probabilities."""

from blocks.activation import IMAGE, Activation
from blocks.core import Block, BlockError, Nodes, Shape, Shapes, param
from blocks.rules import axis

AXIS = "counted as torch does: 0 is the batch, 1 the channels, -1 the last."


class Sigmoid(Activation, label="Sigmoid", onnx="Sigmoid", source="torch.sigmoid({0})", aka=("logistic",), example=((10,),)):
    """Squeezes any number between 0 and 1; a gate or a probability, slow to learn in deep stacks.

    Formula: y = 1 / (1 + exp(-x))
    Example: [0, 100, -100] gives [0.5, 1, 0]
    Use: for gates and yes-or-no answers; the binary cross-entropy takes the raw scores and does this itself
    """


class LogSigmoid(Activation, label="Log-sigmoid", onnx="Softplus", source="F.logsigmoid({0})", aka=("log probability",), example=((10,),)):
    """The logarithm of the sigmoid, computed in one stable step.

    Formula: y = -log(1 + exp(-x))
    Example: [-100, 100] gives [-100, 0]
    Use: in losses of one's own over yes-or-no scores
    """

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        """-softplus(-x): the exact form for any x."""
        return g.add("Neg", g.add("Softplus", g.add("Neg", args[0])))


class Tanh(Activation, label="Tanh", onnx="Tanh", source="torch.tanh({0})", aka=("hyperbolic tangent",), example=((10,),)):
    """Squeezes any number between -1 and 1.

    Formula: y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))
    Example: [0, 100, -100] gives [0, 1, -1]
    Use: in recurrent layers, and at the end of a generator of images between -1 and 1; LeNet used it throughout
    """


class Hardsigmoid(Activation, label="Hardsigmoid", onnx="HardSigmoid", source="F.hardsigmoid({0})", aka=("hard sigmoid",), example=IMAGE):
    """A sigmoid drawn with three straight lines.

    Formula: y = min(max(0, x + 3), 6) / 6
    Example: [-4, 0, 3] gives [0, 0.5, 1]
    Use: as a cheap gate
    Paper: Courbariaux et al., BinaryConnect, arXiv 1511.00363
    """

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("HardSigmoid", args[0], alpha=1 / 6, beta=0.5)


class Hardtanh(Activation, label="Hardtanh", function="F.hardtanh", onnx="Clip", aka=("clip", "hard tanh"), example=IMAGE):
    """Passes what lies between two limits and cuts off the rest.

    Formula: y = min(max(min_val, x), max_val)
    Example: [-2, 0.5, 3] gives [-1, 0.5, 1]
    Use: as a cheap Tanh
    """

    min_val: float = param(default=-1.0, help="Lower limit.", label="Minimum")
    max_val: float = param(default=1.0, help="Upper limit.", label="Maximum")

    def shape(self, x: Shape) -> Shape:
        if self.min_val >= self.max_val:
            raise BlockError(f"needs min_val below max_val, got {self.min_val:g} and {self.max_val:g}: swap them", "limits")
        return x

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Clip", args[0], g.real(self.min_val), g.real(self.max_val))


class Softsign(Activation, label="Softsign", onnx="Softsign", source="F.softsign({0})", aka=("soft sign",), example=IMAGE):
    """Squeezes any number between -1 and 1, with slower tails than tanh.

    Formula: y = x / (1 + |x|)
    Example: [-1, 0, 3] gives [-0.5, 0, 0.75]
    Use: where a Tanh saturates too early
    Paper: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010
    """


class Softshrink(
    Activation, label="Softshrink", function="F.softshrink", always=("lambd",), onnx="Shrink", aka=("soft threshold",), example=IMAGE
):
    """Moves everything towards zero by lambd, and what is nearer to zero becomes zero: sparse results.

    Formula: y = sign(x) * max(0, |x| - lambd)
    Example: [-2, 0.3, 1.5] gives [-1.5, 0, 1]
    Use: in denoising and sparse coding
    """

    lambd: float = param(default=0.5, ge=0, help="How far, and the width of the zone that becomes zero.", label="Lambda", chip="{}")

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Shrink", args[0], lambd=self.lambd, bias=self.lambd)


class Hardshrink(
    Activation, label="Hardshrink", function="F.hardshrink", always=("lambd",), onnx="Shrink", aka=("hard threshold",), example=IMAGE
):
    """Sets what is near zero to zero and leaves the rest as it is.

    Formula: y = x where |x| > lambd, else 0
    Example: [-2, 0.3, 1.5] gives [-2, 0, 1.5]
    Use: in denoising and sparse coding
    """

    lambd: float = param(default=0.5, ge=0, help="What is smaller than this, with either sign, becomes zero.", label="Lambda", chip="{}")

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Shrink", args[0], lambd=self.lambd, bias=0.0)


class Tanhshrink(Activation, label="Tanhshrink", onnx="Sub", source="F.tanhshrink({0})", aka=("tanh shrink",), example=IMAGE):
    """Nearly nothing around zero, nearly everything far from it.

    Formula: y = x - tanh(x)
    Example: [0, 100] gives [0, 99]
    Use: in sparse coding
    """

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Sub", args[0], g.add("Tanh", args[0]))


class Threshold(
    Activation, label="Threshold", function="F.threshold", always=("threshold", "value"), onnx="Where", aka=("step",), example=IMAGE
):
    """Keeps what is above a threshold and puts a fixed value in place of the rest.

    Formula: y = x where x > threshold, else value
    Example: [-2, 0.05, 3] gives [0, 0, 3]
    Use: a ReLU whose bend lies elsewhere
    """

    threshold: float = param(default=0.1, help="What is larger than this is kept.", chip="{}")
    value: float = param(default=0.0, help="What the rest becomes.")

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Where", g.add("Greater", args[0], g.real(self.threshold)), args[0], g.real(self.value))


class AlongAxis(Activation):
    """Entries along one axis share something."""

    dim: int = param(default=1, ge=-8, le=8, help=f"The axis that adds up to one, {AXIS}")

    def shape(self, x: Shape) -> Shape:
        axis(self.dim, x)
        return x

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add(self.onnx, args[0], axis=self.dim)


class Softmax(AlongAxis, label="Softmax", function="F.softmax", always=("dim",), onnx="Softmax", aka=("probabilities",), example=((10,),)):
    """Turns scores into probabilities that add up to one. Cross-entropy does this itself: do not put one before it.

    Formula: y_i = exp(x_i) / sum over k of exp(x_k)
    Example: [0, 0] gives [0.5, 0.5]
    Use: after the loss has its raw scores, for an Output that people read; inside attention
    Paper: Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990
    """


class LogSoftmax(
    AlongAxis,
    label="Log-softmax",
    function="F.log_softmax",
    always=("dim",),
    onnx="LogSoftmax",
    aka=("log probabilities",),
    example=((10,),),
):
    """The logarithm of softmax, computed in one stable step; what the negative log-likelihood loss takes.

    Formula: y_i = x_i - log(sum over k of exp(x_k))
    Example: [100, 0] gives [0, -100]
    Use: before Negative log-likelihood, KL divergence or CTC
    """


class GLU(
    Block, label="GLU", group="Activation", function="F.glu", always=("dim",), onnx="Mul", aka=("gated linear unit", "gate"), example=IMAGE
):
    """Cuts an axis in half: one half passes, gated by the sigmoid of the other.

    Formula: y = a * sigmoid(b) for the halves a and b
    Example: [2, 4, 0, 100] gives [1, 4]
    Use: after a convolution or Linear with twice the outputs
    Paper: Dauphin et al., Language modeling with gated convolutional networks, arXiv 1612.08083
    """

    dim: int = param(default=1, ge=-8, le=8, help=f"The axis that is cut, {AXIS}")

    def shape(self, x: Shape) -> Shape:
        """The axis ``dim`` becomes half as long."""
        at = axis(self.dim, x)
        if x[at] % 2:
            raise BlockError(f"cuts axis {self.dim} in half, but its size {x[at]} is odd", "groups")
        return (*x[:at], x[at] // 2, *x[at + 1 :])

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        a, b = g.several("Split", args[0], outputs=2, axis=self.dim, num_outputs=2)
        return g.add("Mul", a, g.add("Sigmoid", b))
