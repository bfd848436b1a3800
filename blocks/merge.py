"""Merges: several branches become one."""

from blocks.core import Block, BlockError, Kind, Many, Nodes, Port, Shape, Shapes, param
from blocks.rules import axis, broadcast, dims, equal, listed, size

TWO = (Port("a"), Port("b"))
PAIR = ((16, 8, 8), (16, 8, 8))
DIM = "counted as torch does: 0 is the batch, 1 the channels, -1 the last."


class Merge(Block, group="Merge", slim=True):
    """Any number of branches of equal shape in, one out."""

    def shape(self, *xs: Shape) -> Shape:
        """The common shape of all inputs."""
        return equal(xs)


class Add(
    Merge, label="Add", onnx="Add", inputs=Many("x"), aka=("sum", "residual", "skip", "shortcut", "plus", "elementwise sum"), example=PAIR
):
    """Adds branches element by element; the heart of a residual connection.

    Formula: y = x_1 + x_2 + ...
    Example: [1, 2] and [10, 20] gives [11, 22]
    Use: at the end of a residual branch, with the branch's input as the other wire; shapes must be equal
    Paper: He et al., Deep residual learning, arXiv 1512.03385
    """

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return " + ".join(args)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return chained(g, "Add", args)


class Multiply(
    Merge, label="Multiply", onnx="Mul", inputs=Many("x"), aka=("gate", "scale", "product", "hadamard"), example=((16, 8, 8), (16, 1, 1))
):
    """Multiplies branches element by element; an axis of size 1 is repeated, so that one number can gate a whole channel.

    Formula: y = x_1 * x_2 * ...
    Example: [[1, 2], [3, 4]] and [[10], [100]] gives [[10, 20], [300, 400]]
    Use: for gates and attention: one side between 0 and 1 says how much of the other passes
    """

    def shape(self, *xs: Shape) -> Shape:
        """Equal ranks; along each axis equal sizes or 1."""
        return broadcast(xs)

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return " * ".join(args)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return chained(g, "Mul", args)


class Concat(
    Merge,
    label="Concat",
    onnx="Concat",
    inputs=Many("x", "any"),
    outputs=(Port("y", "any"),),
    aka=("concatenate", "cat", "join", "depth concat"),
    example=((16, 8, 8), (8, 8, 8)),
):
    """Joins branches along one axis, usually the channels: nothing is mixed, all is kept.

    Formula: channels of y = channels of x_1, then those of x_2, ...
    Example: [1, 2] and [3] gives [1, 2, 3]
    Use: at the end of an Inception block, between the layers of a DenseNet, for the skips of a U-Net
    Paper: Szegedy et al., arXiv 1409.4842; Huang et al., arXiv 1608.06993
    """

    dim: int = param(default=1, ge=-8, le=8, help=f"The axis that grows, {DIM}")

    def shape(self, *xs: Shape) -> Shape:
        """Sizes along ``dim`` add up; all others must be equal."""
        at = axis(self.dim, xs[0])
        if len({len(x) for x in xs}) > 1 or len({x[:at] + x[at + 1 :] for x in xs}) > 1:
            raise BlockError(f"needs equal sizes but for axis {self.dim}, got {listed(xs)}", "shapes-differ")
        return (*xs[0][:at], sum(x[at] for x in xs), *xs[0][at + 1 :])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return f"torch.cat(({', '.join(args)}{',' if len(args) == 1 else ''}), dim={self.dim})"

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Concat", *args, axis=self.dim)


class Subtract(Merge, label="Subtract", onnx="Sub", inputs=TWO, source="{0} - {1}", aka=("difference", "minus"), example=PAIR):
    """Takes b away from a, element by element.

    Formula: y = a - b
    Example: [5, 2] and [1, 2] gives [4, 0]
    Use: to learn what differs between two inputs
    """


class Divide(Merge, label="Divide", onnx="Div", inputs=TWO, source="{0} / {1}", aka=("quotient", "ratio"), example=PAIR):
    """Divides a by b, element by element; b should stay away from zero.

    Formula: y = a / b
    Example: [6, 2] and [3, 4] gives [2, 0.5]
    Use: to normalise by something the network computes; put a Softplus or Exponential before b
    """


class Average(Merge, label="Average", onnx="Mean", inputs=Many("x"), aka=("mean", "ensemble"), example=PAIR):
    """Takes the mean of branches, element by element.

    Formula: y = (x_1 + x_2 + ...) / number of branches
    Example: [1, 2] and [3, 6] gives [2, 4]
    Use: to let several heads vote
    """

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return f"({' + '.join(args)}) / {len(args)}"

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Mean", *args)


class Maximum(Merge, label="Maximum", onnx="Max", inputs=Many("x"), aka=("max", "larger"), example=PAIR):
    """Keeps the larger of the branches, element by element.

    Formula: y = max(x_1, x_2, ...)
    Example: [1, 6] and [3, 2] gives [3, 6]
    Use: to merge views of one thing where any may be right
    """

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return nested("torch.maximum", args)


class Minimum(Merge, label="Minimum", onnx="Min", inputs=Many("x"), aka=("min", "smaller"), example=PAIR):
    """Keeps the smaller of the branches, element by element.

    Formula: y = min(x_1, x_2, ...)
    Example: [1, 6] and [3, 2] gives [1, 2]
    Use: to merge conditions that must all hold
    """

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return nested("torch.minimum", args)


def nested(function: str, args: tuple[str, ...]) -> str:
    """``f(f(a, b), c)``."""
    result = args[0]
    for arg in args[1:]:
        result = f"{function}({result}, {arg})"
    return result


