"""Parameter editors: from the declared type to a widget. All speak the same: ``show_value`` sets, ``edited`` tells.

A value that several selected blocks do not share is shown as MIXED, which reads "mixed" until it is edited.
"""

import ast
import operator
import re
import types
from collections.abc import Callable
from typing import Any, Final, Literal, Union, get_args, get_origin

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QSpinBox, QToolButton, QVBoxLayout, QWidget

from app.look import icons
from app.look.widgets import make
from blocks.params import LARGEST, Param, ParamError

MIXED: Final[Any] = object()
LEAST_INT, MOST_INT = -(2**31) + 1, 2**31 - 1


class Editor(QWidget):
    """A row of the form. ``edited`` carries a value that fits the parameter; ``refused`` a sentence why one does not."""

    edited = Signal(object)
    refused = Signal(str)

    def __init__(self, param: Param) -> None:
        super().__init__()
        self.param = param
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(6)
        self.setToolTip(param.help)

    def show_value(self, value: Any) -> None:
        """Show a value without telling."""
        raise NotImplementedError

    def offer(self, value: Any) -> bool:
        """Tell of a value if it fits, else why it does not."""
        try:
            fitting = self.param.coerce(value)
        except ParamError as error:
            self.refused.emit(str(error))
            return False
        self.refused.emit("")
        self.edited.emit(fitting)
        return True


def editor(param: Param) -> Editor:
    """The editor for a parameter's type."""
    kind = param.type
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        words = [word for arg in args if get_origin(arg) is Literal for word in get_args(arg)]
        numbers = next(arg for arg in args if get_origin(arg) is not Literal)
        return WordOrNumbers(param, words, _axes(numbers))
    if origin is Literal:
        return Choice(param, list(args))
    if origin is tuple and args[-1] is ...:
        return Sizes(param)
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
        self.combo.installEventFilter(_wheel_filter)
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
        self.combo.installEventFilter(_wheel_filter)
        self.combo.activated.connect(lambda: self.offer(self.combo.currentText()))
        self.row.addWidget(self.combo)

    def show_value(self, value: Any) -> None:
        with QSignalBlocker(self.combo):
            self.combo.setPlaceholderText(self.tr("mixed"))
            self.combo.setCurrentIndex(-1 if value is MIXED else self.combo.findText(value))


class _WheelFilter(QObject):
    """Lets the wheel scroll the form, not change a value that merely lies under the mouse."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, (QComboBox, QAbstractSpinBox)) and not watched.hasFocus():
            event.ignore()
            return True
        return False


_wheel_filter = _WheelFilter()
