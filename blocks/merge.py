"""Merges: several branches become one."""

from blocks.activation import axis
from blocks.core import Block, BlockError, Many, Port, Shape, Shapes, param
from blocks.rules import dims


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
