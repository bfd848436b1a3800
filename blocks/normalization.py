"""Normalisation: keep the scale of what flows between layers steady."""

from typing import ClassVar

from blocks.core import Block, BlockError, Nodes, Shape, Shapes, param
from blocks.rules import axis, dims, need_axes, size
from blocks.source import call
from blocks.weighted import Normed

EPS = "Added to the variance, so that nothing is divided by zero."


def scaled(g: Nodes, y: str, shape: Shape, affine: bool) -> str:
    """A learned scale and shift for each channel of ``y``."""
    if not affine:
        return y
    per_channel = (-1, *(1 for _ in shape[1:]))
    scale, shift = (g.reshape(g.weight(name), *per_channel) for name in ("weight", "bias"))
    return g.add("Add", g.add("Mul", y, scale), shift)


def running(g: Nodes, x: str, shape: Shape, affine: bool, eps: float) -> str:
    """Centred and scaled by the statistics that training has kept."""
    scale, shift = (g.weight("weight"), g.weight("bias")) if affine else (g.filled(1.0, shape[:1]), g.filled(0.0, shape[:1]))
    return g.add("BatchNormalization", x, scale, shift, g.weight("running_mean"), g.weight("running_var"), epsilon=eps)


def standard(g: Nodes, x: str, axes: list[int], eps: float) -> str:
    """x less its mean, divided by its standard deviation, over axes."""
    centred = g.add("Sub", x, g.sum("ReduceMean", x, axes, keepdims=True))
    variance = g.sum("ReduceMean", g.add("Mul", centred, centred), axes, keepdims=True)
    return g.add("Div", centred, g.add("Sqrt", g.add("Add", variance, g.real(eps))))


class BatchNorm(Normed, group="Normalise", onnx="BatchNormalization", slim=True):
    """What 1, 2 and 3 axes share."""

    rank: ClassVar[int]
    eps: float = param(default=1e-5, gt=0, help=EPS)
    momentum: float = param(
        default=0.1, ge=0, le=1, help="Weight of the newest batch in the running mean and variance used after training."
    )
    affine: bool = param(default=True, help="Learn a scale and a shift for each channel.")
    track_running_stats: bool = param(
        default=True, help="Keep a running mean and variance for use after training; else always use the batch's own."
    )

    def shape(self, x: Shape) -> Shape:
        """Channels and spatial axes, unchanged."""
        if self.rank != 1 or len(x) != 1:
            need_axes(x, self.rank)
        return x

    def weights(self, x: Shape) -> dict[str, Shape]:
        """``weight`` and ``bias``, one each for a channel. The running statistics are not learned and not counted."""
        return {"weight": x[:1], "bias": x[:1]} if self.affine else {}

    def module(self, x: Shape) -> str:
        omit = {"eps": 1e-5, "momentum": 0.1, "affine": True, "track_running_stats": True}
        return call(f"nn.BatchNorm{self.rank}d", x[0], **{name: getattr(self, name) for name in omit}, omit=omit)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        x = xs[0]
        if not self.track_running_stats:
            return scaled(g, standard(g, args[0], [0, *range(2, len(x) + 1)], self.eps), x, self.affine)
        return running(g, args[0], x, self.affine, self.eps)


class BatchNorm2d(BatchNorm, label="Batch norm 2D", aka=("bn", "batch normalization", "batchnormalization"), example=((16, 8, 8),)):
    """Centres and scales each channel by the mean and variance of the batch, then learns a scale and shift.

    Formula: y = gamma * (x - mean) / sqrt(variance + eps) + beta, over the batch and all positions of a channel
    Example: 16 channels: 16 gammas and 16 betas, 32 weights; running mean and variance are kept beside them
    Use: between a convolution (its bias off) and its activation; allows larger learning rates. Needs batches of 16 or more
    Paper: Ioffe and Szegedy, arXiv 1502.03167
    """

    rank = 2


class BatchNorm1d(BatchNorm, label="Batch norm 1D", aka=("bn", "batch normalization", "batchnormalization"), example=((16, 8),)):
    """Batch norm for vectors and sequences: centres and scales each feature by the mean and variance of the batch.

    Formula: y = gamma * (x - mean) / sqrt(variance + eps) + beta, over the batch (and the positions of a sequence)
    Example: 16 features: 32 weights
    Use: after a Linear or a Conv 1D, before its activation
    Paper: Ioffe and Szegedy, arXiv 1502.03167
    """

    rank = 1


