"""The picture beside "Train your first CNN": a digit goes through a small network."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.look import fonts, theme

# a seven of the bundled digits, 0 to 16
DIGIT = (
    (0, 0, 0, 8, 14, 14, 2, 0), (0, 0, 0, 6, 10, 15, 11, 0), (0, 0, 0, 0, 0, 14, 10, 0), (0, 2, 8, 11, 12, 16, 8, 0),
    (0, 8, 16, 16, 16, 16, 7, 0), (0, 0, 0, 0, 11, 15, 1, 0), (0, 0, 0, 9, 16, 7, 0, 0), (0, 0, 0, 12, 13, 1, 0, 0),
)  # fmt: skip
SIZE = QSize(640, 200)  # what it is drawn in; it is scaled to the room there is
STACKS = (("Convolution", "Conv 2D", 178, 62, 5), ("Pooling", "Max pool", 296, 40, 5), ("Convolution", "Conv 2D", 388, 40, 6))


class HeroPicture(QWidget):
    """Painted anew in the colours of the theme."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumWidth(120)
        self.setAccessibleName(self.tr("A digit goes through two convolutions and a linear layer, and is read as a seven"))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("canvas"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0, 1, -1, -1), 9, 9)
        scale = min(1.15, (self.width() - 40) / SIZE.width(), (self.height() - 30) / SIZE.height())
        painter.translate((self.width() - SIZE.width() * scale) / 2, (self.height() - SIZE.height() * scale) / 2)
        painter.scale(scale, scale)
        self._digit(painter)
        for group, text, x, side, count in STACKS:
            painter.setPen(QPen(theme.color("wire"), 2))
            painter.drawLine(QPointF(x - 34, 90), QPointF(x - 10, 90))
            color = QColor(theme.current.theme.category(group))
            for k in reversed(range(count)):
                painter.setPen(QPen(theme.color("canvas"), 1))
                painter.setBrush(color.darker(100 + 14 * k))
                painter.drawRoundedRect(QRectF(x + 5 * k, 90 - side / 2 - 5 * k, side, side), 3, 3)
            self._caption(painter, x + side / 2 + 8, text)
        self._scores(painter)

    def _digit(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        for y, row in enumerate(DIGIT):
            for x, value in enumerate(row):
                color = theme.color("raised")
                if value:
                    color = theme.color("text")
                    color.setAlphaF(0.15 + 0.85 * value / 16)
                painter.setBrush(color)
                painter.drawRect(QRectF(8 + 14 * x, 34 + 14 * y, 13, 13))
        self._caption(painter, 64, "1×8×8")

    def _scores(self, painter: QPainter) -> None:
        color = QColor(theme.current.theme.category("Linear"))
        for k in range(10):
            y, best = 14 + 16.5 * k, k == 7
            line = QColor(color)
            line.setAlphaF(0.9 if best else 0.3)
            painter.setPen(QPen(line, 1.2))
            painter.drawLine(QPointF(474, 90), QPointF(524, y))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawEllipse(QPointF(528, y), 4.5, 4.5)
            painter.setPen(theme.color("text" if best else "text2"))
            painter.setFont(fonts.inter(11, 600 if best else 400))
            painter.drawText(QRectF(538, y - 8, 14, 16), Qt.AlignmentFlag.AlignCenter, str(k))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent" if best else "control"))
            painter.drawRoundedRect(QRectF(556, y - 2.5, 60 if best else 5, 5), 2, 2)
        self._caption(painter, 560, self.tr("Linear"))

    def _caption(self, painter: QPainter, x: float, text: str) -> None:
        painter.setPen(theme.color("text2"))
        painter.setFont(fonts.inter(11))
        painter.drawText(QRectF(x - 60, 182, 120, 16), Qt.AlignmentFlag.AlignCenter, text)
