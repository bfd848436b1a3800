"""Laying a network out: what moves glides, frames go with what lies in them, and a large one is worked out beside the window's thread."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from app.canvas import framing
from app.document import layout
from app.document.edits import bend, move, set_frame
from app.document.graph import Graph, NodeId, Place

if TYPE_CHECKING:
    from app.canvas.view import CanvasView

LARGE = 1500  # blocks; from here on it takes longer than a hand notices


class Laying(QObject):
    """Lays out what ``view`` shows. An edit that comes while a large one is being worked out makes it void."""

    worked_out = Signal(object, object, str)  # the graph, the places, the name of the step

    def __init__(self, view: "CanvasView") -> None:
        super().__init__(view)
        self.view, self.session = view, view.session
        self.worked_out.connect(self._finish, Qt.ConnectionType.QueuedConnection)

    def lay_out(self, name: str, ids: Iterable[NodeId] | None = None, *, across: bool | None = None) -> None:
        """Lay out these nodes, or all; ``across`` says in which direction, if in another one than now."""
        graph, chosen = self.session.graph, None if ids is None else list(ids)
        wanted = graph if across is None else replace(graph, across=across)
        if len(graph.nodes if chosen is None else chosen) <= LARGE:
            self._apply(wanted, layout.lay_out(wanted, chosen), name)
            return
        self.view.viewport().setCursor(Qt.CursorShape.BusyCursor)
        Thread(target=lambda: self.worked_out.emit((graph, wanted), layout.lay_out(wanted, chosen), name), daemon=True).start()

    def _finish(self, graphs: tuple[Graph, Graph], places: Mapping[NodeId, Place], name: str) -> None:
        self.view.viewport().unsetCursor()
        then, wanted = graphs
        if self.session.graph is then:
            self._apply(wanted, places, name)

    def _apply(self, wanted: Graph, places: Mapping[NodeId, Place], name: str) -> None:
        before = {id: wanted.nodes[id].position for id in places}
        turned = wanted.across != self.session.graph.across
        if not turned and all(before[id] == place for id, place in places.items()):
            return
        self.session.edit(name, lambda _: placed(wanted, places))
        if len(places) == len(wanted.nodes):
            self.view.fit()
        self.view.glide.begin(before)


def placed(graph: Graph, places: Mapping[NodeId, Place]) -> Graph:
    """The graph with nodes at new places: their wires go straight, and a frame goes with what lay in it."""
    held = {id: framing.within(graph, id) for id in graph.frames}
    for id in [id for id, e in graph.edges.items() if e.via and (e.source in places or e.target in places)]:
        graph = bend(graph, id, ())
    graph = move(graph, places)
    for id, inside in held.items():
        if inside and not places.keys().isdisjoint(inside):
            graph = set_frame(graph, id, framing.around(graph, inside, graph.frames[id].text))
    return graph
