"""Normalisation: keep the scale of what flows between layers steady."""

from typing import ClassVar

from blocks.core import Block, BlockError, Shape, Shapes, param
from blocks.rules import Code, call, dims, need_axes


class _BatchNorm(Block, group="Normalise", glyph="norm", onnx="BatchNormalization", slim=True):
    """What 1, 2 and 3 axes share."""

    rank: ClassVar[int]
    eps: float = param(default=1e-5, gt=0, help="Added to the variance, so that nothing is divided by zero.")
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
        """``nn.BatchNorm1d``, ``nn.BatchNorm2d`` or ``nn.BatchNorm3d``."""
        omit = {"eps": 1e-5, "momentum": 0.1, "affine": True, "track_running_stats": True}
        return call(f"nn.BatchNorm{self.rank}d", x[0], **self.values(), omit=omit)


class BatchNorm2d(_BatchNorm, label="Batch norm 2D", aka=("bn", "batch normalization"), example=((16, 8, 8),)):
    """Centres and scales each channel by the mean and variance of the batch, then learns a scale and shift (Ioffe and Szegedy, arXiv 1502.03167)."""

    rank = 2


class BatchNorm1d(_BatchNorm, label="Batch norm 1D", aka=("bn", "batch normalization"), example=((16, 8),)):
    """Batch norm for vectors and sequences: centres and scales each feature by the mean and variance of the batch."""

    rank = 1


class BatchNorm3d(_BatchNorm, label="Batch norm 3D", aka=("bn", "batch normalization", "volume"), example=((4, 3, 5, 5),)):
    """Batch norm for volumes and videos: centres and scales each channel by the mean and variance of the batch."""

    rank = 3


class _LastAxes(Block, group="Normalise", glyph="norm", slim=True):
    """A norm of each sample by itself, over its last axes."""

    axes: int = param(default=1, ge=0, le=8, help="How many of the last axes are normalised together; 0 means all of them.")

    def _over(self, x: Shape) -> Shape:
        return x[-self.axes :] if self.axes else x

    def shape(self, x: Shape) -> Shape:
        """The shape of the input."""
        if not x or self.axes > len(x):
            raise BlockError(f"normalises over the last {self.axes or 1} axes, but {dims(x)} has {len(x)}: use at most {len(x)}", "axes")
        return x

    def _call(self, module: str, x: Shape, **options: object) -> str:
        over = self._over(x)
        shown = over[0] if len(over) == 1 else list(over)  # a tuple of equal numbers would print as one
        return call(module, shown, **options, omit={"elementwise_affine": True, "bias": True})


class LayerNorm(
    _LastAxes,
    label="Layer norm",
    onnx="LayerNormalization",
    aka=("ln", "layer normalization"),
    example=((16, 8, 8),),
):
    """Centres and scales each sample by its own mean and variance over the last axes (Ba et al., arXiv 1607.06450)."""

    eps: float = param(default=1e-5, gt=0, help="Added to the variance, so that nothing is divided by zero.")
    elementwise_affine: bool = param(default=True, help="Learn a scale for each entry, and a shift unless bias is off.")
    bias: bool = param(default=True, help="Learn a shift too, where elementwise_affine is on.")

    def weights(self, x: Shape) -> dict[str, Shape]:
        """``weight`` and ``bias``, of the shape that is normalised over."""
        over = self._over(x)
        if not self.elementwise_affine:
            return {}
        return {"weight": over, "bias": over} if self.bias else {"weight": over}

    def module(self, x: Shape) -> str:
        """``nn.LayerNorm``."""
        eps = {} if self.eps == 1e-5 else {"eps": self.eps}
        return self._call("nn.LayerNorm", x, **eps, elementwise_affine=self.elementwise_affine, bias=self.bias)


class GroupNorm(
    Block, label="Group norm", group="Normalise", glyph="norm", onnx="GroupNormalization", slim=True, aka=("gn",), example=((16, 8, 8),)
):
    """Centres and scales groups of channels of each sample: works with the smallest batches (Wu and He, arXiv 1803.08494)."""

    num_groups: int = param(
        default=4, ge=1, help="Into how many groups the channels are split; must divide them.", label="Groups", chip="g{}"
    )
    eps: float = param(default=1e-5, gt=0, help="Added to the variance, so that nothing is divided by zero.")
    affine: bool = param(default=True, help="Learn a scale and a shift for each channel.")

    def shape(self, x: Shape) -> Shape:
        """The shape of the input."""
        if not x:
            raise BlockError("needs channels, got a scalar", "axes")
        if x[0] % self.num_groups:
            raise BlockError(f"num_groups must divide the channels: {x[0]} / {self.num_groups} leaves {x[0] % self.num_groups}", "groups")
        return x

    def weights(self, x: Shape) -> dict[str, Shape]:
        """``weight`` and ``bias``, one each for a channel."""
        return {"weight": x[:1], "bias": x[:1]} if self.affine else {}

    def module(self, x: Shape) -> str:
        """``nn.GroupNorm``."""
        return call("nn.GroupNorm", self.num_groups, x[0], eps=self.eps, affine=self.affine, omit={"eps": 1e-5, "affine": True})


class RMSNorm(
    _LastAxes,
    label="RMS norm",
    onnx="RMSNormalization",
    aka=("root mean square",),
    example=((16, 8),),
):
    """Divides each sample by its root mean square over the last axes: a layer norm without the centring (Zhang and Sennrich, arXiv 1910.07467)."""

    eps: float = param(default=1e-6, gt=0, help="Added to the mean square, so that nothing is divided by zero.")
    elementwise_affine: bool = param(default=True, help="Learn a scale for each entry.")

    def weights(self, x: Shape) -> dict[str, Shape]:
        """``weight``, of the shape that is normalised over."""
        return {"weight": self._over(x)} if self.elementwise_affine else {}

    def module(self, x: Shape) -> str:
        """``nn.RMSNorm``."""
        return self._call("nn.RMSNorm", x, eps=self.eps, elementwise_affine=self.elementwise_affine)


class LocalResponseNorm(
    Block,
    label="Local response norm",
    group="Normalise",
    glyph="norm",
    onnx="LRN",
    slim=True,
    aka=("lrn", "alexnet"),
    example=((16, 8, 8),),
):
    """Divides each value by the strength of its neighbours in nearby channels; AlexNet's norm (Krizhevsky et al., 2012)."""

    size: int = param(default=5, ge=1, help="How many channels count as neighbours.", chip="{}")
    alpha: float = param(default=1e-4, gt=0, help="Weight of the neighbours.")
    beta: float = param(default=0.75, gt=0, help="Exponent of the divisor.")
    k: float = param(default=1.0, gt=0, help="What the divisor begins with; AlexNet used 2.")

    def shape(self, x: Shape) -> Shape:
        """C×H×W, unchanged."""
        need_axes(x, 2)
        return x

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``F.local_response_norm``."""
        return call("F.local_response_norm", Code(args[0]), **self.values(), omit={"alpha": 1e-4, "beta": 0.75, "k": 1.0})