class BatchNorm3d(BatchNorm, label="Batch norm 3D", aka=("bn", "batch normalization", "volume"), example=((4, 3, 5, 5),)):
    """Batch norm for volumes and videos: centres and scales each channel by the mean and variance of the batch.

    Formula: y = gamma * (x - mean) / sqrt(variance + eps) + beta, over the batch and all voxels of a channel
    Example: 4 channels: 8 weights
    Use: after a Conv 3D; volumes leave room for small batches only, then Group norm is steadier
    Paper: Ioffe and Szegedy, arXiv 1502.03167
    """

    rank = 3


class InstanceNorm(Normed, group="Normalise", onnx="InstanceNormalization", slim=True):
    """What 1, 2 and 3 axes share."""

    rank: ClassVar[int]
    eps: float = param(default=1e-5, gt=0, help=EPS)
    momentum: float = param(default=0.1, ge=0, le=1, help="Weight of the newest batch in the running statistics, where they are kept.")
    affine: bool = param(default=False, help="Learn a scale and a shift for each channel.")
    track_running_stats: bool = param(default=False, help="Keep a running mean and variance and use them after training.")

    def shape(self, x: Shape) -> Shape:
        """Channels and spatial axes, unchanged."""
        need_axes(x, self.rank)
        if size(x[1:]) < 2:
            raise BlockError(f"needs more than one position in each channel, got {dims(x)}: nothing would be left of it", "count")
        return x

    def weights(self, x: Shape) -> dict[str, Shape]:
        """``weight`` and ``bias``, one each for a channel."""
        return {"weight": x[:1], "bias": x[:1]} if self.affine else {}

    def module(self, x: Shape) -> str:
        omit = {"eps": 1e-5, "momentum": 0.1, "affine": False, "track_running_stats": False}
        return call(f"nn.InstanceNorm{self.rank}d", x[0], **{name: getattr(self, name) for name in omit}, omit=omit)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        x = xs[0]
        if not self.track_running_stats:
            return scaled(g, standard(g, args[0], [*range(2, len(x) + 1)], self.eps), x, self.affine)
        return running(g, args[0], x, self.affine, self.eps)


class InstanceNorm2d(InstanceNorm, label="Instance norm 2D", aka=("in", "contrast normalization", "style transfer"), example=((16, 8, 8),)):
    """Centres and scales each channel of each image by itself: takes away contrast and brightness.

    Formula: y = (x - mean) / sqrt(variance + eps), over the positions of one channel of one sample
    Example (eps=0.000000001): [[[0, 2], [0, 2]]] gives [[[-1, 1], [-1, 1]]]
    Use: to change the style of images, and in generators; not for classes that differ in contrast
    Paper: Ulyanov et al., arXiv 1607.08022
    """

    rank = 2


class InstanceNorm1d(InstanceNorm, label="Instance norm 1D", aka=("in",), example=((16, 8),)):
    """Centres and scales each channel of each sequence by itself.

    Formula: y = (x - mean) / sqrt(variance + eps), over the positions of one channel of one sample
    Example (eps=0.000000001): [[0, 2, 0, 2]] gives [[-1, 1, -1, 1]]
    Use: for sensors whose level differs from one recording to the next
    Paper: Ulyanov et al., arXiv 1607.08022
    """

    rank = 1


class InstanceNorm3d(InstanceNorm, label="Instance norm 3D", aka=("in", "volume"), example=((4, 3, 5, 5),)):
    """Centres and scales each channel of each volume by itself.

    Formula: y = (x - mean) / sqrt(variance + eps), over the voxels of one channel of one sample
    Example (eps=0.000000001): [[[[0, 2]]]] gives [[[[-1, 1]]]]
    Use: in medical segmentation, where a batch is one or two volumes
    Paper: Ulyanov et al., arXiv 1607.08022
    """

    rank = 3


