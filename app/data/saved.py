"""Hugging Face ``datasets``, read by that library (``pip install netwright[huggingface]``): saved to the disk, or streamed as ``hf:OWNER/NAME``.

Rows are taken one after the other into the cache, which is mapped: neither way needs the set in memory, and what was streamed once is not
streamed again.
"""

import itertools
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.data import cache
from app.data.source import DataError, Skipped, Source, gathered, part_of, told

if TYPE_CHECKING:
    from app.data.source import Array
    from app.document.recipe import Reading

NUMBERS: Final = ("int", "uint", "float", "bool")
LOOKED_AT: Final = 64  # images that say whether all are grey
MOST_TOLD: Final = 100  # rows without a value that are named one by one
LINES: Final = 4096  # rows that are copied at once

Row = Mapping[str, Any]
Pieces = list[tuple[int, Any]]  # part, and its rows


def is_saved(path: Path) -> bool:
    """Whether ``save_to_disk`` wrote this folder."""
    return (path / "dataset_dict.json").is_file() or ((path / "dataset_info.json").is_file() and (path / "state.json").is_file())


def saved_set(path: Path, reading: "Reading") -> Source:
    """Images, labels and numbers of a saved set; its splits are kept."""
    library = _library(str(path))
    try:
        loaded: Any = library.load_from_disk(str(path))
    except Exception as error:  # whatever the library says of a damaged folder
        raise DataError(f"{path} can't be read: {_first_line(error)}") from None
    count = sum(map(len, loaded.values())) if hasattr(loaded, "values") else len(loaded)
    return _taken(str(path), path.name, loaded, reading, cache.key(sorted(path.rglob("*")), *_options(reading)), count)


def streamed_set(name: str, reading: "Reading") -> Source:
    """A set of the Hub, ``hf:OWNER/NAME`` or ``hf:OWNER/NAME:CONFIGURATION``; no code of it is run."""
    library = _library(name)
    path, _, configuration = name.removeprefix("hf:").partition(":")
    try:
        loaded: Any = library.load_dataset(path, configuration or None, streaming=True)
        stamp = str(next(iter(loaded.values())).info.download_checksums or "")
    except Exception as error:  # no network, no such set, one that wants a licence accepted
        raise DataError(f"{name} can't be streamed: {_first_line(error)}") from None
    return _taken(name, path, loaded, reading, cache.key([], name, stamp, *_options(reading)), cache.FEW)


def _library(name: str) -> Any:
    try:
        import datasets
    except ImportError:
        raise DataError(f"{name} is a Hugging Face data set: to read it, run pip install 'netwright[huggingface]'") from None
    return datasets


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _options(reading: "Reading") -> tuple[object, ...]:
    return tuple(reading.image_size), reading.image_fit, reading.grey


def _taken(name: str, title: str, loaded: Any, reading: "Reading", key: str, count: int) -> Source:
    """The rows of all splits, through the cache."""
    import numpy as np

    named = dict(loaded) if hasattr(loaded, "keys") else {"": loaded}
    pieces: Pieces = [(part_of(split) or 0, piece) for split, piece in named.items()]
    features = pieces[0][1].features or {}
    usable = {column: _kind(feature) for column, feature in features.items() if _kind(feature)}
    skipped = [
        Skipped(f"column {column!r}", f"it holds {feature}, which has no fixed size")
        for column, feature in features.items()
        if column not in usable
    ]
    if not usable:
        raise DataError(
            f"{name} has no columns that can be used" + (f": {told(skipped)}" if skipped else ": it does not say what its columns are")
        )
    columns = list(usable)

    def make(folder: Path) -> "tuple[dict[str, Array], cache.Facts]":
        return _written(folder, pieces, columns, usable, reading)

    try:
        arrays, facts = cache.kept(key, count, make)
    except (OSError, ValueError) as error:  # the line went dead, or an image is damaged
        raise DataError(f"{name} can't be read to its end: {_first_line(error)}") from None
    found = {column: arrays[f"c{k}"] for k, column in enumerate(columns) if f"c{k}" in arrays}
    classes = {column: list(features[column].names) for column, kind in usable.items() if kind == "class"}
    skipped += [Skipped(what, why) for what, why in facts["skipped"]]
    answer = reading.target or next(iter(classes), "")
    if reading.target and reading.target not in found:
        raise DataError(f"{name} has no column {reading.target!r} that can be used; it has {', '.join(found)}")
    entry = next((column for column in found if column != answer), answer)
    part = np.array(arrays["part"], np.int8) if len(pieces) > 1 else None
    total = len(next(iter(found.values())))
    return gathered(name, "huggingface", f"{total:,} samples in {title}", found, classes, entry, answer or entry, part, skipped)


