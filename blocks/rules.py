"""What the rules of many blocks share: words for shapes, the window formula, and torch calls written as a person would."""

from collections.abc import Mapping
from math import ceil
from typing import Any

from blocks.core import BlockError, Shape

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


def call(function: str, *args: Any, omit: Mapping[str, Any] = {}, **options: Any) -> str:
    """Source of a call. Options that equal torch's own default, given in ``omit``, are left out."""
    parts = [literal(arg) for arg in args]
    parts += [f"{name}={literal(value)}" for name, value in options.items() if name not in omit or literal(omit[name]) != literal(value)]
    return f"{function}({', '.join(parts)})"


class Code(str):
    """Source text that ``call`` passes through unquoted, such as the name of a variable."""

    __slots__ = ()


def literal(value: Any) -> str:
    """A parameter as ASCII source; ``(3, 3)`` is ``3`` because torch reads it so."""
    if isinstance(value, Code):
        return value
    if isinstance(value, tuple):
        if value and all(n == value[0] for n in value):
            return literal(value[0])
        return "(" + ", ".join(literal(n) for n in value) + ("," if len(value) == 1 else "") + ")"
    return ascii(value) if isinstance(value, str) else repr(value)
