"""The steps of the document, the newest last; a click goes to how it was."""

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QBrush, QShowEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from app.session.document import Session


class History(QListWidget):
    """Follows the session while it is seen; steps that were taken back stand dimmed below the present one."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._shown: list[object] = []  # the steps that have a row
        self._at = -1
        self.setObjectName("history")
        self.setAccessibleName(self.tr("History"))
        self.currentRowChanged.connect(self._chosen)
        session.changed.connect(lambda *_: self.refresh())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Show the steps as they are now; rows of steps that stayed are left alone."""
        if not self.isVisible():
            return
        history = self.session.history
        same = 0
        for old, new in zip(self._shown, history.steps, strict=False):
            if old is not new:
                break
            same += 1
        with QSignalBlocker(self):
            while self.count() > same:
                self.takeItem(self.count() - 1)
            for step in history.steps[same:]:
                self.addItem(QListWidgetItem(step.name))
            self._shown = list(history.steps)
            for k in range(min(same, self._at + 1, history.at + 1), len(self._shown)):
                self.item(k).setForeground(self.palette().placeholderText() if k > history.at else QBrush())
            self._at = history.at
            self.setCurrentRow(history.at)
        if (item := self.item(history.at)) is not None:
            self.scrollToItem(item)

    def _chosen(self, row: int) -> None:
        if row >= 0 and row != self.session.history.at:
            self.session.go_to(row)
