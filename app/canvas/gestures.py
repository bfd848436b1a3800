"""Mouse gestures: one class each, from press to release. The view asks ``pick`` which one begins, and passes it the mouse; Esc cancels."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPen
from PySide6.QtWidgets import QGraphicsPathItem, QRubberBand

from app.canvas.face import Spot
from app.canvas.items import NodeItem, WireItem
from app.canvas.route import path, route
from app.document.edits import connect, move, remove
from app.document.graph import EdgeId, Graph, NodeId
from app.document.legal import End, Targets, consequence, targets
from app.document.placing import snap
from app.look import theme

if TYPE_CHECKING:
    from app.canvas.view import CanvasView

SLOP = 4  # pixels on screen before a press becomes a drag
PORT_REACH = 12  # pixels on screen


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


class Move(Gesture):
    """Click selects, drag moves all that is selected, on the grid."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, view: "CanvasView", event: QMouseEvent, item: NodeItem) -> None:
        super().__init__(view, event)
        self.item = item
        selection, keys = self.session.selection, event.modifiers()
        self.toggled = bool(keys & Qt.KeyboardModifier.ControlModifier)
        self.was_selected = item.id in selection
        if keys & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier):
            self.session.select(selection | {item.id})
        elif not self.was_selected:
            self.session.select([item.id])
        self.scene.select_wires(())
        self.places = {id: self.session.graph.nodes[id].position for id in self.session.selection}

    def update(self, at: QPoint, event: QMouseEvent) -> None:
        by = self.view.mapToScene(at) - self.start
        x, y = self.places[self.item.id]
        dx, dy = snap(x + by.x()) - x, snap(y + by.y()) - y
        for id, (left, top) in self.places.items():
            self.scene.nodes[id].setPos(left + dx, top + dy)
        self.scene.relay(self.places)

    def finish(self, event: QMouseEvent) -> bool:
        if not self.moved:
            if self.toggled and self.was_selected:
                self.session.select(self.session.selection - {self.item.id})
            elif not event.modifiers():
                self.session.select([self.item.id])
            return True
        places: dict[NodeId, tuple[float, float]] = {}
        for id in self.places:
            at = self.scene.nodes[id].pos()
            places[id] = (at.x(), at.y())
        self.session.edit(self.named("Move"), lambda graph: move(graph, places))
        return True

    def named(self, word: str) -> str:
        """The name of the step: the block, or how many."""
        return f"{word} {self.item.node.name}" if len(self.places) == 1 else f"{word} {len(self.places)} blocks"

    def cancel(self) -> None:
        here = [id for id in self.places if id in self.session.graph.nodes and id in self.scene.nodes]
        for id in here:
            self.scene.nodes[id].setPos(*self.session.graph.nodes[id].position)
        self.scene.relay(here)


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


