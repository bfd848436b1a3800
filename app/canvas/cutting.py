"""Cutting wires with a stroke, and taking blocks out of their wires."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QMouseEvent, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QGraphicsPathItem

from app.canvas.gestures import Gesture, Move
from app.canvas.items import NodeItem
from app.document.edits import detach, move, paste, remove, subgraph
from app.document.graph import Graph
from app.look import theme

if TYPE_CHECKING:
    from app.canvas.view import CanvasView


class Cut(Gesture):
    """A stroke over empty canvas: the wires that it crosses are removed."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, view: "CanvasView", event: QMouseEvent) -> None:
        super().__init__(view, event)
        self.path = QPainterPath(self.start)
        self.stroke = QGraphicsPathItem()
        pen = QPen(theme.color("error"), 2, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        self.stroke.setPen(pen)
        self.stroke.setZValue(4)
        self.scene.addItem(self.stroke)

    def update(self, at: QPoint, event: QMouseEvent) -> None:
        self.path.lineTo(self.view.mapToScene(at))
        self.stroke.setPath(self.path)
        crossed = set(self._crossed())
        for id, wire in self.scene.wires.items():
            if wire.going != (id in crossed):
                wire.going = id in crossed
                wire.update()

    def finish(self, event: QMouseEvent) -> bool:
        cut = self._crossed() if self.moved else []
        self.cancel()
        if cut:
            self.session.edit(f"Cut {len(cut)} wire{'s' * (len(cut) > 1)}", lambda graph: remove(graph, edges=cut))
        return True

    def cancel(self) -> None:
        self.scene.removeItem(self.stroke)
        for wire in self.scene.wires.values():
            if wire.going:
                wire.going = False
                wire.update()

    def _crossed(self) -> list[str]:
        stroker = QPainterPathStroker()
        stroker.setWidth(1.0)
        area = stroker.createStroke(self.path)
        return [
            id
            for id, wire in self.scene.wires.items()
            if wire.sceneBoundingRect().intersects(area.boundingRect()) and wire.shape().intersects(area)
        ]


class Detach(Move):
    """Drag blocks out of their wires: what stood before them is joined to what stood behind."""

    def finish(self, event: QMouseEvent) -> bool:
        if not self.moved:
            return super().finish(event)
        places = {id: (self.scene.nodes[id].pos().x(), self.scene.nodes[id].pos().y()) for id in self.places}

        def change(graph: Graph) -> Graph:
            for id in places:
                graph = detach(graph, id)
            return move(graph, places)

        self.session.edit(self.named("Take out"), change)
        return True


class Copy(Move):
    """Drag a copy of the selected blocks; they themselves stay."""

    cursor = Qt.CursorShape.DragCopyCursor

    def finish(self, event: QMouseEvent) -> bool:
        if not self.moved:
            return super().finish(event)
        at, (x, y) = self.item.pos(), self.places[self.item.id]
        offset, ids = (at.x() - x, at.y() - y), list(self.places)
        self.cancel()
        new: list[str] = []

        def change(graph: Graph) -> Graph:
            graph, made = paste(graph, subgraph(graph, ids), offset)
            new.extend(made)
            return graph

        self.session.edit(self.named("Duplicate"), change)
        self.session.select(new)
        return True


def break_port(view: "CanvasView", item: NodeItem, side: str, name: str) -> None:
    """Remove all wires at a port."""
    graph = view.session.graph
    ends = [
        id
        for id, e in graph.edges.items()
        if (side == "in" and e.target == item.id and e.target_port == name)
        or (side == "out" and e.source == item.id and e.source_port == name)
    ]
    if ends:
        view.session.edit(f"Disconnect {item.node.name}", lambda graph: remove(graph, edges=ends))
