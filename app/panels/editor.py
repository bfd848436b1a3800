"""What every parameter editor speaks: ``show_value`` sets, ``edited`` tells.

A value that several selected blocks do not share is shown as MIXED, which reads "mixed" until it is edited.
"""

from typing import Any, Final

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QHBoxLayout, QWidget

from blocks.params import Param, ParamError

MIXED: Final[Any] = object()


class Editor(QWidget):
    """A row of the form. ``edited`` carries a value that fits the parameter; ``refused`` a sentence why one does not."""

    edited = Signal(object)
    refused = Signal(str)
    pointed = Signal()  # the mouse has come

    def __init__(self, param: Param) -> None:
        super().__init__()
        self.param = param
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(6)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.pointed.emit()

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


class _WheelFilter(QObject):
    """Lets the wheel scroll the form, not change a value that merely lies under the mouse."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, (QComboBox, QAbstractSpinBox)) and not watched.hasFocus():
            event.ignore()
            return True
        return False


wheel_filter = _WheelFilter()
