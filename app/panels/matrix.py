"""The picture of a confusion matrix: rows are what samples are, columns what they were called."""

from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QToolTip, QWidget

from app.document.confusion import Confusion
from app.look import fonts, theme
from app.look.text import plain

MOST_CLASSES: Final = 30  # more cells than that can't be read
LEAST_CELL, MOST_CELL, LETTERS = 7, 34, 20  # pixels; of a cell, and from which on it holds its number
LONGEST_NAME: Final = 64  # pixels
ARROWS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


class Matrix(QWidget):
    """``chosen`` carries the true class and the one it was read as. Mouse and arrow keys choose."""

    chosen = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.confusion: Confusion | None = None
        self.cell = (-1, -1)
        self.shares = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Confusion matrix"))
        theme.current.changed.connect(self.update)

    def show_confusion(self, confusion: Confusion) -> None:
        """Draw another matrix; the chosen cell stays."""
        if self.confusion is None or confusion.names != self.confusion.names:
            self.cell = (-1, -1)
        self.confusion = confusion
        self._fit()
        self.update()

    def show_shares(self, shares: bool) -> None:
        """Per cent of each row in place of counts."""
        self.shares = shares
        self.update()

    def choose(self, true: int, said: int) -> None:
        """Mark a cell, and tell."""
        self.cell = (true, said)
        self.update()
        self._describe()
        self.chosen.emit(true, said)

    # Where things are

    def _labels(self) -> tuple[int, int]:
        """Pixels left of the cells, and below them."""
        assert self.confusion is not None
        metrics = QFontMetrics(fonts.inter(10))
        widest = min(LONGEST_NAME, max(metrics.horizontalAdvance(name) for name in self.confusion.names))
        short = widest < LEAST_CELL * 3
        return widest + 8, 16 if short else 6

    def _cell_size(self, width: int) -> int:
        assert self.confusion is not None
        return max(LEAST_CELL, min(MOST_CELL, (width - self._labels()[0] - 2) // max(1, len(self.confusion.names))))

    def _fit(self) -> None:
        """As high as cells of this width need."""
        if self.confusion is not None:
            self.setFixedHeight(self._cell_size(self.width()) * len(self.confusion.names) + self._labels()[1] + 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def rect_of(self, true: int, said: int) -> QRect:
        """Where a cell is drawn."""
        side = self._cell_size(self.width())
        return QRect(self._labels()[0] + said * side, true * side, side, side)

    def at(self, point: QPoint) -> tuple[int, int] | None:
        """The cell under a point."""
        if self.confusion is None:
            return None
        side = self._cell_size(self.width())
        said, true = (point.x() - self._labels()[0]) // side, point.y() // side
        inside = range(len(self.confusion.names))
        return (true, said) if true in inside and said in inside else None

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.confusion is None:
            return
        painter = QPainter(self)
        names, cells = self.confusion.names, self.confusion.cells
        side = self._cell_size(self.width())
        left, below = self._labels()
        worst = max((count for (true, said), count in cells.items() if true != said), default=1)
        painter.setFont(fonts.inter(10))
        metrics = painter.fontMetrics()
        for k, name in enumerate(names):
            painter.setPen(theme.color("text2"))
            if side >= metrics.height() - 3 or k % 2 == 0:
                text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, left - 8)
                painter.drawText(QRect(0, k * side, left - 6, side), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            if below > 6 and (side >= metrics.horizontalAdvance(name) + 2 or k % 2 == 0):
                centre = QRect(left + k * side - side, len(names) * side + 1, 3 * side, below)
                painter.drawText(centre, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, name)
        for true in range(len(names)):
            row = max(1, self.confusion.true[true])
            for said in range(len(names)):
                place = self.rect_of(true, said).adjusted(1, 1, -1, -1)
                count = cells.get((true, said), 0)
                fill = self._fill(count, row, worst, true == said)
                painter.fillRect(place, fill)
                if count and side >= LETTERS:
                    dark = (fill.red() * 299 + fill.green() * 587 + fill.blue() * 114) / 1000 < 140
                    painter.setPen(QColor("#FFFFFF" if dark else "#14181D"))
                    share = 100 * count / row
                    text = f"{share:.0f}" if self.shares else str(count)
                    if metrics.horizontalAdvance(text) <= side - 3:
                        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        if self.cell != (-1, -1):
            pen = painter.pen()
            pen.setColor(theme.color("accent"))
            pen.setWidth(2)
            painter.setPen(pen)
            painter.drawRect(self.rect_of(*self.cell))

    def _fill(self, count: int, row: int, worst: int, right: bool) -> QColor:
        """The more of its row a cell holds, the stronger; mistakes are in the colour of the validation, against the worst of them."""
        paper = theme.color("raised")
        if not count:
            return paper
        share = count / row if right else 0.2 + 0.8 * count / worst
        ink = theme.color("plot_train" if right else "plot_validation")
        weight = 0.25 + 0.75 * share if right else 0.75 * share
        return QColor(
            round(paper.red() + (ink.red() - paper.red()) * weight),
            round(paper.green() + (ink.green() - paper.green()) * weight),
            round(paper.blue() + (ink.blue() - paper.blue()) * weight),
        )

    # Choosing

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if (cell := self.at(event.position().toPoint())) is not None and event.button() == Qt.MouseButton.LeftButton:
            self.choose(*cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = ARROWS.get(Qt.Key(event.key()))
        if step is None or self.confusion is None:
            super().keyPressEvent(event)
            return
        most = len(self.confusion.names) - 1
        true, said = (min(most, max(0, at + by)) for at, by in zip(self.cell, step, strict=True))
        self.choose(true, said)

    def text_of(self, true: int, said: int) -> str:
        """A cell in a sentence."""
        assert self.confusion is not None
        names, count, row = self.confusion.names, self.confusion.cells.get((true, said), 0), self.confusion.true[true]
        text = self.tr("True {0}, read as {1}: {2} of {3}").format(names[true], names[said], f"{count:,}", f"{row:,}")
        return text + (f" ({100 * count / row:.1f} %)" if row else "")

    def _describe(self) -> None:
        self.setAccessibleDescription(self.text_of(*self.cell))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            cell = self.at(event.pos())
            if cell is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), plain(self.text_of(*cell)), self)
            return True
        return super().event(event)
