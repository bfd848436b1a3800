"""A message over the canvas that stays until it is answered or closed; and the hint on an empty canvas."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.look import icons, theme
from app.look.widgets import make


class Banner(QFrame):
    """Floats at the top of its parent."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setObjectName("banner")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(10)
        self.picture = QLabel()
        self.text = make(QLabel, wordWrap=True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = QPushButton()
        self.close_button = QToolButton()
        self.close_button.setIconSize(QSize(16, 16))
        self.close_button.setAccessibleName(self.tr("Close"))
        row.addWidget(self.picture)
        row.addWidget(self.text, 1)
        row.addWidget(self.button)
        self.other = QPushButton()
        row.addWidget(self.other)
        row.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        self.close_button.clicked.connect(self.hide)
        self.button.clicked.connect(lambda: self._act(self._action))
        self.other.clicked.connect(lambda: self._act(self._otherwise))
        self._action: Callable[[], object] | None = None
        self._otherwise: Callable[[], object] | None = None
        parent.installEventFilter(self)
        self.hide()

    def say(
        self, text: str, role: str = "ok", label: str = "", action: Callable[[], object] | None = None, other: str = "",
        otherwise: Callable[[], object] | None = None,
    ) -> None:  # fmt: skip
        """Show a message, with up to two buttons; ``role`` is "ok" or "error"."""
        self.text.setText(text)
        self.setProperty("role", role)
        self.style().unpolish(self)
        self.style().polish(self)
        self.picture.setPixmap(icons.pixmap("check" if role == "ok" else "error", theme.current.theme[role], 18, self.devicePixelRatioF()))
        self.close_button.setIcon(icons.icon("close"))
        self.button.setText(label)
        self.button.setVisible(bool(label))
        self.other.setText(other)
        self.other.setVisible(bool(other))
        self._action, self._otherwise = action, otherwise
        self.show()
        self.raise_()
        self._place()

    def _act(self, action: Callable[[], object] | None) -> None:
        self.hide()
        if action is not None:
            action()

    def _place(self) -> None:
        parent = self._over
        width = min(720, parent.width() - 32)
        self.setFixedWidth(width)
        room = width - 24 - 18 - 20 - 34 - sum(
            button.sizeHint().width() + 10 for button in (self.button, self.other) if button.text()
        )  # fmt: skip
        self.text.setFixedHeight(max(30, self.text.heightForWidth(room)))
        self.setFixedHeight(self.text.height() + 16)
        self.move((parent.width() - width) // 2, 14)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False


class Welcome(QFrame):
    """What to do first, on an empty canvas. Never in the way: a drop goes through to the canvas."""

    def __init__(self, parent: QWidget, actions: list[tuple[str, str, Callable[[], object]]]) -> None:
        super().__init__(parent)
        self._over = parent
        self.setObjectName("welcome")
        column = QVBoxLayout(self)
        column.setSpacing(10)
        title = make(
            QLabel, self.tr("Drag a block from the left to begin"), objectName="welcomeTitle", alignment=Qt.AlignmentFlag.AlignCenter
        )
        text = make(QLabel, self.tr("An Input, a few layers, a Target and a loss make a network that can be trained."), objectName="empty")
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(title)
        column.addWidget(text)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addStretch(1)
        for k, (label, icon, action) in enumerate(actions):
            button = make(QPushButton, label, objectName="train" if k == 0 else "")
            button.setIcon(icons.icon(icon, "on_accent" if k == 0 else "text", 18))
            button.setAccessibleName(label)
            button.clicked.connect(lambda _=False, run=action: run())
            row.addWidget(button)
        row.addStretch(1)
        column.addSpacing(6)
        column.addLayout(row)
        parent.installEventFilter(self)
        self._place()

    def _place(self) -> None:
        self.adjustSize()
        parent = self._over
        self.move((parent.width() - self.width()) // 2, (parent.height() - self.height()) // 2)

    def showEvent(self, event: QEvent) -> None:
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False
