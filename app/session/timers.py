"""Timers in one line."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


def timer(parent: QObject, milliseconds: int, run: Callable[[], object], *, once: bool = False) -> QTimer:
    """A timer, not yet started."""
    result = QTimer(parent)
    result.setInterval(milliseconds)
    result.setSingleShot(once)
    result.timeout.connect(run)
    return result
