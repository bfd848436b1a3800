"""Regularisation: make it harder to learn the training data by heart."""

from typing import ClassVar

from blocks.core import Block, Shape, param
from blocks.rules import call, need_axes


class Dropout(
    Block,
    label="Dropout",
    group="Normalise",
    glyph="dropout",
    onnx="Dropout",
    slim=True,
    aka=("regularization", "overfitting"),
    example=((120,),),
):
    """While training, sets random entries to zero, so that no unit can rely on another; afterwards does nothing (Srivastava et al., 2014)."""

    p: float = param(
        default=0.5, ge=0, le=1, help="Probability that an entry is set to zero; 0.1 to 0.5 is usual.", label="Probability", chip="{}"
    )

    def module(self, x: Shape) -> str:
        """``nn.Dropout``, a module because it must know whether the network is training."""
        return call("nn.Dropout", p=self.p, omit={"p": 0.5})


class _ChannelDropout(Block, group="Normalise", glyph="dropout", onnx="Dropout", slim=True):
    """Whole channels at once."""

    rank: ClassVar[int]
    p: float = param(default=0.5, ge=0, le=1, help="Probability that a channel is set to zero.", label="Probability", chip="{}")

    def shape(self, x: Shape) -> Shape:
        """Unchanged."""
        need_axes(x, self.rank)
        return x

    def module(self, x: Shape) -> str:
        """``nn.Dropout2d`` or ``nn.Dropout3d``."""
        return call(f"nn.Dropout{self.rank}d", p=self.p, omit={"p": 0.5})


class Dropout2d(_ChannelDropout, label="Channel dropout 2D", aka=("spatial dropout",), example=((16, 8, 8),)):
    """While training, sets whole channels to zero: neighbouring pixels say the same, so single ones would not do (Tompson et al., arXiv 1411.4280)."""

    rank = 2


class Dropout3d(_ChannelDropout, label="Channel dropout 3D", aka=("spatial dropout", "volume"), example=((4, 3, 5, 5),)):
    """Channel dropout for volumes and videos."""

    rank = 3


class AlphaDropout(
    Block,
    label="Alpha dropout",
    group="Normalise",
    glyph="dropout",
    onnx="Dropout",
    slim=True,
    aka=("selu", "self-normalizing"),
    example=((120,),),
):
    """Dropout that keeps mean and variance, made for SELU (Klambauer et al., arXiv 1706.02515)."""

    p: float = param(default=0.1, ge=0, lt=1, help="Probability that an entry is dropped.", label="Probability", chip="{}")

    def module(self, x: Shape) -> str:
        """``nn.AlphaDropout``."""
        return call("nn.AlphaDropout", p=self.p, omit={"p": 0.5})
