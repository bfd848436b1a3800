"""Strokes over wires: one cuts them, one bends them; and the dots through which bent wires pass."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QGraphicsPathItem

from app.canvas.gestures import Gesture
from app.canvas.items import NodeItem, WireItem
from app.document.edits import bend, remove
from app.document.graph import EdgeId, Graph, Place
from app.document.placing import snap
from app.look import theme

if TYPE_CHECKING:
    from app.canvas.view import CanvasView


class Cut(Gesture):
    """A stroke over empty canvas: the wires that it crosses are removed."""

    cursor = Qt.CursorShape.CrossCursor
    color = "error"

    def __init__(self, view: "CanvasView", event: QMouseEvent) -> None:
        super().__init__(view, event)
        self.path = QPainterPath(self.start)
        self.stroke = QGraphicsPathItem()
        pen = QPen(theme.color(self.color), 2, Qt.PenStyle.DashLine)
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


class Reroute(Cut):
    """A stroke that leaves a dot in every wire it crosses, through which that wire passes from then on."""

    color = "accent"

    def finish(self, event: QMouseEvent) -> bool:
        dots = {id: self._crossing(id) for id in self._crossed()} if self.moved else {}
        self.cancel()
        if dots:

            def change(graph: Graph) -> Graph:
                for id, dot in dots.items():
                    graph = bend(graph, id, with_dot(self.scene.wires[id], dot))
                return graph

            self.session.edit(f"Bend {len(dots)} wire{'s' * (len(dots) > 1)}", change)
        return True

    def _crossing(self, id: EdgeId) -> QPointF:
        """Where the stroke meets a wire."""
        wire = self.scene.wires[id].path_
        steps = [wire.pointAtPercent(k / 100) for k in range(101)]
        stroke = [self.path.pointAtPercent(k / 50) for k in range(51)]
        return min(steps, key=lambda point: min((point - other).manhattanLength() for other in stroke))


class DragDot(Gesture):
    """Move a dot of a wire; with a new one, make it first."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, view: "CanvasView", event: QMouseEvent, wire: WireItem, dot: int | None) -> None:
        super().__init__(view, event)
        self.wire = wire
        self.via = list(wire.via)
        if dot is None:
            self.via = with_dot(wire, self.start)
            dot = min(range(len(self.via)), key=lambda k: abs(self.via[k][0] - self.start.x()) + abs(self.via[k][1] - self.start.y()))
            self.moved = True
        self.dot = dot

    def update(self, at: QPoint, event: QMouseEvent) -> None:
        point = self.view.mapToScene(at)
        self.via[self.dot] = (snap(point.x()), snap(point.y()))
        self.scene.relay([self.session.graph.edges[self.wire.id].target], via={self.wire.id: tuple(self.via)})

    def finish(self, event: QMouseEvent) -> bool:
        id = self.wire.id
        if self.moved:
            self.session.edit("Bend 1 wire", lambda graph: bend(graph, id, self.via))
        self.scene.select_wires([id])
        return True

    def cancel(self) -> None:
        if self.wire.id in self.session.graph.edges:
            self.scene.relay([self.session.graph.edges[self.wire.id].target])


def with_dot(wire: WireItem, at: QPointF) -> list[Place]:
    """The dots of a wire with one more at a point, in the order in which the wire comes past them."""
    dots = [*wire.via, (snap(at.x()), snap(at.y()))]
    steps = [wire.path_.pointAtPercent(k / 100) for k in range(101)]

    def along(dot: Place) -> int:
        return min(range(101), key=lambda k: abs(steps[k].x() - dot[0]) + abs(steps[k].y() - dot[1]))

    return sorted(dots, key=along)


def remove_dot(view: "CanvasView", wire: WireItem, dot: int) -> None:
    """Let a wire go its own way again at one of its dots."""
    via = [place for k, place in enumerate(wire.via) if k != dot]
    view.session.edit("Straighten 1 wire", lambda graph: bend(graph, wire.id, via))


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
