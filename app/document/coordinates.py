"""Horizontal coordinates of a layered drawing: four alignments of vertices with their neighbours, and the mean of the middle two.

Brandes and Koepf, Fast and simple horizontal coordinate assignment (2001). The compaction is by longest paths through the aligned blocks, from
the left and then back, which keeps every distance whatever the sizes are.
"""

import itertools
from collections.abc import Sequence


def horizontal(
    layers: Sequence[Sequence[int]],
    up: Sequence[Sequence[int]],
    down: Sequence[Sequence[int]],
    real: int,
    left: Sequence[float],
    right: Sequence[float],
    gap: float,
) -> list[float]:
    """The middle of each vertex. Within a layer ``left`` and ``right``, how far each reaches, and ``gap`` keep them apart."""
    count = len(left)
    place = [0] * count
    for layer in layers:
        for k, v in enumerate(layer):
            place[v] = k
    crossed = _crossed(layers, up, place, real)
    found = []
    for upward in (False, True):
        for mirrored in (False, True):
            around = _medians(layers, *((down, up) if upward else (up, down)), place, real)
            rows = [list(reversed(layer)) if mirrored else list(layer) for layer in (reversed(layers) if upward else layers)]
            root = _aligned(rows, around, crossed, mirrored)
            x = _compacted(rows, root, right if mirrored else left, left if mirrored else right, gap)
            found.append([-value for value in x] if mirrored else x)
    _line_up(found, left, right)
    return [sum(sorted(xs[v] for xs in found)[1:3]) / 2 for v in range(count)]


def _medians(
    layers: Sequence[Sequence[int]], around: Sequence[Sequence[int]], back: Sequence[Sequence[int]], place: Sequence[int], real: int
) -> list[list[int]]:
    """The neighbours a vertex may stand under, from left to right.

    A block stands under the only block among them, and a passing wire takes no block's place: a spine is straighter than its skips.
    """
    result: list[list[int]] = [[] for _ in around]
    spine = [any(w < real for w in known) for known in back]
    for layer in layers:
        for v in layer:
            known = around[v]
            if v >= real:
                known = [w for w in known if w >= real or not spine[w]]
            elif len(known) > 1:
                blocks = [w for w in known if w < real]
                known = blocks if len(blocks) == 1 else known
            result[v] = sorted(known, key=place.__getitem__)
    return result


def _crossed(layers: Sequence[Sequence[int]], up: Sequence[Sequence[int]], place: Sequence[int], real: int) -> set[tuple[int, int]]:
    """Wires that cross a piece of a long wire: they give way to it."""
    found: set[tuple[int, int]] = set()
    for above, layer in itertools.pairwise(layers):
        inner = [(place[up[v][0]], k) for k, v in enumerate(layer) if v >= real and up[v][0] >= real]
        if not inner:
            continue
        begin, low = 0, 0
        for high, k in [*inner, (len(above), len(layer) - 1)]:
            for v in layer[begin : k + 1]:
                for w in up[v]:
                    if (place[w] < low or place[w] > high) and not (v >= real and w >= real):
                        found.add((w, v))
            begin, low = k + 1, high
    return found


def _aligned(rows: Sequence[Sequence[int]], around: Sequence[Sequence[int]], crossed: set[tuple[int, int]], mirrored: bool) -> list[int]:
    """The vertex at the head of the column that each vertex belongs to. Columns never cross."""
    count = len(around)
    root = list(range(count))
    taken = [False] * count
    place = [0] * count
    for row in rows:
        for k, v in enumerate(row):
            place[v] = k
    for row in rows:
        last = -1
        for v in row:
            known = around[v]
            if not known:
                continue
            middle = (len(known) - 1) / 2
            choices = [known[int(middle)], known[int(middle + 0.5)]]
            for w in reversed(choices) if mirrored else choices:
                if not taken[w] and place[w] > last and (w, v) not in crossed and (v, w) not in crossed:
                    taken[w] = True
                    root[v] = root[w]
                    last = place[w]
                    break
    return root


def _compacted(
    rows: Sequence[Sequence[int]], root: Sequence[int], left: Sequence[float], right: Sequence[float], gap: float
) -> list[float]:
    """Each column as far left as its neighbours allow; then back to the right where nothing holds it."""
    count = len(root)
    after: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    waiting = [0] * count
    for row in rows:
        for a, b in itertools.pairwise(row):
            after[root[a]].append((root[b], right[a] + gap + left[b]))
            waiting[root[b]] += 1
    heads = [v for v in range(count) if root[v] == v]
    order = [v for v in heads if not waiting[v]]
    x = [0.0] * count
    for v in order:
        for w, far in after[v]:
            x[w] = max(x[w], x[v] + far)
            waiting[w] -= 1
            if not waiting[w]:
                order.append(w)
    assert len(order) == len(heads), "columns cross"
    for v in reversed(order):
        if after[v]:
            x[v] = max(x[v], min(x[w] - far for w, far in after[v]))
    return [x[root[v]] for v in range(count)]


def _line_up(found: list[list[float]], left: Sequence[float], right: Sequence[float]) -> None:
    """Move the four drawings onto the narrowest: two by their left edge, two by their right edge."""
    edges = [
        (min(x - w for x, w in zip(xs, left, strict=True)), max(x + w for x, w in zip(xs, right, strict=True))) for xs in found
    ]  # fmt: skip
    begin, end = min(edges, key=lambda edge: edge[1] - edge[0])
    for k, xs in enumerate(found):
        shift = end - edges[k][1] if k % 2 else begin - edges[k][0]
        found[k] = [x + shift for x in xs]
