"""Adaptive pooling: the result has the size one asks for, whatever comes in."""

from typing import ClassVar

from blocks.core import Block, Nodes, Shape, Shapes, param
from blocks.params import Pair, Triple, window
from blocks.rules import need_axes, spread
from blocks.source import Code, call


class Adaptive(Block, group="Pooling"):
    """Bin i of m along an axis of n reaches from floor(i n / m) to ceil((i + 1) n / m)."""

    rank: ClassVar[int]
    output_size: int | Pair | Triple = param(default=1, ge=1, help="Length of the result.", label="Size", chip=window)

    def shape(self, x: Shape) -> Shape:
        """C×spatial to C×output_size."""
        need_axes(x, self.rank)
        return (x[0], *spread(self.output_size, self.rank))

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return call(f"F.{self.function}_pool{self.rank}d", Code(args[0]), self.output_size)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        sizes, wanted = xs[0][1:], spread(self.output_size, self.rank)
        if not any(n % m for n, m in zip(sizes, wanted, strict=True)):
            kernel = [n // m for n, m in zip(sizes, wanted, strict=True)]
            return g.add(self.onnx, args[0], kernel_shape=kernel, strides=kernel)
        x = args[0]
        for k, (n, m) in enumerate(zip(sizes, wanted, strict=True)):
            if n != m:
                x = self.pooled(g, x, k + 2, [(i * n // m, -(-(i + 1) * n // m)) for i in range(m)], n)
        return x

    def pooled(self, g: Nodes, x: str, axis: int, bins: list[tuple[int, int]], n: int) -> str:
        """Pool one axis: bins of rectangles are bins along each axis in turn."""
        raise NotImplementedError


class AdaptiveAvg(Adaptive, function="adaptive_avg", onnx="AveragePool"):
    """The mean of each bin: a product with a matrix of shares."""

    def pooled(self, g: Nodes, x: str, axis: int, bins: list[tuple[int, int]], n: int) -> str:
        shares = [1 / (end - start) if start <= k < end else 0.0 for k in range(n) for start, end in bins]
        order = list(range(self.rank + 2))
        order[axis], order[-1] = order[-1], order[axis]
        table = g.real(*shares, dims=(n, len(bins)))
        if axis == self.rank + 1:
            return g.add("MatMul", x, table)
        return g.add("Transpose", g.add("MatMul", g.add("Transpose", x, perm=order), table), perm=order)


class AdaptiveMax(Adaptive, function="adaptive_max", onnx="MaxPool"):
    """The maximum of each bin: short bins name an entry twice."""

    def pooled(self, g: Nodes, x: str, axis: int, bins: list[tuple[int, int]], n: int) -> str:
        longest = max(end - start for start, end in bins)
        places = [min(start + k, end - 1) for start, end in bins for k in range(longest)]
        return g.sum("ReduceMax", g.add("Gather", x, g.ints(*places, dims=(len(bins), longest)), axis=axis), [axis + 1])


class AdaptiveAvgPool2d(
    AdaptiveAvg, label="Adaptive average pool 2D", aka=("adaptive", "avgpool", "spatial pyramid"), example=((8, 7, 9),)
):
    """Takes means over as many bins as one asks for, so that any image ends with the same size.

    Formula: output i is the mean of rows floor(i H / m) to ceil((i + 1) H / m) - 1, and likewise along the width
    Example (output_size=[1, 2]): [[[1, 2, 3], [3, 4, 5]]] gives [[[2.5, 3.5]]]
    Use: before Flatten and Linear, so that images of other sizes fit; VGG and AlexNet end so today
    Paper: He et al., Spatial pyramid pooling, arXiv 1406.4729
    """

    rank = 2
    output_size: Pair = param(default=(4, 4), ge=1, help="Height and width of the result.", label="Size", chip=window)


class AdaptiveAvgPool1d(AdaptiveAvg, label="Adaptive average pool 1D", aka=("adaptive", "avgpool"), example=((8, 10),)):
    """Takes means over as many stretches as one asks for, so that any sequence ends with the same length.

    Formula: output i is the mean of entries floor(i n / m) to ceil((i + 1) n / m) - 1
    Example (output_size=2): [[1, 2, 3]] gives [[1.5, 2.5]]
    Use: before Flatten and Linear, for sequences of several lengths
    """

    rank = 1
    output_size: int = param(default=4, ge=1, help="Length of the result.", label="Size", chip=window)


class AdaptiveAvgPool3d(AdaptiveAvg, label="Adaptive average pool 3D", aka=("adaptive", "avgpool", "volume"), example=((2, 5, 6, 7),)):
    """Takes means over as many boxes as one asks for, so that any volume ends with the same size.

    Formula: as Adaptive average pool 2D, with a third axis
    Example (output_size=[1, 1, 1]): [[[[1, 2]], [[3, 6]]]] gives [[[[3]]]]
    Use: before Flatten and Linear, for volumes of several sizes
    """

    rank = 3
    output_size: Triple = param(default=(2, 2, 2), ge=1, help="Depth, height and width of the result.", label="Size", chip=window)


class AdaptiveMaxPool2d(AdaptiveMax, label="Adaptive max pool 2D", aka=("adaptive", "maxpool", "roi pooling"), example=((8, 7, 9),)):
    """Takes the largest values of as many bins as one asks for, so that any image ends with the same size.

    Formula: output i is the maximum of rows floor(i H / m) to ceil((i + 1) H / m) - 1, and likewise along the width
    Example (output_size=[1, 2]): [[[1, 2, 3], [3, 4, 5]]] gives [[[4, 5]]]
    Use: as Adaptive average pool 2D, where single strong findings should survive
    """

    rank = 2
    output_size: Pair = param(default=(4, 4), ge=1, help="Height and width of the result.", label="Size", chip=window)


class AdaptiveMaxPool1d(AdaptiveMax, label="Adaptive max pool 1D", aka=("adaptive", "maxpool"), example=((8, 10),)):
    """Takes the largest values of as many stretches as one asks for, so that any sequence ends with the same length.

    Formula: output i is the maximum of entries floor(i n / m) to ceil((i + 1) n / m) - 1
    Example (output_size=2): [[1, 2, 3]] gives [[2, 3]]
    Use: before Flatten and Linear, for sequences of several lengths
    """

    rank = 1
    output_size: int = param(default=4, ge=1, help="Length of the result.", label="Size", chip=window)


class AdaptiveMaxPool3d(AdaptiveMax, label="Adaptive max pool 3D", aka=("adaptive", "maxpool", "volume"), example=((2, 5, 6, 7),)):
    """Takes the largest values of as many boxes as one asks for, so that any volume ends with the same size.

    Formula: as Adaptive max pool 2D, with a third axis
    Example (output_size=[1, 1, 1]): [[[[1, 2]], [[3, 6]]]] gives [[[[6]]]]
    Use: before Flatten and Linear, for volumes of several sizes
    """

    rank = 3
    output_size: Triple = param(default=(2, 2, 2), ge=1, help="Depth, height and width of the result.", label="Size", chip=window)
