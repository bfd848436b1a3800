"""Fully connected layers."""

from blocks.core import Block, BlockError, Shape, param
from blocks.params import bias_chip
from blocks.rules import call, size


class Linear(
    Block,
    label="Linear",
    group="Linear",
    glyph="linear",
    onnx="Gemm",
    aka=("fc", "dense", "fully connected", "affine", "perceptron"),
    example=((400,),),
):
    """Connects every input with every output: y = W x + b, over the last axis."""

    out_features: int = param(default=10, ge=1, help="Number of outputs; for the last layer, the number of classes.", label="Outputs")
    bias: bool = param(default=True, help="Add a learned offset to each output.", chip=bias_chip)

    def shape(self, x: Shape) -> Shape:
        """...×in to ...×out_features."""
        if not x:
            raise BlockError("needs at least one axis, got a scalar", "axes")
        return (*x[:-1], self.out_features)

    def weights(self, x: Shape) -> dict[str, Shape]:
        """``weight`` (out, in) and ``bias`` (out)."""
        weight = (self.out_features, x[-1])
        return {"weight": weight, "bias": (self.out_features,)} if self.bias else {"weight": weight}

    def macs(self, x: Shape) -> int:
        """in * out for each position of the leading axes."""
        return size(x) * self.out_features

    def module(self, x: Shape) -> str:
        """``nn.Linear``."""
        return call("nn.Linear", x[-1], self.out_features, bias=self.bias, omit={"bias": True})

    def chips(self, *xs: Shape) -> list[tuple[str, bool]]:
        """How many become how many: 400→10."""
        before = str(xs[0][-1]) if xs and xs[0] else "?"
        return [(f"{before}→{self.out_features}", True), *super().chips(*xs)]
