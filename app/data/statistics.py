"""What a data set is like: counts of its classes, mean and spread of its channels, samples that are there twice."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.data.source import PARTS, Source
from app.data.splits import Splits, split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.data.source import Array
    from app.document.recipe import Reading

CHUNK_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean and standard deviation of each channel, as the network sees it (bytes count as 0 to 1)."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


def scale(array: "Array") -> float:
    """What a sample is multiplied with before a network sees it."""
    return 1 / 255 if array.dtype.kind == "u" and array.dtype.itemsize == 1 else 1.0


def moments(array: "Array", at: "NDArray[np.int64] | None" = None) -> Moments:
    """Over the samples at ``at``, or all; a piece at a time, so that memory stays flat. The first axis of a sample is its channels."""
    import numpy as np

    at = np.arange(len(array)) if at is None else np.sort(at)
    channels = array.shape[1] if array.ndim > 1 else 1
    total, squares, count = np.zeros(channels), np.zeros(channels), 0
    size = max(1, CHUNK_BYTES // max(1, array[:1].nbytes * 8))
    for start in range(0, len(at), size):
        index = at[start : start + size]
        whole = len(index) == index[-1] - index[0] + 1
        piece = array[index[0] : index[-1] + 1] if whole else array[index]
        values = np.asarray(piece).astype(np.float64).reshape(len(index), channels, -1)
        total += values.sum((0, 2))
        squares += (values**2).sum((0, 2))
        count += len(index) * values.shape[2]
    factor = scale(array)
    mean = total / max(1, count)
    std = np.sqrt(np.maximum(0, squares / max(1, count) - mean**2))
    return Moments(tuple((mean * factor).tolist()), tuple((std * factor).tolist()))


def class_counts(source: Source, column: str) -> dict[str, int]:
    """How many samples (or pixels, or letters) there are of each class."""
    import numpy as np

    words = source.columns[column].classes
    values = np.asarray(source.load()[column], np.int64).ravel()
    counts = np.bincount(values[values >= 0], minlength=len(words))  # what a loss leaves out is below 0
    return {word: int(n) for word, n in zip(words, counts, strict=False)}


def duplicates(source: Source, parts: Splits) -> dict[str, int]:
    """How many samples of validation and test are in the training part too, bit by bit; keys such as "train/test"."""
    array = source.load()[source.entry]
    if source.columns[source.entry].kind == "index" or not array.shape[1:]:
        return {}
    hashes = {name: {_hash(array[k]) for k in getattr(parts, name)} for name in PARTS}
    listed = {name: [_hash(array[k]) for k in getattr(parts, name)] for name in PARTS[1:]}
    pairs = (("train", "validation"), ("train", "test"), ("validation", "test"))
    return {f"{a}/{b}": sum(h in hashes[a] for h in listed[b]) for a, b in pairs}


def _hash(sample: "Array") -> bytes:
    return hashlib.blake2b(sample.tobytes(), digest_size=16).digest()


def described(source: Source, reading: "Reading", seed: int = 0) -> dict[str, Any]:
    """Everything worth knowing, as plain values: what ``netwright data --json`` prints and the data panel shows."""
    samples = source.load()
    parts = split(source, reading.validation, reading.test, seed)
    columns = []
    for name, column in source.columns.items():
        entry: dict[str, Any] = {"name": name, "shape": list(column.shape), "kind": column.kind, "dtype": str(samples[name].dtype)}
        if column.kind == "index":
            entry["classes"] = class_counts(source, name)
        else:
            found = moments(samples[name])
            entry |= {"mean": [round(value, 6) for value in found.mean], "std": [round(value, 6) for value in found.std]}
        columns.append(entry)
    return {
        "name": source.name, "title": source.title, "kind": source.kind, "samples": len(next(iter(samples.values()))),
        "bytes": int(sum(array.nbytes for array in samples.values())),
        "input": source.entry, "target": source.answer, "columns": columns,
        "splits": {part: len(getattr(parts, part)) for part in PARTS}, "splits_given": source.part is not None,
        "duplicates": duplicates(source, parts), "skipped": [{"what": s.what, "why": s.why} for s in source.skipped], "notes": list(source.notes),
    }  # fmt: skip
