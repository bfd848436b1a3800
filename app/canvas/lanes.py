"""Lanes: wires that run past the same blocks run side by side, the shorter ones nearer to the blocks, so that each can be followed."""

from collections.abc import Iterable, Mapping

from app.document.graph import EdgeId

Span = tuple[float, float]  # from where to where a wire runs along the stream
Column = tuple[float, float]  # where the lane next to the blocks is, and to which side the others follow


def lanes(spans: Mapping[EdgeId, Span]) -> dict[EdgeId, int]:
    """A lane for each wire, counted from the blocks: those that overlap differ, and what lies within another lies nearer."""
    beside: dict[EdgeId, list[EdgeId]] = {id: [] for id in spans}
    active: list[EdgeId] = []
    for id in sorted(spans, key=lambda one: spans[one]):
        active = [other for other in active if spans[other][1] > spans[id][0]]
        for other in active:
            beside[id].append(other)
            beside[other].append(id)
        active.append(id)
    found: dict[EdgeId, int] = {}
    for id in sorted(spans, key=lambda one: (spans[one][1] - spans[one][0], spans[one], one)):
        first, end = spans[id]
        near = [other for other in beside[id] if other in found]
        taken = {found[other] for other in near}
        lane = 1 + max((found[other] for other in near if spans[other][0] >= first and spans[other][1] <= end), default=-1)
        while lane in taken:
            lane += 1
        found[id] = lane
    return found


class Lanes:
    """Which wires run in which column; ``of`` is the lane of each that has one."""

    def __init__(self) -> None:
        self.of: dict[EdgeId, int] = {}
        self._columns: dict[Column, dict[EdgeId, Span]] = {}
        self._at: dict[EdgeId, Column] = {}
        self._changed: set[Column] = set()

    def put(self, id: EdgeId, where: tuple[Column, Span] | None) -> None:
        """Say where a wire runs; None where it runs past nothing, or is gone."""
        before = self._at.get(id)
        if where is None and before is None:
            return
        column, span = where if where is not None else (None, None)
        if before is not None and (before != column or self._columns[before][id] != span):
            del self._at[id], self._columns[before][id]
            self._changed.add(before)
        if column is not None and span is not None and id not in self._at:
            self._at[id] = column
            self._columns.setdefault(column, {})[id] = span
            self._changed.add(column)
        if column is None:
            self.of.pop(id, None)

    def settle(self) -> Iterable[tuple[EdgeId, int]]:
        """The wires that must change to another lane, since the last time."""
        for column in self._changed:
            for id, lane in lanes(self._columns[column]).items():
                if self.of.get(id, 0) != lane:
                    self.of[id] = lane
                    yield id, lane
            if not self._columns[column]:
                del self._columns[column]
        self._changed.clear()
