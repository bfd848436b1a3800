"""A field to type in with a list below it, over its parent: for quick-add, commands, and finding."""

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListWidget, QListWidgetItem, QStyle, QStyleOptionViewItem, QVBoxLayout, QWidget

from app.look import theme
from app.look.widgets import make


class Popup(QFrame):
    """Arrows move in the list, Enter accepts, Escape and a click elsewhere close. Subclasses say what is listed and what accepting does."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.over = parent
        self.back: QWidget = parent  # gets the focus when it closes
        self.setObjectName("quickAdd")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        self.search = make(QLineEdit, objectName="search")
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self.fill)
        self.list = make(QListWidget, objectName="offers")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(lambda item: self.accept(item, Qt.KeyboardModifier.NoModifier))
        self.below = make(QLabel, objectName="caption", wordWrap=True)
        for widget in (self.search, self.list, self.below):
            column.addWidget(widget)
        self.hide()

    def fill(self, text: str) -> None:
        """List what there is for a text."""
        raise NotImplementedError

    def accept(self, item: QListWidgetItem | None, keys: Qt.KeyboardModifier) -> None:
        """Do what a row stands for."""
        raise NotImplementedError

    def open_(self, prompt: str) -> None:
        """Show, empty, with the cursor in the field."""
        self.search.setPlaceholderText(prompt)
        self.search.setAccessibleName(prompt)
        self.search.clear()
        self.fill("")
        self.show()
        self.raise_()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_(self) -> None:
        """Hide, and give the focus back."""
        if self.isVisible():
            self.hide()
            self.back.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The keys of the field; while it is open, Ctrl+Enter and the like are its own."""
        if isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() != Qt.FocusReason.ActiveWindowFocusReason:
            self.hide()  # another window coming to the front and going again is no reason to forget what was typed
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.accept(self.list.currentItem(), event.modifiers())
        elif key == Qt.Key.Key_Escape:
            self.close_()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self._step(1 if key in (Qt.Key.Key_Down, Qt.Key.Key_Tab) else -1)
        else:
            return False
        return True

    def _step(self, by: int) -> None:
        row, count = self.list.currentRow(), self.list.count()
        for _ in range(count):
            row = (row + by) % count
            if self.list.item(row).flags() & Qt.ItemFlag.ItemIsEnabled:
                self.list.setCurrentRow(row)
                return


def paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
    """The ground of a row: soft where it is the one that Enter takes."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if option.state & QStyle.StateFlag.State_Selected:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent_soft"))
        painter.drawRoundedRect(QRectF(option.rect).adjusted(1, 1, -1, -1), 6, 6)
