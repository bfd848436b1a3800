"""Quick-add: type a few letters, press Enter, and the block stands where it should."""

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QListWidgetItem, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.document.analysis import Analysis
from app.document.legal import End
from app.document.offers import Offer, offers
from app.look import fonts, icons, theme
from app.look.popup import Popup, paint_ground
from blocks.catalogue import Catalogue

OFFER = Qt.ItemDataRole.UserRole
SIZE = QSize(380, 400)
MOST = 60  # nobody looks further down


@dataclass(frozen=True, slots=True)
class Question:
    """Where a block is wanted. ``start`` is the port that it would be wired to, ``wire`` one that it would go into.

    ``dropped`` says that a wire was let go at the scene point ``at``; ``instead`` names a block whose place it takes.
    """

    at: tuple[float, float]
    start: End | None = None
    forward: bool = True
    wire: str = ""
    dropped: bool = False
    instead: str = ""


class QuickAdd(Popup):
    """A search field over the canvas with what fits below it. ``chosen`` carries the offer, the question and the keys held at Enter."""

    chosen = Signal(object, object, object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Add a block"))
        self.list.setItemDelegate(Row(self.list))
        self.resize(SIZE)
        self._analysis: Analysis | None = None
        self._kinds: Catalogue | None = None
        self.question = Question(at=(0.0, 0.0))

    def ask(self, analysis: Analysis, kinds: Catalogue, question: Question, at: QPoint) -> None:
        """Open at a point of the parent."""
        self._analysis, self._kinds, self.question = analysis, kinds, question
        room = self.over.rect()
        x = max(8, min(at.x() - 24, room.width() - self.width() - 8))
        y = max(8, min(at.y() + 8, room.height() - self.height() - 8))
        self.move(x, y)
        free = self.tr("Enter: add   ·   Esc: close")
        after = self.tr("Enter: after the selected block   ·   Shift: a new branch   ·   Ctrl: in its place   ·   Ctrl+Shift: unconnected")
        self.below.setText(free if question.wire or question.dropped or question.instead or not question.start else after)
        self.open_(self.tr("Add a block: conv 64 3"))

    def fill(self, text: str) -> None:
        if self._analysis is None:
            return
        self.list.clear()
        for offer in offers(text, self._analysis, self.question.start, forward=self.question.forward, kinds=self._kinds)[:MOST]:
            item = QListWidgetItem(self.list)
            item.setData(OFFER, offer)
            item.setText(offer.block.label)
            item.setToolTip(offer.reason or type(offer.block).help())
            if offer.fit == "no":
                item.setFlags(Qt.ItemFlag.NoItemFlags)
        first = self.list.item(0)  # nothing else is chosen where what was asked for can't be had
        self.list.setCurrentRow(0 if first is not None and first.flags() & Qt.ItemFlag.ItemIsEnabled else -1)

    def accept(self, item: QListWidgetItem | None, keys: Qt.KeyboardModifier) -> None:
        offer: Offer | None = item.data(OFFER) if item is not None else None
        if offer is not None and offer.fit != "no":
            self.close_()
            self.chosen.emit(offer, self.question, keys)


class Row(QStyledItemDelegate):
    """The tile, the name with what was typed for it, and why it would not fit."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(SIZE.width() - 40, 40)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        offer: Offer = index.data(OFFER)
        rect = QRectF(option.rect)
        painter.save()
        paint_ground(painter, option)
        painter.setOpacity(0.45 if offer.fit == "no" else 1.0)
        ratio = painter.device().devicePixelRatioF()
        icons.tile(painter, QRectF(rect.left() + 8, rect.center().y() - 12, 24, 24), offer.block.group, offer.block.glyph, ratio)
        chips = "  ".join(text for text, bold in offer.block.chips() if bold)
        text = rect.adjusted(42, 0, -8, 0)
        upper = QRectF(text.left(), text.top() + 3, text.width(), 18) if offer.reason else text
        _line(painter, upper, offer.block.label, 13, "text", Qt.AlignmentFlag.AlignLeft)
        _line(painter, upper, chips or offer.block.group, 11, "text2", Qt.AlignmentFlag.AlignRight)
        if offer.reason:
            words = offer.reason[0].upper() + offer.reason[1:]
            _line(painter, QRectF(text.left(), text.top() + 20, text.width(), 16), words, 11, "warn" if offer.fit == "adapter" else "text2")
        painter.restore()


def _line(
    painter: QPainter, rect: QRectF, text: str, size: int, role: str, align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft
) -> None:  # fmt: skip
    font = fonts.inter(size, 600 if size > 12 else 400)
    painter.setFont(font)
    painter.setPen(theme.color(role))
    shown = fonts.metrics(font).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, align | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, shown)
