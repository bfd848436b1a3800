"""The editor for a data set: one that comes along, or a file or folder of one's own."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QMenu, QToolButton

from app.data.sources import BUNDLED
from app.look import icons
from app.look.widgets import make
from app.panels.editor import MIXED, Editor, wheel_filter
from blocks.params import Param


class DataChoice(Editor):
    """A combo box of what comes along, in which a path may be typed, and a button to look for one."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self.combo = make(QComboBox, editable=True)
        self.combo.addItems([*BUNDLED, "none"])
        self.combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(8)
        self.combo.setAccessibleName(param.label)
        self.combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.combo.installEventFilter(wheel_filter)
        self.combo.activated.connect(self._finished)
        line = self.combo.lineEdit()
        assert line is not None
        line.editingFinished.connect(self._finished)
        self.row.addWidget(self.combo, 1)
        self.button = make(QToolButton, popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setIcon(icons.icon("folder"))
        self.button.setToolTip(self.tr("Data of your own"))
        self.button.setAccessibleName(self.tr("Data of your own"))
        menu = QMenu(self.button)
        menu.addAction(self.tr("File …"), self.choose_file)
        menu.addAction(self.tr("Folder …"), self.choose_folder)
        self.button.setMenu(menu)
        self.row.addWidget(self.button)
        self._shown = ""

    def show_value(self, value: Any) -> None:
        self._shown = "" if value is MIXED else str(value)
        with QSignalBlocker(self.combo):
            self.combo.setEditText(self._shown)
        self.combo.setToolTip(self._shown if "/" in self._shown or "\\" in self._shown else self.param.help)

    def choose_file(self) -> None:
        """Look for a table, an archive, an array, a text."""
        name, _ = QFileDialog.getOpenFileName(self.window(), self.tr("Data set"), self._start())
        self._take(name)

    def choose_folder(self) -> None:
        """Look for a folder of images or recordings."""
        self._take(QFileDialog.getExistingDirectory(self.window(), self.tr("Data set"), self._start()))

    def _start(self) -> str:
        return str(Path(self._shown).parent) if Path(self._shown).exists() and self._shown not in BUNDLED else str(Path.home())

    def _take(self, name: str) -> None:
        if name:
            self._shown = name
            self.combo.setEditText(name)
            self.offer(name)

    def _finished(self) -> None:
        text = self.combo.currentText().strip() or "none"
        if text != self._shown:
            self._shown = text
            self.offer(text)
