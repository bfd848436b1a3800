"""The scene: items for the nodes and wires of the document. It follows the document, and touches only what became another object.

Of very many new blocks those in the middle of the view are made at once, the others in small pieces while one looks; who asks for all, gets all.
"""

import gc
import math
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from math import ceil, log2
from operator import attrgetter

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QGraphicsScene

from app.canvas import face as faces
from app.canvas.items import FrameItem, NodeItem, WireItem
from app.canvas.laid import NO_DOTS, Laid
from app.canvas.near import Seen
from app.document.analysis import Facts
from app.document.graph import Edge, EdgeId, FrameId, Graph, Node, NodeId, Place, port
from app.document.legal import Targets
from app.document.placing import WIDTH
from app.document.wiring import differing
from app.look import shapes, theme
from app.session.document import Session
from app.session.sheet import Sheet
from app.session.timers import timer

HALF_WORLD = 100_000.0
MANY = 1000
FIRST_MS, PIECE_MS, AT_ONCE = 40.0, 6.0, 24  # for items of new blocks: at once, each time after; how many between two looks at the clock
LEAST_HEIGHT = 40.0
COSTS = ("macs", "params", "memory")  # of the facts, in the order of METRICS


@contextmanager
def patient(many: bool) -> Iterator[None]:
    """Let no garbage be looked for while very many items are made, nor in them later: that would cost a frame 20 ms, and they are none."""
    if not many or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
        gc.freeze()


