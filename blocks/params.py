"""Typed parameters: ``param()`` declares one, ``Param`` checks values against its type and limits.

The type decides the editor: ``int`` a spin box, ``bool`` a check box, ``Literal`` a combo box, ``Pair`` two linked spin boxes.
"""

import math
import types
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Union, get_args, get_origin

Pair = tuple[int, int]
Triple = tuple[int, int, int]
Ints = tuple[int, ...]
Floats = tuple[float, ...]

MISSING: Final[Any] = object()
LARGEST: Final = 2**53  # integers stay exact in JSON, in spin boxes and in every tool that reads a document


class ParamError(ValueError):
    """A value does not fit the parameter ``name``. The text is a sentence for the user."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, slots=True)
class Param:
    """One declared parameter. ``ge``, ``gt``, ``le`` and ``lt`` limit numbers, each entry of a tuple of its own."""

    default: Any
    help: str
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    label: str = ""
    chip: Callable[[Any], str] | None = None
    section: str = ""
    check: Callable[[Any], str] | None = None
    editor: str = ""
    name: str = ""
    type: Any = None

    def named(self, name: str, annotation: Any) -> "Param":
        """The parameter with its name and type filled in, its default checked against both."""
        label = self.label or name.replace("_", " ").capitalize()
        done = replace(self, name=name, type=annotation, label=label)
        return replace(done, default=done.coerce(self.default))

    def takes(self, value: Any) -> bool:
        """Whether a value is of the declared type, whatever its limits."""
        return _convert(self.type, value) is not MISSING

    def coerce(self, value: Any) -> Any:
        """``value`` as the declared type; raises ParamError with the reason where it can't be."""
        result = _convert(self.type, value)
        if result is MISSING:
            raise ParamError(self.name, f"{self.name} must be {describe(self.type)}, got {_short(value)}")
        for number in result if isinstance(result, tuple) else (result,):
            if isinstance(number, (int, float)) and not isinstance(number, bool):
                self._check_limits(number, value)
        if self.check and (wrong := self.check(result)):
            raise ParamError(self.name, wrong)
        return result

    def _check_limits(self, number: float, value: Any) -> None:
        for broken, words, limit in (
            (self.ge is not None and number < self.ge, "at least", self.ge),
            (self.gt is not None and number <= self.gt, "more than", self.gt),
            (self.le is not None and number > self.le, "at most", self.le),
            (self.lt is not None and number >= self.lt, "less than", self.lt),
        ):
            if broken:
                raise ParamError(self.name, f"{self.name} must be {words} {limit:g}, got {_short(value)}")


def param(
    *,
    default: Any,
    help: str,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    label: str = "",
    chip: Callable[[Any], str] | str | None = None,
    section: str = "",
    check: Callable[[Any], str] | None = None,
    editor: str = "",
) -> Any:
    """Declare a parameter.

    ``chip`` makes its text for the face of the block: a function, or a format such as ``"/{}"``. ``section`` is a heading under which
    rarely needed parameters fold away. ``check`` says in a sentence what is wrong with a value of the right type, or nothing.
    ``editor`` asks for another editor than the type has.
    """
    show = (lambda value, form=chip: form.format(times(value))) if isinstance(chip, str) else chip
    return Param(default, help, ge, gt, le, lt, label, show, section, check, editor)


def times(value: Any) -> str:
    """A value as a person writes it: ``(3, 3)`` is ``3×3``, ``"same"`` stays."""
    if isinstance(value, tuple):
        return "×".join(map(str, value)) if len(set(value)) != 1 or len(value) == 1 else str(value[0])
    return f"{value:g}" if isinstance(value, float) else str(value)


def window(value: Any) -> str:
    """The size of a window with every axis shown: ``3×3``."""
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)


def stride_chip(value: Any) -> str:
    """``/2``; a stride of one says nothing."""
    return "" if times(value) == "1" else f"/{times(value)}"


def dilation_chip(value: Any) -> str:
    """``d2``; a dilation of one says nothing."""
    return "" if times(value) == "1" else f"d{times(value)}"


def padding_chip(value: Any) -> str:
    """``p1``, or the name of the rule."""
    return value if isinstance(value, str) else f"p{times(value)}"


def pad_chip(value: Any) -> str:
    """``p1``; no padding says nothing."""
    return "" if times(value) == "0" else f"p{times(value)}"


def bias_chip(value: bool) -> str:
    """Says only what is unusual: a layer without a bias."""
    return "" if value else "no bias"


def describe(kind: Any) -> str:
    """A type in words, for error messages."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(describe(arg) for arg in args)
    if origin is Literal:
        return "one of " + ", ".join(map(repr, args)) if len(args) > 1 else repr(args[0])
    if origin is tuple:
        return f"a list of {'whole ' * (args[0] is int)}numbers" if args[-1] is ... else f"a list of {len(args)} whole numbers"
    return {int: "a whole number", float: "a number", bool: "true or false", str: "a text", type(None): "null"}[kind]


def _convert(kind: Any, value: Any) -> Any:
    """``value`` as ``kind``, or MISSING. Nothing is guessed: "3" is no number, and True no 1."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return next((done for arg in args if (done := _convert(arg, value)) is not MISSING), MISSING)
    if origin is Literal:
        return value if isinstance(value, str) and value in args else MISSING
    if origin is tuple:
        if isinstance(value, int) and not isinstance(value, bool) and args[-1] is not ...:
            value = (value,) * len(args)
        if (
            not isinstance(value, (list, tuple))
            or (args[-1] is not ... and len(value) != len(args))
            or len(value) > (16 if args[0] is int else 10_000)
        ):
            return MISSING
        entries = tuple(_convert(args[0], entry) for entry in value)
        return MISSING if MISSING in entries else entries
    if kind is bool or kind is str:
        return value if isinstance(value, kind) else MISSING
    if kind is type(None):
        return value if value is None else MISSING
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return MISSING
    if kind is float:
        return (value if isinstance(value, float) else float(value)) if math.isfinite(value) else MISSING
    return value if isinstance(value, int) and abs(value) <= LARGEST else MISSING


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
