"""Fully connected layers, and tables of vectors."""

from blocks.core import BlockError, Nodes, Port, Shape, Shapes, param
from blocks.params import bias_chip
from blocks.rules import dims, size
from blocks.source import call
from blocks.weighted import OwnWeights, Weighted


class Linear(
    Weighted,
    label="Linear",
    group="Linear",
    onnx="Gemm",
    aka=("fc", "dense", "fully connected", "affine", "perceptron", "inner product"),
    example=((400,),),
):
    """Connects every input with every output: y = W x + b, over the last axis.

    Formula: y_j = b_j + sum over i of W_ji x_i; in * out + out weights
    Example: 400 inputs and 10 outputs: 400 * 10 + 10 = 4,010 weights
    Use: as the last layer, one output for each class; for images, after Flatten or a global pool. It needs a fixed number of inputs
    Paper: Rosenblatt, The perceptron, 1958
    """

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
        return call("nn.Linear", x[-1], self.out_features, bias=self.bias, omit={"bias": True})

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        bias = [g.weight("bias")] if self.bias else []
        if len(xs[0]) == 1:
            return g.add("Gemm", args[0], g.weight("weight"), *bias, transB=1)
        y = g.add("MatMul", args[0], g.add("Transpose", g.weight("weight"), perm=[1, 0]))
        return g.add("Add", y, *bias) if bias else y

    def chips(self, *xs: Shape) -> list[tuple[str, bool]]:
        """How many become how many: 400→10."""
        before = str(xs[0][-1]) if xs and xs[0] else "?"
        return [(f"{before}→{self.out_features}", True), *super().chips(*xs)]


class Bilinear(
    Weighted,
    label="Bilinear",
    group="Linear",
    onnx="Einsum",
    inputs=(Port("a"), Port("b")),
    aka=("pairwise", "tensor product"),
    example=((8,), (6,)),
):
    """Connects every pair of an input of a and an input of b with every output.

    Formula: y_j = bias_j + sum over i, k of a_i W_jik b_k
    Example: 8 and 6 inputs, 10 outputs: 10 * 8 * 6 + 10 = 490 weights
    Use: where two descriptions are compared, such as a question and a picture; its weights grow with the product of both sizes
    Paper: Tenenbaum and Freeman, Separating style and content with bilinear models, 2000
    """

    out_features: int = param(default=10, ge=1, help="Number of outputs.", label="Outputs", chip="→{}")
    bias: bool = param(default=True, help="Add a learned offset to each output.", chip=bias_chip)

    def shape(self, a: Shape, b: Shape) -> Shape:
        """...×n and ...×m to ...×out_features."""
        if not a or a[:-1] != b[:-1]:
            raise BlockError(f"needs equal axes but for the last, got {dims(a)} and {dims(b)}", "shapes-differ")
        return (*a[:-1], self.out_features)

    def weights(self, a: Shape, b: Shape) -> dict[str, Shape]:
        """``weight`` (out, n, m) and ``bias`` (out)."""
        weight = (self.out_features, a[-1], b[-1])
        return {"weight": weight, "bias": (self.out_features,)} if self.bias else {"weight": weight}

    def macs(self, a: Shape, b: Shape) -> int:
        """out * n * m to multiply the weight by one side, out * m for the other, at each position."""
        return size(a[:-1]) * self.out_features * (a[-1] * b[-1] + b[-1])

    def module(self, a: Shape, b: Shape) -> str:
        return call("nn.Bilinear", a[-1], b[-1], self.out_features, bias=self.bias, omit={"bias": True})

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        y = g.add("Einsum", args[0], g.weight("weight"), args[1], equation="...i,oij,...j->...o")
        return g.add("Add", y, g.weight("bias")) if self.bias else y


class Embedding(
    OwnWeights,
    label="Embedding",
    group="Linear",
    onnx="Gather",
    inputs=(Port("index", "index"),),
    aka=("lookup", "token", "word vector", "word2vec"),
    example=((12,),),
):
    """A learned vector for each index: the way in for words, letters and categories.

    Formula: y = W[index], one row of a table
    Example: 100 words with 32 numbers each: 3,200 weights; a text of 12 words becomes 12×32
    Use: as the first layer after an Input of kind 'index'; indices run from 0 to num_embeddings - 1
    Paper: Bengio et al., A neural probabilistic language model, 2003
    """

    num_embeddings: int = param(default=100, ge=1, help="How many different indices there are.", label="Indices")
    embedding_dim: int = param(default=32, ge=1, help="How many numbers describe each.", label="Numbers", chip="→{}")
    padding_idx: int = param(default=-1, ge=-1, help="An index whose vector stays 0, for filling up; -1: none.", label="Padding index")

    def shape(self, index: Shape) -> Shape:
        """... to ...×embedding_dim."""
        if self.padding_idx >= self.num_embeddings:
            raise BlockError(f"padding_idx {self.padding_idx} is no index: they run from 0 to {self.num_embeddings - 1}", "range")
        return (*index, self.embedding_dim)

    def weights(self, index: Shape) -> dict[str, Shape]:
        return {"weight": (self.num_embeddings, self.embedding_dim)}

    def module(self, index: Shape) -> str:
        return call("nn.Embedding", self.num_embeddings, self.embedding_dim, padding_idx=self.padding_idx, omit={"padding_idx": -1})

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Gather", g.weight("weight"), args[0], axis=0)
