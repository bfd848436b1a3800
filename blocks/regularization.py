"""Regularisation: make it harder to learn the training data by heart."""

from typing import ClassVar, Literal

from blocks.core import Block, Nodes, Port, Shape, Shapes, param
from blocks.rules import need_axes
from blocks.source import call


class OnlyInTraining(Block, group="Regularise", slim=True, onnx="Dropout"):
    """Does nothing once the network is trained."""

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return args[0]


class Dropout(OnlyInTraining, label="Dropout", aka=("regularization", "overfitting"), example=((120,),)):
    """While training, sets random entries to zero, so that no unit can rely on another; afterwards does nothing.

    Formula: y = x / (1 - p) with probability 1 - p, else 0
    Example: of 100 entries with p = 0.5 about 50 become 0, and the others are doubled, so that the sum stays the same on average
    Use: between the last linear layers of AlexNet and VGG; not together with batch norm right before it
    Paper: Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014
    """

    p: float = param(
        default=0.5, ge=0, le=1, help="Probability that an entry is set to zero; 0.1 to 0.5 is usual.", label="Probability", chip="{}"
    )

    def module(self, x: Shape) -> str:
        """A module, because it must know whether the network is training."""
        return call("nn.Dropout", p=self.p, omit={"p": 0.5})


class ChannelDropout(OnlyInTraining):
    """Whole channels at once."""

    rank: ClassVar[int]
    p: float = param(default=0.5, ge=0, le=1, help="Probability that a channel is set to zero.", label="Probability", chip="{}")

    def shape(self, x: Shape) -> Shape:
        need_axes(x, self.rank)
        return x

    def module(self, x: Shape) -> str:
        return call(f"nn.Dropout{self.rank}d", p=self.p, omit={"p": 0.5})


class Dropout2d(ChannelDropout, label="Channel dropout 2D", aka=("spatial dropout", "spatialdropout2d"), example=((16, 8, 8),)):
    """While training, sets whole channels to zero: neighbouring pixels say the same, so single ones would not do.

    Formula: y_c = x_c / (1 - p) with probability 1 - p, else 0 for the whole channel
    Use: between convolutions, with p of 0.1 to 0.3
    Paper: Tompson et al., arXiv 1411.4280
    """

    rank = 2


class Dropout3d(ChannelDropout, label="Channel dropout 3D", aka=("spatial dropout", "volume"), example=((4, 3, 5, 5),)):
    """Channel dropout for volumes and videos.

    Formula: y_c = x_c / (1 - p) with probability 1 - p, else 0 for the whole channel
    Use: between 3D convolutions
    Paper: Tompson et al., arXiv 1411.4280
    """

    rank = 3


class AlphaDropout(OnlyInTraining, label="Alpha dropout", aka=("selu", "self-normalizing"), example=((120,),)):
    """Dropout that keeps mean and variance, made for SELU.

    Formula: dropped entries become -1.7581, then all are scaled and shifted back to mean 0 and variance 1
    Use: after SELU only
    Paper: Klambauer et al., arXiv 1706.02515
    """

    p: float = param(default=0.1, ge=0, lt=1, help="Probability that an entry is dropped.", label="Probability", chip="{}")

    def module(self, x: Shape) -> str:
        return call("nn.AlphaDropout", p=self.p, omit={"p": 0.5})


class DropPath(OnlyInTraining, label="Drop path", modules=("drop_path",), aka=("stochastic depth", "droppath"), example=((16, 8, 8),)):
    """While training, sets whole samples to zero: at the end of a residual branch it skips the branch for them.

    Formula: y = x / (1 - p) with probability 1 - p, else 0 for the whole sample
    Use: as the last block of a branch, right before Add; p grows from 0 in the first block to 0.1 to 0.5 in the last
    Paper: Huang et al., Deep networks with stochastic depth, arXiv 1603.09382
    """

    p: float = param(default=0.1, ge=0, lt=1, help="Probability that a sample skips the branch.", label="Probability", chip="{}")

    def module(self, x: Shape) -> str:
        return f"DropPath({self.p!r})"


class ActivityPenalty(
    Block,
    label="Activity penalty",
    group="Regularise",
    loss=True,
    outputs=(),
    inputs=(Port("x"),),
    aka=("activity regularizer", "l1", "l2", "sparse", "activityregularization"),
    example=((16, 8, 8),),
):
    """Adds the size of what flows here to the loss, so that the network keeps it small: few units speak, or all speak softly.

    Formula: loss = weight * mean of |x| (L1) or of x^2 (L2)
    Example: [-1, 3] gives 0.02
    Use: hang it on a layer beside its other wire; L1 for sparse codes, L2 against large outputs. Begin small, such as 0.001
    Paper: Olshausen and Field, Emergence of simple-cell receptive field properties, 1996
    """

    kind: Literal["l1", "l2"] = param(default="l1", help="'l1' makes many entries exactly small, 'l2' makes large ones smaller.", chip="{}")
    weight: float = param(default=0.01, ge=0, help="Factor of this penalty in the sum of all losses.", label="Weight", chip="×{}")

    def shape(self, x: Shape) -> Shape:
        return ()

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return f"{args[0]}.{'abs' if self.kind == 'l1' else 'square'}().mean()"
