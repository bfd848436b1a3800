"""Arrays as numpy writes them: one file of several, or a folder with a file for each column."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from app.data.source import DataError, Skipped, Source, gathered, part_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.data.source import Array
    from app.document.recipe import Reading

ANSWERS = ("label", "labels", "y", "target", "targets", "class", "classes", "mask", "masks")
MOST_CLASSES = 10_000


def npz_file(path: Path, reading: "Reading") -> Source:
    """An ``.npz`` file: a column for each array; x_train and x_test are two parts of x."""
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as stored:
            found, skipped = {}, []
            for name in stored.files:
                try:
                    found[name] = stored[name]
                except ValueError:
                    skipped.append(Skipped(name, "it holds Python objects, which would have to be run to be read"))
    except (OSError, ValueError, EOFError, __import__("zipfile").BadZipFile) as error:
        raise DataError(f"{path} is no .npz file that can be read: {error}") from None
    return from_arrays(path, found, reading, skipped)


def npy_file(path: Path, reading: "Reading") -> Source:
    """An ``.npy`` file, mapped into memory; y.npy or labels.npy beside X.npy belongs to it."""
    arrays = {"x" if path.stem.lower() not in ANSWERS else path.stem: mapped(path)}
    for other in partners(path):
        arrays["y"] = mapped(other)
    return from_arrays(path, arrays, reading, ())


def npy_folder(path: Path, reading: "Reading") -> Source:
    """A folder of ``.npy`` files, a column each."""
    return from_arrays(path, {file.stem: mapped(file) for file in sorted(path.glob("*.npy"))}, reading, ())


def mapped(path: Path) -> "Array":
    """An array that stays on the disk until it is needed."""
    import numpy as np

    try:
        array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        why = "it holds Python objects, which would have to be run to be read" if "allow_pickle" in str(error) else error
        raise DataError(f"{path} can't be read: {why}") from None
    return array


def partners(path: Path) -> list[Path]:
    """The answers that belong to an array: y.npy beside X.npy."""
    stem = path.stem
    for old, new in (("X", "y"), ("x", "y"), ("images", "labels"), ("image", "label"), ("data", "labels"), ("data", "target")):
        other = path.with_name(stem.replace(old, new) + path.suffix)
        if old in stem and other.is_file() and other != path:
            return [other]
    return []


def from_arrays(path: Path, found: "Mapping[str, Array]", reading: "Reading", skipped: "list[Skipped] | tuple[Skipped, ...]") -> Source:
    """Columns from arrays: which are parts of one, which hold labels, which are images with their channels last."""
    import numpy as np

    merged: dict[str, dict[int, Array]] = {}
    for name, array in found.items():
        words = name.split("_")
        parts = [part_of(word) for word in words]
        where = next((k for k, part in enumerate(parts) if part is not None), None)
        column = "_".join(word for k, word in enumerate(words) if k != where) if where is not None and len(words) > 1 else name
        merged.setdefault(column, {})[(parts[where] or 0) if where is not None and len(words) > 1 else 0] = array
    divided = any(set(pieces) != {0} for pieces in merged.values())
    columns: dict[str, Array] = {}
    for name, pieces in merged.items():
        order = sorted(pieces)
        columns[name] = pieces[order[0]] if len(order) == 1 else np.concatenate([pieces[k] for k in order])
    part = None
    if divided:
        pieces = max(merged.values(), key=len)
        part = np.concatenate([np.full(len(pieces[k]), k, dtype=np.int8) for k in sorted(pieces)])
    if not columns:
        raise DataError(f"{path} holds no arrays that can be used")
    answer = chosen(columns, reading.target, path)
    entry = next((name for name in columns if name != answer and name.lower() in ("x", "image", "images", "data", "features", "input")), "")
    entry = entry or next((name for name in columns if name != answer), answer)
    renamed: dict[str, Array] = {}
    classes: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for name, array in columns.items():
        prepared, names_of = _column(array, name == answer and name != entry, reading.target_kind)
        if prepared is None:
            skipped = [*skipped, Skipped(name, f"it holds {array.dtype}, which is no kind of number")]
            continue
        short = _called(name, prepared, name == answer and name != entry, names_of)
        names[name] = short
        renamed[short] = prepared
        if names_of is not None:
            classes[short] = names_of
    if not renamed:
        raise DataError(f"{path} holds no arrays of numbers")
    title = f"{len(next(iter(renamed.values()))):,} samples in {path.name}"
    return gathered(
        str(path), "arrays", title, renamed, classes, names.get(entry, ""), names.get(answer, names.get(entry, "")), part, skipped
    )


def chosen(columns: "Mapping[str, Array]", target: str, path: Path) -> str:
    """The column of answers: the one asked for, or one that is called so."""
    if target:
        if target not in columns:
            raise DataError(f"{path} has no column {target!r}; it has {', '.join(columns)}")
        return target
    return next((name for name in columns if name.lower() in ANSWERS), "")


def _called(name: str, array: "Array", answer: bool, classes: list[str] | None) -> str:
    """x and y are called after what they hold; other names stay."""
    if name.lower() in ("x", "data", "images", "input", "inputs"):
        return "image" if array.ndim == 4 else "features"
    if answer and name.lower() in ("y", "labels", "targets", "target", "classes", "masks"):
        return "label" if classes is not None else "target"
    return name


def _column(array: "Array", answer: bool, kind: str) -> "tuple[Array | None, list[str] | None]":
    """The samples as float32 or uint8 images, or as indices with the names of their classes."""
    import numpy as np

    if array.dtype.kind in "US":
        names, indices = np.unique(array, return_inverse=True)
        return indices.reshape(array.shape).astype(np.int64), [str(name) for name in names]
    if array.dtype.kind not in "biuf":
        return None, None
    whole = array.dtype.kind in "biu"
    if (whole and array.ndim == 1 and not answer) or (answer and kind != "values" and (whole or kind == "class")):
        flat = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
        return labels(np.asarray(flat))
    if array.dtype == np.uint8 and array.ndim >= 3:
        return channels_first(array), None
    if array.ndim == 1:
        array = array[:, None]
    return channels_first(array) if array.dtype == np.float32 else channels_first(np.asarray(array, dtype=np.float32)), None


def labels(array: "Array") -> "tuple[NDArray[np.int64], list[str]]":
    """Indices from 0, and what they are called: 3 and 7 become the classes "3" and "7"."""
    import numpy as np

    low, high = array.min(initial=0), array.max(initial=0)
    if array.dtype.kind in "biu" and low >= 0 and high < MOST_CLASSES and len(np.unique(array)) > 0.5 * (int(high) + 1):
        return array.astype(np.int64), [str(k) for k in range(int(high) + 1)]
    values, indices = np.unique(array, return_inverse=True)
    if len(values) > MOST_CLASSES:
        raise DataError(f"the answers have {len(values):,} different values, too many for classes: set target_kind to 'values'")
    return indices.reshape(array.shape).astype(np.int64), [f"{value:g}" for value in values]


def channels_first(array: "Array") -> "Array":
    """Images as N×C×H×W: grey ones get their axis, those with the channels last are turned (as a view)."""
    if array.ndim == 3 and min(array.shape[1:]) > 4 and array.dtype.kind == "u":
        return array[:, None]
    if array.ndim == 4 and array.shape[3] in (1, 3, 4) and array.shape[1] not in (1, 3, 4):
        return array.transpose(0, 3, 1, 2)
    return array
