"""What is wrong with the selected block, beside it: the shapes that meet there, and each way out with its price."""

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.canvas.view import CanvasView
from app.document.graph import NodeId, label
from app.document.problem import Fix, Problem
from app.document.wiring import NO_EDGES
from app.look import icons, shapes, theme
from app.look.widgets import make

WIDTH, BEAK = 316, 9
LEAST_ZOOM = 0.35
GAP = 14


class Popover(QFrame):
    """Floats beside a block that has an error, or a warning that can be mended. Esc or its cross closes it until the block is selected anew."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.view, self.session = view, view.session
        self.setObjectName("popover")
        self.setFixedWidth(WIDTH + 2 * BEAK)
        self._tip = 0
        self._left = True  # whether the beak is at the left side
        self._closed_for: NodeId | None = None
        self._shown: Problem | None = None
        self.column = QVBoxLayout(self)
        self.column.setSpacing(8)
        self._body: QWidget | None = None
        self.session.problems_changed.connect(self.refresh)
        self.session.selection_changed.connect(self._selected)
        view.moved.connect(self.place)
        view.gesture_changed.connect(self.place)
        theme.current.changed.connect(self._rebuild)
        self.hide()

    def _selected(self) -> None:
        self._closed_for = None
        self.refresh()

    @property
    def on_the_left(self) -> bool:
        """Whether it stands at the left of its block."""
        return not self._left

    def refresh(self) -> None:
        """Show the problem of the selected block, or nothing."""
        problem = self._problem()
        if problem != self._shown:
            self._shown = problem
            self._rebuild()
        self.place()

    def _problem(self) -> Problem | None:
        chosen = self.session.selection
        here = [p for p in self.session.problems if p.node and chosen == {p.node} and p.severity != "hint" and p.code != "unconnected"]
        return next((p for p in here if p.fixes or p.severity == "error"), None)

    def _rebuild(self) -> None:
        if self._body is not None:
            self._body.hide()
            self._body.deleteLater()
            self._body = None
        problem = self._shown
        if problem is None or problem.node not in self.session.graph.nodes:
            return
        self._body = QWidget()
        column = QVBoxLayout(self._body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._head(problem))
        if shapes := self._shapes(problem):
            column.addLayout(shapes)
        for k, fix in enumerate(problem.fixes[:4]):
            column.addWidget(self._fix(fix, first=k == 0))
        self.column.addWidget(self._body)

    def _head(self, problem: Problem) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        name, role = ("error", "error") if problem.severity == "error" else ("warning", "warn")
        picture = QLabel()
        picture.setPixmap(icons.pixmap(name, theme.current.theme[role], 16, self.devicePixelRatioF()))
        text = make(QLabel, problem.text[:1].upper() + problem.text[1:], objectName="cardTitle", wordWrap=True)
        text.setTextFormat(Qt.TextFormat.PlainText)
        close = QToolButton()
        close.setIcon(icons.icon("close", "text2", 14))
        close.setAccessibleName(self.tr("Close"))
        close.clicked.connect(self._close)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(text, 1)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _shapes(self, problem: Problem) -> QGridLayout | None:
        """The shapes that come in, one below the other."""
        analysis = self.session.analysis
        edges = analysis.wiring.incoming.get(problem.node or "", NO_EDGES)
        if len(edges) < 2 or problem.severity != "error":
            return None
        grid = QGridLayout()
        grid.setContentsMargins(24, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        for k, edge in enumerate(edges[:4]):
            shape = analysis.shape_at(edge)
            source = analysis.graph.nodes[edge.source]
            for column, (text, name) in enumerate(
                (
                    (shapes.text(shape) if shape is not None else "?", "value"),
                    (self.tr("from {0}, {1}").format(source.name, label(source.block)), "caption"),
                )
            ):
                part = make(QLabel, text, objectName=name)
                part.setTextFormat(Qt.TextFormat.PlainText)
                grid.addWidget(part, k, column)
        grid.setColumnStretch(1, 1)
        return grid

    def _fix(self, fix: Fix, *, first: bool) -> QPushButton:
        keys = self.tr("Alt+Enter") if first else ""
        button = make(QPushButton, objectName="firstFix" if first else "otherFix")
        button.setIcon(icons.icon("fix", "accent" if first else "text2", 16))
        below = "   ".join(filter(None, (fix.note, keys)))
        text = button.fontMetrics().elidedText(fix.label, Qt.TextElideMode.ElideMiddle, WIDTH - 68)
        button.setText(text + (f"\n{below}" if below else ""))
        button.setToolTip(fix.label)
        button.setAccessibleName(fix.label)
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        button.clicked.connect(lambda: self.take(fix))
        return button

    def take(self, fix: Fix) -> None:
        """Mend it."""
        self.session.edit(fix.label, fix.edit)
        self.session.check_now()
        self.view.setFocus()

    def _close(self) -> None:
        self._closed_for = next(iter(self.session.selection), None)
        self.hide()

    def place(self) -> None:
        """Beside the block, where there is room; hidden while something is dragged."""
        problem, view = self._shown, self.view
        busy = view.gesture is not None and view.gesture.moved
        item = view.canvas.nodes.get(problem.node or "") if problem else None
        if item is None or busy or view.zoom < LEAST_ZOOM or self._closed_for == item.id:
            self.hide()
            return
        box = view.mapFromScene(item.rect()).boundingRect()
        seen = view.viewport().rect()
        if not seen.intersects(box):
            self.hide()
            return
        self.column.setContentsMargins(12 + BEAK, 12, 12 + BEAK, 12)
        self.column.activate()
        self.setFixedHeight(
            max(60, self.column.totalHeightForWidth(self.width()) if self.column.hasHeightForWidth() else self.sizeHint().height())
        )
        y = max(8, min(box.center().y() - 36, seen.height() - self.height() - 8))
        places = [QRect(x, y, self.width(), self.height()) for x in (box.right() + GAP, box.left() - GAP - self.width())]
        place = min(places, key=lambda rect: self._hidden(rect, seen))
        self._left = place.x() > box.x()
        self.move(place.topLeft())
        self._tip = box.center().y() - y
        self.show()
        self.raise_()

    def _hidden(self, place: QRect, seen: QRect) -> int:
        """How many pixels of blocks it would cover, with what would not be seen of itself."""
        view = self.view
        blocks = [view.mapFromScene(item.rect()).boundingRect() for item in view.canvas.nodes_in(view.mapToScene(place).boundingRect())]
        covered = [place & block for block in blocks]
        outside = place.width() * place.height() - (place & seen).width() * (place & seen).height()
        return sum(part.width() * part.height() for part in covered) + 4 * outside

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(0.5 + BEAK, 0.5, -0.5 - BEAK, -0.5)
        outline = QPainterPath()
        outline.addRoundedRect(body, 8, 8)
        tip = min(max(16.0, float(self._tip)), body.height() - 16)
        beak = QPainterPath()
        edge, out = (body.left() + 1, 1.0) if self._left else (body.right() - 1, self.width() - 1.0)
        beak.moveTo(QPointF(edge, tip - 8))
        beak.lineTo(QPointF(out, tip))
        beak.lineTo(QPointF(edge, tip + 8))
        painter.setPen(QPen(theme.color("control"), 1))
        painter.setBrush(theme.color("raised"))
        painter.drawPath(outline.united(beak))
