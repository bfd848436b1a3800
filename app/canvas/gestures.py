"""Mouse gestures: one class each, from press to release. The view asks ``picking.pick`` which one begins, and passes it the mouse; Esc cancels."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QRubberBand

if TYPE_CHECKING:
    from app.canvas.view import CanvasView

SLOP = 4  # pixels on screen before a press becomes a drag


class Gesture:
    """From a press to the release. ``moved`` once the mouse has left the place of the press."""

    cursor: Qt.CursorShape | None = None

    def __init__(self, view: "CanvasView", event: QMouseEvent) -> None:
        self.view, self.scene, self.session = view, view.canvas, view.session
        self.origin = event.position().toPoint()
        self.start = view.mapToScene(self.origin)
        self.moved = False

    def drag(self, event: QMouseEvent) -> None:
        """The mouse moved with the button down."""
        at = event.position().toPoint()
        if not self.moved and (at - self.origin).manhattanLength() < SLOP:
            return
        self.moved = True
        self.update(at, event)

    def update(self, at: QPoint, event: QMouseEvent) -> None:
        """Follow the mouse, now at ``at`` in the view."""

    def finish(self, event: QMouseEvent) -> bool:
        """The button was released; False if the gesture goes on without it."""
        return True

    def cancel(self) -> None:
        """As if it had never begun."""


class Pan(Gesture):
    """Drag the canvas."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, view: "CanvasView", event: QMouseEvent) -> None:
        super().__init__(view, event)
        self.last = self.origin

    def update(self, at: QPoint, event: QMouseEvent) -> None:
        self.view.pan(at - self.last)
        self.last = at


class RubberBand(Gesture):
    """Select all in a rectangle: drawn to the right, what lies in it; drawn to the left, what it touches. Shift adds."""

    def __init__(self, view: "CanvasView", event: QMouseEvent) -> None:
        super().__init__(view, event)
        keep = event.modifiers() & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier)
        self.before = self.session.selection if keep else frozenset()
        self.band: QRubberBand | None = None
        if not keep:
            self.session.select(())
            self.scene.select_wires(())
            self.scene.select_frames(())

    def update(self, at: QPoint, event: QMouseEvent) -> None:
        if self.band is None:
            self.band = QRubberBand(QRubberBand.Shape.Rectangle, self.view.viewport())
            self.band.show()
        self.band.setGeometry(QRect(self.origin, at).normalized())
        area = QRectF(self.start, self.view.mapToScene(at)).normalized()
        touching = at.x() < self.origin.x()
        inside = {i for i, n in self.scene.nodes.items() if (area.intersects(n.rect()) if touching else area.contains(n.rect()))}
        self.session.select(self.before | inside)

    def finish(self, event: QMouseEvent) -> bool:
        self._close()
        return True

    def cancel(self) -> None:
        self._close()
        self.session.select(self.before)

    def _close(self) -> None:
        if self.band is not None:
            self.band.hide()
            self.band.deleteLater()
