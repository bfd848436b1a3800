"""A row of the form that holds a formula instead of a number."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from app.document.formulas import FormulaError, parse
from app.look import fonts
from app.look.widgets import make

PLACEHOLDER = "= 64 * 2**i"


class FormulaRow(QWidget):
    """The text of a formula, and what it is worth here. ``edited`` carries a text that can be read, empty for none; ``refused`` what is wrong."""

    edited = Signal(str)
    refused = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self.line = make(QLineEdit, placeholderText=PLACEHOLDER, objectName="formula")
        self.line.setFont(fonts.mono(12))
        self.line.setAccessibleName(self.tr("Formula for {0}").format(name))
        self.line.setMaxLength(201)
        self.worth = make(QLabel, objectName="caption")
        row.addWidget(self.line, 1)
        row.addWidget(self.worth)
        self.line.editingFinished.connect(self._commit)
        self._shown = ""

    def show_formula(self, text: str, worth: str) -> None:
        """Show a formula and its value."""
        self._shown = text
        if not self.line.hasFocus():
            self.line.setText(text)
            self.line.setCursorPosition(0)
        self.worth.setText(f"→ {worth}" if worth else "")

    def begin(self) -> None:
        """Let the user type one."""
        if not self.line.text():
            self.line.setText("= ")
        self.show()
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)
        self.line.end(False)

    def _commit(self) -> None:
        text = self.line.text().strip()
        if text in ("", "="):
            self.refused.emit("")
            self.edited.emit("")
            return
        text = text if text.startswith("=") else f"= {text}"
        if text == self._shown:
            self.refused.emit("")
            return
        try:
            parse(text)
        except FormulaError as error:
            self.refused.emit(str(error)[:1].upper() + str(error)[1:])
            return
        self.refused.emit("")
        self._shown = text
        self.edited.emit(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.line.setText(self._shown)
            self.refused.emit("")
            if not self._shown:
                self.edited.emit("")
        else:
            super().keyPressEvent(event)
