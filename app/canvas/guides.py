"""Snap lines: what is dragged stops where it stands in line with a block nearby, and a line says with which."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QLineF, QRectF

REACH = 6.0  # pixels on screen
BEYOND = 12.0  # the line reaches this far over both blocks

Stop = tuple[float, QRectF]  # a coordinate to stop at, and the block that it belongs to


class Guides:
    """Lines through the edges and the middles of ``rects``. Edges stop at edges, middles at middles."""

    def __init__(self, rects: Iterable[QRectF]) -> None:
        found = list(rects)
        self._left_right = _stops((edge, r) for r in found for edge in (r.left(), r.right()))
        self._top_bottom = _stops((edge, r) for r in found for edge in (r.top(), r.bottom()))
        self._across, self._down = _stops((r.center().x(), r) for r in found), _stops((r.center().y(), r) for r in found)

    def snap(self, rect: QRectF, reach: float) -> tuple[float | None, float | None, list[QLineF]]:
        """How far to move ``rect`` across and down, None where nothing is near; and the lines to draw once it is there."""
        across = _nearest(((self._across, (rect.center().x(),)), (self._left_right, (rect.left(), rect.right()))), reach, rect)
        down = _nearest(((self._top_bottom, (rect.top(), rect.bottom())), (self._down, (rect.center().y(),))), reach, rect)
        dx, dy = across[0] if across else None, down[0] if down else None
        there = rect.translated(dx or 0.0, dy or 0.0)
        lines = []
        if across:
            x, other = across[1]
            lines.append(QLineF(x, min(there.top(), other.top()) - BEYOND, x, max(there.bottom(), other.bottom()) + BEYOND))
        if down:
            y, other = down[1]
            lines.append(QLineF(min(there.left(), other.left()) - BEYOND, y, max(there.right(), other.right()) + BEYOND, y))
        return dx, dy, lines


def _stops(stops: Iterable[Stop]) -> list[Stop]:
    return sorted(stops, key=lambda stop: stop[0])


def _nearest(kinds: Iterable[tuple[Sequence[Stop], Sequence[float]]], reach: float, rect: QRectF) -> tuple[float, Stop] | None:
    """The way to the stop that is least far, and of those that are equally far, that of the block next to ``rect``."""
    ways = []
    for stops, places in kinds:
        for place in places:
            first, end = (bisect_left(stops, place + by, key=lambda stop: stop[0]) for by in (-reach, reach + 1e-6))
            ways += [(stop[0] - place, stop) for stop in stops[first:end]]
    if not ways:
        return None
    least = min(abs(by) for by, _ in ways)
    middle = rect.center()
    return min((way for way in ways if abs(way[0]) <= least + 1e-6), key=lambda way: (way[1][1].center() - middle).manhattanLength())
