"""Tables: CSV, TSV and Parquet. Numbers, categories, and columns that hold the paths of images.

``features`` holds all numbers and categories but the answer, side by side; each column is there under its own name too.
"""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.data.images import SUFFIXES, decode, natural
from app.data.source import DataError, Skipped, Source, gathered, part_of, told

if TYPE_CHECKING:
    import numpy as np

    from app.data.source import Array
    from app.document.recipe import Reading

Cells = Sequence[Any]
ANSWERS: Final = ("label", "class", "target", "y", "answer", "outcome", "species", "category")
DIVIDED: Final = ("split", "part", "subset", "fold", "set")
MISSING: Final = frozenset(("", "na", "n/a", "nan", "null", "none", "?"))
FEW: Final = 20  # whole numbers with at most so many different values are classes
MOST_WORDS: Final = 1000  # more different texts than this are no categories
MOST_BYTES: Final = 4 << 30


def table_file(path: Path, reading: "Reading") -> Source:
    """A table as columns; raises DataError."""
    if path.stat().st_size > MOST_BYTES:
        raise DataError(
            f"{path} is {path.stat().st_size / 2**30:.1f} GiB; at most {MOST_BYTES >> 30} GiB are read: use Parquet or .npy files"
        )
    skipped: list[Skipped] = []
    if path.suffix.lower() in (".parquet", ".pq"):
        cells, comma = _parquet(path, skipped), False  # numbers are numbers there
    else:
        cells, comma = _csv(path, skipped)
    return from_cells(path, cells, reading, skipped, comma)


