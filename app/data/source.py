"""What a data set is: columns, the samples in them, and what had to be left out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.document.problem import Column

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.generic]
    Samples = Mapping[str, Array]

PARTS: Final = ("train", "validation", "test")


class DataError(Exception):
    """A data set can't be had. The text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was left out: a file, a row, a column; and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Source:
    """A data set. ``load`` gives an array for each column, samples along the first axis: real columns as float32, or as uint8 where they are
    images of 0 to 255 that the network sees as 0 to 1; indices as int64. Arrays may lie on the disk (``np.memmap``).

    ``entry`` and ``answer`` name the columns that a network usually is fed with and asked for. ``part`` says for each sample where it belongs,
    as an index into PARTS, where the data itself divides them.
    """

    name: str
    title: str
    kind: str
    columns: Mapping[str, Column]
    load: Callable[[], "Samples"]
    entry: str = ""
    answer: str = ""
    part: "NDArray[np.int8] | None" = None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.load().values())))


def gathered(
    name: str, kind: str, title: str, arrays: "Mapping[str, Array]", classes: Mapping[str, Iterable[str]], entry: str, answer: str = "",
    part: "NDArray[np.int8] | None" = None, skipped: Iterable[Skipped] = (), notes: Iterable[str] = (),
) -> Source:  # fmt: skip
    """A source of arrays that are there already. A column that has ``classes`` holds indices of them."""
    columns = {
        key: Column(
            key,
            tuple(map(int, array.shape[1:])),
            "index" if key in classes else "real",
            tuple(classes.get(key, ())),
            "input" if key == entry else "target" if key == answer else "",
        )
        for key, array in arrays.items()
    }
    counts = {len(array) for array in arrays.values()}
    if counts == {0} or not counts:
        raise DataError(f"{name} holds no samples that can be used" + (f": {told(skipped)}" if (skipped := tuple(skipped)) else ""))
    if len(counts) > 1:
        sizes = ", ".join(f"{key} has {len(array)}" for key, array in arrays.items())
        raise DataError(f"{name}: all columns need the same number of samples, but {sizes}")
    return Source(name, title, kind, columns, lambda: arrays, entry, answer, part, tuple(skipped), tuple(notes))


def told(skipped: Iterable[Skipped], most: int = 3) -> str:
    """The first few of what was skipped, in one line."""
    all_ = list(skipped)
    text = "; ".join(f"{s.what}: {s.why}" for s in all_[:most])
    return text + (f"; and {len(all_) - most} more" if len(all_) > most else "")


def part_of(name: str) -> int | None:
    """The part that a folder, a file or a word speaks of."""
    words = {
        "train": 0, "training": 0, "trn": 0, "val": 1, "valid": 1, "validation": 1, "dev": 1, "test": 2, "testing": 2, "t10k": 2, "tst": 2, "eval": 2,
    }  # fmt: skip
    return words.get(name.lower())


def relative(path: Path, to: Path) -> str:
    """A path for people: below the folder they gave."""
    try:
        return str(path.relative_to(to))
    except ValueError:
        return str(path)
