"""Data sets by name. Columns are known without loading; samples are read on first use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from app.document.problem import Column
from resources import resource

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Source:
    """A data set: ``load`` gives an array for each column, samples along the first axis; real columns as float32, indices as int64."""

    name: str
    title: str
    columns: Mapping[str, Column]
    load: Callable[[], "Samples"]


@cache
def _digits() -> "Samples":
    import numpy as np  # 60 ms: on first use

    with np.load(resource("data", "digits.npz"), allow_pickle=False) as stored:
        return {"image": stored["image"].astype(np.float32) / 16.0, "label": stored["label"].astype(np.int64)}


DIGITS = Source(
    "digits",
    "Handwritten digits, 8×8 (Alpaydin and Kaynak 1998)",
    {"image": Column("image", (1, 8, 8), "real"), "label": Column("label", (), "index", tuple("0123456789"))},
    _digits,
)

SOURCES: Mapping[str, Source] = {source.name: source for source in (DIGITS,)}


class DataError(Exception):
    """A data set can't be had. The text is a sentence for the user."""


def source(name: str) -> Source:
    """The data set of that name; raises DataError."""
    try:
        return SOURCES[name]
    except KeyError:
        if name == "none":
            raise DataError("no data set is chosen yet: the network can be drawn and exported, but not trained") from None
        raise DataError(f"there is no data set {name!r}; there is {', '.join(SOURCES)}") from None
