"""Which gesture begins with a press: by what lies under the mouse, the button, and the keys."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent

from app.canvas import cutting, framing
from app.canvas.connecting import PORT_REACH, Replug, Wire
from app.canvas.gestures import Gesture, Pan, RubberBand
from app.canvas.items import FrameItem, NodeItem, WireItem
from app.canvas.moving import Copy, Detach, Move
from app.document.graph import Instance

if TYPE_CHECKING:
    from app.canvas.view import CanvasView


def pick(view: "CanvasView", event: QMouseEvent) -> Gesture | None:
    """The gesture that begins with this press; None if there is none."""
    scene, point = view.canvas, view.mapToScene(event.position().toPoint())
    modifier = Qt.KeyboardModifier
    alt, ctrl, shift = (bool(event.modifiers() & key) for key in (modifier.AltModifier, modifier.ControlModifier, modifier.ShiftModifier))
    if event.button() == Qt.MouseButton.RightButton and ctrl:
        return cutting.Cut(view, event)
    if event.button() == Qt.MouseButton.RightButton and shift:
        return cutting.Reroute(view, event)
    if event.button() in (Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton) or view.space_held:
        return Pan(view, event)
    if event.button() != Qt.MouseButton.LeftButton:
        return None
    reach = PORT_REACH / view.zoom
    node = scene.node_at(point)
    if port := scene.port_at(point, reach):
        item, side, name = port
        inner = reach / 2  # well inside a block it is the block that is meant, however near its ports are
        inside = node is not None and node.rect().adjusted(inner, inner, -inner, -inner).contains(point)
        if not inside:
            if alt:
                cutting.break_port(view, item, side, name)
                return None
            wired = side == "out" and any(e.source_port == name for e in view.session.analysis.wiring.outgoing.get(item.id, ()))
            return (Replug if ctrl and wired else Wire)(view, event, item, side, name)
    if node is not None:
        return (Detach if alt else Copy if ctrl else Move)(view, event, node)
    return _on_canvas(view, event, point, alt=alt, ctrl=ctrl)


def _on_canvas(view: "CanvasView", event: QMouseEvent, point: QPointF, *, alt: bool, ctrl: bool) -> Gesture | None:
    """The gesture where there is no block: on a wire, a dot, a frame, or on nothing."""
    scene = view.canvas
    if dot := scene.dot_at(point, PORT_REACH / view.zoom):
        if alt:
            cutting.remove_dot(view, *dot)
            return None
        return cutting.DragDot(view, event, *dot)
    if wire := scene.wire_at(point, 5 / view.zoom):
        if ctrl:
            return cutting.DragDot(view, event, wire, None)
        view.session.select(())
        scene.select_frames(())
        scene.select_wires([wire.id])
        return None
    if frame := scene.frame_at(point):
        right, bottom = frame.corner_at(point, max(6.0, 6 / view.zoom))
        return framing.StretchFrame(view, event, frame, right, bottom) if right or bottom else framing.MoveFrame(view, event, frame)
    return cutting.Cut(view, event) if alt else RubberBand(view, event)


def open_(view: "CanvasView", under: object, at: QPoint) -> bool:
    """What a double click does: it opens a block of blocks, the text of a frame, or quick-add. False over any other block."""
    if isinstance(under, NodeItem):
        if not isinstance(under.node.block, Instance):
            return False
        view.session.enter(under.id)
    elif isinstance(under, FrameItem):
        framing.write_on(view, under.id)
    else:
        view.adding.ask(at, wire=under.id if isinstance(under, WireItem) else "")
    return True
