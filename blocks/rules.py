"""What the shape rules of many blocks share: words for shapes, axes, equal shapes, and the window formula."""

from math import ceil

from blocks.core import BlockError, Shape, Shapes

AXES = {1: ("a sequence C×L", "length"), 2: ("an image C×H×W", "height", "width"), 3: ("a volume C×D×H×W", "depth", "height", "width")}


def dims(shape: Shape) -> str:
    """``(64, 7, 7)`` as ``64×7×7``; the empty shape is a scalar."""
    return "×".join(map(str, shape)) or "scalar"


def size(shape: Shape) -> int:
    """The number of entries of a tensor."""
    product = 1
    for n in shape:
        product *= n
    return product


def spread(value: int | tuple[int, ...], rank: int) -> tuple[int, ...]:
    """One number for every axis, as torch reads it."""
    return value if isinstance(value, tuple) else (value,) * rank


def need_axes(x: Shape, rank: int) -> None:
    """Raise unless ``x`` is channels and ``rank`` spatial axes."""
    if len(x) != rank + 1:
        raise BlockError(f"needs {AXES[rank][0]}, got {dims(x)}" + (": it has already been flattened" if len(x) == 1 else ""), "axes")


def need_groups(groups: int, inputs: int, outputs: int) -> None:
    """Raise unless ``groups`` divides the channels that come in and those that go out."""
    for name, channels in (("input", inputs), ("output", outputs)):
        if channels % groups:
            raise BlockError(f"groups must divide the {name} channels: {channels} / {groups} leaves {channels % groups}", "groups")


def window_size(
    length: int, axis: str, *, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1, round_up: bool = False
) -> int:
    """Positions of a window along one axis (Dumoulin and Visin, arXiv 1603.07285, relationship 15).

    ``round_up`` is torch's ceil_mode: the last window may hang over the end, but must start inside the input or its left padding.
    """
    reach = length + 2 * padding - dilation * (kernel - 1) - 1
    if reach < 0 and not (round_up and ceil(reach / stride) + 1 > 0):
        wide = f"{kernel}" + (f" dilated by {dilation}" if dilation > 1 else "")
        inner = f"{length} + 2*{padding} - {dilation}*({kernel} - 1) - 1"
        raise BlockError(
            f"a window of {wide} does not fit into {axis} {length}: floor(({inner}) / {stride}) + 1 = {reach // stride + 1}. "
            f"Use a smaller kernel_size, more padding, or one pooling less before it",
            "window",
        )
    steps = (ceil(reach / stride) if round_up else reach // stride) + 1
    if round_up and (steps - 1) * stride >= length + padding:
        steps -= 1
    return steps


def axis(dim: int, x: Shape, role: str = "dim") -> int:
    """The index into ``x`` of an axis counted as torch does, with the batch as axis 0; raises BlockError where there is none."""
    rank = len(x) + 1
    if not -rank <= dim < rank or dim % rank == 0:
        raise BlockError(
            f"{role} {dim} is no axis of {dims(x)} (axis 0 is the batch): use 1 to {rank - 1} or -{rank - 1} to -1"
            if x
            else "a scalar has no axis",
            "axes",
        )
    return dim % rank - 1


def equal(xs: Shapes) -> Shape:
    """The common shape; raises BlockError where there is none."""
    if len(set(xs)) > 1:
        raise BlockError(f"needs equal shapes, got {listed(xs)}: a 1×1 Conv 2D can match the channels", "shapes-differ")
    return xs[0]


def broadcast(xs: Shapes) -> Shape:
    """Equal ranks, and along each axis equal sizes or 1; raises BlockError."""
    if len({len(x) for x in xs}) > 1:
        raise BlockError(f"needs equally many axes, got {listed(xs)}", "shapes-differ")
    out = tuple(map(max, zip(*xs, strict=True)))
    if any(n not in (1, m) for x in xs for n, m in zip(x, out, strict=True)):
        raise BlockError(f"needs sizes that are equal or 1, got {listed(xs)}", "shapes-differ")
    return out


def listed(xs: Shapes) -> str:
    """Shapes in words, each once: 64×7×7 and 32×7×7."""
    return " and ".join(map(dims, dict.fromkeys(xs)))