class CanvasScene(QGraphicsScene):
    """Nodes and wires of ``session``'s document, by id."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._laid = Laid(self)
        self._nodes, self._wires, self._by_edge = self._laid.nodes, self._laid.wires, self._laid.by_edge
        self._waiting: list[NodeId] = []  # blocks that have no item yet, the next one last
        self._make_more = timer(self, 0, lambda: self._make(PIECE_MS), once=True)
        self.frames: dict[FrameId, FrameItem] = {}
        self.selected_wires: frozenset[EdgeId] = frozenset()
        self.all_shapes = False  # a pill on every wire, not only where it says something new
        self.selected_frames: frozenset[FrameId] = frozenset()
        self.metric = 0  # what the cost bars show, of METRICS
        self.heaviest = (0, 0)  # the metric, and the cost of the costliest block in it
        self.seen = Seen()  # what flowed through the blocks in the last run
        self._seen_in: Sheet | None = None
        self._indexed = 0
        self.hurried = False  # every millisecond counts, and what is painted will soon be painted otherwise
        self._shown: dict[NodeId, tuple[Node, Facts, bool]] = {}  # what each face was made from; False where it shows what was known last
        self._selected: frozenset[NodeId] = frozenset()
        self._analysis: object = None  # what was known when it was drawn
        session.changed.connect(self._follow)
        session.selection_changed.connect(self._show_selection)
        theme.current.changed.connect(self.update)
        shapes.order.changed.connect(self._write_again)
        self._follow(Graph(), session.graph)

    @property
    def nodes(self) -> Mapping[NodeId, NodeItem]:
        """The items of all blocks."""
        self._make()
        return self._nodes

    @property
    def wires(self) -> Mapping[EdgeId, WireItem]:
        """The items of all wires."""
        self._make()
        return self._wires

    @property
    def waiting(self) -> bool:
        """Whether blocks have no item yet."""
        return bool(self._waiting)

    # Following the document

    def _follow(self, old: Graph, new: Graph) -> None:
        if old is new and self._analysis is self.session.analysis:
            return
        self._analysis = self.session.analysis
        missing = [id for id in new.nodes if id not in self._nodes]
        several = len(missing) - len(self._waiting) > MANY
        self._waiting = self._nearest_last(missing, new) if several else []
        with patient(several or abs(len(old.nodes) - len(new.nodes)) > MANY):
            self._take(old, new)
            self._make(FIRST_MS)

    def _nearest_last(self, ids: list[NodeId], graph: Graph) -> list[NodeId]:
        """Sorted so that what lies in the middle of the view is made first."""
        views = self.views()
        middle = views[0].mapToScene(views[0].viewport().rect().center()) if views else QPointF()
        x, y = middle.x(), middle.y()

        def far(id: NodeId) -> float:
            position = graph.nodes[id].position
            return max(abs(position[0] - x), abs(position[1] - y))

        return sorted(ids, key=far, reverse=True)

    def _make(self, milliseconds: float = math.inf) -> None:
        """Make items of blocks that wait, the nearest first, for a while."""
        if not self._waiting:
            return
        graph, until = self.session.graph, time.perf_counter() + milliseconds / 1000
        with patient(True):
            while self._waiting and time.perf_counter() < until:
                made = {self._waiting.pop() for _ in range(min(AT_ONCE, len(self._waiting)))}
                for id in made:
                    self._show(id, graph.nodes[id], graph.across)
                self.relay(made, describe=True)
        if self._waiting:
            self._make_more.start()
        else:
            self._show_selection(again=True)

    def _take(self, old: Graph, new: Graph) -> None:
        ends: set[NodeId] = set()
        for id in differing(old.edges, new.edges):
            if id in old.edges:
                self._by_edge[old.edges[id]].remove(id)
                ends.add(old.edges[id].target)
            if id in new.edges:
                self._by_edge[new.edges[id]].append(id)
                ends.add(new.edges[id].target)
            else:
                self._laid.drop(id)
        for id in [id for id in self._nodes if id not in new.nodes]:
            self.removeItem(self._nodes.pop(id))
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
        waiting = set(self._waiting)
        for id, node in graph.nodes.items():
            if id in waiting:
                continue
            before = shown.get(id)
            if before is not None and before[0] is node and before[1] is known[id] and before[2]:
                continue
            self._show(id, node, graph.across)
            touched.add(id)
        self.relay(touched & self._nodes.keys(), describe=True)

    def _show(self, id: NodeId, node: Node, across: bool) -> None:
        """Give a block its face, and an item where it has none."""
        facts, current = self.session.facts(id)
        known = self.session.analysis.facts[id]
        self._shown[id] = (node, known, facts is known and facts.outputs is not None)
        seen = self.seen.of(node, known) if self.session.sheet is self._seen_in and not self.session.place else None
        face = faces.face(node, facts, current, across, seen)
        item = self._nodes.get(id)
        if item is None:
            self._nodes[id] = item = NodeItem(node, face)
            self.addItem(item)
        elif item.node is not node or item.face != face:
            item.set_node(node, face)

    def relay(
        self, moved: Iterable[NodeId], describe: bool = False, by: Place = (0.0, 0.0), via: Mapping[EdgeId, tuple[Place, ...]] = NO_DOTS
    ) -> None:
        """Lay the wires at these nodes anew; see ``Laid.relay``."""
        self._laid.relay(moved, describe, by, via)

    def show_cost(self, metric: int) -> None:
        """Let the cost bars show another one of METRICS."""
        self.metric = metric
        self._refresh(self.session.graph, set())

    def show_seen(self, seen: Seen, sheet: Sheet) -> None:
        """Let the blocks of a document show from near what flowed through them."""
        self.seen, self._seen_in = seen, sheet
        self._write_again()

    def show_all_shapes(self, on: bool) -> None:
        """Say on every wire what flows through it."""
        self.all_shapes = on
        self.relay(self.nodes, describe=True)

    def _write_again(self) -> None:
        """Shapes are written otherwise now."""
        self._shown.clear()
        self._refresh(self.session.graph, set())

    # Selection

    def _show_selection(self, again: bool = False) -> None:
        chosen = self.session.selection
        for id in chosen if again else chosen ^ self._selected:
            if id in self._nodes:
                self._nodes[id].set_state(selected=id in chosen)
        self._selected = chosen

    def select_wires(self, ids: Iterable[EdgeId]) -> None:
        """Select exactly these wires."""
        chosen = frozenset(id for id in ids if id in self._wires)
        for id in chosen ^ self.selected_wires:
            if id in self._wires:
                self._wires[id].set_state(selected=id in chosen)
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
        for node in self._nodes.values():
            result = result.united(node.rect())
        for id in self._waiting:
            result = result.united(QRectF(*self.session.graph.nodes[id].position, WIDTH, LEAST_HEIGHT))
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
