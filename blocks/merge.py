"""Merges: several branches become one."""

from blocks.activation import axis
from blocks.core import Block, BlockError, Many, Port, Shape, Shapes, param
from blocks.rules import dims, size


class _Merge(Block, group="Merge", slim=True):
    """Any number of branches in, one out."""


class Add(
    _Merge,
    label="Add",
    glyph="add",
    onnx="Add",
    inputs=Many("x"),
    aka=("sum", "residual", "skip", "shortcut", "plus"),
    example=((16, 8, 8), (16, 8, 8)),
):
    """Adds branches element by element; the heart of a residual connection (He et al., arXiv 1512.03385)."""

    def shape(self, *xs: Shape) -> Shape:
        """The common shape of all inputs."""
        if len(set(xs)) > 1:
            raise BlockError(
                f"needs equal shapes, got {' and '.join(map(dims, dict.fromkeys(xs)))}: a 1×1 Conv 2D can match the channels",
                "shapes-differ",
            )
        return xs[0]

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``x + y``."""
        return " + ".join(args)


class Multiply(
    _Merge,
    label="Multiply",
    glyph="multiply",
    onnx="Mul",
    inputs=Many("x"),
    aka=("gate", "scale", "product", "hadamard"),
    example=((16, 8, 8), (16, 1, 1)),
):
    """Multiplies branches element by element; an axis of size 1 is repeated, so that one number can gate a whole channel."""

    def shape(self, *xs: Shape) -> Shape:
        """Equal ranks; along each axis equal sizes or 1."""
        if len({len(x) for x in xs}) > 1:
            raise BlockError(f"needs equally many axes, got {' and '.join(map(dims, dict.fromkeys(xs)))}", "shapes-differ")
        out = tuple(map(max, zip(*xs, strict=True)))
        if any(n not in (1, m) for x in xs for n, m in zip(x, out, strict=True)):
            raise BlockError(f"needs sizes that are equal or 1, got {' and '.join(map(dims, dict.fromkeys(xs)))}", "shapes-differ")
        return out

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``x * y``."""
        return " * ".join(args)


class Concat(
    _Merge,
    label="Concat",
    glyph="concat",
    onnx="Concat",
    inputs=Many("x", "any"),
    outputs=(Port("y", "any"),),
    aka=("concatenate", "cat", "join", "depth concat"),
    example=((16, 8, 8), (8, 8, 8)),
):
    """Joins branches along one axis, usually the channels: nothing is mixed, all is kept."""

    dim: int = param(
        default=1, ge=-8, le=8, help="The axis that grows, counted as torch does: 0 is the batch, 1 the channels, -1 the last."
    )

    def shape(self, *xs: Shape) -> Shape:
        """Sizes along ``dim`` add up; all others must be equal."""
        at = axis(self.dim, xs[0])
        if len({len(x) for x in xs}) > 1 or len({x[:at] + x[at + 1 :] for x in xs}) > 1:
            raise BlockError(
                f"needs equal sizes but for axis {self.dim}, got {' and '.join(map(dims, dict.fromkeys(xs)))}", "shapes-differ"
            )
        return (*xs[0][:at], sum(x[at] for x in xs), *xs[0][at + 1 :])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``torch.cat``."""
        return f"torch.cat(({', '.join(args)}{',' if len(args) == 1 else ''}), dim={self.dim})"


class _Pairwise(_Merge):
    """Two or more branches of equal shape, combined element by element."""

    def shape(self, *xs: Shape) -> Shape:
        """The common shape of all inputs."""
        return equal(xs)


def equal(xs: Shapes) -> Shape:
    """The common shape; raises BlockError where there is none."""
    if len(set(xs)) > 1:
        raise BlockError(
            f"needs equal shapes, got {' and '.join(map(dims, dict.fromkeys(xs)))}: a 1×1 Conv 2D can match the channels", "shapes-differ"
        )
    return xs[0]


class Subtract(
    _Pairwise,
    label="Subtract",
    glyph="minus",
    onnx="Sub",
    inputs=(Port("a"), Port("b")),
    aka=("difference", "minus"),
    example=((16, 8, 8), (16, 8, 8)),
):
    """Takes b away from a, element by element."""

    source = "{0} - {1}"


class Divide(
    _Pairwise,
    label="Divide",
    glyph="divide",
    onnx="Div",
    inputs=(Port("a"), Port("b")),
    aka=("quotient", "ratio"),
    example=((16, 8, 8), (16, 8, 8)),
):
    """Divides a by b, element by element; b should stay away from zero."""

    source = "{0} / {1}"


class Average(
    _Pairwise, label="Average", glyph="add", onnx="Mean", inputs=Many("x"), aka=("mean", "ensemble"), example=((16, 8, 8), (16, 8, 8))
):
    """Takes the mean of branches, element by element."""

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``(x + y) / 2``."""
        return f"({' + '.join(args)}) / {len(args)}"


class Maximum(_Pairwise, label="Maximum", glyph="add", onnx="Max", inputs=Many("x"), aka=("max",), example=((16, 8, 8), (16, 8, 8))):
    """Keeps the larger of the branches, element by element."""

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``torch.maximum(x, y)``."""
        return nested("torch.maximum", args)


class Minimum(_Pairwise, label="Minimum", glyph="add", onnx="Min", inputs=Many("x"), aka=("min",), example=((16, 8, 8), (16, 8, 8))):
    """Keeps the smaller of the branches, element by element."""

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``torch.minimum(x, y)``."""
        return nested("torch.minimum", args)


def nested(function: str, args: tuple[str, ...]) -> str:
    """``f(f(a, b), c)``."""
    result = args[0]
    for arg in args[1:]:
        result = f"{function}({result}, {arg})"
    return result


class MatMul(
    _Merge,
    label="MatMul",
    glyph="multiply",
    onnx="MatMul",
    inputs=(Port("a"), Port("b")),
    aka=("matrix product", "bmm", "attention"),
    example=((4, 8), (8, 5)),
):
    """Multiplies matrices: each row of a with each column of b."""

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

    source = "{0} @ {1}"


class Stack(
    _Merge,
    label="Stack",
    glyph="concat",
    onnx="Concat",
    inputs=Many("x", "any"),
    outputs=(Port("y", "any"),),
    aka=("new axis",),
    example=((8, 8), (8, 8)),
):
    """Puts branches of equal shape behind each other along a new axis."""

    dim: int = param(default=1, ge=1, le=8, help="Where the new axis stands, counted as torch does: 1 is the first after the batch.")

    def shape(self, *xs: Shape) -> Shape:
        """A new axis as long as there are branches."""
        x = equal(xs)
        if self.dim > len(x) + 1:
            raise BlockError(f"dim {self.dim} is too far: {dims(x)} can be stacked along 1 to {len(x) + 1}", "axes")
        return (*x[: self.dim - 1], len(xs), *x[self.dim - 1 :])

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """``torch.stack``."""
        return f"torch.stack(({', '.join(args)}{',' if len(args) == 1 else ''}), dim={self.dim})"
