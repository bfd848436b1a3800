"""Normalisation: keep the scale of what flows between layers steady."""

from blocks.core import Block, BlockError, Shape, param
from blocks.rules import call, dims, need_axes


class BatchNorm2d(
    Block,
    label="Batch norm 2D",
    group="Normalise",
    glyph="norm",
    onnx="BatchNormalization",
    slim=True,
    aka=("bn", "batch normalization"),
    example=((16, 8, 8),),
):
    """Centres and scales each channel by the mean and variance of the batch, then learns a scale and shift (Ioffe and Szegedy, arXiv 1502.03167)."""

    eps: float = param(default=1e-5, gt=0, help="Added to the variance, so that nothing is divided by zero.")
    momentum: float = param(
        default=0.1, ge=0, le=1, help="Weight of the newest batch in the running mean and variance used after training."
    )
    affine: bool = param(default=True, help="Learn a scale and a shift for each channel.")
    track_running_stats: bool = param(
        default=True, help="Keep a running mean and variance for use after training; else always use the batch's own."
    )

    def shape(self, x: Shape) -> Shape:  # type: ignore[override]
        """C×H×W, unchanged."""
        need_axes(x, 2)
        return x

    def weights(self, x: Shape) -> dict[str, Shape]:  # type: ignore[override]
        """``weight`` and ``bias``, one each for a channel. The running statistics are not learned and not counted."""
        return {"weight": x[:1], "bias": x[:1]} if self.affine else {}

    def module(self, x: Shape) -> str:  # type: ignore[override]
        """``nn.BatchNorm2d``."""
        omit = {"eps": 1e-5, "momentum": 0.1, "affine": True, "track_running_stats": True}
        return call("nn.BatchNorm2d", x[0], **self.values(), omit=omit)


class LayerNorm(
    Block,
    label="Layer norm",
    group="Normalise",
    glyph="norm",
    onnx="LayerNormalization",
    slim=True,
    aka=("ln", "layer normalization"),
    example=((16, 8, 8),),
):
    """Centres and scales each sample by its own mean and variance over the last axes (Ba et al., arXiv 1607.06450)."""

    axes: int = param(default=1, ge=0, le=8, help="How many of the last axes share one mean and variance; 0 means all of them.")
    eps: float = param(default=1e-5, gt=0, help="Added to the variance, so that nothing is divided by zero.")
    elementwise_affine: bool = param(default=True, help="Learn a scale for each entry, and a shift unless bias is off.")
    bias: bool = param(default=True, help="Learn a shift too, where elementwise_affine is on.")

    def _over(self, x: Shape) -> Shape:
        return x[-self.axes :] if self.axes else x

    def shape(self, x: Shape) -> Shape:  # type: ignore[override]
        """The shape of the input."""
        if not x or self.axes > len(x):
            raise BlockError(f"normalises over the last {self.axes or 1} axes, but {dims(x)} has {len(x)}: use at most {len(x)}", "axes")
        return x

    def weights(self, x: Shape) -> dict[str, Shape]:  # type: ignore[override]
        """``weight`` and ``bias``, of the shape that is normalised over."""
        over = self._over(x)
        if not self.elementwise_affine:
            return {}
        return {"weight": over, "bias": over} if self.bias else {"weight": over}

    def module(self, x: Shape) -> str:  # type: ignore[override]
        """``nn.LayerNorm``."""
        over = self._over(x)
        shown = over[0] if len(over) == 1 else list(over)  # a tuple of equal numbers would print as one
        options = {"eps": self.eps, "elementwise_affine": self.elementwise_affine, "bias": self.bias}
        return call("nn.LayerNorm", shown, **options, omit={"eps": 1e-5, "elementwise_affine": True, "bias": True})
