"""Drawing wires: a new one, the end of an old one, or all that leave an output."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QPen
from PySide6.QtWidgets import QGraphicsPathItem

from app.canvas.face import Spot
from app.canvas.gestures import SLOP, Gesture
from app.canvas.items import NodeItem
from app.canvas.route import path, route
from app.document.edits import connect, remove, replug
from app.document.graph import EdgeId, NodeId
from app.document.legal import End, Targets, consequence, targets
from app.look import theme

if TYPE_CHECKING:
    from app.canvas.view import CanvasView

PORT_REACH = 12  # pixels on screen


class Wire(Gesture):
    """Draw a wire from a port to a port or to the body of a block. Legal places light up; over others the reason is told.

    A press and release without a drag leaves the wire at the mouse: the next click ends it.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, view: "CanvasView", event: QMouseEvent, item: NodeItem, side: str, port: str) -> None:
        super().__init__(view, event)
        self.loose: list[EdgeId] = []  # existing wires whose end is being moved
        self.targets: Targets = self._find(item.id, side, port)
        node, name = self.targets.start
        for id in self.loose:
            self.scene.wires[id].going = True
            self.scene.wires[id].update()
        self.from_item = self.scene.nodes[node]
        self.spot = self.from_item.spot("out" if self.targets.forward else "in", name)
        self.end: End | None = None
        self.sticky = False
        self.draft = QGraphicsPathItem()
        self.draft.setZValue(3)
        pen = QPen(theme.color("accent"), 2)
        pen.setCosmetic(True)
        self.draft.setPen(pen)
        self.scene.addItem(self.draft)
        self.scene.show_targets(self.targets)

    def _find(self, node: NodeId, side: str, port: str) -> Targets:
        """Where it may end. A press on an input that has its wire takes the end of that wire."""
        if side == "in" and (id := self.scene.edge_of_port(node, port)):
            edge = self.session.graph.edges[id]
            self.loose = [id]
            return targets(self.session.analysis, edge.source, edge.source_port, forward=True)
        return targets(self.session.analysis, node, port, forward=side == "out")

    def drag(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        self.moved = self.moved or (at - self.origin).manhattanLength() >= SLOP
        self.update(at, event)

    def update(self, at: QPoint, event: QMouseEvent) -> None:
        point = self.view.mapToScene(at)
        side = "in" if self.targets.forward else "out"
        self.end, reason, hovered = None, "", None
        if found := self.scene.port_at(point, PORT_REACH / self.view.zoom, side):
            hovered = found[0]
            end = (hovered.id, found[2])
            reason = self.targets.reasons.get(end, "")
            self.end = None if reason else end
        elif (hovered := self.scene.node_at(point)) is not None and hovered.id != self.targets.start[0]:
            end_, reason = self.targets.at(hovered.id, self.session.analysis)
            self.end = None if reason else end_
            if end_ is None:
                reason = f"{hovered.node.name} has no {'input' if self.targets.forward else 'output'}"
        elif hovered is not None:
            hovered = None
        for item in self.scene.nodes.values():
            item.set_state(lit=self.end is not None and item.id == self.end[0])
        self._draw(point)
        self._say(at, hovered, reason)

    def _draw(self, point: QPointF) -> None:
        start = (self.from_item.pos().x() + self.spot.x, self.from_item.pos().y() + self.spot.y)
        across, towards = self.from_item.face.across, -1.0 if self.targets.forward else 1.0
        end, into = (point.x(), point.y()), (towards, 0.0) if across else (0.0, towards)
        if self.end is not None:
            item = self.scene.nodes[self.end[0]]
            spot: Spot = (item.inputs if self.targets.forward else item.outputs)[self.end[1]]
            end, into = (item.pos().x() + spot.x, item.pos().y() + spot.y), (spot.dx, spot.dy)
        if self.end is None and self.spot.dx and not across:  # a wire that leaves sideways arrives sideways
            into = (-float(self.spot.dx), 0.0)
        self.draft.setPath(path(route(start, (self.spot.dx, self.spot.dy), end, into, True, across)))

    def _say(self, at: QPoint, hovered: NodeItem | None, reason: str) -> None:
        if hovered is None:
            self.view.hint("", at)
        elif reason:
            self.view.hint(reason, at, "error")
        elif self.end is not None:
            trouble = consequence(self.session.analysis, self.targets.edge(self.end)) if not self.loose or self.targets.forward else ""
            ports = hovered.node.block.inputs if self.targets.forward else hovered.node.block.outputs
            name = f"{hovered.face.title} · {self.end[1]}" if len(ports) > 1 else hovered.face.title
            self.view.hint(trouble or f"Connect to {name}", at, "warn" if trouble else "text")

    def finish(self, event: QMouseEvent) -> bool:
        if not self.moved and not self.sticky:
            self.sticky = True
            return False
        self.update(event.position().toPoint(), event)
        self._close()
        if self.end is not None:
            self.land(self.end)
        elif self.scene.node_at(self.view.mapToScene(event.position().toPoint())) is None:
            self.let_go(event.position().toPoint())
        return True

    def land(self, end: End) -> None:
        """It was let go at a port where it may end."""
        edge, loose = self.targets.edge(end), self.loose
        if any(self.session.graph.edges[id].ends == edge.ends for id in loose):
            return
        names = [self.session.graph.nodes[id].name for id in (edge.source, edge.target)]
        trouble = consequence(self.session.analysis, edge)
        self.session.edit(f"Connect {names[0]} to {names[1]}", lambda graph: connect(remove(graph, edges=loose), edge)[0])
        if trouble:  # what would mend it is offered beside the block
            self.session.select([edge.target])

    def let_go(self, at: QPoint) -> None:
        """It was let go over empty canvas."""
        if self.loose:
            self.session.edit("Disconnect", lambda graph: remove(graph, edges=self.loose))
        else:
            self.view.adding.ask_for_end(at, self.targets.start, self.targets.forward)

    def cancel(self) -> None:
        self._close()

    def _close(self) -> None:
        self.scene.removeItem(self.draft)
        self.scene.show_targets(None)
        self.view.hint("", QPoint())
        for id in self.loose:
            if id in self.scene.wires:
                self.scene.wires[id].going = False
                self.scene.wires[id].update()


class Replug(Wire):
    """Move the beginning of all wires that leave an output to another output."""

    def _find(self, node: NodeId, side: str, port: str) -> Targets:
        graph = self.session.graph
        self.loose = [id for id, e in graph.edges.items() if e.source == node and e.source_port == port]
        several = [targets(self.session.analysis, e.target, e.target_port, forward=False) for e in (graph.edges[id] for id in self.loose)]
        reasons = {end: next(filter(None, (one.reasons[end] for one in several)), "") for end in several[0].reasons}
        return Targets(several[0].start, False, reasons)

    def land(self, end: End) -> None:
        graph = self.session.graph
        if any(graph.edges[id].source == end[0] and graph.edges[id].source_port == end[1] for id in self.loose):
            return
        many = f"{len(self.loose)} wires" if len(self.loose) > 1 else "the wire"
        name = graph.nodes[end[0]].name
        self.session.edit(f"Move {many} to {name}", lambda graph: replug(graph, self.loose, *end))
