"""Editors whose value is typed as text: numbers, sizes, lists, formulas."""

import re
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QLineEdit

from app.panels.editor import MIXED, Editor, wheel_filter
from blocks.params import Param


class Line(Editor):
    """A value typed as text. Subclasses say how it is written and read; ``read`` raises ValueError with a sentence."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self.line = QLineEdit()
        self.line.setAccessibleName(param.label)
        self.line.editingFinished.connect(self._finished)
        self.row.addWidget(self.line)
        self._shown = ""

    def write(self, value: Any) -> str:
        """The value as text."""
        return str(value)

    def read(self, text: str) -> Any:
        """The value in a text."""
        return text

    def show_value(self, value: Any) -> None:
        self._shown = "" if value is MIXED else self.write(value)
        self.line.setPlaceholderText(self.tr("mixed") if value is MIXED else "")
        self.line.setText(self._shown)

    def _finished(self) -> None:
        text = self.line.text().strip()
        if text == self._shown:
            return
        try:
            fits = self.offer(self.read(text))
        except ValueError as error:
            self.refused.emit(str(error))
            fits = False
        if fits:
            self._shown = text
        else:
            self.line.setText(self._shown)


class Number(Line):
    """A real number, as text, so that 1e-5 can be typed; both ``.`` and ``,`` are taken for the decimal point."""

    def write(self, value: Any) -> str:
        return f"{value:.10g}"

    def read(self, text: str) -> Any:
        try:
            return float(text.replace(",", "."))
        except ValueError:
            raise ValueError(self.tr("{0} is no number").format(text or self.tr("An empty field"))) from None


class Sizes(Line):
    """A shape, typed as ``3×224×224``, ``3x224x224`` or ``3, 224, 224``; nothing is a scalar."""

    def write(self, value: Any) -> str:
        return "×".join(map(str, value))

    def read(self, text: str) -> Any:
        parts = re.split(r"[x×,*]", text) if text else []
        if not all(part.strip().isdecimal() for part in parts):
            raise ValueError(self.tr("A size reads like 3×224×224, got {0}").format(text))
        return [int(part) for part in parts]


class Reals(Line):
    """A list of real numbers, typed as ``1, 2.5, 0.3``; nothing is an empty list."""

    def write(self, value: Any) -> str:
        return ", ".join(f"{number:g}" for number in value)

    def read(self, text: str) -> Any:
        try:
            return [float(part) for part in re.split(r"[,;\s]+", text) if part]
        except ValueError:
            raise ValueError(self.tr("Numbers read like 1, 2.5, 0.3, got {0}").format(text)) from None


class WordOrReal(Editor):
    """One of a few words, or a real number that is typed."""

    def __init__(self, param: Param, words: list[str]) -> None:
        super().__init__(param)
        self.words = words
        self.combo = QComboBox()
        self.combo.setEditable(True)
        self.combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.combo.addItems([*words, "0", "0.1"])
        self.combo.setAccessibleName(param.label)
        self.combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.combo.installEventFilter(wheel_filter)
        self.combo.activated.connect(self._finished)
        line = self.combo.lineEdit()
        assert line is not None
        line.editingFinished.connect(self._finished)
        self.row.addWidget(self.combo)
        self._shown = ""

    def show_value(self, value: Any) -> None:
        self._shown = "" if value is MIXED else value if isinstance(value, str) else f"{value:.10g}"
        with QSignalBlocker(self.combo):
            self.combo.setEditText(self._shown)

    def _finished(self) -> None:
        text = self.combo.currentText().strip()
        if text == self._shown:
            return
        try:
            fits = self.offer(text if text in self.words else float(text.replace(",", ".")))
        except ValueError:
            self.refused.emit(self.tr("A number, or {0}; got {1}").format(", ".join(self.words), text))
            fits = False
        if fits:
            self._shown = text
        else:
            self.show_value(self._shown)
