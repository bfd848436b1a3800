"""Going through the network with the keys: along the wires, and to what stands beside."""

from collections.abc import Iterable

from PySide6.QtCore import Qt

from app.document.analysis import Analysis
from app.document.graph import Graph, NodeId
from app.document.wiring import NO_EDGES

ARROWS = {
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
}


def step(analysis: Analysis, here: NodeId, direction: tuple[int, int]) -> NodeId | None:
    """The block that an arrow key leads to: up and down along a wire where there is one, else the nearest in that direction."""
    wiring, nodes, across = analysis.wiring, analysis.graph.nodes, analysis.graph.across
    if onward := direction[0 if across else 1]:
        edges = wiring.outgoing.get(here, NO_EDGES) if onward > 0 else wiring.incoming.get(here, NO_EDGES)
        along = [edge.target if onward > 0 else edge.source for edge in edges]
        if along:
            return min(along, key=lambda id: abs(nodes[id].position[across] - nodes[here].position[across]))
    return nearest(analysis.graph, here, direction)


def nearest(graph: Graph, here: NodeId, direction: tuple[int, int]) -> NodeId | None:
    """The nearest block within 45 degrees of a direction."""
    x, y = graph.nodes[here].position
    best: tuple[float, NodeId] | None = None
    for id, node in graph.nodes.items():
        dx, dy = node.position[0] - x, node.position[1] - y
        ahead, aside = (dx * direction[0], abs(dy)) if direction[0] else (dy * direction[1], abs(dx))
        if id != here and ahead > 0 and aside <= ahead and (best is None or ahead + aside < best[0]):
            best = ahead + aside, id
    return best[1] if best else None


def first(analysis: Analysis) -> NodeId | None:
    """Where a walk begins: the first block in the stream."""
    order = [*analysis.wiring.order, *analysis.wiring.cyclic]
    return order[0] if order else None


def stream(analysis: Analysis, ids: Iterable[NodeId], *, up: bool) -> set[NodeId]:
    """These blocks and all that they depend on, or all that depends on them."""
    found: set[NodeId] = set()
    for id in ids:
        found |= {id} | analysis.wiring.reach(id, up=up)
    return found