class Wire(Gesture):
    """Draw a wire from a port to a port or to the body of a block. Legal places light up; over others the reason is told.

    A press and release without a drag leaves the wire at the mouse: the next click ends it.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, view: "CanvasView", event: QMouseEvent, item: NodeItem, side: str, port: str) -> None:
        super().__init__(view, event)
        self.loose: EdgeId | None = None  # an existing wire whose end is being moved
        forward = side == "out"
        node, name = item.id, port
        if side == "in" and (edge_id := self.scene.edge_of_port(item.id, port)):
            edge = self.session.graph.edges[edge_id]
            self.loose, forward, node, name = edge_id, True, edge.source, edge.source_port
            self.scene.wires[edge_id].going = True
            self.scene.wires[edge_id].update()
        self.targets: Targets = targets(self.session.analysis, node, name, forward=forward)
        start = self.scene.nodes[node]
        self.from_item = start
        self.spot = (start.outputs if forward else start.inputs)[name]
        self.end: End | None = None
        self.sticky = False
        self.draft = QGraphicsPathItem()
        self.draft.setZValue(3)
        pen = QPen(theme.color("accent"), 2)
        pen.setCosmetic(True)
        self.draft.setPen(pen)
        self.scene.addItem(self.draft)
        self.scene.show_targets(self.targets)

    def drag(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        self.moved = self.moved or (at - self.origin).manhattanLength() >= SLOP
        self.update(at, event)

    def update(self, at: QPoint, event: QMouseEvent) -> None:
        point = self.view.mapToScene(at)
        side = "in" if self.targets.forward else "out"
        self.end, reason, hovered = None, "", None
        if (found := self.scene.port_at(point, PORT_REACH / self.view.zoom)) and found[1] == side:
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
        end, into = (point.x(), point.y()), (0.0, -1.0 if self.targets.forward else 1.0)
        if self.end is not None:
            item = self.scene.nodes[self.end[0]]
            spot: Spot = (item.inputs if self.targets.forward else item.outputs)[self.end[1]]
            end, into = (item.pos().x() + spot.x, item.pos().y() + spot.y), (spot.dx, spot.dy)
        if self.end is None and self.spot.dx:  # a wire that leaves sideways arrives sideways
            into = (-float(self.spot.dx), 0.0)
        self.draft.setPath(path(route(start, (self.spot.dx, self.spot.dy), end, into, tight=True)))

    def _say(self, at: QPoint, hovered: NodeItem | None, reason: str) -> None:
        if hovered is None:
            self.view.hint("", at)
        elif reason:
            self.view.hint(reason, at, "error")
        elif self.end is not None:
            trouble = consequence(self.session.analysis, self.targets.edge(self.end))
            ports = hovered.node.block.inputs if self.targets.forward else hovered.node.block.outputs
            name = f"{hovered.face.title} · {self.end[1]}" if len(ports) > 1 else hovered.face.title
            self.view.hint(trouble or f"Connect to {name}", at, "warn" if trouble else "text")

    def finish(self, event: QMouseEvent) -> bool:
        if not self.moved and not self.sticky:
            self.sticky = True
            return False
        self.update(event.position().toPoint(), event)
        end, loose = self.end, self.loose
        self._close()
        if end is not None:
            edge = self.targets.edge(end)
            if loose is not None and self.session.graph.edges[loose] == edge:
                return True
            names = [self.session.graph.nodes[id].name for id in (edge.source, edge.target)]

            def change(graph: Graph) -> Graph:
                return connect(remove(graph, edges=[loose]) if loose else graph, edge)[0]

            self.session.edit(f"Connect {names[0]} to {names[1]}", change)
        elif self.scene.node_at(self.view.mapToScene(event.position().toPoint())) is None:
            if loose is not None:
                self.session.edit("Disconnect", lambda graph: remove(graph, edges=[loose]))
            else:
                self.view.adding.ask_for_end(event.position().toPoint(), self.targets.start, self.targets.forward)
        return True

    def cancel(self) -> None:
        self._close()

    def _close(self) -> None:
        self.scene.removeItem(self.draft)
        self.scene.show_targets(None)
        self.view.hint("", QPoint())
        if self.loose is not None and self.loose in self.scene.wires:
            self.scene.wires[self.loose].going = False
            self.scene.wires[self.loose].update()


def pick(view: "CanvasView", event: QMouseEvent) -> Gesture | None:
    """The gesture that begins with this press; None if there is none."""
    from app.canvas import cutting  # which is made of the gestures above

    scene, point = view.canvas, view.mapToScene(event.position().toPoint())
    alt, ctrl = (bool(event.modifiers() & key) for key in (Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier))
    if event.button() == Qt.MouseButton.RightButton and ctrl:
        return cutting.Cut(view, event)
    if event.button() in (Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton) or view.space_held:
        return Pan(view, event)
    if event.button() != Qt.MouseButton.LeftButton:
        return None
    reach = PORT_REACH / view.zoom
    node = scene.node_at(point)
    if port := scene.port_at(point, reach):
        item, side, name = port
        inside = node is not None and node.rect().adjusted(reach / 2, reach / 2, -reach / 2, -reach / 2).contains(point)
        if alt and (not inside or node is item):
            cutting.break_port(view, item, side, name)
            return None
        if not inside or node is item:
            return Wire(view, event, item, side, name)
    if node is not None:
        return (cutting.Detach if alt else cutting.Copy if ctrl else Move)(view, event, node)
    wire = scene.wire_at(point, 5 / view.zoom)
    if isinstance(wire, WireItem):
        view.session.select(())
        scene.select_wires([wire.id])
        return None
    return cutting.Cut(view, event) if alt else RubberBand(view, event)
