"""The way of a wire: straight when its ends are aligned, else along the axes with round corners, beside the blocks and not through them."""

from functools import lru_cache
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

RADIUS = 12.0
STUB = 14.0  # a wire leaves and arrives this far before it may turn
BROAD = 8.0  # a wire, its dots and what is drawn on it reach this far to each side
LANE = 12.0  # from one wire to the next, where several run past the same blocks
CLEAR = 28.0  # a wire that runs past a block keeps this far from it

Point = tuple[float, float]
DOWN, UP = (0.0, 1.0), (0.0, -1.0)


def route(
    start: Point, out: Point, end: Point, into: Point, tight: bool = False, across: bool = False, clear: float = CLEAR
) -> list[Point]:
    """Corners of a wire from ``start``, leaving in direction ``out``, to ``end``, which it reaches from direction ``into``.

    One that comes from aside keeps ``clear`` of the block. Where data goes ``across``, from left to right, it is the way from top to bottom lying on its side.
    """
    if across:
        return [(x, y) for y, x in route(start[::-1], out[::-1], end[::-1], into[::-1], tight, clear=clear)]
    x, y = start
    return [(x + dx, y + dy) for dx, dy in _way(out, (end[0] - x, end[1] - y), into, tight, clear)]


@lru_cache(maxsize=4096)
def _way(out: Point, end: Point, into: Point, tight: bool, clear: float) -> list[Point]:
    """The corners of a wire from the origin; most wires of a network have the form of another."""
    start = (0.0, 0.0)
    stub = 5.0 if tight else STUB
    if out == DOWN and into == UP and abs(start[0] - end[0]) < 0.5 and end[1] >= start[1]:
        return [start, end]
    if out == DOWN and into == UP and end[1] - start[1] < 2 * stub and end[1] > start[1]:
        middle = (start[1] + end[1]) / 2
        return [start, (start[0], middle), (end[0], middle), end]
    a = (start[0] + out[0] * stub, start[1] + out[1] * stub)
    far = clear if into[0] else STUB
    b = (end[0] + into[0] * far, end[1] + into[1] * far)
    middle_y, middle_x = (a[1] + b[1]) / 2, (a[0] + b[0]) / 2
    ways: list[list[Point]] = [
        [a, (a[0], b[1]), b],
        [a, (b[0], a[1]), b],
        [a, (a[0], middle_y), (b[0], middle_y), b],
        [a, (middle_x, a[1]), (middle_x, b[1]), b],
    ]
    return _simplify(min(([start, *way, end] for way in ways), key=lambda way: _cost(way, out, into)))


def through(start: Point, out: Point, via: list[Point], end: Point, into: Point) -> list[Point]:
    """Corners of a wire that passes through dots, each in the direction in which the wire mostly goes there."""
    stops = [start, *via, end]
    corners: list[Point] = [start]
    for k, (a, b) in enumerate(pairwise(stops)):
        last = k == len(stops) - 2
        towards = (b[0] - a[0], b[1] - a[1]) if last else (stops[k + 2][0] - a[0], stops[k + 2][1] - a[1])
        ahead = (0.0, 1.0 if towards[1] >= 0 else -1.0) if abs(towards[1]) >= abs(towards[0]) else (1.0 if towards[0] > 0 else -1.0, 0.0)
        corners += route(a, out, b, into if last else (-ahead[0], -ahead[1]), tight=True)[1:]
        out = ahead
    return _simplify(corners)


def _cost(way: list[Point], out: Point, into: Point) -> float:
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(_simplify(way))]
    length = sum(abs(x) + abs(y) for x, y in steps)
    back = sum(1 for (ax, ay), (bx, by) in pairwise(steps) if ax * bx + ay * by < 0)
    first, last = steps[0], steps[-1]
    wrong = (first[0] * out[0] + first[1] * out[1] < 0) + (last[0] * into[0] + last[1] * into[1] > 0)
    return length + 40 * len(steps) + 1000 * (back + wrong)


def _simplify(way: list[Point]) -> list[Point]:
    """Without points that repeat or lie on a straight line."""
    result: list[Point] = []
    for point in way:
        if result and abs(point[0] - result[-1][0]) < 0.01 and abs(point[1] - result[-1][1]) < 0.01:
            continue
        if len(result) > 1:
            (ax, ay), (bx, by) = result[-2], result[-1]
            if (ax == bx == point[0] and (by - ay) * (point[1] - by) > 0) or (ay == by == point[1] and (bx - ax) * (point[0] - bx) > 0):
                result[-1] = point
                continue
        result.append(point)
    return result


def path(corners: list[Point]) -> QPainterPath:
    """The corners joined, rounded."""
    result = QPainterPath(QPointF(*corners[0]))
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        first, second = _towards(corner, before), _towards(corner, after)
        result.lineTo(first)
        result.quadTo(QPointF(*corner), second)
    result.lineTo(QPointF(*corners[-1]))
    return result


def _towards(corner: Point, other: Point) -> QPointF:
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = abs(dx) + abs(dy) or 1.0
    share = min(RADIUS, length / 2) / length
    return QPointF(corner[0] + dx * share, corner[1] + dy * share)


def running(corners: list[Point], into: Point, across: bool, clear: float, lane: int) -> tuple[Point, Point] | None:
    """Where a wire that comes from aside runs past blocks: the column, without its lane, and from where to where; None if it does not."""
    if across:
        corners, into = [(y, x) for x, y in corners], into[::-1]
    if len(corners) < 4 or not into[0]:
        return None
    (x, top), (x2, bottom), (end, _) = corners[-3:]
    if x != x2 or abs(x2 - end - into[0] * (clear + LANE * lane)) > 0.5:
        return None
    return (round(end + into[0] * clear, 1), into[0]), (min(top, bottom), max(top, bottom))


def passes(corners: list[Point], area: QRectF) -> bool:
    """Whether a wire with these corners may be seen in an area."""
    left, top, right, bottom = area.left() - BROAD, area.top() - BROAD, area.right() + BROAD, area.bottom() + BROAD
    return any(
        (ax < right or bx < right) and (ax > left or bx > left) and (ay < bottom or by < bottom) and (ay > top or by > top)
        for (ax, ay), (bx, by) in pairwise(corners)
    )


def label_spot(corners: list[Point]) -> Point:
    """The middle of the longest stretch, where a pill has room."""
    a, b = max(pairwise(corners), key=lambda pair: abs(pair[1][0] - pair[0][0]) + abs(pair[1][1] - pair[0][1]))
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
