"""The parameters of the network, or of the block of blocks one is in: their names, values and limits in one place."""

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QLineEdit, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.document.formulas import wrong_name
from app.document.graph import Number, Parameter
from app.look import icons
from app.look.widgets import make
from blocks.params import ParamError


class Parameters(QWidget):
    """``changed`` carries all parameters, and the name that became another one, as (old, new), or two empty texts."""

    changed = Signal(object, str, str)

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.hint = make(QLabel, objectName="caption", wordWrap=True)
        column.addWidget(self.hint)
        self.grid = QGridLayout()
        self.grid.setHorizontalSpacing(6)
        self.grid.setVerticalSpacing(6)
        self.grid.setColumnStretch(0, 3)
        self.grid.setColumnStretch(1, 2)
        column.addLayout(self.grid)
        self.refused = make(QLabel, objectName="refused", wordWrap=True)
        self.refused.setTextFormat(Qt.TextFormat.PlainText)
        self.refused.hide()
        column.addWidget(self.refused)
        self.add = QPushButton(self.tr("Add a parameter"))
        self.add.setIcon(icons.icon("plus"))
        self.add.clicked.connect(self._add)
        column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        self._shown: tuple[Parameter, ...] | None = None
        self.names: list[QLineEdit] = []
        self.values: list[QLineEdit | QCheckBox] = []

    def show_parameters(self, parameters: tuple[Parameter, ...], hint: str) -> None:
        """Show these; rows are only rebuilt where there is something new."""
        self.hint.setText(hint)
        if parameters == self._shown:
            return
        self._shown = parameters
        self.refused.hide()
        while (item := self.grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.names, self.values = [], []
        for k, parameter in enumerate(parameters):
            self._row(k, parameter)

    def _row(self, k: int, parameter: Parameter) -> None:
        name = QLineEdit(parameter.name)
        name.setAccessibleName(self.tr("Name of parameter {0}").format(k + 1))
        name.setToolTip(parameter.help)
        name.editingFinished.connect(lambda: self._rename(k, name.text().strip()))
        value: QLineEdit | QCheckBox
        if isinstance(parameter.default, bool):
            value = QCheckBox()
            value.setChecked(parameter.default)
            value.toggled.connect(lambda on: self._set(k, on))
        else:
            value = QLineEdit(f"{parameter.default:g}" if isinstance(parameter.default, float) else str(parameter.default))
            value.editingFinished.connect(lambda line=value: self._typed(k, line.text().strip()))
        value.setAccessibleName(self.tr("Value of {0}").format(parameter.name))
        value.setToolTip(parameter.help)
        gone = QToolButton()
        gone.setIcon(icons.icon("close", "text2"))
        gone.setAccessibleName(self.tr("Remove {0}").format(parameter.name))
        gone.setToolTip(gone.accessibleName())
        gone.clicked.connect(lambda: self.changed.emit(tuple(p for at, p in enumerate(self._shown or ()) if at != k), "", ""))
        for column, widget in enumerate((name, value, gone)):
            self.grid.addWidget(widget, k, column)
        self.names.append(name)
        self.values.append(value)

    def _add(self) -> None:
        taken = {p.name for p in self._shown or ()}
        name = next(n for n in ("width", "depth", "classes", *(f"p{k}" for k in range(1, 200))) if n not in taken)
        self.changed.emit((*(self._shown or ()), Parameter(name, 10 if name == "classes" else 1)), "", "")
        if self.names:
            self.names[-1].setFocus()
            self.names[-1].selectAll()

    def _rename(self, k: int, name: str) -> None:
        old = (self._shown or ())[k].name
        if name == old:
            return
        taken = any(p.name == name for p in self._shown or ())
        wrong = wrong_name(name) or (self.tr("There is a {0} already").format(name) if taken else "")
        self._refuse(wrong)
        if wrong:
            self.names[k].setText(old)
        else:
            self.changed.emit(self._with(k, replace((self._shown or ())[k], name=name)), old, name)

    def _typed(self, k: int, text: str) -> None:
        try:
            number: Number = float(text.replace(",", ".")) if any(c in text for c in ".,e") else int(text)
        except ValueError:
            self._refuse(self.tr("{0} is no number").format(text or "“”"))
            return
        self._set(k, number)

    def _set(self, k: int, number: Number) -> None:
        parameter = (self._shown or ())[k]
        if number == parameter.default and type(number) is type(parameter.default):
            return
        changed = replace(parameter, default=number)
        try:
            changed.declared().named(parameter.name, type(number))
        except ParamError as error:
            self._refuse(str(error))
            return
        self._refuse("")
        self.changed.emit(self._with(k, changed), "", "")

    def _with(self, k: int, parameter: Parameter) -> tuple[Parameter, ...]:
        return tuple(parameter if at == k else p for at, p in enumerate(self._shown or ()))

    def _refuse(self, text: str) -> None:
        self.refused.setText(text[:1].upper() + text[1:])
        self.refused.setVisible(bool(text))
