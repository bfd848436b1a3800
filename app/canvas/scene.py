"""The scene: items for the nodes and wires of the document. It follows the document, and touches only what became another object."""

import gc
from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import ceil, log2
from operator import attrgetter

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QGraphicsScene

from app.canvas import face as faces
from app.canvas.face import Spot
from app.canvas.items import FrameItem, NodeItem, WireItem
from app.canvas.paint import pill_width
from app.document.analysis import Facts
from app.document.graph import Edge, EdgeId, FrameId, Graph, Node, NodeId, Place, port
from app.document.legal import Targets
from app.document.wiring import NO_EDGES, differing
from app.look import theme
from app.session.document import Session
from blocks.rules import dims

HALF_WORLD = 100_000.0
MANY = 1000
COSTS = ("macs", "params", "memory")  # of the facts, in the order of METRICS
NO_DOTS: Mapping[EdgeId, tuple[Place, ...]] = {}


class CanvasScene(QGraphicsScene):
    """Nodes and wires of ``session``'s document, by id."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.nodes: dict[NodeId, NodeItem] = {}
        self.wires: dict[EdgeId, WireItem] = {}
        self.frames: dict[FrameId, FrameItem] = {}
        self.selected_wires: frozenset[EdgeId] = frozenset()
        self.all_shapes = False  # a pill on every wire, not only where it says something new
        self.selected_frames: frozenset[FrameId] = frozenset()
        self.metric = 0  # what the cost bars show, of METRICS
        self.heaviest = (0, 0)  # the metric, and the cost of the costliest block in it
        self._indexed = 0
        self.hurried = False  # every millisecond counts, and what is painted will soon be painted otherwise
        self._by_edge: dict[Edge, list[EdgeId]] = defaultdict(list)
        self._shown: dict[NodeId, tuple[Node, Facts, bool]] = {}  # what each face was made from; False where it shows what was known last
        self._selected: frozenset[NodeId] = frozenset()
        self._analysis: object = None  # what was known when it was drawn
        session.changed.connect(self._follow)
        session.selection_changed.connect(self._show_selection)
        theme.current.changed.connect(self.update)
        self._follow(Graph(), session.graph)

    # Following the document

    def _follow(self, old: Graph, new: Graph) -> None:
        if old is new and self._analysis is self.session.analysis:
            return
        self._analysis = self.session.analysis
        if abs(len(old.nodes) - len(new.nodes)) <= MANY:
            self._take(old, new)
            return
        gc.disable()  # a thousand new items would be searched for garbage again and again
        try:
            self._take(old, new)
        finally:
            gc.enable()
            gc.unfreeze()
            gc.freeze()  # nor are they searched later, which would cost a frame 20 ms: they are no garbage before they are removed

    def _take(self, old: Graph, new: Graph) -> None:
        ends: set[NodeId] = set()
        for id in differing(old.edges, new.edges):
            if id in self.wires:
                self._by_edge[old.edges[id]].remove(id)
                ends.add(old.edges[id].target)
            if id in new.edges:
                self._by_edge[new.edges[id]].append(id)
                ends.add(new.edges[id].target)
                if id not in self.wires:
                    self.wires[id] = WireItem(id)
                    self.addItem(self.wires[id])
            elif id in self.wires:
                self.removeItem(self.wires.pop(id))
        for id in [id for id in self.nodes if id not in new.nodes]:
            self.removeItem(self.nodes.pop(id))
            self._shown.pop(id, None)
        if old.across != new.across:
            self._shown.clear()
        self._cover(new)
        self._refresh(new, ends)
        self._follow_frames(old, new)
        self.select_wires(self.selected_wires)

    def _cover(self, graph: Graph) -> None:
        """Let Qt's index lie just over the blocks, as fine as there are many: a leaf then holds a handful."""
        if abs(len(graph.nodes) - self._indexed) <= 0.2 * self._indexed:
            return
        self._indexed = len(graph.nodes)
        xs, ys = zip(*(node.position for node in graph.nodes.values()), strict=True) if graph.nodes else ((0.0,), (0.0,))
        self.setBspTreeDepth(min(16, max(4, 2 * ceil(log2(max(1, self._indexed)) / 2))))
        self.setSceneRect(min(xs) - 500, min(ys) - 500, max(xs) - min(xs) + 1200, max(ys) - min(ys) + 1200)

    def _follow_frames(self, old: Graph, new: Graph) -> None:
        for id in differing(old.frames, new.frames):
            if id not in new.frames:
                self.removeItem(self.frames.pop(id))
            elif id in self.frames:
                self.frames[id].set_frame(new.frames[id])
            else:
                self.frames[id] = FrameItem(id, new.frames[id])
                self.addItem(self.frames[id])
        self.select_frames(self.selected_frames)

    def _refresh(self, graph: Graph, touched: set[NodeId]) -> None:
        """Bring every face and wire up to date; those that did not change are left alone."""
        known, shown = self.session.analysis.facts, self._shown
        cost = attrgetter(COSTS[self.metric])
        heaviest = (self.metric, max(map(cost, known.values()), default=0))
        if heaviest != self.heaviest:  # every cost bar is drawn anew, and nothing else changes
            self.heaviest = heaviest
            self.update()
        for id, node in graph.nodes.items():
            before = shown.get(id)
            if before is not None and before[0] is node and before[1] is known[id] and before[2]:
                continue
            facts, current = self.session.facts(id)
            shown[id] = (node, known[id], facts is known[id] and facts.outputs is not None)
            face = faces.face(node, facts, current, graph.across)
            item = self.nodes.get(id)
            if item is None:
                self.nodes[id] = item = NodeItem(node, face)
                self.addItem(item)
            elif item.node is not node or item.face != face:
                item.set_node(node, face)
            touched.add(id)
        self.relay(touched & graph.nodes.keys(), describe=True)

    def relay(
        self, moved: Iterable[NodeId], describe: bool = False, by: Place = (0.0, 0.0), via: Mapping[EdgeId, tuple[Place, ...]] = NO_DOTS
    ) -> None:
        """Lay the wires at these nodes anew; with ``describe``, say again what flows through them.

        While something is dragged: ``by`` how far, so that dots between these nodes follow, and ``via`` dots that are elsewhere for now.
        """
        wiring = self.session.analysis.wiring
        touched = set(moved)
        ends = touched | {edge.target for id in touched for edge in wiring.outgoing.get(id, NO_EDGES)}
        for target in ends:
            wires = [(id, edge) for edge in dict.fromkeys(wiring.incoming.get(target, NO_EDGES)) for id in self._by_edge[edge]]
            self._turn(target, wires)
            for id, edge, spot in self._spots(target, wires):
                start = self.nodes[edge.source]
                source = start.spot("out", edge.source_port)
                dots = via.get(id, edge.via)
                if dots and any(by) and edge.source in touched and target in touched:
                    dots = tuple((x + by[0], y + by[1]) for x, y in dots)
                elsewhere = self.wires[id].lay(start, source, self.nodes[target], spot, dots, measure=not describe)
                if describe:
                    self._describe(id, edge, elsewhere)
        self._quieten(ends)

    def _quieten(self, ids: Iterable[NodeId]) -> None:
        """Hide the dots between blocks that stand close together."""
        wiring = self.session.analysis.wiring
        around = set(ids) | {edge.source for id in ids for edge in wiring.incoming.get(id, NO_EDGES)}
        for id in around:
            short: dict[str, bool] = {}
            for side, edges in (("in", wiring.incoming.get(id, NO_EDGES)), ("out", wiring.outgoing.get(id, NO_EDGES))):
                for edge in edges:
                    key = f"{side}:{edge.target_port if side == 'in' else edge.source_port}"
                    short[key] = short.get(key, True) and all(self.wires[wire].short for wire in self._by_edge[edge])
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
                group.sort(key=lambda pair: -self._along(pair[1].source, across))
            result.append((*group[0], item.spot("in", name)))
            beside = {True: 0, False: 0}
            for id, edge in group[1:]:
                before = self._along(edge.source, not across) < self._along(target, not across) - 1
                result.append((id, edge, faces.beside(beside[before], before, item.face.height, across)))
                beside[before] += 1
        return result

    def _along(self, id: NodeId, across: bool) -> float:
        """How far along the stream a block stands."""
        at = self.nodes[id].pos()
        return at.x() if across else at.y()

    def _describe(self, id: EdgeId, edge: Edge, moved: bool) -> None:
        analysis = self.session.analysis
        item, shape = self.wires[id], analysis.shape_at(edge)
        source, facts = self.nodes[edge.source], analysis.facts[edge.target]
        text = dims(shape) if shape is not None else ""
        broken = bool(facts.error) and facts.code not in ("unconnected", "unknown-block")
        gap = abs(item.corners[-1][1] - item.corners[0][1]) + abs(item.corners[-1][0] - item.corners[0][0])
        hidden = source.face.slim and not source.face.shape  # the block above does not say it itself
        (ax, ay), (bx, by) = item.corners[0], item.corners[-1]
        flat = len(item.corners) == 2 and abs(by - ay) < abs(bx - ax)
        room = not flat or gap >= pill_width(text) + 24  # a pill must not hide the whole wire
        branches = len(analysis.wiring.outgoing.get(edge.source, NO_EDGES)) > 1
        pill = text if (hidden or broken or branches or self.all_shapes) and gap >= 30 and room and shape else ""
        item.describe(
            pill=pill, text=text, kind=analysis.kind_at(edge), vector=shape is not None and len(shape) == 1, broken=broken, moved=moved
        )

    def show_cost(self, metric: int) -> None:
        """Let the cost bars show another one of METRICS."""
        self.metric = metric
        self._refresh(self.session.graph, set())

    def show_all_shapes(self, on: bool) -> None:
        """Say on every wire what flows through it."""
        self.all_shapes = on
        self.relay(self.nodes, describe=True)

    # Selection

    def _show_selection(self) -> None:
        chosen = self.session.selection
        for id in chosen ^ self._selected:
            if id in self.nodes:
                self.nodes[id].set_state(selected=id in chosen)
        self._selected = chosen

    def select_wires(self, ids: Iterable[EdgeId]) -> None:
        """Select exactly these wires."""
        chosen = frozenset(id for id in ids if id in self.wires)
        for id in chosen ^ self.selected_wires:
            if id in self.wires:
                self.wires[id].set_state(selected=id in chosen)
        self.selected_wires = chosen

    def select_frames(self, ids: Iterable[FrameId]) -> None:
        """Select exactly these frames."""
        chosen = frozenset(id for id in ids if id in self.frames)
        for id in chosen ^ self.selected_frames:
            if id in self.frames:
                self.frames[id].set_state(selected=id in chosen)
        self.selected_frames = chosen

    # Looking up

    def wires_of(self, edge: Edge) -> list[EdgeId]:
        """The ids of a wire with this value."""
        return self._by_edge[edge]

    def nodes_in(self, area: QRectF) -> list[NodeItem]:
        """The blocks that an area touches."""
        return [item for item in self.items(area) if isinstance(item, NodeItem)]

    def frame_at(self, point: QPointF) -> FrameItem | None:
        """The frame whose title or edge is under a point."""
        return next((item for item in self.items(point) if isinstance(item, FrameItem)), None)

    def dot_at(self, point: QPointF, reach: float) -> tuple[WireItem, int] | None:
        """The wire, and which of its dots is within ``reach`` of a point."""
        area = QRectF(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach)
        for item in self.items(area):
            if isinstance(item, WireItem):
                for k, place in enumerate(item.via):
                    if area.contains(*place):
                        return item, k
        return None

    def node_at(self, point: QPointF) -> NodeItem | None:
        """The block under a point."""
        return next((item for item in self.items(point) if isinstance(item, NodeItem)), None)

    def wire_at(self, point: QPointF, reach: float) -> WireItem | None:
        """The wire within ``reach`` of a point."""
        area = QRectF(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach)
        return next((item for item in self.items(area) if isinstance(item, WireItem)), None)

    def port_at(self, point: QPointF, reach: float, side: str = "") -> tuple[NodeItem, str, str] | None:
        """The block, the side ("in" or "out") and the name of the nearest port within ``reach`` of a point; of one ``side``, if that matters."""
        area = QRectF(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach)
        found = [
            (far, item, *end)
            for item in self.items(area)
            if isinstance(item, NodeItem)
            for far, end in item.ports_at(point, reach)
            if end[0] == side or not side
        ]
        return min(found, key=lambda entry: entry[0])[1:] if found else None

    def content(self) -> QRectF:
        """The rectangle around all blocks."""
        result = QRectF()
        for node in self.nodes.values():
            result = result.united(node.rect())
        for frame in self.frames.values():
            result = result.united(frame.rect())
        return result

    # While a wire is drawn

    def show_targets(self, targets: Targets | None) -> None:
        """Light up where the wire may end and dim the rest; None ends it."""
        if targets is None:
            for item in self.nodes.values():
                item.set_ports(lit=frozenset())
                item.set_state(dimmed=False, lit=False)
            return
        side = "in" if targets.forward else "out"
        legal: dict[NodeId, list[str]] = defaultdict(list)
        for (id, name), reason in targets.reasons.items():
            if not reason:
                legal[id].append(f"{side}:{name}")
        for id, item in self.nodes.items():
            item.set_ports(lit=frozenset(legal.get(id, ())))
            item.set_state(dimmed=id not in legal and id != targets.start[0])

    def edge_of_port(self, node: NodeId, name: str) -> EdgeId | None:
        """The wire at an input that takes only one."""
        declared = port(self.session.graph.nodes[node].block, name, "inputs")
        if declared is None or declared.many:
            return None
        return next((id for id, e in self.session.graph.edges.items() if e.target == node and e.target_port == name), None)
