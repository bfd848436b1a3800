"""A list over the window with a field to type in: for commands, and for blocks of the network."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.look import fonts, theme
from app.look.widgets import make

ENTRY = Qt.ItemDataRole.UserRole
WIDTH, TALL, MOST = 560, 420, 200


@dataclass(frozen=True, slots=True)
class Entry:
    """A row: its text, what stands at the right, and what it stands for."""

    text: str
    note: str
    value: object


class Finder(QFrame):
    """Asks ``source`` for entries as one types. ``chosen`` carries the value of a row, ``looked`` that of the row one is on."""

    chosen = Signal(object)
    looked = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self._source: Callable[[str], list[Entry]] = lambda _: []
        self._back: QWidget | None = None
        self.setObjectName("quickAdd")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        self.search = make(QLineEdit, objectName="search")
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self._fill)
        self.list = make(QListWidget, objectName="offers")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setItemDelegate(Row(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._accept)
        self.list.currentItemChanged.connect(lambda item, _: self.looked.emit(item.data(ENTRY).value) if item is not None else None)
        self.count = make(QLabel, objectName="caption")
        for widget in (self.search, self.list, self.count):
            column.addWidget(widget)
        self.hide()

    def ask(self, prompt: str, source: Callable[[str], list[Entry]], back: QWidget) -> None:
        """Open; ``back`` gets the focus when it closes."""
        self._source, self._back = source, back
        self.search.setPlaceholderText(prompt)
        self.search.setAccessibleName(prompt)
        self.resize(min(WIDTH, self._over.width() - 32), min(TALL, self._over.height() - 80))
        self.move((self._over.width() - self.width()) // 2, 56)
        self.search.clear()
        self._fill("")
        self.show()
        self.raise_()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def _fill(self, text: str) -> None:
        entries = self._source(text)
        self.list.clear()
        for entry in entries[:MOST]:
            item = QListWidgetItem(entry.text, self.list)
            item.setData(ENTRY, entry)
        self.list.setCurrentRow(0 if entries else -1)
        self.count.setText(self.tr("%n found", "", len(entries)).replace("%n", str(len(entries))) if text else "")

    def _accept(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            value = item.data(ENTRY).value
            self.close_()
            self.chosen.emit(value)

    def close_(self) -> None:
        """Hide, and give the focus back."""
        if self.isVisible():
            self.hide()
            if self._back is not None:
                self._back.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows move in the list, Enter accepts, Escape and a click elsewhere close."""
        if event.type() == QEvent.Type.FocusOut:
            self.hide()
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        key, rows = event.key(), self.list.count()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._accept(self.list.currentItem())
        elif key == Qt.Key.Key_Escape:
            self.close_()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and rows:
            self.list.setCurrentRow((self.list.currentRow() + (1 if key == Qt.Key.Key_Down else -1)) % rows)
        else:
            return False
        return True


class Row(QStyledItemDelegate):
    """The text at the left, the note at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(WIDTH - 40, 32)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        entry: Entry = index.data(ENTRY)
        rect = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent_soft"))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 6, 6)
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