def _kind(feature: Any) -> str:
    """What of a column can be used; empty for nothing."""
    name = type(feature).__name__
    number = name == "Value" and str(feature.dtype).startswith(NUMBERS)
    return {"Image": "image", "ClassLabel": "class"}.get(name, "number" if number else "")


def _written(
    folder: Path, pieces: Pieces, columns: list[str], usable: Mapping[str, str], reading: "Reading"
) -> "tuple[dict[str, Array], cache.Facts]":
    """All rows as arrays in files of ``folder``, ``c0`` for the first column; a column's own name might be no name for a file."""
    picture = next((column for column in columns if usable[column] == "image"), "")
    first = [row[picture] for row in itertools.islice(iter(pieces[0][1]), LOOKED_AT)] if picture else []
    grey = reading.grey or all(image.mode in _grey_modes() for image in first if image is not None)
    while True:
        try:
            return _one_pass(folder, pieces, columns, usable, reading, grey)
        except _ColourError:
            grey = False


class _ColourError(Exception):
    """An image in colour, where all were taken to be grey."""


def _grey_modes() -> Iterable[str]:
    from app.data.images import GREY

    return GREY


def _one_pass(
    folder: Path, pieces: Pieces, columns: list[str], usable: Mapping[str, str], reading: "Reading", grey: bool
) -> "tuple[dict[str, Array], cache.Facts]":
    import numpy as np

    size: tuple[int, int] | None = (reading.image_size[0], reading.image_size[1]) if reading.image_size else None
    shapes: dict[str, tuple[int, ...]] = {}
    types = {"image": np.uint8, "class": np.int64, "number": np.float32}
    parts: list[int] = []
    skipped: list[tuple[str, str]] = []
    missing = 0
    with ExitStack() as stack:
        files = {column: stack.enter_context(open(folder / f"c{k}.raw", "wb")) for k, column in enumerate(columns)}
        for part, piece in pieces:
            for number, row in enumerate(piece):
                if empty := [column for column in columns if row[column] is None]:
                    missing += 1
                    if missing <= MOST_TOLD:
                        skipped.append((f"row {number}", f"its {empty[0]} is empty"))
                    continue
                for column in columns:
                    value = row[column]
                    if usable[column] == "image":
                        value, size = _pixels(value, size, grey, reading)
                    array = np.asarray(value, types[usable[column]])
                    array = array.reshape(1) if usable[column] == "number" else array
                    shapes[column] = array.shape
                    files[column].write(array.tobytes())
                parts.append(part)
    if missing > MOST_TOLD:
        skipped.append((f"{missing - MOST_TOLD} rows more", "a value is empty"))
    arrays: dict[str, Any] = {
        f"c{k}": _as_npy(folder, f"c{k}", types[usable[column]], (len(parts), *shapes[column])) for k, column in enumerate(columns) if parts
    }
    return {**arrays, "part": np.array(parts, np.int8)}, {"made": len(parts), "skipped": skipped}


def _pixels(image: Any, size: tuple[int, int] | None, grey: bool, reading: "Reading") -> "tuple[Array, tuple[int, int]]":
    """An image as bytes, and the size of all: that of the first one, where the recipe does not say."""
    from app.data.images import as_array

    if grey and not reading.grey and image.mode not in _grey_modes():
        raise _ColourError
    array = as_array(image, size, grey, reading.image_fit)
    return array, size or (array.shape[1], array.shape[2])


def _as_npy(folder: Path, name: str, dtype: Any, shape: tuple[int, ...]) -> "Array":
    """The bytes of a column under a header, once it is known how many rows there are; nothing is held in memory."""
    import numpy as np

    raw = np.memmap(folder / f"{name}.raw", dtype, "r", shape=shape)
    found = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", dtype, shape)
    for start in range(0, shape[0], LINES):
        found[start : start + LINES] = raw[start : start + LINES]
    found.flush()
    del raw
    (folder / f"{name}.raw").unlink()
    return found
