"""Three ways to arrange the window: to build, to train, to present. Each comes back as it was left."""

from collections.abc import Callable

from PySide6.QtCore import QByteArray, QObject, QSettings, Qt, QTimer
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton

from app.look.widgets import make
from app.window.shell import BOTTOM, STATE, Shell

BUILD, TRAIN, PRESENT = range(3)
NAMES = ("build", "train", "present")


class Layouts(QObject):
    """The three buttons in the menu row, and what they do with the docks. ``entered`` is called with the layout."""

    def __init__(self, shell: Shell, settings: QSettings, entered: Callable[[int], None]) -> None:
        super().__init__(shell)
        self.shell, self.settings, self.entered = shell, settings, entered
        self.current = -1
        row = QHBoxLayout(shell.modes)
        row.setContentsMargins(3, 2, 3, 2)
        row.setSpacing(2)
        self.buttons = QButtonGroup(self)
        for k, text in enumerate((self.tr("Build"), self.tr("Train"), self.tr("Present"))):
            button = make(QPushButton, text, objectName="mode", checkable=True)
            row.addWidget(button)
            self.buttons.addButton(button, k)
        self.buttons.idClicked.connect(self.enter)
        shell.modes.show()

    def enter(self, layout: int) -> None:
        """Arrange the window; the present arrangement is kept for when one comes back to it."""
        self.keep()
        self.current = layout
        self.buttons.button(layout).setChecked(True)
        saved = self.settings.value(f"layout/{NAMES[layout]}")
        if not (isinstance(saved, QByteArray) and self.shell.restoreState(saved, STATE)):
            self.reset(layout)
        self.shell.toolbar.setVisible(layout != PRESENT)
        self.entered(layout)

    def reset(self, layout: int | None = None) -> None:
        """As it was at first."""
        layout = self.current if layout is None else layout
        shell = self.shell
        shell.left.setVisible(layout == BUILD)
        shell.right.setVisible(layout != PRESENT)
        shell.bottom.setVisible(layout != PRESENT)
        height = BOTTOM if layout == BUILD else round(shell.height() * 0.56)
        QTimer.singleShot(0, lambda: shell.resizeDocks([shell.bottom], [height], Qt.Orientation.Vertical))

    def forget(self) -> None:
        """All three as they were at first."""
        for name in NAMES:
            self.settings.remove(f"layout/{name}")
        self.reset()

    def keep(self) -> None:
        """Remember how the window is arranged now."""
        if self.current >= 0:
            self.settings.setValue(f"layout/{NAMES[self.current]}", self.shell.saveState(STATE))
