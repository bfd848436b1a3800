"""The problems panel: what is wrong, where, and a fix for it."""

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.document.problem import Fix, Problem
from app.look import icons, theme
from app.look.widgets import make
from app.session.document import Session

MOST_ROWS = 100  # each is a widget
ICONS = {"error": ("error", "error"), "warning": ("warning", "warn"), "hint": ("hint", "warn")}


class Problems(QWidget):
    """A list of problems; ``activated`` carries the id of the node to look at."""

    activated = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.list = make(QListWidget, objectName="problems")
        self.list.setAccessibleName(self.tr("Problems"))
        self.empty = make(
            QLabel, self.tr("No problems: the network can be trained"), objectName="empty", alignment=Qt.AlignmentFlag.AlignCenter
        )
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout.addWidget(self.list)
        layout.addWidget(self.empty)
        self.list.clicked.connect(self._clicked)
        self.list.activated.connect(self._clicked)
        self._shown: object = None  # what the rows were made for
        session.problems_changed.connect(self.refresh)
        theme.current.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the session's problems; rows are only made anew where these are others."""
        nodes = self.session.graph.nodes
        names = [nodes[p.node].name if p.node and p.node in nodes else "" for p in self.session.problems]
        if (found := (self.session.problems[:], names, theme.current.theme.name)) != self._shown:
            self._shown = found
            self._fill()
        self.empty.setText(self._all_well())
        self.list.setVisible(bool(self.session.problems))
        self.empty.setVisible(not self.session.problems)

    def _fill(self) -> None:
        self.list.clear()
        for problem in self.session.problems[:MOST_ROWS]:
            item = QListWidgetItem(self.list)
            row = _Row(problem, self.session)
            row.fix_chosen.connect(self._apply)
            item.setSizeHint(QSize(10, row.sizeHint().height()))  # a row is as wide as the list, whatever its text
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{problem.severity}: {problem.text}")
            self.list.setItemWidget(item, row)
        if (more := len(self.session.problems) - MOST_ROWS) > 0:
            QListWidgetItem(self.tr("and {0} more, when these are mended").format(more), self.list)

    def _all_well(self) -> str:
        session = self.session
        if not session.graph.nodes:
            return self.tr("Nothing to check yet")
        if session.place:
            return self.tr("No problems in here")
        if session.columns is None:
            return self.tr(
                "No problems: it can be drawn on, compiled and exported. To be trained it needs a data set, chosen in the recipe"
            )
        return self.tr("No problems: the network can be trained")

    def next(self) -> None:
        """Go to the next problem."""
        if self.list.count():
            self.list.setCurrentRow((self.list.currentRow() + 1) % self.list.count())
            self._clicked(self.list.currentIndex())

    def fix_current(self) -> None:
        """Take the first fix of the selected block's problem, of the current row's, or of the first that has one."""
        row = max(self.list.currentRow(), 0)
        ordered = [*self.session.problems[row:], *self.session.problems[:row]]
        ordered.sort(key=lambda problem: problem.node not in self.session.selection)
        for problem in ordered:
            if problem.fixes:
                self._apply(problem.fixes[0])
                return

    def _apply(self, fix: Fix) -> None:
        try:
            self.session.edit(fix.label, fix.edit)
        except KeyError:  # what it was for has just gone
            pass
        self.session.check_now()

    def _clicked(self, index: QModelIndex) -> None:
        if 0 <= index.row() < len(self.session.problems) and (node := self.session.problems[index.row()].node):
            self.session.select([node])
            self.activated.emit(node)


class _Row(QWidget):
    """One problem: icon, block, sentence, and its fixes."""

    fix_chosen = Signal(object)

    def __init__(self, problem: Problem, session: Session) -> None:
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 3, 12, 3)
        layout.setSpacing(10)
        name, role = ICONS[problem.severity]
        picture = QLabel()
        picture.setPixmap(icons.pixmap(name, theme.current.theme[role], 16, self.devicePixelRatioF()))
        picture.setAccessibleName(problem.severity)
        node = session.graph.nodes.get(problem.node or "")
        where = make(QLabel, node.name if node else self.tr("network"), objectName="where")
        where.setFixedWidth(92)
        where.setTextFormat(Qt.TextFormat.PlainText)
        words = problem.text.removeprefix(node.name).lstrip(": ") if node else problem.text  # the name stands beside it
        text = Elided(words[:1].upper() + words[1:])
        layout.addWidget(picture)
        layout.addWidget(where)
        layout.addWidget(text, 1)
        if problem.fixes:
            first = problem.fixes[0]
            button = make(QPushButton, first.label, objectName="fix", flat=True)
            button.setToolTip(first.note)
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.clicked.connect(lambda: self.fix_chosen.emit(first))
            layout.addWidget(button)
        if len(problem.fixes) > 1:
            more = make(QToolButton, objectName="more")
            more.setIcon(icons.icon("chevron-down"))
            more.setAccessibleName(self.tr("More fixes"))
            more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            menu = QMenu(more)
            for fix in problem.fixes:
                action = QAction(fix.label + (f"   {fix.note}" if fix.note else ""), menu)
                action.triggered.connect(lambda _, chosen=fix: self.fix_chosen.emit(chosen))
                menu.addAction(action)
            more.setMenu(menu)
            layout.addWidget(more)


class Elided(QLabel):
    """A line of plain text that ends in … where it is too long, with all of it as tooltip."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self.font())
        text = QFontMetricsF(self.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
