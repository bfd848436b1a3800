"""Who was taken for whom: the confusion matrix of a classification, and what follows from it for each class."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Shares between 0 and 1. ``precision`` of all that was called so, how much is; ``recall`` of all that is so, how much was called so."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Confusion:
    """How often samples of a true class (first) were predicted as a class (second). Only what happened is kept."""

    names: tuple[str, ...]
    cells: Mapping[tuple[int, int], int]

    @classmethod
    def of(cls, names: Sequence[str], size: int, cells: Iterable[Sequence[int]]) -> "Confusion":
        """From (true, predicted, count); classes without a name are called by their number."""
        words = tuple(names) if len(names) == size else tuple(map(str, range(size)))
        return cls(words, {(true, said): count for true, said, count in cells if count})

    @cached_property
    def true(self) -> Counter[int]:
        """Samples of each class."""
        return self._sums(0)

    @cached_property
    def said(self) -> Counter[int]:
        """Predictions of each class."""
        return self._sums(1)

    def _sums(self, axis: int) -> Counter[int]:
        found: Counter[int] = Counter()
        for at, count in self.cells.items():
            found[at[axis]] += count
        return found

    @property
    def samples(self) -> int:
        return sum(self.cells.values())

    @property
    def right(self) -> int:
        """Samples whose class was found."""
        return sum(count for (true, said), count in self.cells.items() if true == said)

    def classes(self) -> list[ClassFigures]:
        """Each class; a share of nothing is 0."""
        found = []
        for k, name in enumerate(self.names):
            hits, true, said = self.cells.get((k, k), 0), self.true[k], self.said[k]
            f1 = 2 * hits / (true + said) if true + said else 0.0
            found.append(ClassFigures(name, hits / max(1, said), hits / max(1, true), f1, true))
        return found

    def mistakes(self) -> list[tuple[int, int, int]]:
        """(true, predicted, count) of what was confused, the most frequent first."""
        wrong = [(true, said, count) for (true, said), count in self.cells.items() if true != said]
        return sorted(wrong, key=lambda cell: (-cell[2], cell[0], cell[1]))
