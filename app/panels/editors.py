"""Parameter editors: from the declared type to a widget."""

import ast
import operator
import types
from collections.abc import Callable
from typing import Any, Literal, Union, get_args, get_origin

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QCheckBox, QComboBox, QSpinBox, QToolButton, QVBoxLayout

from app.look import icons
from app.look.widgets import make
from app.panels.choosing import DataChoice
from app.panels.editor import MIXED, Editor, wheel_filter
from app.panels.lines import Line, Number, Reals, Sizes, WordOrReal
from blocks.params import LARGEST, Param

LEAST_INT, MOST_INT = -(2**31) + 1, 2**31 - 1


def editor(param: Param) -> Editor:
    """The editor for a parameter's type."""
    kind = param.type
    if param.editor == "data":
        return DataChoice(param)
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        words = [word for arg in args if get_origin(arg) is Literal for word in get_args(arg)]
        numbers = next(arg for arg in args if get_origin(arg) is not Literal)
        if numbers is float:
            return WordOrReal(param, words)
        return WordOrNumbers(param, words, _axes(numbers))
    if origin is Literal:
        return Choice(param, list(args))
    if origin is tuple and args[-1] is ...:
        return Reals(param) if args[0] is float else Sizes(param)
    if kind is bool:
        return Check(param)
    if kind is str:
        return Line(param)
    if kind is float:
        return Number(param)
    return Whole(param, _axes(kind))


def _axes(kind: Any) -> int:
    return len(get_args(kind)) if get_origin(kind) is tuple else 1


class Spin(QSpinBox):
    """A spin box that takes sums (``64*2``), and the wheel only while it has the focus."""

    def __init__(self, param: Param) -> None:
        super().__init__()
        self.setRange(int(param.ge) if param.ge is not None else LEAST_INT, int(min(param.le or LARGEST, MOST_INT)))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setKeyboardTracking(False)
        self.setGroupSeparatorShown(False)
        self.setMinimumWidth(40)
        self.lineEdit().setTextMargins(6, 0, 0, 0)
        self.setAccessibleName(param.label)

    def wheelEvent(self, event: Any) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        good = bool(text) and all(c in "0123456789+-*/() " for c in text)
        state = QValidator.State.Acceptable if text.lstrip("-").isdigit() else QValidator.State.Intermediate
        return (state if good or not text else QValidator.State.Invalid), text, position

    def valueFromText(self, text: str) -> int:
        value = calculate(text)
        return self.value() if value is None else max(self.minimum(), min(self.maximum(), value))

    def fixup(self, text: str) -> str:
        return str(self.valueFromText(text))


OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.floordiv, ast.FloorDiv: operator.floordiv,
}  # fmt: skip


def calculate(text: str) -> int | None:
    """A sum of whole numbers, such as ``64*2``; None where it is none."""
    if len(text) > 40:
        return None
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError):
        return None


def _value(node: ast.expr) -> int:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return int(OPERATORS[type(node.op)](_value(node.left), _value(node.right)))
    raise ValueError


class Whole(Editor):
    """One whole number, or one for each axis, linked so that equal ones stay equal."""

    def __init__(self, param: Param, axes: int) -> None:
        super().__init__(param)
        self.spins = [Spin(param) for _ in range(axes)]
        self.link: QToolButton | None = None
        for k, spin in enumerate(self.spins):
            self.row.addWidget(spin, 1)
            spin.valueChanged.connect(lambda _, at=k: self._changed(at))
            if k == 0 and axes > 1:
                self.link = make(QToolButton, checkable=True, objectName="link")
                self.link.setIcon(icons.icon("link"))
                self.link.setToolTip(self.tr("All axes alike"))
                self.link.setAccessibleName(self.tr("All axes alike"))
                self.row.addWidget(self.link)

    def show_value(self, value: Any) -> None:
        mixed = value is MIXED
        values = value if isinstance(value, tuple) else (value,) * len(self.spins)
        for spin, number in zip(self.spins, values, strict=True):
            with QSignalBlocker(spin):
                spin.setSpecialValueText(self.tr("mixed") if mixed else "")
                spin.setValue(spin.minimum() if mixed else int(number))
        if self.link is not None and not self.link.property("touched"):
            self.link.setChecked(mixed or len(set(values)) == 1)

    def _changed(self, at: int) -> None:
        for spin in self.spins:
            spin.setSpecialValueText("")
        if self.link is not None and self.link.isChecked():
            for spin in self.spins:
                with QSignalBlocker(spin):
                    spin.setValue(self.spins[at].value())
        values = tuple(spin.value() for spin in self.spins)
        self.offer(values if len(values) > 1 else values[0])


class WordOrNumbers(Editor):
    """A word such as "same", or numbers."""

    def __init__(self, param: Param, words: list[str], axes: int) -> None:
        super().__init__(param)
        self.words = words
        self.combo = QComboBox()
        self.combo.addItems([*words, self.tr("custom")])
        self.combo.setAccessibleName(param.label)
        self.combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.combo.installEventFilter(wheel_filter)
        self.numbers = Whole(param, axes)
        self.numbers.edited.connect(self.edited)
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addWidget(self.combo)
        column.addWidget(self.numbers)
        self.row.addLayout(column)
        self.combo.activated.connect(self._chosen)

    def show_value(self, value: Any) -> None:
        word = isinstance(value, str)
        with QSignalBlocker(self.combo):
            self.combo.setCurrentIndex(self.words.index(value) if word else len(self.words))
        self.numbers.setVisible(not word)
        if not word:
            self.numbers.show_value(value)

    def _chosen(self, index: int) -> None:
        word = index < len(self.words)
        self.numbers.setVisible(not word)
        self.offer(self.words[index] if word else self.numbers.spins[0].value())


class Check(Editor):
    """True or false."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self.box = QCheckBox()
        self.box.setAccessibleName(param.label)
        self.box.clicked.connect(lambda: self.offer(self.box.checkState() != Qt.CheckState.Unchecked))
        self.row.addWidget(self.box)

    def show_value(self, value: Any) -> None:
        self.box.setTristate(value is MIXED)
        self.box.setCheckState(
            Qt.CheckState.PartiallyChecked if value is MIXED else Qt.CheckState.Checked if value else Qt.CheckState.Unchecked
        )


class Choice(Editor):
    """One of a few words."""

    def __init__(self, param: Param, words: list[str]) -> None:
        super().__init__(param)
        self.combo = QComboBox()
        self.combo.addItems(words)
        self.combo.setAccessibleName(param.label)
        self.combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.combo.installEventFilter(wheel_filter)
        self.combo.activated.connect(lambda: self.offer(self.combo.currentText()))
        self.row.addWidget(self.combo)

    def show_value(self, value: Any) -> None:
        with QSignalBlocker(self.combo):
            self.combo.setPlaceholderText(self.tr("mixed"))
            self.combo.setCurrentIndex(-1 if value is MIXED else self.combo.findText(value))