class LastAxes(Normed, group="Normalise", slim=True):
    """A norm of each sample by itself, over its last axes."""

    axes: int = param(default=1, ge=0, le=8, help="How many of the last axes are normalised together; 0 means all of them.")

    def over(self, x: Shape) -> Shape:
        """The axes that are normalised."""
        return x[-self.axes :] if self.axes else x

    def shape(self, x: Shape) -> Shape:
        if not x or self.axes > len(x):
            raise BlockError(f"normalises over the last {self.axes or 1} axes, but {dims(x)} has {len(x)}: use at most {len(x)}", "axes")
        return x

    def _call(self, module: str, x: Shape, **options: object) -> str:
        over = self.over(x)
        shown = over[0] if len(over) == 1 else list(over)  # a tuple of equal numbers would print as one
        return call(module, shown, **options, omit={"elementwise_affine": True, "bias": True})


class LayerNorm(
    LastAxes,
    label="Layer norm",
    onnx="LayerNormalization",
    aka=("ln", "layer normalization", "transformer"),
    example=((16, 8, 8),),
):
    """Centres and scales each sample by its own mean and variance over the last axes.

    Formula: y = gamma * (x - mean) / sqrt(variance + eps) + beta
    Example (eps=0.000000001): [0, 2] gives [-1, 1]
    Use: in transformers and recurrent networks; does not depend on the batch
    Paper: Ba et al., arXiv 1607.06450
    """

    eps: float = param(default=1e-5, gt=0, help=EPS)
    elementwise_affine: bool = param(default=True, help="Learn a scale for each entry, and a shift unless bias is off.")
    bias: bool = param(default=True, help="Learn a shift too, where elementwise_affine is on.")

    def weights(self, x: Shape) -> dict[str, Shape]:
        """``weight`` and ``bias``, of the shape that is normalised over."""
        over = self.over(x)
        if not self.elementwise_affine:
            return {}
        return {"weight": over, "bias": over} if self.bias else {"weight": over}

    def module(self, x: Shape) -> str:
        eps = {} if self.eps == 1e-5 else {"eps": self.eps}
        return self._call("nn.LayerNorm", x, **eps, elementwise_affine=self.elementwise_affine, bias=self.bias)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        over = self.over(xs[0])
        scale = g.weight("weight") if self.elementwise_affine else g.filled(1.0, over)
        shift = [g.weight("bias")] if self.elementwise_affine and self.bias else []
        return g.add("LayerNormalization", args[0], scale, *shift, axis=-len(over), epsilon=self.eps)


class GroupNorm(Normed, label="Group norm", group="Normalise", onnx="GroupNormalization", slim=True, aka=("gn",), example=((16, 8, 8),)):
    """Centres and scales groups of channels of each sample: works with the smallest batches.

    Formula: y = gamma * (x - mean) / sqrt(variance + eps) + beta, over the positions of C / groups channels
    Example (num_groups=1, eps=0.000000001): [[0], [2]] gives [[-1], [1]]
    Use: instead of batch norm where only a few samples fit on the device; 32 groups, or 16 channels a group, are usual
    Paper: Wu and He, arXiv 1803.08494
    """

    num_groups: int = param(
        default=4, ge=1, help="Into how many groups the channels are split; must divide them.", label="Groups", chip="g{}"
    )
    eps: float = param(default=1e-5, gt=0, help=EPS)
    affine: bool = param(default=True, help="Learn a scale and a shift for each channel.")

    def shape(self, x: Shape) -> Shape:
        if not x:
            raise BlockError("needs channels, got a scalar", "axes")
        if x[0] % self.num_groups:
            raise BlockError(f"num_groups must divide the channels: {x[0]} / {self.num_groups} leaves {x[0] % self.num_groups}", "groups")
        return x

    def weights(self, x: Shape) -> dict[str, Shape]:
        """``weight`` and ``bias``, one each for a channel."""
        return {"weight": x[:1], "bias": x[:1]} if self.affine else {}

    def module(self, x: Shape) -> str:
        return call("nn.GroupNorm", self.num_groups, x[0], eps=self.eps, affine=self.affine, omit={"eps": 1e-5, "affine": True})

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        grouped = g.reshape(args[0], 0, self.num_groups, -1)
        return scaled(g, g.reshape(standard(g, grouped, [2], self.eps), -1, *xs[0]), xs[0], self.affine)


