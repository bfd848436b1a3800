"""How wires run between blocks, and what is said on them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from app.canvas import face as faces
from app.canvas.face import Spot
from app.canvas.items import NodeItem, WireItem
from app.canvas.lanes import Lanes
from app.canvas.paint import pill_width
from app.document.graph import Edge, EdgeId, NodeId, Place
from app.document.wiring import NO_EDGES
from app.look import shapes

if TYPE_CHECKING:
    from app.canvas.scene import CanvasScene

NO_DOTS: Mapping[EdgeId, tuple[Place, ...]] = {}


class Laid:
    """The wires of ``scene`` between the blocks that have items: ``nodes`` and ``wires`` are those, ``by_edge`` the ids of equal wires."""

    def __init__(self, scene: "CanvasScene") -> None:
        self.scene = scene
        self.nodes: dict[NodeId, NodeItem] = {}
        self.wires: dict[EdgeId, WireItem] = {}
        self.lanes = Lanes()
        self.by_edge: dict[Edge, list[EdgeId]] = defaultdict(list)

    def _wire(self, id: EdgeId) -> WireItem:
        """The item of a wire, made where it has none."""
        item = self.wires.get(id)
        if item is None:
            self.wires[id] = item = WireItem(id)
            self.scene.addItem(item)
        return item

    def drop(self, id: EdgeId) -> None:
        """A wire is no more."""
        if id in self.wires:
            self.lanes.put(id, None)
            self.scene.removeItem(self.wires.pop(id))

    def relay(
        self, moved: Iterable[NodeId], describe: bool = False, by: Place = (0.0, 0.0), via: Mapping[EdgeId, tuple[Place, ...]] = NO_DOTS
    ) -> None:
        """Lay the wires at these nodes anew; with ``describe``, say again what flows through them.

        While something is dragged: ``by`` how far, so that dots between these nodes follow, and ``via`` dots that are elsewhere for now.
        """
        wiring = self.scene.session.analysis.wiring
        touched, made = set(moved), self.nodes
        ends = touched | {edge.target for id in touched for edge in wiring.outgoing.get(id, NO_EDGES) if edge.target in made}
        for target in ends:
            incoming = (edge for edge in dict.fromkeys(wiring.incoming.get(target, NO_EDGES)) if edge.source in made)
            wires = [(id, edge) for edge in incoming for id in self.by_edge[edge]]
            self._turn(target, wires)
            for id, edge, spot in self._spots(target, wires):
                start = self.nodes[edge.source]
                source = start.spot("out", edge.source_port)
                dots = via.get(id, edge.via)
                if dots and any(by) and edge.source in touched and target in touched:
                    dots = tuple((x + by[0], y + by[1]) for x, y in dots)
                elsewhere = self._wire(id).lay(start, source, self.nodes[target], spot, dots, measure=not describe)
                if describe:
                    self.lanes.put(id, self.wires[id].runs)
                    self._describe(id, edge, elsewhere)
        if describe:  # while something is dragged, each keeps its lane
            for id, lane in self.lanes.settle():
                self.wires[id].take_lane(lane)
        self._quieten(ends)

    def _quieten(self, ids: Iterable[NodeId]) -> None:
        """Hide the dots between blocks that stand close together."""
        wiring = self.scene.session.analysis.wiring
        made = self.nodes
        around = set(ids) | {edge.source for id in ids for edge in wiring.incoming.get(id, NO_EDGES) if edge.source in made}
        for id in around:
            short: dict[str, bool] = {}
            for side, edges in (("in", wiring.incoming.get(id, NO_EDGES)), ("out", wiring.outgoing.get(id, NO_EDGES))):
                for edge in edges:
                    key = f"{side}:{edge.target_port if side == 'in' else edge.source_port}"
                    short[key] = short.get(key, True) and all(self.wires[wire].short for wire in self.by_edge[edge] if wire in self.wires)
            self.nodes[id].set_ports(quiet=frozenset(key for key, value in short.items() if value))

    def _turn(self, target: NodeId, wires: list[tuple[EdgeId, Edge]]) -> None:
        """Let ports that look aside look at the block they are wired to."""
        end = self.nodes[target]
        for _, edge in wires:
            start = self.nodes[edge.source]
            for item, spots, name, other in ((end, end.inputs, edge.target_port, start), (start, start.outputs, edge.source_port, end)):
                spot, across = spots.get(name), item.face.across
                if spot is None or not (looks := faces.aside(spot, across)):
                    continue
                away = other.pos() - item.pos()
                if (away.y() if across else away.x()) * looks < 0:
                    spots[name] = faces.mirrored(spot, item.face.height)
                    item.refresh()

    def _spots(self, target: NodeId, wires: list[tuple[EdgeId, Edge]]) -> list[tuple[EdgeId, Edge, Spot]]:
        """Where each wire ends. Of several at a Many port the nearest comes along the stream, the others from aside."""
        item = self.nodes[target]
        across = item.face.across
        result = []
        several: dict[str, list[tuple[EdgeId, Edge]]] = defaultdict(list)
        for id, edge in wires:
            several[edge.target_port].append((id, edge))
        for name, group in several.items():
            if len(group) > 1:
                group.sort(key=lambda pair: self._far(pair[1].source, target, across))
            result.append((*group[0], item.spot("in", name)))
            beside = {True: 0, False: 0}
            for id, edge in group[1:]:
                before = self._along(edge.source, not across) < self._along(target, not across) - 1
                result.append((id, edge, faces.beside(beside[before], before, item.face.height, across)))
                beside[before] += 1
        return result

    def _far(self, source: NodeId, target: NodeId, across: bool) -> tuple[float, float]:
        """How far a block stands from one below it: first along the stream, then across."""
        return -self._along(source, across), abs(self._along(source, not across) - self._along(target, not across))

    def _along(self, id: NodeId, across: bool) -> float:
        """How far along the stream a block stands."""
        at = self.nodes[id].pos()
        return at.x() if across else at.y()

    def _describe(self, id: EdgeId, edge: Edge, moved: bool) -> None:
        analysis = self.scene.session.analysis
        item, shape = self.wires[id], analysis.shape_at(edge)
        source, facts = self.nodes[edge.source], analysis.facts[edge.target]
        text = shapes.text(shape) if shape is not None else ""
        broken = bool(facts.error) and facts.code not in ("unconnected", "unknown-block")
        gap = abs(item.corners[-1][1] - item.corners[0][1]) + abs(item.corners[-1][0] - item.corners[0][0])
        hidden = source.face.slim and not source.face.shape  # the block above does not say it itself
        (ax, ay), (bx, by) = item.corners[0], item.corners[-1]
        flat = len(item.corners) == 2 and abs(by - ay) < abs(bx - ax)
        room = not flat or gap >= pill_width(text) + 24  # a pill must not hide the whole wire
        outgoing = analysis.wiring.outgoing.get(edge.source, NO_EDGES)
        first = (
            next((other for other in outgoing if other.source_port == edge.source_port), edge) == edge
        )  # once is enough where it branches
        says = (first and (hidden or len(outgoing) > 1)) or broken or self.scene.all_shapes
        pill = text if says and gap >= 30 and room and shape else ""
        item.describe(
            pill=pill, text=text, kind=analysis.kind_at(edge), vector=shape is not None and len(shape) == 1, broken=broken, moved=moved
        )
