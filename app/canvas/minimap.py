"""The whole network in a corner, and where the view is in it."""

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from app.canvas.view import CanvasView
from app.document.placing import WIDTH, tall
from app.look import theme
from app.session.timers import timer

SIZE = QSize(172, 118)
PADDING = 8.0
LATER_MS = 60
VIEWS = 2.0  # it shows itself where the network is larger than so many views


class Minimap(QWidget):
    """Floats in the lower right corner of the view. A click or a drag moves the view there."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.view, self.session = view, view.session
        self.setFixedSize(SIZE)
        self.setAccessibleName(self.tr("Minimap"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.wanted: bool | None = None  # None: where it is of use
        self._picture: QPixmap | None = None
        self._area = QRectF()
        self._soon = timer(self, LATER_MS, self._redraw, once=True)
        self.session.changed.connect(lambda *_: self._soon.start())
        self.session.selection_changed.connect(self._soon.start)
        theme.current.changed.connect(self._redraw)
        view.moved.connect(self._follow)
        view.installEventFilter(self)
        self._redraw()

    def toggle(self) -> None:
        """Show it, or not, from now on."""
        self.wanted = not self.isVisible()
        self._redraw()

    def _useful(self) -> bool:
        seen = self.view.mapToScene(self.view.viewport().rect()).boundingRect()
        content = self._area
        return max(1.0, content.width() / seen.width()) * max(1.0, content.height() / seen.height()) > VIEWS

    def _follow(self) -> None:
        show = not self._area.isEmpty() and (self._useful() if self.wanted is None else self.wanted)
        if show and self.isHidden():
            self.show()
            self._redraw()
        self.move(self.view.width() - SIZE.width() - 16, self.view.height() - SIZE.height() - 14)
        self.setVisible(show)
        self.update()

    def _redraw(self) -> None:
        """Paint the blocks once; the rectangle of the view is painted over them."""
        content, graph = self.view.canvas.content(), self.session.graph
        self._area = content
        self._follow()
        if not self.isVisible():
            return
        picture = QPixmap(SIZE * self.devicePixelRatioF())
        picture.setDevicePixelRatio(self.devicePixelRatioF())
        picture.fill(Qt.GlobalColor.transparent)
        if not content.isEmpty():
            painter = QPainter(picture)
            scale = self._scale()
            painter.setPen(QPen(theme.color("wire"), 1))
            for edge in graph.edges.values() if len(graph.edges) < 2000 else ():
                a, b = graph.nodes[edge.source], graph.nodes[edge.target]
                painter.drawLine(
                    self._to_map(QPointF(a.position[0] + WIDTH / 2, a.position[1] + tall(a))),
                    self._to_map(QPointF(b.position[0] + WIDTH / 2, b.position[1])),
                )
            for node in graph.nodes.values():
                corner = self._to_map(QPointF(*node.position))
                rect = QRectF(corner.x(), corner.y(), max(2.0, WIDTH * scale), max(1.5, tall(node) * scale))
                painter.fillRect(rect, QColor(theme.current.theme.category(node.block.group)))
                if node.id in self.session.selection:
                    painter.fillRect(rect.adjusted(-1, -1, 1, 1), theme.color("accent"))
            painter.end()
        self._picture = picture
        self.update()

    def _scale(self) -> float:
        return min(
            (SIZE.width() - 2 * PADDING) / max(self._area.width(), 1), (SIZE.height() - 2 * PADDING) / max(self._area.height(), 1), 0.2
        )  # fmt: skip

    def _to_map(self, point: QPointF) -> QPointF:
        middle = QPointF(SIZE.width() / 2, SIZE.height() / 2)
        return middle + (point - self._area.center()) * self._scale()

    def _to_scene(self, point: QPointF) -> QPointF:
        return self._area.center() + (point - QPointF(SIZE.width() / 2, SIZE.height() / 2)) / self._scale()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("control"), 1))
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        if self._picture is not None:
            painter.drawPixmap(0, 0, self._picture)
        seen = self.view.mapToScene(self.view.viewport().rect()).boundingRect()
        frame = QRectF(self._to_map(seen.topLeft()), self._to_map(seen.bottomRight())).intersected(
            QRectF(self.rect()).adjusted(2, 2, -2, -2)
        )
        painter.setPen(QPen(theme.color("accent"), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(frame, 3, 3)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.view.centerOn(self._to_scene(event.position()))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._follow()
        return False