class RMSNorm(
    LastAxes,
    label="RMS norm",
    onnx="RMSNormalization",
    aka=("root mean square", "llama"),
    example=((16, 8),),
):
    """Divides each sample by its root mean square over the last axes: a layer norm without the centring.

    Formula: y = gamma * x / sqrt(mean of x^2 + eps)
    Example (eps=0.000000001): [3, -3] gives [1, -1]
    Use: in transformers, as a cheaper layer norm
    Paper: Zhang and Sennrich, arXiv 1910.07467
    """

    eps: float = param(default=1e-6, gt=0, help="Added to the mean square, so that nothing is divided by zero.")
    elementwise_affine: bool = param(default=True, help="Learn a scale for each entry.")

    def weights(self, x: Shape) -> dict[str, Shape]:
        """``weight``, of the shape that is normalised over."""
        return {"weight": self.over(x)} if self.elementwise_affine else {}

    def module(self, x: Shape) -> str:
        return self._call("nn.RMSNorm", x, eps=self.eps, elementwise_affine=self.elementwise_affine)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        axes = [-k for k in range(1, len(self.over(xs[0])) + 1)]
        mean = g.sum("ReduceMean", g.add("Mul", args[0], args[0]), axes, keepdims=True)
        y = g.add("Div", args[0], g.add("Sqrt", g.add("Add", mean, g.real(self.eps))))
        return g.add("Mul", y, g.weight("weight")) if self.elementwise_affine else y


class LocalResponseNorm(
    Block,
    label="Local response norm",
    group="Normalise",
    function="F.local_response_norm",
    always=("size",),
    onnx="LRN",
    slim=True,
    aka=("lrn", "alexnet"),
    example=((16, 8, 8),),
):
    """Divides each value by the strength of its neighbours in nearby channels; AlexNet's norm.

    Formula: y_c = x_c / (k + alpha / size * sum of x^2 over size channels around c)^beta
    Example (size=1, alpha=1.0, beta=0.5, k=0.000001): [[[2]]] gives [[[1]]]
    Use: to rebuild AlexNet, ZFNet and the first GoogLeNet; today batch norm takes its place
    Paper: Krizhevsky et al., ImageNet classification with deep convolutional neural networks, 2012
    """

    size: int = param(default=5, ge=1, help="How many channels count as neighbours.", chip="{}")
    alpha: float = param(default=1e-4, gt=0, help="Weight of the neighbours.")
    beta: float = param(default=0.75, gt=0, help="Exponent of the divisor.")
    k: float = param(default=1.0, gt=0, help="What the divisor begins with; AlexNet used 2.")

    def shape(self, x: Shape) -> Shape:
        """C×H×W, unchanged."""
        need_axes(x, 2)
        return x

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        """Not ONNX's own LRN: it puts the extra neighbour of an even size elsewhere, and onnxruntime's loses digits of large numbers."""
        c, h, w = xs[0]
        squares = g.reshape(g.add("Mul", args[0], args[0]), 0, 1, c, h * w)
        padded = g.add("Pad", squares, g.ints(0, 0, self.size // 2, 0, 0, 0, (self.size - 1) // 2, 0), mode="constant")
        mean = g.reshape(g.add("AveragePool", padded, kernel_shape=[self.size, 1], strides=[1, 1]), 0, c, h, w)
        divisor = g.add("Add", g.add("Mul", mean, g.real(self.alpha)), g.real(self.k))
        return g.add("Div", args[0], g.add("Pow", divisor, g.real(self.beta)))


class L2Normalize(
    Block,
    label="L2 normalise",
    group="Normalise",
    function="F.normalize",
    onnx="LpNormalization",
    slim=True,
    aka=("unit vector", "unitnormalization", "cosine"),
    example=((16,),),
):
    """Divides by the length along an axis, so that each vector has length 1.

    Formula: y = x / max(sqrt(sum of x^2), eps)
    Example: [3, 4] gives [0.6, 0.8]
    Use: for embeddings that are compared by their angle
    Paper: Schroff et al., FaceNet, arXiv 1503.03832
    """

    dim: int = param(
        default=1, ge=-8, le=8, help="The axis along which the length is 1, counted as torch does: 1 is the channels, -1 the last."
    )
    eps: float = param(default=1e-12, gt=0, help="Smallest length that is divided by.")

    def shape(self, x: Shape) -> Shape:
        axis(self.dim, x)
        return x

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        length = g.sum("ReduceL2", args[0], [self.dim], keepdims=True)
        return g.add("Div", args[0], g.add("Max", length, g.real(self.eps)))
