"""Regularisation: make it harder to learn the training data by heart."""

from blocks.core import Block, Shape, param
from blocks.rules import call


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

    def module(self, x: Shape) -> str:  # type: ignore[override]
        """``nn.Dropout``, a module because it must know whether the network is training."""
        return call("nn.Dropout", p=self.p, omit={"p": 0.5})
