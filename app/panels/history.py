"""The steps of the document, the newest last; a click goes to how it was."""

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from app.session.document import Session


class History(QListWidget):
    """Follows the session; steps that were taken back stand dimmed below the present one."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("history")
        self.setAccessibleName(self.tr("History"))
        self.currentRowChanged.connect(self._chosen)
        session.changed.connect(lambda *_: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Show the steps as they are now."""
        history = self.session.history
        with QSignalBlocker(self):
            self.clear()
            for k, step in enumerate(history.steps):
                item = QListWidgetItem(step.name, self)
                if k > history.at:
                    item.setForeground(self.palette().placeholderText())
            self.setCurrentRow(history.at)
        if (item_ := self.item(history.at)) is not None:
            self.scrollToItem(item_)

    def _chosen(self, row: int) -> None:
        if row >= 0 and row != self.session.history.at:
            self.session.go_to(row)
