"""A form for records: a row for each declared field. Blocks and the training recipe use the same one."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QWidget

from app.look import icons, theme
from app.look.widgets import make
from app.panels.editor import MIXED, Editor
from app.panels.editors import editor
from blocks.params import Param
from blocks.record import Record


class Form(QWidget):
    """Editors for the fields that all shown records have; those of a section fold away under its name. ``edited`` carries (name, value)."""

    edited = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(12)
        self.grid.setVerticalSpacing(8)
        self.grid.setColumnMinimumWidth(0, 84)
        self.grid.setColumnStretch(1, 1)
        self.editors: dict[str, Editor] = {}
        self._fields: dict[str, Param] = {}
        self._sections: dict[str, tuple[QToolButton, list[QWidget]]] = {}
        self._open: set[str] = set()
        theme.current.changed.connect(self._fold)

    def show_records(self, records: Sequence[Record]) -> None:
        """Show the common fields of these records; rows are only rebuilt where the fields are others."""
        fields = dict(records[0].fields) if records else {}
        for record in records[1:]:
            fields = {name: p for name, p in fields.items() if name in record.fields and record.fields[name].type == p.type}
        if fields != self._fields:
            self._rebuild(fields)
            changed = {p.section for name, p in fields.items() if any(getattr(record, name) != p.default for record in records)}
            self._open |= changed - {""}
            self._fold()
        for name, row in self.editors.items():
            values = {getattr(record, name) for record in records}
            row.show_value(values.pop() if len(values) == 1 else MIXED)

    def _rebuild(self, fields: Mapping[str, Param]) -> None:
        while (item := self.grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.editors.clear()
        self._sections.clear()
        self._fields = dict(fields)
        line = 0
        for name, param in fields.items():
            if param.section and param.section not in self._sections:
                self._sections[param.section] = (self._heading(param.section, line), [])
                line += 1
            self._add_row(name, param, line)
            line += 2

    def _heading(self, section: str, line: int) -> QToolButton:
        button = make(QToolButton, text=section, objectName="fold", checkable=True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.clicked.connect(lambda: self._toggle(section))
        self.grid.addWidget(button, line, 0, 1, 2, Qt.AlignmentFlag.AlignLeft)
        return button

    def _add_row(self, name: str, param: Param, line: int) -> None:
        row = editor(param)
        label = make(QLabel, param.label, objectName="field")
        label.setBuddy(row)
        label.setToolTip(param.help)
        reason = make(QLabel, objectName="refused", wordWrap=True)
        reason.setTextFormat(Qt.TextFormat.PlainText)
        reason.hide()
        row.refused.connect(lambda text, out=reason: (out.setText(text), out.setVisible(bool(text))))
        row.edited.connect(lambda value, field=name: self.edited.emit(field, value))
        self.grid.addWidget(label, line, 0, Qt.AlignmentFlag.AlignVCenter)
        self.grid.addWidget(row, line, 1)
        self.grid.addWidget(reason, line + 1, 1)
        self.editors[name] = row
        if param.section:
            self._sections[param.section][1].extend((label, row))

    def _toggle(self, section: str) -> None:
        self._open ^= {section}
        self._fold()

    def _fold(self) -> None:
        """Show the rows of open sections, and hide the others."""
        for section, (button, widgets) in self._sections.items():
            shown = section in self._open
            button.setChecked(shown)
            button.setIcon(icons.icon("chevron-down" if shown else "chevron-right", "text2"))
            for widget in widgets:
                widget.setVisible(shown)

    def focus_first(self) -> None:
        """Put the cursor into the first row."""
        for row in self.editors.values():
            for child in row.findChildren(QWidget):
                if child.focusPolicy() & Qt.FocusPolicy.TabFocus and child.isVisible():
                    child.setFocus(Qt.FocusReason.TabFocusReason)
                    return

    def value_text(self, value: Any) -> str:
        """A value for the name of an undo step."""
        return "×".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else str(value)
