"""Torch source, written as a person would write it."""

from collections.abc import Mapping
from typing import Any

from blocks.symbols import RealSymbol, Symbol


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
    if isinstance(value, (Code, Symbol, RealSymbol)):
        return value if isinstance(value, Code) else value.source
    if isinstance(value, tuple):
        if value and all(n == value[0] for n in value):
            return literal(value[0])
        return "(" + ", ".join(literal(n) for n in value) + ("," if len(value) == 1 else "") + ")"
    return ascii(value) if isinstance(value, str) else repr(value)
