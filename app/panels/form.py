"""A form for records: a row for each declared field. Blocks and the training recipe use the same one."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QEnterEvent, QHideEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from app.document.formulas import takes_formula
from app.look import icons, theme
from app.look.widgets import make
from app.panels.editor import MIXED, Editor
from app.panels.editors import editor
from app.panels.formula import FormulaRow
from blocks.params import Param
from blocks.record import Record

NONE: Mapping[str, str] = {}
MOST_KEPT = 16  # kinds of records whose rows are kept for when they are shown again


class Form(QWidget):
    """Editors for the fields that all shown records have. ``edited`` carries (name, value).

    The rows of a kind of record are made once and kept: choosing another block is as quick as filling in its values.
    """

    edited = Signal(str, object)
    formula = Signal(str, str)  # name, and its text; empty for a plain value again
    expose = Signal(str)  # a parameter is to be one of the definition
    about = Signal(str, str)  # label and help of the field that has the focus or the mouse

    def __init__(self) -> None:
        super().__init__()
        self.layout_ = QVBoxLayout(self)
        self.layout_.setContentsMargins(0, 0, 0, 0)
        self.rows = Rows(self, {})
        self.layout_.addWidget(self.rows)
        self._kept = [self.rows]  # the last one shown comes last
        self.can_expose = False
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focused)

    def _focused(self, _: QWidget | None, now: QWidget | None) -> None:
        """Explain the field that the cursor has come into."""
        if now is None or not self.isAncestorOf(now):
            return
        for row in self.editors.values():
            if row is now or row.isAncestorOf(now):
                self.about.emit(row.param.label, row.param.help)

    @property
    def editors(self) -> dict[str, Editor]:
        """What is shown now, by the name of the field."""
        return self.rows.editors

    def show_records(self, records: Sequence[Record], formulas: Mapping[str, str] = NONE) -> None:
        """Show the common fields of these records. ``formulas`` stand in place of values."""
        fields = dict(records[0].fields) if records else {}
        for record in records[1:]:
            fields = {name: p for name, p in fields.items() if name in record.fields and record.fields[name].type == p.type}
        if fields != self.rows.fields:
            self._turn_to(fields)
        self.rows.show_records(records, formulas)

    def _turn_to(self, fields: Mapping[str, Param]) -> None:
        rows = next((rows for rows in self._kept if rows.fields == fields), None)
        if rows is None:
            rows = Rows(self, fields)
            self.layout_.addWidget(rows)
        else:
            self._kept.remove(rows)
        self._kept.append(rows)
        self.rows.hide()
        self.rows = rows
        rows.show()
        while len(self._kept) > MOST_KEPT:
            self._kept.pop(0).deleteLater()

    def focus_first(self) -> None:
        """Put the cursor into the first row."""
        self.rows.focus_first()

    def begin_formula(self, name: str) -> None:
        """Let the user type a formula for a parameter."""
        self.rows.begin_formula(name)

    def menu(self, name: str) -> QMenu:
        """What can be done with a parameter beside giving it a value."""
        return self.rows.menu(name)

    def value_text(self, value: Any) -> str:
        """A value for the name of an undo step."""
        return "×".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else str(value)


class Field(QLabel):
    """The name of a field."""

    pointed = Signal()  # the mouse has come

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setObjectName("field")

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.pointed.emit()


class Rows(QWidget):
    """A row for each field; those of a section fold away under its name."""

    def __init__(self, form: Form, fields: Mapping[str, Param]) -> None:
        super().__init__(form)
        self.form = form
        self.fields = dict(fields)
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(12)
        self.grid.setVerticalSpacing(8)
        self.grid.setColumnMinimumWidth(0, 84)
        self.grid.setColumnStretch(1, 1)
        self.editors: dict[str, Editor] = {}
        self.formulas: dict[str, FormulaRow] = {}
        self.sections: dict[str, tuple[QToolButton, list[QWidget]]] = {}
        self._reasons: list[QLabel] = []
        self._open: set[str] = set()
        self._new = True
        line = 0
        for name, param in self.fields.items():
            if param.section and param.section not in self.sections:
                self.sections[param.section] = (self._heading(param.section, line), [])
                line += 1
            self._add_row(name, param, line)
            line += 2
        theme.current.changed.connect(self._fold)

    def show_records(self, records: Sequence[Record], formulas: Mapping[str, str]) -> None:
        """Fill in the values; where they differ, none."""
        if self._new:  # a section in which something was changed is open at first
            self._new = False
            changed = {p.section for name, p in self.fields.items() if any(getattr(record, name) != p.default for record in records)}
            self._open |= changed - {""}
            self._fold()
        for name, row in self.editors.items():
            values = {getattr(record, name) for record in records}
            value = values.pop() if len(values) == 1 else MIXED
            row.show_value(value)
            if name in self.formulas:
                text = formulas.get(name, "")
                self.formulas[name].show_formula(text, self.form.value_text(value) if text and value is not MIXED else "")
                if not self.formulas[name].line.hasFocus():
                    self._swap(name, bool(text))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        for reason in self._reasons:  # what was refused there is of the past
            reason.hide()

    def _heading(self, section: str, line: int) -> QToolButton:
        button = make(QToolButton, text=section, objectName="fold", checkable=True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.clicked.connect(lambda: self._toggle(section))
        self.grid.addWidget(button, line, 0, 1, 2, Qt.AlignmentFlag.AlignLeft)
        return button

    def _add_row(self, name: str, param: Param, line: int) -> None:
        row = editor(param)
        label = Field(param.label)
        label.setBuddy(row)
        for part in (label, row):
            part.pointed.connect(lambda p=param: self.form.about.emit(p.label, p.help))
        reason = make(QLabel, objectName="refused", wordWrap=True)
        reason.setTextFormat(Qt.TextFormat.PlainText)
        reason.hide()
        self._reasons.append(reason)
        row.refused.connect(lambda text, out=reason: (out.setText(text), out.setVisible(bool(text))))
        row.edited.connect(lambda value, field=name: self.form.edited.emit(field, value))
        self.grid.addWidget(label, line, 0, Qt.AlignmentFlag.AlignVCenter)
        self.grid.addWidget(row, line, 1)
        if takes_formula(param):
            self._add_formula(name, param, line, label, row, reason)
        self.grid.addWidget(reason, line + 1, 1)
        self.editors[name] = row
        if param.section:
            self.sections[param.section][1].extend((label, row))

    def _add_formula(self, name: str, param: Param, line: int, label: QLabel, row: Editor, reason: QLabel) -> None:
        formula = FormulaRow(param.label)
        formula.hide()
        formula.refused.connect(lambda text, out=reason: (out.setText(text), out.setVisible(bool(text))))
        formula.edited.connect(lambda text, field=name: self._formula_edited(field, text))
        self.grid.addWidget(formula, line, 1)
        self.formulas[name] = formula
        for widget in (label, row, formula):
            widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            widget.customContextMenuRequested.connect(lambda at, of=widget, field=name: self.menu(field).popup(of.mapToGlobal(at)))
        for child in row.findChildren(QWidget):
            child.installEventFilter(self)

    def menu(self, name: str) -> QMenu:
        """What can be done with a parameter beside giving it a value."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self.formulas[name].isHidden():
            menu.addAction(self.tr("Use a formula"), lambda: self.begin_formula(name))
        else:
            menu.addAction(self.tr("Use the number"), lambda: self._formula_edited(name, ""))
        if self.form.can_expose:
            menu.addAction(self.tr("Expose as a parameter of the block"), lambda: self.form.expose.emit(name))
        return menu

    def begin_formula(self, name: str) -> None:
        """Let the user type a formula for a parameter."""
        self._swap(name, True)
        self.formulas[name].begin()

    def _formula_edited(self, name: str, text: str) -> None:
        self._swap(name, bool(text))
        self.form.formula.emit(name, text)

    def _swap(self, name: str, formula: bool) -> None:
        """Show the formula of a parameter, or its plain value."""
        section = self.fields[name].section
        shown = not section or section in self._open
        self.formulas[name].setVisible(formula and shown)
        self.editors[name].setVisible(not formula and shown)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """An equals sign in any number begins a formula."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.text() == "=":
            for name, row in self.editors.items():
                if name in self.formulas and isinstance(watched, QWidget) and row.isAncestorOf(watched):
                    self.begin_formula(name)
                    return True
        return False

    def _toggle(self, section: str) -> None:
        self._open ^= {section}
        self._fold()

    def _fold(self) -> None:
        """Show the rows of open sections, and hide the others."""
        for section, (button, widgets) in self.sections.items():
            shown = section in self._open
            button.setChecked(shown)
            button.setIcon(icons.icon("chevron-down" if shown else "chevron-right", "text2"))
            for widget in widgets:
                widget.setVisible(shown)
            for name in self.formulas:
                if self.fields[name].section == section:
                    self._swap(name, bool(self.formulas[name].line.text()))

    def focus_first(self) -> None:
        """Put the cursor into the first row."""
        for row in self.editors.values():
            for child in row.findChildren(QWidget):
                if child.focusPolicy() & Qt.FocusPolicy.TabFocus and child.isVisible():
                    child.setFocus(Qt.FocusReason.TabFocusReason)
                    return
