"""Small helpers for widgets."""

from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel

W = TypeVar("W")


def make(kind: Callable[..., W], *args: Any, **properties: Any) -> W:
    """``kind(*args, **properties)``: PySide takes every Qt property as a keyword, but its type stubs know only a class's own."""
    return kind(*args, **properties)


class Elided(QLabel):
    """A line of plain text that ends in … where it is too long, with all of it as tooltip."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self.font())
        text = QFontMetricsF(self.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
