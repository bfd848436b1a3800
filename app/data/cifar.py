"""CIFAR-10 and CIFAR-100 (Krizhevsky, 2009), as their authors pack them: the binary and the Python version, a folder or a .tar.gz."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from app.data.source import DataError, Source, gathered
from app.data.unpickled import UnpickleError, loads

if TYPE_CHECKING:
    from app.data.source import Array

PIXELS: Final = 3 * 32 * 32
TEN: Final = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
BATCHES: Final = frozenset((*(f"data_batch_{k}" for k in range(1, 6)), "test_batch", "train", "test"))
MOST_BYTES: Final = 1 << 30
SUFFIXES: Final = (".tar.gz", ".tgz", ".tar")


def names(path: Path) -> list[str]:
    """The batch files in a folder or an archive; empty where it is no CIFAR."""
    return [name for name, _ in _files(path, only_names=True)]


def _files(path: Path, only_names: bool = False) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each batch, and of the lists of class names."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and _wanted(file.name, file.stat().st_size):
                yield file.name, b"" if only_names else file.read_bytes()
        return
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                if member.isfile() and _wanted(name, member.size):
                    stream = archive.extractfile(member)
                    yield name, b"" if only_names or stream is None else stream.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        if not only_names:
            raise DataError(f"{path} is no archive that can be read: {error}") from None


def _wanted(name: str, size: int) -> bool:
    stem = name.removesuffix(".bin")
    return size < MOST_BYTES and (stem in BATCHES or name in ("batches.meta", "meta") or name.endswith((".meta.txt", "label_names.txt")))


def is_cifar(path: Path) -> bool:
    """Whether there is a CIFAR in a folder or an archive."""
    if not path.is_dir() and not path.name.lower().endswith(SUFFIXES):
        return False
    found = {name.removesuffix(".bin") for name in names(path)}
    return bool(found & {"data_batch_1", "test_batch"}) or (
        {"train", "test"} <= found and ("meta" in found or (bool(names(path)) and _hundred(path)))
    )


def _hundred(path: Path) -> bool:
    return any(name.endswith(".bin") or name == "meta" for name in names(path))


def cifar(path: Path) -> Source:
    """Read a CIFAR; raises DataError."""
    import numpy as np

    batches: list[tuple[str, dict[str, Array]]] = []
    words: dict[str, list[str]] = {}
    for name, data in _files(path):
        stem = name.removesuffix(".bin")
        if stem in BATCHES:
            batches.append(
                (stem, _binary(name, data, "data_batch" in stem or stem == "test_batch") if name.endswith(".bin") else _python(name, data))
            )
        else:
            words |= _words(name, data)
    if not batches:
        raise DataError(f"{path} holds no CIFAR batches")
    batches.sort(key=lambda pair: ("test" in pair[0], pair[0]))
    columns = list(batches[0][1])
    if any(list(batch) != columns for _, batch in batches):
        raise DataError(f"{path} mixes the batches of different sets: give a folder with one of them")
    arrays = {column: np.concatenate([batch[column] for _, batch in batches]) for column in columns}
    parts = np.concatenate([np.full(len(batch["image"]), 2 if "test" in name else 0, dtype=np.int8) for name, batch in batches])
    classes = {}
    for column in columns[1:]:
        count = int(arrays[column].max(initial=0)) + 1
        given = words.get(column) or (list(TEN) if len(columns) == 2 and count <= 10 else [])
        classes[column] = given if len(given) >= count else [str(k) for k in range(count)]
    title = f"{len(parts):,} images of CIFAR-{10 if len(columns) == 2 else 100}"
    return gathered(str(path), "cifar", title, arrays, classes, "image", "label", parts if len(set(parts.tolist())) > 1 else None)


def _binary(name: str, data: bytes, ten: bool) -> "dict[str, Array]":
    import numpy as np

    head = 1 if ten else 2
    if not data or len(data) % (head + PIXELS):
        raise DataError(f"{name} is cut off: its {len(data):,} bytes are no multiple of {head + PIXELS:,}")
    rows = np.frombuffer(data, np.uint8).reshape(-1, head + PIXELS)
    found: dict[str, Array] = {"image": rows[:, head:].reshape(-1, 3, 32, 32), "label": rows[:, head - 1].astype(np.int64)}
    return found if ten else {**found, "coarse_label": rows[:, 0].astype(np.int64)}


def _python(name: str, data: bytes) -> "dict[str, Array]":
    import numpy as np

    value = _value(name, data)
    try:
        found: dict[str, Array] = {"image": np.asarray(value["data"], np.uint8).reshape(-1, 3, 32, 32)}
        if "labels" in value:
            return {**found, "label": np.asarray(value["labels"], np.int64)}
        return {**found, "label": np.asarray(value["fine_labels"], np.int64), "coarse_label": np.asarray(value["coarse_labels"], np.int64)}
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(f"{name} is no CIFAR batch: {error}") from None


def _value(name: str, data: bytes) -> dict[str, Any]:
    try:
        value = loads(io.BytesIO(data))
    except UnpickleError as error:
        raise DataError(f"{name} was not read: {error}") from None
    if not isinstance(value, dict):
        raise DataError(f"{name} is no CIFAR batch: it holds no table")
    return {key.decode("latin-1") if isinstance(key, bytes) else str(key): item for key, item in value.items()}


def _words(name: str, data: bytes) -> dict[str, list[str]]:
    """The names of the classes, by column."""
    if name.endswith(".txt"):
        lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines() if line.strip()]
        return {"coarse_label" if name.startswith("coarse") else "label": lines}
    found = {}
    for key, column in (("label_names", "label"), ("fine_label_names", "label"), ("coarse_label_names", "coarse_label")):
        if isinstance(entry := _value(name, data).get(key), list):
            found[column] = [word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word) for word in entry]
    return found
