"""Auto-layout: layers from top to bottom, few crossings, straight spines, skips beside them.

The steps are Sugiyama's (1981): layers by the longest path, then tightened (Gansner et al., 1993, section 2); dummies where a wire passes a
layer; sweeps of barycentres; coordinates after Brandes and Koepf (2001), with each block's real size, so that nothing ever overlaps.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.document.coordinates import horizontal
from app.document.graph import Graph, NodeId
from app.document.placing import FULL, LOOSE, WIDTH, gap, snap, tall
from app.document.wiring import wire
from blocks.data import Target

SWEEPS = 8
DUMMY = 16.0  # room for a wire that passes
BESIDE = 56.0  # between a loss and its target


@dataclass
class Drawing:
    """Vertices by number: the first ``real`` are blocks, the others dummies. ``left`` and ``right`` are how far each reaches from its middle."""

    real: int
    left: list[float]
    right: list[float]
    up: list[list[int]] = field(default_factory=list)
    down: list[list[int]] = field(default_factory=list)
    layers: list[list[int]] = field(default_factory=list)


def lay_out(graph: Graph, only: Iterable[NodeId] | None = None) -> dict[NodeId, tuple[float, float]]:
    """New positions for the nodes, or for ``only`` some of them, whose corner stays where it was."""
    chosen = list(graph.nodes) if only is None else [id for id in only if id in graph.nodes]
    if not chosen:
        return {}
    beside = _targets(graph, set(chosen))
    ids = [id for id in chosen if id not in beside]
    drawing = _drawing(graph, ids, beside)
    layer = _layers(drawing)
    _split(drawing, layer)
    _order(drawing, [graph.nodes[id].position[graph.across] for id in ids])
    x = horizontal(drawing.layers, drawing.up, drawing.down, drawing.real, drawing.left, drawing.right, LOOSE)
    if graph.across:  # the same, lying on its side
        found = _across(graph, drawing, ids, x)
        for target, (loss, place) in beside.items():
            left, top = found[loss]
            found[target] = (left, snap(top + tall(graph.nodes[loss]) + BESIDE + (FULL + BESIDE) * place))
        return _anchored(graph, found)
    y = _rows(graph, drawing, ids)
    found = {id: (snap(x[k] - WIDTH / 2), y[k]) for k, id in enumerate(ids)}
    for target, (loss, place) in beside.items():
        left, top = found[loss]
        middle = (tall(graph.nodes[loss]) - tall(graph.nodes[target])) / 2
        found[target] = (left + (WIDTH + BESIDE) * (place + 1), snap(top + middle))
    return _anchored(graph, found)


def _targets(graph: Graph, chosen: set[NodeId]) -> dict[NodeId, tuple[NodeId, int]]:
    """Targets that feed one loss alone stand at its right, one beside the other: the loss, and the place there."""
    fed: dict[NodeId, set[NodeId]] = {}
    for edge in graph.edges.values():
        if isinstance(graph.nodes[edge.source].block, Target):
            fed.setdefault(edge.source, set()).add(edge.target)
    found: dict[NodeId, tuple[NodeId, int]] = {}
    taken: dict[NodeId, int] = {}
    for target, ends in fed.items():
        loss = next(iter(ends))
        if len(ends) == 1 and target in chosen and loss in chosen and graph.nodes[loss].block.loss:
            found[target] = (loss, taken.get(loss, 0))
            taken[loss] = taken.get(loss, 0) + 1
    return found


def _drawing(graph: Graph, ids: Sequence[NodeId], beside: dict[NodeId, tuple[NodeId, int]]) -> Drawing:
    number = {id: k for k, id in enumerate(ids)}
    extra = [0.0] * len(ids)
    for loss, place in beside.values():
        extra[number[loss]] = ((FULL if graph.across else WIDTH) + BESIDE) * (place + 1)
    half = [(tall(graph.nodes[id]) if graph.across else WIDTH) / 2 for id in ids]
    drawing = Drawing(len(ids), half, [one + more for one, more in zip(half, extra, strict=True)], [[] for _ in ids], [[] for _ in ids])
    rank = wire(graph).rank
    seen: set[tuple[int, int]] = set()
    for edge in graph.edges.values():
        if edge.source not in number or edge.target not in number or edge.source == edge.target:
            continue
        a, b = number[edge.source], number[edge.target]
        if rank.get(edge.source, a) > rank.get(edge.target, b):
            a, b = b, a  # a wire of a circle goes against the stream
        if (a, b) not in seen:
            seen.add((a, b))
            drawing.down[a].append(b)
            drawing.up[b].append(a)
    return drawing


def _layers(drawing: Drawing) -> list[int]:
    """The longest path from a source; then each vertex that is drawn more from below than from above goes down as far as it can."""
    count, up, down = drawing.real, drawing.up, drawing.down
    waiting = [len(up[v]) for v in range(count)]
    order = [v for v in range(count) if not waiting[v]]
    layer = [0] * count
    for v in order:
        for w in down[v]:
            layer[w] = max(layer[w], layer[v] + 1)
            waiting[w] -= 1
            if not waiting[w]:
                order.append(w)
    for v in range(count):
        if waiting[v]:  # on a circle that could not be opened: below what is known
            layer[v] = max((layer[w] + 1 for w in up[v] if not waiting[w]), default=0)
    for v in reversed(order):
        if down[v] and len(down[v]) > len(up[v]):
            layer[v] = max(layer[v], min(layer[w] for w in down[v]) - 1)
    return layer


def _split(drawing: Drawing, layer: list[int]) -> None:
    """A dummy in every layer that a wire passes; then all neighbours are one layer apart."""
    drawing.layers = [[] for _ in range(max(layer) + 1)]
    for v in range(drawing.real):
        drawing.layers[layer[v]].append(v)
    for v in range(drawing.real):
        ends, drawing.down[v] = drawing.down[v], []
        for w in ends:
            if layer[w] <= layer[v]:
                drawing.up[w].remove(v)  # a circle: the wire goes up again
                continue
            before = v
            for k in range(layer[v] + 1, layer[w]):
                dummy = len(drawing.left)
                drawing.left.append(DUMMY / 2)
                drawing.right.append(DUMMY / 2)
                drawing.up.append([before])
                drawing.down.append([])
                drawing.down[before].append(dummy)
                drawing.layers[k].append(dummy)
                before = dummy
            drawing.down[before].append(w)
            drawing.up[w][drawing.up[w].index(v)] = before


def _order(drawing: Drawing, before: Sequence[float]) -> None:
    """Few crossings: sweeps down and up from two beginnings, the order that was seen and a walk through the graph."""
    best: tuple[int, list[list[int]]] | None = None
    for start in (_as_seen(drawing, before), _walked(drawing)):
        layers = start
        crossings = _crossings(drawing, layers)
        if best is None or crossings < best[0]:
            best = crossings, layers
        idle = 0
        for sweep in range(SWEEPS):
            if best[0] == 0 or idle == 3:
                break
            layers = _swept(drawing, layers, upward=bool(sweep % 2))
            crossings = _crossings(drawing, layers)
            idle += 1
            if crossings < best[0]:
                best, idle = (crossings, layers), 0
        if best[0] == 0:
            break
    assert best is not None
    drawing.layers = best[1]


def _as_seen(drawing: Drawing, before: Sequence[float]) -> list[list[int]]:
    """Blocks from left to right as they stand; a dummy where its wire passes."""
    x = list(before) + [0.0] * (len(drawing.left) - drawing.real)
    for layer in drawing.layers:
        for v in layer:
            if v >= drawing.real:
                x[v] = x[drawing.up[v][0]]
    return [sorted(layer, key=lambda v: (x[v], v >= drawing.real)) for layer in drawing.layers]


def _walked(drawing: Drawing) -> list[list[int]]:
    """The order in which a walk along the wires first meets them."""
    met: dict[int, int] = {}
    for layer in drawing.layers:
        for start in layer:
            stack = [start]
            while stack:
                v = stack.pop()
                if v not in met:
                    met[v] = len(met)
                    stack += sorted(drawing.down[v], key=lambda w: w < drawing.real)  # blocks before dummies
    return [sorted(layer, key=met.__getitem__) for layer in drawing.layers]


def _swept(drawing: Drawing, layers: list[list[int]], upward: bool) -> list[list[int]]:
    result = [list(layer) for layer in layers]
    place = [0.0] * len(drawing.left)
    for layer in result:
        for k, v in enumerate(layer):
            place[v] = k
    around = drawing.down if upward else drawing.up
    for layer in reversed(result[:-1]) if upward else result[1:]:
        centre = {v: sum(place[w] for w in around[v]) / len(around[v]) if around[v] else place[v] for v in layer}
        layer.sort(key=centre.__getitem__)
        for k, v in enumerate(layer):
            place[v] = k
    return result


def _crossings(drawing: Drawing, layers: list[list[int]]) -> int:
    """Pairs of wires that cross, layer by layer, counted with a tree of sums (Barth et al., 2002)."""
    total = 0
    for above, below in itertools.pairwise(layers):
        place = {v: k for k, v in enumerate(below)}
        ends = [end for v in above for end in sorted(place[w] for w in drawing.down[v])]
        if all(a <= b for a, b in itertools.pairwise(ends)):
            continue
        tree = [0] * (len(below) + 1)
        for seen, end in enumerate(ends):
            k, smaller = end + 1, 0
            while k:
                smaller += tree[k]
                k -= k & -k
            total += seen - smaller
            k = end + 1
            while k <= len(below):
                tree[k] += 1
                k += k & -k
    return total


def _rows(graph: Graph, drawing: Drawing, ids: Sequence[NodeId]) -> list[float]:
    """The top of each block: a layer begins below the lowest of the one before, a slim one close to it."""
    top, y = 0.0, [0.0] * drawing.real
    for layer in drawing.layers:
        blocks = [(v, graph.nodes[ids[v]]) for v in layer if v < drawing.real]
        if top:
            top += max((gap(node.block) for _, node in blocks), default=LOOSE)
        for v, _ in blocks:
            y[v] = snap(top)
        top = max((snap(top) + tall(node) for _, node in blocks), default=top)
    return y


def _across(graph: Graph, drawing: Drawing, ids: Sequence[NodeId], middle: Sequence[float]) -> dict[NodeId, tuple[float, float]]:
    """Positions from left to right: a layer is a column; ``middle`` is how far down the middle of each block is."""
    left, found = 0.0, dict[NodeId, tuple[float, float]]()
    for layer in drawing.layers:
        blocks = [(v, graph.nodes[ids[v]]) for v in layer if v < drawing.real]
        if left:
            left += LOOSE
        for v, node in blocks:
            found[node.id] = (snap(left), round(middle[v] - tall(node) / 2, 2))
        left = snap(left) + WIDTH
    return found


def _anchored(graph: Graph, found: dict[NodeId, tuple[float, float]]) -> dict[NodeId, tuple[float, float]]:
    """The same drawing with its top left corner where that of these nodes was."""
    dx = snap(min(graph.nodes[id].position[0] for id in found) - min(x for x, _ in found.values()))
    dy = snap(min(graph.nodes[id].position[1] for id in found) - min(y for _, y in found.values()))
    return {id: (x + dx, y + dy) for id, (x, y) in found.items()}
