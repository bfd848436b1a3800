"""A form for records: a row for each declared field. Blocks and the training recipe use the same one."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.look.widgets import make
from app.panels.editors import MIXED, Editor, editor
from blocks.core import Record
from blocks.params import Param


class Form(QWidget):
    """Editors for the fields that all shown records have. ``edited`` carries (name, value)."""

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

    def show_records(self, records: Sequence[Record]) -> None:
        """Show the common fields of these records; rows are only rebuilt where the fields are others."""
        fields = dict(records[0].fields) if records else {}
        for record in records[1:]:
            fields = {name: p for name, p in fields.items() if name in record.fields and record.fields[name].type == p.type}
        if fields != self._fields:
            self._rebuild(fields)
        for name, row in self.editors.items():
            values = {getattr(record, name) for record in records}
            row.show_value(values.pop() if len(values) == 1 else MIXED)

    def _rebuild(self, fields: Mapping[str, Param]) -> None:
        while (item := self.grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.editors.clear()
        self._fields = dict(fields)
        for k, (name, param) in enumerate(fields.items()):
            row = editor(param)
            label = make(QLabel, param.label, objectName="field")
            label.setBuddy(row)
            label.setToolTip(param.help)
            reason = make(QLabel, objectName="refused", wordWrap=True)
            reason.setTextFormat(Qt.TextFormat.PlainText)
            reason.hide()
            row.refused.connect(lambda text, out=reason: (out.setText(text), out.setVisible(bool(text))))
            row.edited.connect(lambda value, field=name: self.edited.emit(field, value))
            self.grid.addWidget(label, 2 * k, 0, Qt.AlignmentFlag.AlignVCenter)
            self.grid.addWidget(row, 2 * k, 1)
            self.grid.addWidget(reason, 2 * k + 1, 1)
            self.editors[name] = row

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
