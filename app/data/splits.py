"""Splitting samples into train, validation and test, the same way every time for the same seed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.data.sources import DataError, Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Splits:
    """Indices of the samples of each part."""

    train: "Indices"
    validation: "Indices"
    test: "Indices"


def split(source: Source, validation: float, test: float, seed: int) -> Splits:
    """Shares of the samples, drawn at random with ``seed``; with labels, each class is divided in the same proportion.

    Raises DataError where nothing would be left to train on.
    """
    import numpy as np

    if validation + test >= 1:
        raise DataError(f"validation {validation:g} and test {test:g} leave nothing to train on: together they must be less than 1")
    samples = source.load()
    count = len(next(iter(samples.values())))
    labels = next((samples[c.name] for c in source.columns.values() if c.kind == "index" and not c.shape), None)
    order = np.random.default_rng(seed).permutation(count)
    # every sample gets a place within its class, between 0 and 1: the same share of each class lies below any threshold
    place = np.empty(count)
    for group in [order] if labels is None else [order[labels[order] == label] for label in np.unique(labels)]:
        place[group] = (np.arange(len(group)) + 0.5) / len(group)
    parts = (place[order] >= validation + test, (place[order] >= test) & (place[order] < validation + test), place[order] < test)
    result = Splits(*(np.sort(order[part]) for part in parts))
    if not len(result.train):
        raise DataError(f"of {count} samples none is left to train on: make validation and test smaller")
    return result
