"""Comment frames: dragged with what lies in them, stretched, and written on."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QLineEdit

from app.canvas.gestures import Gesture
from app.canvas.items import FrameItem
from app.canvas.moving import Shift
from app.document.edits import add_frame, set_frame
from app.document.graph import Frame, FrameId, Graph, NodeId
from app.document.placing import WIDTH, snap, tall

if TYPE_CHECKING:
    from app.canvas.view import CanvasView

PADDING, HEAD = 24.0, 44.0
SMALLEST = (120.0, 64.0)


class MoveFrame(Shift):
    """Drag a frame with the blocks in it; with Ctrl the frame alone."""

    def __init__(self, view: "CanvasView", event: QMouseEvent, item: FrameItem) -> None:
        keys = event.modifiers()
        more = bool(keys & Qt.KeyboardModifier.ShiftModifier)
        chosen = view.canvas.selected_frames | {item.id} if more or item.id in view.canvas.selected_frames else {item.id}
        if not more:
            view.session.select(())
            view.canvas.select_wires(())
        view.canvas.select_frames(chosen)
        alone = bool(keys & Qt.KeyboardModifier.ControlModifier)
        inside = set() if alone else {id for frame in chosen for id in within(view.session.graph, frame)}
        super().__init__(view, event, inside | view.session.selection, chosen, item.rect())

    def finish(self, event: QMouseEvent) -> bool:
        self.view.show_guides([])
        if self.moved:
            self.session.edit("Move frame", self.shifted)
        return True


class StretchFrame(Gesture):
    """Drag an edge or the corner of a frame."""

    def __init__(self, view: "CanvasView", event: QMouseEvent, item: FrameItem, right: bool, bottom: bool) -> None:
        super().__init__(view, event)
        self.item, self.right, self.bottom = item, right, bottom
        self.before = item.frame
        view.canvas.select_frames([item.id])

    def update(self, at: QPoint, event: QMouseEvent) -> None:
        by = self.view.mapToScene(at) - self.start
        (x, y), (wide, high) = self.before.position, self.before.size
        wide = max(SMALLEST[0], snap(x + wide + by.x()) - x) if self.right else wide
        high = max(SMALLEST[1], snap(y + high + by.y()) - y) if self.bottom else high
        self.item.set_frame(Frame(self.before.text, (x, y), (wide, high)))

    def finish(self, event: QMouseEvent) -> bool:
        frame, id = self.item.frame, self.item.id
        if frame != self.before:
            self.session.edit("Stretch frame", lambda graph: set_frame(graph, id, frame))
        return True

    def cancel(self) -> None:
        self.item.set_frame(self.before)


def within(graph: Graph, id: FrameId) -> list[NodeId]:
    """The nodes that lie in a frame with their middle."""
    frame = graph.frames[id]
    area = QRectF(*frame.position, *frame.size)
    return [n.id for n in graph.nodes.values() if area.contains(n.position[0] + WIDTH / 2, n.position[1] + tall(n) / 2)]


def around(graph: Graph, ids: list[NodeId], text: str) -> Frame:
    """A frame that just holds these nodes."""
    nodes = [graph.nodes[id] for id in ids]
    left, top = min(n.position[0] for n in nodes) - PADDING, min(n.position[1] for n in nodes) - HEAD
    right = max(n.position[0] for n in nodes) + WIDTH + PADDING
    bottom = max(n.position[1] + tall(n) for n in nodes) + PADDING
    return Frame(text, (left, top), (right - left, bottom - top))


def frame_selection(view: "CanvasView") -> None:
    """Put a frame around the selected blocks, or an empty one at the mouse, and ask for its text."""
    graph, chosen = view.session.graph, list(view.session.selection)
    if chosen:
        frame = around(graph, chosen, view.tr("Comment"))
    else:
        at = view.mapToScene(view.mapFromGlobal(view.cursor().pos())) if view.underMouse() else None
        x, y = (at.x(), at.y()) if at is not None else view.middle()
        frame = Frame(view.tr("Comment"), (snap(x - 160), snap(y - 100)), (320.0, 200.0))
    new = ""

    def change(graph: Graph) -> Graph:
        nonlocal new
        graph, new = add_frame(graph, frame)
        return graph

    view.session.edit("Add frame", change)
    view.canvas.select_frames([new])
    write_on(view, new)


def write_on(view: "CanvasView", id: FrameId) -> None:
    """A line to edit the text of a frame in its place."""
    item = view.canvas.frames[id]
    line = QLineEdit(view.viewport())
    line.setObjectName("frameText")
    line.setAccessibleName(view.tr("Text of the frame"))
    line.setText(item.frame.text)
    line.selectAll()
    corner = view.mapFromScene(item.rect().topLeft())
    line.setGeometry(corner.x() + 6, corner.y() + 2, max(160, min(420, round(item.frame.size[0] * view.zoom) - 12)), 28)
    line.show()
    line.setFocus()

    def done() -> None:
        text = line.text().strip()
        line.deleteLater()
        graph = view.session.graph
        if id in graph.frames and text != graph.frames[id].text:
            frame = graph.frames[id]
            view.session.edit("Change comment", lambda graph: set_frame(graph, id, Frame(text, frame.position, frame.size)))
        view.setFocus()

    line.editingFinished.connect(done, Qt.ConnectionType.SingleShotConnection)