def chained(g: Nodes, op: str, args: tuple[str, ...]) -> str:
    """The same operator between all inputs, from the left."""
    result = args[0]
    for arg in args[1:]:
        result = g.add(op, result, arg)
    return result


class MatMul(
    Merge,
    label="MatMul",
    onnx="MatMul",
    inputs=TWO,
    source="{0} @ {1}",
    aka=("matrix product", "bmm", "attention"),
    example=((4, 8), (8, 5)),
):
    """Multiplies matrices: each row of a with each column of b.

    Formula: y_ij = sum over k of a_ik b_kj
    Example: [[1, 2]] and [[3], [4]] gives [[11]]
    Use: for attention drawn by hand, and wherever one branch computes the weights of another
    """

    def shape(self, a: Shape, b: Shape) -> Shape:
        """...×N×K times ...×K×M gives ...×N×M; the leading axes must be equal."""
        if len(a) < 2 or len(a) != len(b) or a[:-2] != b[:-2]:
            raise BlockError(f"needs matrices with equal leading axes, got {dims(a)} and {dims(b)}", "shapes-differ")
        if a[-1] != b[-2]:
            raise BlockError(f"needs as many columns in a as rows in b, got {dims(a)} and {dims(b)}: {a[-1]} is not {b[-2]}", "inner")
        return (*a[:-1], b[-1])

    def macs(self, a: Shape, b: Shape) -> int:
        """N * K * M for each matrix."""
        return size(a) * b[-1]


class Stack(
    Merge,
    label="Stack",
    onnx="Concat",
    inputs=Many("x", "any"),
    outputs=(Port("y", "any"),),
    aka=("new axis", "pack"),
    example=((8, 8), (8, 8)),
):
    """Puts branches of equal shape behind each other along a new axis.

    Formula: y_k = x_k
    Example: [1, 2] and [3, 4] gives [[1, 2], [3, 4]]
    Use: to make a sequence, or channels, of single maps
    """

    dim: int = param(default=1, ge=1, le=8, help="Where the new axis stands, counted as torch does: 1 is the first after the batch.")

    def shape(self, *xs: Shape) -> Shape:
        """A new axis as long as there are branches."""
        x = equal(xs)
        if self.dim > len(x) + 1:
            raise BlockError(f"dim {self.dim} is too far: {dims(x)} can be stacked along 1 to {len(x) + 1}", "axes")
        return (*x[: self.dim - 1], len(xs), *x[self.dim - 1 :])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return f"torch.stack(({', '.join(args)}{',' if len(args) == 1 else ''}), dim={self.dim})"

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Concat", *(g.add("Unsqueeze", arg, g.ints(self.dim)) for arg in args), axis=self.dim)


class DotProduct(
    Merge, label="Dot product", onnx="ReduceSum", inputs=TWO, aka=("dot", "inner product", "similarity"), example=((16,), (16,))
):
    """Multiplies element by element and adds up along an axis: large where both point the same way.

    Formula: y = sum of a * b
    Example: [1, 2] and [3, 4] gives 11
    Use: to score how well two embeddings fit, as in recommenders
    """

    dim: int = param(default=-1, ge=-8, le=8, help=f"The axis that is added up, {DIM}")

    def shape(self, a: Shape, b: Shape) -> Shape:
        """Without the axis."""
        x = equal((a, b))
        at = axis(self.dim, x)
        return (*x[:at], *x[at + 1 :])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return f"({args[0]} * {args[1]}).sum(dim={self.dim})"

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.sum("ReduceSum", g.add("Mul", *args), [self.dim])


class CosineSimilarity(
    DotProduct,
    label="Cosine similarity",
    function="F.cosine_similarity",
    onnx="Div",
    always=("dim",),
    aka=("angle", "siamese"),
    example=((16,), (16,)),
):
    """The cosine of the angle between two vectors: 1 where they point the same way, -1 where they point apart.

    Formula: y = sum of a * b / (max(|a|, eps) * max(|b|, eps))
    Example: [3, 4] and [6, 8] gives 1
    Use: to compare embeddings whose length says nothing
    """

    dim: int = param(default=-1, ge=-8, le=8, help=f"The axis along which the vectors lie, {DIM}")
    eps: float = param(default=1e-8, gt=0, help="Smallest length that is divided by.")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return Block.forward(self, args, xs)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        units = [
            g.add("Div", arg, g.add("Max", g.sum("ReduceL2", arg, [self.dim], keepdims=True), g.real(self.eps))) for arg in args
        ]  # fmt: skip
        return g.sum("ReduceSum", g.add("Mul", *units), [self.dim])


class Switch(
    Merge,
    label="Switch",
    onnx="Identity",
    inputs=Many("x", "any"),
    outputs=(Port("y", "any"),),
    aka=("select", "choose", "if", "condition", "optional"),
    example=PAIR,
):
    """Picks one of its wires when the network is built; of the others nothing is left, and they cost nothing.

    Formula: y = x_which, counted from 0
    Example: with which = 1 the second wire goes through, and the block that feeds the first is not built
    Use: in a block of blocks, with a formula such as = 0 if stride == 1 else 1, for a part that is needed only sometimes
    """

    which: int = param(default=0, ge=0, help="The wire that is picked, counted from 0; most often a formula.", chip="#{}")

    def shape(self, *xs: Shape) -> Shape:
        """The shape of the wire that is picked."""
        if self.which >= len(xs):
            raise BlockError(f"which is {self.which}, but it has {len(xs)} wires, counted from 0: give 0 to {len(xs) - 1}", "range")
        return xs[self.which]

    def kinds(self, *kinds: Kind) -> tuple[Kind, ...]:
        """That of the wire that is picked."""
        return (kinds[self.which] if self.which < len(kinds) else "any",)

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return args[self.which]

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return args[self.which]
