"""A small helper for widgets."""

from collections.abc import Callable
from typing import Any, TypeVar

W = TypeVar("W")


def make(kind: Callable[..., W], *args: Any, **properties: Any) -> W:
    """``kind(*args, **properties)``: PySide takes every Qt property as a keyword, but its type stubs know only a class's own."""
    return kind(*args, **properties)
