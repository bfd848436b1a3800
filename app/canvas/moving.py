"""Dragging blocks: to another place, out of their wires, into a wire, or a copy of them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QMouseEvent

from app.canvas.gestures import Gesture
from app.canvas.guides import REACH, Guides
from app.canvas.items import NodeItem, WireItem
from app.document.edits import detach, paste, shift, splice, subgraph
from app.document.graph import EdgeId, FrameId, Graph, NodeId
from app.document.placing import snap
from app.document.wiring import NO_EDGES

if TYPE_CHECKING:
    from app.canvas.view import CanvasView


class Shift(Gesture):
    """Blocks and frames follow the mouse: in line with their neighbours, else on the grid. One step, on release."""

    cursor: Qt.CursorShape | None = Qt.CursorShape.SizeAllCursor

    def __init__(self, view: "CanvasView", event: QMouseEvent, nodes: Iterable[NodeId], frames: Iterable[FrameId], held: QRectF) -> None:
        super().__init__(view, event)
        graph = self.session.graph
        self.places = {id: graph.nodes[id].position for id in nodes}
        self.frames = {id: graph.frames[id].position for id in frames}
        self.held = held  # what the hand is on; it is this that stands in line with others
        self.by = (0.0, 0.0)
        self._guides: Guides | None = None

    def update(self, at: QPoint, event: QMouseEvent) -> None:
        if self._guides is None:
            self._guides = Guides(self._others())
        by = self.view.mapToScene(at) - self.start
        dx, dy, lines = self._guides.snap(self.held.translated(by), REACH / self.view.zoom)
        left, top = self.held.left(), self.held.top()
        self.by = (
            by.x() + dx if dx is not None else snap(left + by.x()) - left,
            by.y() + dy if dy is not None else snap(top + by.y()) - top,
        )
        self._put(self.by)
        self.view.show_guides(lines)

    def _others(self) -> list[QRectF]:
        """The blocks in sight that stay where they are."""
        area = self.view.mapToScene(self.view.viewport().rect()).boundingRect()
        return [item.rect() for item in self.scene.items(area) if isinstance(item, NodeItem) and item.id not in self.places]

    def _put(self, by: tuple[float, float]) -> None:
        for id, (x, y) in self.places.items():
            self.scene.nodes[id].setPos(x + by[0], y + by[1])
        for id, (x, y) in self.frames.items():
            self.scene.frames[id].setPos(x + by[0], y + by[1])
        self.scene.relay(self.places, by=by)

    def shifted(self, graph: Graph) -> Graph:
        """The graph with all at its new place."""
        return shift(graph, self.places, self.by, self.frames)

    def cancel(self) -> None:
        self.view.show_guides([])
        nodes, frames = self.session.graph.nodes, self.session.graph.frames
        self.places = {id: place for id, place in self.places.items() if id in nodes and id in self.scene.nodes}
        self.frames = {id: place for id, place in self.frames.items() if id in frames and id in self.scene.frames}
        self._put((0.0, 0.0))


class Move(Shift):
    """Click selects, drag moves all that is selected. A block without wires that is let go over a wire is put into it."""

    def __init__(self, view: "CanvasView", event: QMouseEvent, item: NodeItem) -> None:
        session, keys = view.session, event.modifiers()
        self.item = item
        self.toggled = bool(keys & Qt.KeyboardModifier.ControlModifier)
        self.was_selected = item.id in session.selection
        if keys & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier):
            session.select(session.selection | {item.id})
        elif not self.was_selected:
            session.select([item.id])
            view.canvas.select_frames(())
        view.canvas.select_wires(())
        self.wire: WireItem | None = None  # that it would be put into
        super().__init__(view, event, session.selection, view.canvas.selected_frames, item.rect())

    def update(self, at: QPoint, event: QMouseEvent) -> None:
        super().update(at, event)
        suppressed = self._loose() and bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        self._over(None if suppressed else self._wire_below())

    def _loose(self) -> bool:
        """Whether it has no wires."""
        wiring = self.session.analysis.wiring
        return not wiring.incoming.get(self.item.id) and not wiring.outgoing.get(self.item.id)

    def _insertable(self) -> bool:
        return self._loose()

    def _wire_below(self) -> WireItem | None:
        block = self.item.node.block
        if len(self.places) != 1 or not block.inputs or not block.outputs or not self._insertable():
            return None
        middle, half = self.item.rect().center(), 8.0
        area = QRectF(middle.x() - half, middle.y() - half, 2 * half, 2 * half)
        own = {
            wire
            for edges in (self.session.analysis.wiring.incoming, self.session.analysis.wiring.outgoing)
            for edge in edges.get(self.item.id, NO_EDGES)
            for wire in self.scene.wires_of(edge)
        }
        return next((i for i in self.scene.items(area) if isinstance(i, WireItem) and i.id not in own), None)

    def _over(self, wire: WireItem | None) -> None:
        if wire is not self.wire:
            for one, on in ((self.wire, False), (wire, True)):
                if one is not None and one.scene() is not None:
                    one.set_state(hovered=on)
            self.wire = wire

    def finish(self, event: QMouseEvent) -> bool:
        if not self.moved:
            if self.toggled and self.was_selected:
                self.session.select(self.session.selection - {self.item.id})
            elif not event.modifiers():
                self.session.select([self.item.id])
                self.scene.select_frames(())
            return True
        self.view.show_guides([])
        wire, name = self._landed(), self.named("Move")
        if wire is None:
            self.session.edit(name, self.changed)
        else:
            self.session.edit(f"Insert {self.item.node.name}", lambda graph: splice(self.changed(graph), wire, self.item.id))
        return True

    def changed(self, graph: Graph) -> Graph:
        """What letting go does, but for the wire that it may land on."""
        return self.shifted(graph)

    def _landed(self) -> EdgeId | None:
        wire = self.wire.id if self.wire is not None else None
        self._over(None)
        return wire if wire in self.session.graph.edges else None

    def named(self, word: str) -> str:
        """The name of the step: the block, or how many."""
        return f"{word} {self.item.node.name}" if len(self.places) == 1 else f"{word} {len(self.places)} blocks"

    def cancel(self) -> None:
        self._over(None)
        super().cancel()


class Detach(Move):
    """Drag blocks out of their wires: what stood before them is joined to what stood behind."""

    def _insertable(self) -> bool:
        return True

    def finish(self, event: QMouseEvent) -> bool:
        if not self.moved:
            return super().finish(event)
        self.view.show_guides([])
        wire, name = self._landed(), self.named("Take out")
        item = self.item.id

        def change(graph: Graph) -> Graph:
            for id in self.places:
                graph = detach(graph, id)
            graph = self.shifted(graph)
            return splice(graph, wire, item) if wire is not None and wire in graph.edges else graph

        self.session.edit(name, change)
        return True


class Copy(Move):
    """Drag a copy of the selected blocks; they themselves stay."""

    cursor = Qt.CursorShape.DragCopyCursor

    def _wire_below(self) -> WireItem | None:
        return None

    def finish(self, event: QMouseEvent) -> bool:
        if not self.moved:
            return super().finish(event)
        by, ids, frames = self.by, list(self.places), list(self.frames)
        self.cancel()
        new: list[str] = []

        def change(graph: Graph) -> Graph:
            graph, made = paste(graph, subgraph(graph, ids, frames), by)
            new.extend(made)
            return graph

        self.session.edit(self.named("Duplicate"), change)
        self.session.select(new)
        return True
