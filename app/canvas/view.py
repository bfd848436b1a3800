"""The view: pans and zooms, starts gestures, takes blocks that are dropped, and paints the grid."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from app.canvas import grid, walking
from app.canvas.adding import BLOCK_MIME, Adding
from app.canvas.aids import Guidelines, Hint
from app.canvas.gestures import Gesture
from app.canvas.items import FrameItem, NodeItem, WireItem
from app.canvas.laying import Laying
from app.canvas.motion import Glide
from app.canvas.picking import open_, pick
from app.canvas.scene import HALF_WORLD, CanvasScene
from app.canvas.sharpening import Sharpening
from app.look import theme
from app.session.document import Session

LEAST, MOST = 0.05, 4.0
ZOOM_BAR = 40  # what the zoom bar covers at the bottom


class CanvasView(QGraphicsView):
    """The canvas as a widget."""

    zoomed = Signal(float)
    moved = Signal()  # another part of the network is in sight
    gesture_changed = Signal()  # one has begun, is under way, or has ended
    context_requested = Signal(QPoint)  # a right click that was no drag, in global coordinates

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.canvas = CanvasScene(session)
        self.glide = Glide(self.canvas)
        self.laying = Laying(self)
        self.sharpening = Sharpening(self)
        self.setScene(self.canvas)
        self.setSceneRect(-HALF_WORLD, -HALF_WORLD, 2 * HALF_WORLD, 2 * HALF_WORLD)
        self.setObjectName("canvas")
        self.setAccessibleName(self.tr("Canvas"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.gesture: Gesture | None = None
        self.wheel, self.tab = "auto", "auto"  # what the wheel and the Tab key do; preferences
        self.space_held = False
        self._hovered: NodeItem | WireItem | FrameItem | None = None
        self._guides, self._hint = Guidelines(self.canvas), Hint(self.viewport())
        self.show_guides, self.hint = self._guides.show, self._hint.say
        self.adding = Adding(self)
        theme.current.changed.connect(self._restyle)
        session.changed.connect(self.cancel)  # an undo in the middle of a drag ends it

    # Zoom and pan

    @property
    def zoom(self) -> float:
        return self.transform().m11()

    def set_zoom(self, zoom: float, at: QPointF | None = None) -> None:
        """Zoom, with the point ``at`` of the viewport (its middle if not given) staying where it is."""
        at = at or QPointF(self.viewport().rect().center())
        zoom = min(MOST, max(LEAST, zoom))
        if zoom == self.zoom:
            return
        before = self.mapToScene(at.toPoint())
        self.sharpening.begin()
        self.setTransform(self.transform().fromScale(zoom, zoom))
        after = self.mapFromScene(before)
        mode = self.viewportUpdateMode()
        self.setViewportUpdateMode(self.ViewportUpdateMode.FullViewportUpdate)  # all is painted anew: nothing need be scrolled first
        self.pan(at.toPoint() - after)
        self.setViewportUpdateMode(mode)
        self.zoomed.emit(zoom)
        self.moved.emit()

    def pan(self, by: QPoint) -> None:
        """Move the picture by pixels."""
        for bar, step in ((self.horizontalScrollBar(), by.x()), (self.verticalScrollBar(), by.y())):
            bar.setValue(bar.value() - step)

    def fit(self, area: QRectF | None = None, most: float = 1.0) -> None:
        """Show an area, or all of the network, at no more than 100 %, or ``most``."""
        area = area or self.canvas.content()
        if area.isEmpty():
            self.set_zoom(1.0)
            self.centerOn(0, 0)
            return
        space = self.viewport().size() - QSize(64, 64 + ZOOM_BAR)
        zoom = min(space.width() / area.width(), space.height() / area.height(), most)
        self.set_zoom(zoom)
        self.centerOn(area.center() + QPointF(0, ZOOM_BAR / 2 / zoom))
        self.viewport().update()

    def fit_selection(self) -> None:
        """Show what is selected."""
        area = self.bounds(self.session.selection)
        self.fit(area if not area.isEmpty() else None)

    def bounds(self, ids: Iterable[str]) -> QRectF:
        """The rectangle around some blocks."""
        area = QRectF()
        for id in ids:
            if id in self.canvas.nodes:
                area = area.united(self.canvas.nodes[id].rect())
        return area

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        if 2 * abs(dx) > self.viewport().width() or 2 * abs(dy) > self.viewport().height():
            self.sharpening.begin()
        super().scrollContentsBy(dx, dy)
        self.sharpening.shift(QPoint(dx, dy))
        if self.isVisible():
            self.moved.emit()

    def reveal(self, id: str) -> None:
        """Bring a block into sight."""
        item = self.canvas.nodes.get(id)
        if item is not None and not self.mapToScene(self.viewport().rect()).boundingRect().contains(item.rect()):
            self.centerOn(item.rect().center())

    def middle(self) -> tuple[float, float]:
        """The scene point in the middle of the view."""
        point = self.mapToScene(self.viewport().rect().center())
        return point.x(), point.y()

    def wheelEvent(self, event: QWheelEvent) -> None:
        keys, pixels, angle = event.modifiers(), event.pixelDelta(), event.angleDelta()
        if keys & Qt.KeyboardModifier.ShiftModifier:
            self.pan(QPoint(angle.y() or angle.x(), 0))
        elif self._scrolls(pixels) and not keys & Qt.KeyboardModifier.ControlModifier:
            self.pan(angle if pixels.isNull() else pixels)
        else:
            self.set_zoom(self.zoom * 1.0015 ** angle.y(), event.position())
        event.accept()

    def _scrolls(self, pixels: QPoint) -> bool:
        """Whether a wheel event moves the picture: a touch pad scrolls with two fingers, a wheel zooms, unless the user wants otherwise."""
        return self.wheel == "scroll" or (self.wheel == "auto" and not pixels.isNull())

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self.gesture is not None:  # a wire that waits for its second click
            self._finish(event)
            return
        self.hover(None)
        self.gesture = pick(self, event)
        self.gesture_changed.emit()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.gesture is None:
            self.hover(self._under(event.position().toPoint()))
            self._offer_dot(event)
            return
        before = self.gesture.moved
        self.gesture.drag(event)
        if self.gesture is not None and self.gesture.moved != before:
            self.gesture_changed.emit()
        if self.gesture is not None and self.gesture.moved and self.gesture.cursor is not None:
            self.viewport().setCursor(self.gesture.cursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.gesture is None:
            return
        if event.button() == Qt.MouseButton.RightButton and not self.gesture.moved:
            self.gesture = None
            self._context(event)
            return
        self._finish(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if event.button() != Qt.MouseButton.LeftButton or self.gesture is not None or not open_(self, self._under(at), at):
            self.mousePressEvent(event)

    def _finish(self, event: QMouseEvent) -> None:
        gesture, self.gesture = self.gesture, None  # from here on a change of the document is its own
        if gesture is None:
            return
        if gesture.finish(event):
            self.viewport().unsetCursor()
        else:
            self.gesture = gesture
        self.gesture_changed.emit()

    def cancel(self, *_: object) -> bool:
        """Cancel the gesture in hand; False if there is none."""
        if self.gesture is None:
            return False
        gesture, self.gesture = self.gesture, None
        gesture.cancel()
        self.viewport().unsetCursor()
        self.gesture_changed.emit()
        return True

    def _context(self, event: QMouseEvent) -> None:
        item = self.canvas.node_at(self.mapToScene(event.position().toPoint()))
        if item is not None and item.id not in self.session.selection:
            self.session.select([item.id])
        self.context_requested.emit(event.globalPosition().toPoint())

    def _under(self, at: QPoint) -> NodeItem | WireItem | FrameItem | None:
        point = self.mapToScene(at)
        return self.canvas.node_at(point) or self.canvas.wire_at(point, 5 / self.zoom) or self.canvas.frame_at(point)

    def _offer_dot(self, event: QMouseEvent) -> None:
        """With Ctrl over a wire, a diamond says that a press makes a dot there."""
        if not isinstance(self._hovered, WireItem):
            return
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        diamond = self.mapToScene(event.position().toPoint()) if ctrl else None
        if diamond is not None or self._hovered.diamond is not None:
            self._hovered.diamond = diamond
            self._hovered.update()

    def _restyle(self) -> None:
        self._guides.restyle()
        self.viewport().update()

    def hover(self, item: NodeItem | WireItem | FrameItem | None) -> None:
        if item is self._hovered:
            return
        for one, on in ((self._hovered, False), (item, True)):
            if one is not None and one.scene() is not None:
                one.set_state(hovered=on)
        if isinstance(self._hovered, WireItem):
            self._hovered.diamond = None
        self._hovered = item
        text = (item.face.error or item.face.loose) if isinstance(item, NodeItem) else ""
        if isinstance(item, NodeItem) and text:
            self.hint(text[0].upper() + text[1:], self.mapFromGlobal(self.cursor().pos()), "error" if item.face.error else "text")
        else:
            self.hint("", QPoint())

    def leaveEvent(self, event: QEvent) -> None:
        self.hover(None)
        super().leaveEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab adds a block, as in other node editors, and with a screen reader goes on, as everywhere; F6 leaves the canvas."""
        adds = self.tab == "add" or (self.tab == "auto" and not QAccessible.isActive())
        if self.hasFocus() and adds and next:
            self.adding.ask()
            return True
        return super().focusNextPrevChild(next)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.space_held = True
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif event.key() == Qt.Key.Key_A and event.modifiers() == Qt.KeyboardModifier.ShiftModifier:
            self.adding.ask(self.mapFromGlobal(self.cursor().pos()) if self.underMouse() else None)
        elif event.key() in walking.ARROWS and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self._walk(walking.ARROWS[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Escape:
            if not self.cancel():
                if not (self.session.selection or self.canvas.selected_wires or self.canvas.selected_frames):
                    self.session.leave()
                    return
                self.session.select(())
                self.canvas.select_wires(())
                self.canvas.select_frames(())
        else:
            super().keyPressEvent(event)

    def swap_selected(self) -> None:
        """Ask for a block to put in the place of the selected one."""
        if len(self.session.selection) == 1:
            self.adding.ask(instead=next(iter(self.session.selection)))

    def _walk(self, direction: tuple[int, int]) -> None:
        """Select the block that an arrow key leads to."""
        here = next(iter(self.session.selection)) if len(self.session.selection) == 1 else None
        there = walking.step(self.session.analysis, here, direction) if here else walking.first(self.session.analysis)
        if there is not None:
            self.session.select([there])
            self.reveal(there)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.space_held = False
            self.viewport().unsetCursor()
        super().keyReleaseEvent(event)

    # Blocks that are dropped

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.setAccepted(event.mimeData().hasFormat(BLOCK_MIME))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.setAccepted(self.adding.drag(bytes(event.mimeData().data(BLOCK_MIME).data()).decode(), event.position().toPoint()))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.adding.end_drag()

    def dropEvent(self, event: QDropEvent) -> None:
        if self.adding.drop():
            event.acceptProposedAction()
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        self.sharpening.forget()
        rects: list[QRect] = list(event.region())  # type: ignore[call-overload]  # Qt's stubs do not know that it can be walked through
        if rects == [self.viewport().rect()] and self.sharpening.paint():
            return
        scrolled = self.sharpening.scrolled
        if self.sharpening.strips(rects):
            return
        if not scrolled:
            super().paintEvent(event)
            return
        self.canvas.hurried = True
        for rect in rects:  # Qt would paint all that lies in the rectangle around the strips
            super().paintEvent(QPaintEvent(rect))
        self.canvas.hurried = False

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:  # type: ignore[override]
        painter.save()
        transform = painter.worldTransform()
        painter.resetTransform()
        grid.paint(painter, transform.mapRect(rect).toAlignedRect(), transform.map(QPointF(0, 0)), self.zoom, self.devicePixelRatioF())
        painter.restore()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:  # type: ignore[override]
        self.adding.paint(painter)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().isValid():  # keep the middle in the middle
            grown = event.size() - event.oldSize()
            self.pan(QPoint(grown.width() // 2, 0))
