"""Attention: every position looks at every other one. Sequences are L×E: length, then numbers for each position."""

from typing import Literal

from blocks.core import Block, BlockError, Nodes, Port, Shape, Shapes, param
from blocks.params import Pair, bias_chip, window
from blocks.rules import dims, need_axes, size
from blocks.source import Code, call
from blocks.weighted import OwnWeights


def need_sequence(x: Shape, name: str = "x") -> None:
    """Raise unless ``x`` is a sequence of vectors."""
    if len(x) != 2:
        raise BlockError(
            f"{name} must be a sequence L×E (positions × numbers), got {dims(x)}: Flatten from axis 2 and Permute make one", "axes"
        )


def causal_mask(g: Nodes, scores: str, length: int, memory: int) -> str:
    """Scores with minus infinity where a position would look ahead."""
    ahead = g.add("Trilu", g.filled(float("-inf"), (length, memory)), g.ints(1, dims=()), upper=1)
    return g.add("Add", scores, ahead)


class MultiheadAttention(
    OwnWeights,
    label="Multi-head attention",
    group="Attention",
    onnx="MatMul",
    modules=("multihead_attention",),
    inputs=(Port("query"), Port("key", optional=True), Port("value", optional=True)),
    aka=("self-attention", "transformer", "mha", "cross-attention"),
    example=((6, 8), (5, 4), (5, 4)),
):
    """Every position gathers what it needs from all others, in several ways at once.

    Formula: softmax(Q K' / sqrt(E / heads)) V for each head, with learned projections Q, K, V of the inputs, and one of the result
    Example: E = 8 and one wire: 3 * 8 * 8 + 3 * 8 + 8 * 8 + 8 = 288 weights
    Use: with one wire it is self-attention; wire key (and value) from another branch for cross-attention. Costs L * L
    Paper: Vaswani et al., Attention is all you need, arXiv 1706.03762
    """

    num_heads: int = param(default=2, ge=1, help="How many ways of looking; must divide E.", label="Heads", chip="{} heads")
    dropout: float = param(default=0.0, ge=0, le=1, help="Probability that a look is dropped while training.")
    bias: bool = param(default=True, help="Learn offsets in the projections.", chip=bias_chip)
    causal: bool = param(
        default=False, help="Let no position look ahead: for texts that are written word by word.", chip=lambda c: "causal" if c else ""
    )

    def spread(self, *xs: Shape) -> tuple[Shape, Shape, Shape]:
        """Query, key and value: what is not wired is the one before."""
        query, *more = xs
        key = more[0] if more else query
        return query, key, more[1] if len(more) > 1 else key

    def shape(self, *xs: Shape) -> Shape:
        """The shape of the query."""
        query, key, value = self.spread(*xs)
        for name, x in (("query", query), ("key", key), ("value", value)):
            need_sequence(x, name)
        if query[1] % self.num_heads:
            raise BlockError(f"num_heads must divide E: {query[1]} / {self.num_heads} leaves {query[1] % self.num_heads}", "groups")
        if key[0] != value[0]:
            raise BlockError(f"needs a value for each key, got {dims(key)} and {dims(value)}", "shapes-differ")
        return query

    def weights(self, *xs: Shape) -> dict[str, Shape]:
        query, key, value = self.spread(*xs)
        e = query[1]
        if key[1] == value[1] == e:
            found: dict[str, Shape] = {"in_proj_weight": (3 * e, e)}
        else:
            found = {"q_proj_weight": (e, e), "k_proj_weight": (e, key[1]), "v_proj_weight": (e, value[1])}
        found["out_proj.weight"] = (e, e)
        return {**found, "in_proj_bias": (3 * e,), "out_proj.bias": (e,)} if self.bias else found

    def macs(self, *xs: Shape) -> int:
        """Four projections, the scores, and their use."""
        (length, e), key, value = self.spread(*xs)
        return e * (2 * length * e + size(key) + size(value) + 2 * length * key[0])

    def module(self, *xs: Shape) -> str:
        query, key, value = self.spread(*xs)
        options = {"dropout": self.dropout, "bias": self.bias, "kdim": key[1], "vdim": value[1], "causal": self.causal}
        omit = {"dropout": 0.0, "bias": True, "kdim": query[1], "vdim": query[1], "causal": False}
        return call("MultiheadAttention", query[1], self.num_heads, **options, omit=omit)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        query, key, value = self.spread(*xs)
        names = (args[0], args[1] if len(args) > 1 else args[0], args[-1])
        e, h = query[1], self.num_heads
        tables = (
            g.several("Split", g.weight("in_proj_weight"), outputs=3, axis=0, num_outputs=3)
            if "in_proj_weight" in self.weights(*xs)
            else tuple(g.weight(f"{name}_proj_weight") for name in "qkv")
        )
        shifts = g.several("Split", g.weight("in_proj_bias"), outputs=3, axis=0, num_outputs=3) if self.bias else ("", "", "")
        heads = []
        for name, table, shift, x, perm in zip(
            names, tables, shifts, (query, key, value), ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]), strict=True
        ):
            y = g.add("MatMul", name, g.add("Transpose", table, perm=[1, 0]))
            y = g.add("Add", y, shift) if shift else y
            heads.append(g.add("Transpose", g.reshape(y, 0, x[0], h, e // h), perm=perm))
        scores = g.add("MatMul", g.add("Mul", heads[0], g.real((e // h) ** -0.5)), heads[1])
        if self.causal:
            scores = causal_mask(g, scores, query[0], key[0])
        gathered = g.add("MatMul", g.add("Softmax", scores, axis=-1), heads[2])
        joined = g.reshape(g.add("Transpose", gathered, perm=[0, 2, 1, 3]), 0, query[0], e)
        y = g.add("MatMul", joined, g.add("Transpose", g.weight("out_proj.weight"), perm=[1, 0]))
        return g.add("Add", y, g.weight("out_proj.bias")) if self.bias else y


class ScaledDotProduct(
    Block,
    label="Scaled dot product",
    group="Attention",
    function="F.scaled_dot_product_attention",
    onnx="MatMul",
    inputs=(Port("query"), Port("key"), Port("value")),
    aka=("attention", "sdpa", "softmax attention", "non-local"),
    example=((6, 8), (5, 8), (5, 4)),
):
    """The heart of attention without any weights: each query takes the mean of the values whose keys fit it.

    Formula: softmax(Q K' / sqrt(E)) V
    Example: [[0, 0]] and [[1, 1], [1, 1]] and [[2], [4]] gives [[3]]
    Use: to draw attention oneself, from Linear or 1×1 convolutions
    Paper: Vaswani et al., arXiv 1706.03762
    """

    is_causal: bool = param(default=False, help="Let no position look ahead.", label="Causal", chip=lambda c: "causal" if c else "")

    def shape(self, query: Shape, key: Shape, value: Shape) -> Shape:
        """...×L×E, ...×S×E and ...×S×V to ...×L×V."""
        lead = query[:-2]
        if len(query) < 2 or len(key) != len(query) or len(value) != len(query) or key[:-2] != lead or value[:-2] != lead:
            raise BlockError(f"needs matrices with equal leading axes, got {dims(query)}, {dims(key)} and {dims(value)}", "shapes-differ")
        if query[-1] != key[-1]:
            raise BlockError(f"needs queries and keys of equal length, got {query[-1]} and {key[-1]}", "inner")
        if key[-2] != value[-2]:
            raise BlockError(f"needs a value for each key, got {dims(key)} and {dims(value)}", "shapes-differ")
        return (*query[:-1], value[-1])

    def macs(self, query: Shape, key: Shape, value: Shape) -> int:
        """The scores and their use."""
        return size(query[:-1]) * key[-2] * (query[-1] + value[-1])

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        rank = len(xs[1]) + 1
        turned = g.add("Transpose", args[1], perm=[*range(rank - 2), rank - 1, rank - 2])
        scores = g.add("MatMul", g.add("Mul", args[0], g.real(xs[0][-1] ** -0.5)), turned)
        if self.is_causal:
            scores = causal_mask(g, scores, xs[0][-2], xs[1][-2])
        return g.add("MatMul", g.add("Softmax", scores, axis=-1), args[2])


class ClassToken(
    Block, label="Class token", group="Attention", modules=("class_token",), onnx="Concat", aka=("cls", "vit", "prepend"), example=((6, 8),)
):
    """Puts a learned position in front of a sequence, which gathers what the whole sequence is about.

    Formula: L×E becomes (L + 1)×E
    Example: E = 8: 8 weights
    Use: before a transformer; afterwards a Slice of the first position goes into the classifier
    Paper: Devlin et al., BERT, arXiv 1810.04805; Dosovitskiy et al., ViT, arXiv 2010.11929
    """

    def shape(self, x: Shape) -> Shape:
        need_sequence(x)
        return (x[0] + 1, x[1])

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"token": (1, 1, x[1])}

    def module(self, x: Shape) -> str:
        return f"ClassToken({x[1]})"

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        token = g.add("Expand", g.weight("token"), g.sized(args[0], 1, xs[0][1]))
        return g.add("Concat", token, args[0], axis=1)


class Positions(Block, group="Attention", onnx="Add", modules=("positions",), slim=True):
    """Adds to each position what says where it stands."""

    def shape(self, x: Shape) -> Shape:
        need_sequence(x)
        return x

    def module(self, x: Shape) -> str:
        return call(type(self).__name__, *x)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Add", args[0], g.weight("positions"))


class SinePositions(Positions, label="Sine positions", aka=("positional encoding", "sinusoidal"), example=((6, 8),)):
    """Adds waves of many lengths, so that attention knows where each position stands; nothing is learned.

    Formula: P(l, 2k) = sin(l / 10000^(2k / E)), P(l, 2k + 1) = cos(l / 10000^(2k / E)); y = x + P
    Example: [[0, 0]] gives [[0, 1]]
    Use: right after an Embedding, before the first attention
    Paper: Vaswani et al., arXiv 1706.03762
    """


class LearnedPositions(Positions, label="Learned positions", aka=("positional encoding", "position embedding"), example=((6, 8),)):
    """Adds a learned vector for each position, so that attention knows where it stands.

    Formula: y = x + P with a learned P of the shape of x
    Example: 6×8: 48 weights
    Use: after patches or an Embedding; works for sequences of this length only
    Paper: Dosovitskiy et al., ViT, arXiv 2010.11929
    """

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"positions": x}


class GridSample(
    Block,
    label="Grid sample",
    group="Attention",
    function="F.grid_sample",
    onnx="GridSample",
    inputs=(Port("x"), Port("grid")),
    aka=("spatial transformer", "warp", "bilinear sampling", "stn"),
    example=((3, 6, 6), (4, 5, 2)),
):
    """Reads an image at places that another layer computes: it warps, turns, zooms.

    Formula: y(c, i, j) = x(c) at the place grid(i, j) = (across, down), where -1 and 1 are the edges
    Example: a grid from an Affine grid of the identity reads the image as it is
    Use: for a spatial transformer, with Affine grid; for optical flow
    Paper: Jaderberg et al., Spatial transformer networks, arXiv 1506.02025
    """

    mode: Literal["bilinear", "nearest", "bicubic"] = param(default="bilinear", help="How to read between pixels.", chip="{}")
    padding_mode: Literal["zeros", "border", "reflection"] = param(default="zeros", help="What is read outside the image.")
    align_corners: bool = param(default=False, help="Let -1 and 1 be the centres of the corner pixels, not their edges.")

    def shape(self, x: Shape, grid: Shape) -> Shape:
        """C×H×W and H'×W'×2 to C×H'×W'."""
        need_axes(x, 2)
        if len(grid) != 3 or grid[2] != 2:
            raise BlockError(f"needs a grid H×W×2 (across and down of each place), got {dims(grid)}: an Affine grid makes one", "grid")
        return (x[0], *grid[:2])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return call("F.grid_sample", *map(Code, args), **self.values(), omit={"mode": "bilinear", "padding_mode": "zeros"})

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        mode = {"bilinear": "linear", "nearest": "nearest", "bicubic": "cubic"}[self.mode]
        return g.add("GridSample", *args, mode=mode, padding_mode=self.padding_mode, align_corners=int(self.align_corners))


class AffineGrid(
    Block,
    label="Affine grid",
    group="Attention",
    onnx="AffineGrid",
    inputs=(Port("theta"),),
    aka=("spatial transformer", "rotation", "stn"),
    example=((2, 3),),
):
    """Turns six numbers (turn, zoom, shear, shift) into the places that Grid sample reads.

    Formula: grid(i, j) = theta (across, down, 1)' for all positions between -1 and 1
    Example (size=[1, 1]): [[1, 0, 0], [0, 1, 0]] gives [[[0, 0]]]
    Use: theta comes from a Linear with 6 outputs and a Reshape to 2×3; begin it at 1, 0, 0, 0, 1, 0
    Paper: Jaderberg et al., arXiv 1506.02025
    """

    size: Pair = param(default=(8, 8), ge=1, help="Height and width of the result.", chip=window)
    align_corners: bool = param(default=False, help="As in the Grid sample after it.")

    def shape(self, theta: Shape) -> Shape:
        """2×3 to H×W×2."""
        if theta != (2, 3):
            raise BlockError(f"needs a matrix 2×3, got {dims(theta)}: a Linear with 6 outputs and a Reshape to 2×3 make one", "theta")
        return (*self.size, 2)

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        height, width = self.size
        return call("F.affine_grid", Code(args[0]), Code(f"({args[0]}.shape[0], 1, {height}, {width})"), align_corners=self.align_corners)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        """A product of theta with a table of places."""
        height, width = self.size

        def at(k: int, n: int) -> float:
            if self.align_corners:
                return 2 * k / (n - 1) - 1 if n > 1 else 0.0
            return (2 * k + 1) / n - 1

        places = [value for i in range(height) for j in range(width) for value in (at(j, width), at(i, height), 1.0)]
        table = g.real(*places, dims=(height * width, 3))
        return g.reshape(g.add("MatMul", table, g.add("Transpose", args[0], perm=[0, 2, 1])), 0, height, width, 2)
