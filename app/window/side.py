"""The right side: the inspector with a line that explains the field in hand, and beside it what a run has brought."""

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from app.look.widgets import make
from app.panels.inspector import Inspector
from app.panels.results import Results
from app.session.document import Session
from app.session.runs import RunWatcher
from app.window.shell import Shell, TitleBar

INSPECTOR, RESULTS = range(2)
WIDE = 400  # pixels that results are glad of, in a window that has them
WIDE_WINDOW = 1300
SENTENCES = 5  # lines for what a field means


class Side(QStackedWidget):
    """What is selected is inspected; the first validation of a run brings its results to the front."""

    def __init__(self, shell: Shell, session: Session, watcher: RunWatcher) -> None:
        super().__init__()
        self.shell, self.session, self.watcher = shell, session, watcher
        self.inspector = Inspector(session)
        self.results = Results(watcher)
        self._told_of: object = None  # the run whose results were brought to the front
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.inspector, 1)
        column.addWidget(self._explanation())
        self.addWidget(page)
        self.addWidget(self.results)
        self.tabs = make(QTabBar, drawBase=False, expanding=False, objectName="side")
        self.tabs.setAccessibleName(self.tr("Right side"))
        for text in (self.tr("Inspector"), self.tr("Results")):
            self.tabs.addTab(text)
        self.tabs.currentChanged.connect(self.setCurrentIndex)
        title = shell.right.titleBarWidget()
        if isinstance(title, TitleBar):
            title.label.hide()
            title.row.setContentsMargins(4, 0, 8, 0)
            title.row.insertWidget(0, self.tabs, 0, Qt.AlignmentFlag.AlignBottom)
        self.inspector.form.about.connect(self._explain)
        session.selection_changed.connect(self._selected)
        watcher.grew.connect(self._grew)

    def _explanation(self) -> QWidget:
        self.about = make(QWidget, objectName="inspectorBody")
        self.about.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self.about)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        line = make(QFrame, objectName="hairline")
        line.setFixedHeight(1)
        column.addWidget(line)
        self.sentence = make(QLabel, objectName="sentence", wordWrap=True, alignment=Qt.AlignmentFlag.AlignTop)
        self.sentence.setFixedHeight(self.sentence.fontMetrics().lineSpacing() * SENTENCES + 18)
        column.addWidget(self.sentence)
        self._explain("", self.tr("Point at a field, or step into it, to read what it means and when to change it"))
        return self.about

    def _explain(self, name: str, text: str) -> None:
        """Say what a field means and when to change it. The place for it is always there, so that nothing jumps."""
        self.sentence.setText(f"<b>{escape(name)}</b> {escape(text)}")

    def _selected(self) -> None:
        if self.session.selection:
            self.tabs.setCurrentIndex(INSPECTOR)

    def _grew(self) -> None:
        curves = self.watcher.curves
        if curves.confusion is None or self._told_of is self.watcher.folder:
            return
        self._told_of = self.watcher.folder
        if curves.state == "running" and not self.session.selection:
            self.tabs.setCurrentIndex(RESULTS)
            if self.shell.width() >= WIDE_WINDOW and self.shell.right.width() < WIDE:
                self.shell.resizeDocks([self.shell.right], [WIDE], Qt.Orientation.Horizontal)
