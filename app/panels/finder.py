"""A list over the window with a field to type in: for commands, and for blocks of the network."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QListWidgetItem, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.look import fonts, theme
from app.look.popup import Popup, paint_ground

ENTRY = Qt.ItemDataRole.UserRole
WIDTH, TALL, MOST = 560, 420, 200


@dataclass(frozen=True, slots=True)
class Entry:
    """A row: its text, what stands at the right, and what it stands for."""

    text: str
    note: str
    value: object


class Finder(Popup):
    """Asks ``source`` for entries as one types. ``chosen`` carries the value of a row, ``looked`` that of the row one is on."""

    chosen = Signal(object)
    looked = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._source: Callable[[str], list[Entry]] = lambda _: []
        self.list.setItemDelegate(Row(self.list))
        self.list.currentItemChanged.connect(lambda item, _: self.looked.emit(item.data(ENTRY).value) if item is not None else None)

    def ask(self, prompt: str, source: Callable[[str], list[Entry]], back: QWidget) -> None:
        """Open; ``back`` gets the focus when it closes."""
        self._source, self.back = source, back
        self.resize(min(WIDTH, self.over.width() - 32), self.height())
        self.move((self.over.width() - self.width()) // 2, 56)
        self.open_(prompt)

    def fill(self, text: str) -> None:
        entries = self._source(text)
        self.list.clear()
        for entry in entries[:MOST]:
            item = QListWidgetItem(entry.text, self.list)
            item.setData(ENTRY, entry)
        self.list.setCurrentRow(0 if entries else -1)
        self.below.setText(self.tr("{0} found").format(len(entries)) if text else "")
        rows = max(1, min(len(entries), MOST))
        self.resize(self.width(), min(TALL, self.over.height() - 80, rows * 32 + 96))  # so that it hides no more of the canvas than it must

    def accept(self, item: QListWidgetItem | None, keys: Qt.KeyboardModifier) -> None:
        if item is not None:
            value = item.data(ENTRY).value
            self.close_()
            self.chosen.emit(value)


class Row(QStyledItemDelegate):
    """The text at the left, the note at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(WIDTH - 40, 32)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        entry: Entry = index.data(ENTRY)
        rect = QRectF(option.rect)
        painter.save()
        paint_ground(painter, option)
        note = fonts.inter(11)
        room = min(fonts.metrics(note).horizontalAdvance(entry.note) + 8.0, rect.width() / 2)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        for text, font, role, area, align in (
            (entry.text, fonts.inter(13), "text", rect.adjusted(12, 0, -room - 16, 0), Qt.AlignmentFlag.AlignLeft),
            (entry.note, note, "text2", rect.adjusted(rect.width() - room - 12, 0, -12, 0), Qt.AlignmentFlag.AlignRight),
        ):
            painter.setFont(font)
            painter.setPen(theme.color(role))
            painter.drawText(area, align | flags, fonts.metrics(font).elidedText(text, Qt.TextElideMode.ElideRight, area.width()))
        painter.restore()
