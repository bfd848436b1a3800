"""Putting blocks in order by hand: in line, at even distances, and above each other so that their wires are straight."""

from collections.abc import Iterable
from typing import Literal

from app.canvas import face
from app.document.analysis import Analysis
from app.document.graph import Graph, NodeId, Place
from app.document.placing import WIDTH, snap, tall
from app.document.wiring import NO_EDGES

Side = Literal["left", "center", "right", "top", "middle", "bottom"]
SIDES: tuple[Side, ...] = ("left", "center", "right", "top", "middle", "bottom")
Places = dict[NodeId, Place]


def align(graph: Graph, ids: Iterable[NodeId], side: Side) -> Places:
    """Positions at which these nodes stand in line: at the outermost edge, or at the middle of all."""
    nodes = [graph.nodes[id] for id in ids]
    lefts, tops = [n.position[0] for n in nodes], [n.position[1] for n in nodes]
    bottoms = [n.position[1] + tall(n) for n in nodes]
    x, y = {
        "left": (min(lefts), 0.0), "right": (max(lefts), 0.0), "center": (snap((min(lefts) + max(lefts)) / 2), 0.0),
        "top": (0.0, min(tops)), "bottom": (0.0, max(bottoms)), "middle": (0.0, (min(tops) + max(bottoms)) / 2),
    }[side]  # fmt: skip
    if side in ("left", "center", "right"):
        return {n.id: (x, n.position[1]) for n in nodes}
    part = {"top": 0.0, "middle": 0.5, "bottom": 1.0}[side]
    return {n.id: (n.position[0], y - part * tall(n)) for n in nodes}


def distribute(graph: Graph, ids: Iterable[NodeId], *, down: bool) -> Places:
    """Positions with the same gap between each two of these nodes; the first and the last stay where they are."""
    axis = 1 if down else 0
    nodes = sorted((graph.nodes[id] for id in ids), key=lambda n: n.position[axis])
    if len(nodes) < 3:
        return {}
    sizes = [tall(n) if down else WIDTH for n in nodes]
    whole = nodes[-1].position[axis] + sizes[-1] - nodes[0].position[axis]
    gap = (whole - sum(sizes)) / (len(nodes) - 1)
    places: Places = {}
    at = nodes[0].position[axis]
    for node, size in zip(nodes, sizes, strict=True):
        places[node.id] = (node.position[0], at) if down else (at, node.position[1])
        at += size + gap
    return places


def straighten(analysis: Analysis, ids: Iterable[NodeId]) -> Places:
    """Positions at which each of these nodes stands straight behind the port that feeds it first."""
    graph, chosen, places = analysis.graph, set(ids), Places()
    first = [id for id in analysis.wiring.order if id in chosen]
    for id in first:
        edge = next((e for e in analysis.wiring.incoming.get(id, NO_EDGES) if len(chosen) == 1 or e.source in chosen), None)
        if edge is None:
            continue
        node, source = graph.nodes[id], graph.nodes[edge.source]
        out = face.outputs(source.block, tall(source), graph.across).get(edge.source_port)
        into = face.inputs(node.block, tall(node), graph.across).get(edge.target_port)
        if out is None or into is None or face.aside(out, graph.across) or face.aside(into, graph.across):
            continue
        left, top = places.get(edge.source, source.position)
        places[id] = (node.position[0], top + out.y - into.y) if graph.across else (left + out.x - into.x, node.position[1])
    return places
