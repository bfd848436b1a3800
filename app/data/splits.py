"""Splitting samples into train, validation and test, the same way every time for the same seed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.data.source import DataError, Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.data.source import Array, Samples

    Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Splits:
    """Indices of the samples of each part."""

    train: "Indices"
    validation: "Indices"
    test: "Indices"


def split(source: Source, validation: float, test: float, seed: int) -> Splits:
    """Shares of the samples, drawn at random with ``seed``; with labels, each class is divided in the same proportion.

    Parts that the data itself brings stay as they are; what it does not bring is taken from its training part. Raises DataError where nothing
    would be left to train on.
    """
    import numpy as np

    given = set() if source.part is None else {int(k) for k in np.unique(source.part)}
    validation, test = 0.0 if 1 in given else validation, 0.0 if 2 in given else test
    if validation + test >= 1:
        raise DataError(f"validation {validation:g} and test {test:g} leave nothing to train on: together they must be less than 1")
    samples = source.load()
    count = len(next(iter(samples.values())))
    free = np.arange(count) if source.part is None else np.flatnonzero(source.part == 0)
    labels = _labels(source, samples)
    order = np.random.default_rng(seed).permutation(len(free))
    # every sample gets a place within its class, between 0 and 1: the same share of each class lies below any threshold
    place = np.empty(len(free))
    own = None if labels is None else labels[free]
    for group in [order] if own is None else [order[own[order] == label] for label in np.unique(own)]:
        place[group] = (np.arange(len(group)) + 0.5) / max(1, len(group))
    parts = (place[order] >= validation + test, (place[order] >= test) & (place[order] < validation + test), place[order] < test)
    drawn = [np.sort(free[order[part]]) for part in parts]
    if source.part is not None:
        drawn = [np.union1d(part, np.flatnonzero(source.part == k)) if k else part for k, part in enumerate(drawn)]
    result = Splits(*drawn)
    if not len(result.train):
        raise DataError(f"of {count} samples none is left to train on: make validation and test smaller")
    return result


def _labels(source: Source, samples: "Samples") -> "Array | None":
    """One label a sample: that of the answer, or of any other column that has one."""
    plain = [c.name for c in source.columns.values() if c.kind == "index" and not c.shape]
    name = source.answer if source.answer in plain else next(iter(plain), "")
    return samples[name] if name else None
