"""The input, and what a place in the middle of a block's result sees of it."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.document.receptive import Seen
from app.look import fonts, theme

SIDE = 64


class Sight(QWidget):
    """A small picture with a sentence beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Seen | None = None
        self.setMinimumHeight(SIDE + 8)

    def sizeHint(self) -> QSize:
        return QSize(200, SIDE + 8)

    def show_seen(self, seen: Seen | None) -> None:
        """Show a field, or nothing."""
        self.seen = seen
        self.setVisible(seen is not None)
        self.setAccessibleName(self.text())
        self.update()

    def text(self) -> str:
        """What the picture says."""
        seen = self.seen
        if seen is None:
            return ""
        whole = "×".join(map(str, seen.input[1:]))
        if seen.text() == "all":
            return self.tr("Sees all of the {0} input").format(whole)
        stride = "×".join(f"{s:g}" for s in dict.fromkeys(axis.stride for axis in seen.field))
        return self.tr("Each place sees {0} of the {1} input; the next one looks {2} further").format(seen.text(), whole, stride)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.seen is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        high, wide = (*self.seen.input[1:], 1, 1)[:2] if len(self.seen.input) == 3 else (1, 1)
        scale = SIDE / max(high, wide)
        box = QRectF(2, 4, wide * scale, high * scale)
        painter.setPen(QPen(theme.color("control"), 1))
        painter.setBrush(theme.color("raised"))
        painter.drawRect(box)
        field = self.seen.field
        tall, broad = (min(field[0].size, high), min(field[1].size, wide)) if len(field) == 2 else (high, wide)
        inner = QRectF(0, 0, max(2.0, broad * scale), max(2.0, tall * scale))
        inner.moveCenter(box.center())
        painter.setPen(QPen(theme.color("accent"), 1.5))
        painter.setBrush(theme.color("accent_soft"))
        painter.drawRect(inner)
        painter.setPen(theme.color("text2"))
        painter.setFont(fonts.inter(12))
        painter.drawText(QRectF(SIDE + 16, 0, self.width() - SIDE - 16, self.height()), 0x0080 | 0x1000, self.text())