def _csv(path: Path, skipped: list[Skipped]) -> tuple[dict[str, Cells], bool]:
    """Columns of texts, and whether numbers may be written with a comma."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if "\0" in text:
        raise DataError(f"{path} is no table: it holds bytes that no text has")
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    if not first:
        raise DataError(f"{path} is empty")
    counts = {mark: first.count(mark) for mark in "\t;,|"}
    mark = "\t" if path.suffix.lower() == ".tsv" else max(counts, key=lambda m: counts[m])
    csv.field_size_limit(1 << 24)
    try:
        rows = [row for row in csv.reader(lines, delimiter=mark, skipinitialspace=True) if row and any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise DataError(f"{path} is no table: {error}") from None
    heads = [cell.strip() for cell in rows[0]]
    if all(_number(cell, mark != ",") is not None for cell in heads):  # no names: the first line is data already
        heads = [f"column{k + 1}" for k in range(len(heads))]
    else:
        rows = rows[1:]
    names: list[str] = []
    for k, head in enumerate(heads):
        name = head or f"column{k + 1}"
        while name in names:
            name += "_2"
        names.append(name)
    whole = [row for row in rows if len(row) == len(names)]
    if len(whole) < len(rows):
        at = next(k for k, row in enumerate(rows) if len(row) != len(names))
        skipped.append(
            Skipped(
                f"{len(rows) - len(whole)} rows",
                f"they have another number of cells than the {len(names)} names, first row {at + 1}: {len(rows[at])}",
            )
        )
    if not whole:
        raise DataError(f"{path} has no rows below its names" + (f": {told(skipped)}" if skipped else ""))
    return dict(zip(names, map(list, zip(*whole, strict=True)), strict=True)), mark != ","


def _parquet(path: Path, skipped: list[Skipped]) -> dict[str, Cells]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise DataError("to read Parquet, install pyarrow: pip install pyarrow") from None
    try:
        table = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path} is no Parquet file that can be read: {str(error).splitlines()[0]}") from None
    found: dict[str, Cells] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        simple = pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind) or pyarrow.types.is_boolean(kind)
        if simple or pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind) or pyarrow.types.is_dictionary(kind):
            found[name] = column.to_pylist()
        else:
            skipped.append(Skipped(f"column {name!r}", f"it holds {kind}, which is no number and no text"))
    if not found or not table.num_rows:
        raise DataError(f"{path} holds no columns of numbers or texts")
    return found


def pictures(path: Path) -> list[Path]:
    """The images that a table names."""
    cells = _parquet(path, []) if path.suffix.lower() in (".parquet", ".pq") else _csv(path, [])[0]
    named = [_image(path, str(cell)) for column in cells.values() if _is_images(path, column) for cell in column if not _missing(cell)]
    return [file for file in named if file.is_file()]


def from_cells(path: Path, cells: dict[str, Cells], reading: "Reading", skipped: list[Skipped], comma: bool) -> Source:
    """A source from columns of cells, which are texts or plain values."""
    import numpy as np

    target = _target(path, cells, reading)
    divided = _divided(path, cells, reading)
    if missing := [k for k, cell in enumerate(cells[target]) if _missing(cell)]:
        skipped.append(Skipped(f"{len(missing)} rows", f"their {target!r} is empty, first row {missing[0] + 1}"))
        keep = sorted(set(range(len(cells[target]))) - set(missing))
        cells = {name: [column[k] for k in keep] for name, column in cells.items()}
        if not keep:
            raise DataError(f"{path}: the column {target!r} is empty in every row")
    arrays: dict[str, Array] = {}
    classes: dict[str, list[str]] = {}
    wide: list[Array] = []
    notes: list[str] = []
    for name, column in cells.items():
        if name == divided:
            continue
        if name != target and _is_images(path, column):
            decoded = decode([_image(path, str(cell)) for cell in column], path.parent, reading)
            skipped += decoded.skipped
            if len(decoded.kept) < len(column):  # begin again without the rows whose image is broken
                return from_cells(path, {n: [c[k] for k in decoded.kept] for n, c in cells.items()}, reading, skipped, comma)
            notes += decoded.notes
            arrays["image" if "image" not in arrays else name] = decoded.images
            continue
        array, words = _column(column, comma, name == target, reading.target_kind)
        if array is None:
            skipped.append(Skipped(f"column {name!r}", words[0] if words else "it is empty"))
            continue
        own = ("label" if words else "target") if name == target else name
        arrays[own] = array
        if words:
            classes[own] = words
        if name != target:
            wide.append(np.eye(len(words), dtype=np.float32)[array.astype(np.int64)] if words else array)
        if isinstance(words, list) and not words and (gaps := sum(map(_missing, column))):
            notes.append(f"{gaps} empty cells of {name!r} are filled with its median")
    answer = "label" if "label" in classes and target not in arrays else "target" if "target" in arrays else target
    if wide:
        arrays = {"features": np.concatenate(wide, 1).astype(np.float32), **arrays}
    if answer not in arrays:
        raise DataError(f"{path}: the column {target!r} can't be predicted: {told(skipped)}")
    rows = len(arrays[answer])
    entry = "image" if "image" in arrays else "features" if wide else answer
    part = _parts(path, divided, cells[divided]) if divided else None
    return gathered(
        str(path),
        "table",
        f"{rows:,} rows of {path.name}, {target!r} to be predicted",
        arrays,
        classes,
        entry,
        answer,
        part,
        skipped,
        notes,
    )


def _target(path: Path, cells: dict[str, Cells], reading: "Reading") -> str:
    if reading.target:
        if reading.target not in cells:
            raise DataError(f"{path} has no column {reading.target!r}; it has {', '.join(cells)}")
        return reading.target
    return next((name for word in ANSWERS for name in cells if name.lower() == word), list(cells)[-1])


def _divided(path: Path, cells: dict[str, Cells], reading: "Reading") -> str:
    if reading.split_by:
        if reading.split_by not in cells:
            raise DataError(f"{path} has no column {reading.split_by!r} to divide it by; it has {', '.join(cells)}")
        return reading.split_by
    known = (name for name in cells if name.lower() in DIVIDED)
    return next((name for name in known if all(part_of(str(cell)) is not None for cell in cells[name])), "")


def _parts(path: Path, name: str, column: Cells) -> "np.ndarray[Any, np.dtype[np.int8]]":
    import numpy as np

    parts = [part_of(str(cell).strip()) for cell in column]
    if None in parts:
        at = parts.index(None)
        raise DataError(f"{path}: {name!r} says {column[at]!r} in row {at + 1}: it should say 'train', 'validation' or 'test'")
    return np.array(parts, dtype=np.int8)


def _missing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and cell.strip().lower() in MISSING) or (isinstance(cell, float) and math.isnan(cell))


def _number(cell: Any, comma: bool) -> float | None:
    """A cell as a number, or None. "0,5" is 0.5 where cells are not divided by commas; it is never 5."""
    if not isinstance(cell, str):
        return float(cell) if isinstance(cell, (int, float)) else None
    text = cell.strip()
    if comma and text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    if "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _column(column: Cells, comma: bool, answer: bool, kind: str) -> "tuple[Array | None, list[str]]":
    """Numbers as N×1, or indices and the names of the classes. Where it is neither: None, and why."""
    import numpy as np

    given = [cell for cell in column if not _missing(cell)]
    if not given:
        return None, ["it is empty"]
    if answer and kind == "class":
        return _words(column)
    numbers = None if any(isinstance(cell, bool) for cell in given) else [_number(cell, comma) for cell in given]
    if numbers is not None and None not in numbers:
        values = np.array([math.nan if _missing(cell) else _number(cell, comma) for cell in column], dtype=np.float64)
        known = values[~np.isnan(values)]
        if (
            answer
            and kind == "auto"
            and np.all(known == np.round(known))
            and len(np.unique(known)) <= FEW
            and len(np.unique(known)) < max(3, len(known) / 2)
        ):
            return _words([f"{value:.0f}" for value in values])
        values = np.where(np.isnan(values), np.median(known), values)
        return values.astype(np.float32)[:, None], []
    if answer and kind == "values":
        bad = next(cell for cell in given if _number(cell, comma) is None)
        return None, [f"target_kind says it holds numbers, but {str(bad)[:40]!r} is none"]
    distinct = len({str(cell) for cell in given})
    if not answer and (distinct > MOST_WORDS or distinct > max(FEW, len(given) / 2)):
        return None, [f"its {distinct:,} different texts are no categories"]
    return _words(column)


def _words(column: Cells) -> "tuple[Array, list[str]]":
    import numpy as np

    texts = ["(empty)" if _missing(cell) else str(cell).strip() for cell in column]
    words = sorted(set(texts), key=natural)
    at = {word: k for k, word in enumerate(words)}
    return np.array([at[text] for text in texts], dtype=np.int64), words


def _image(path: Path, cell: str) -> Path:
    return path.parent / cell.strip()


def _is_images(path: Path, column: Cells) -> bool:
    texts = [cell for cell in column[:50] if isinstance(cell, str) and not _missing(cell)]
    named = [text for text in texts if Path(text.strip()).suffix.lower() in SUFFIXES]
    return bool(named) and len(named) == len(texts) and any(_image(path, text).is_file() for text in named)
