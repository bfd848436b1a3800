"""Decoded samples on the disk: what takes long to read is read once, and mapped into memory, so that it may be larger than that.

The key is made of what was read (paths, sizes, times) and how. An entry is a folder that appears whole or not at all.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.data.source import Array

Facts = dict[str, Any]
FEW = 500  # files that are read faster than they are looked up


def folder() -> Path:
    """Where decoded samples lie."""
    if given := os.environ.get("NETWRIGHT_CACHE"):
        return Path(given)
    from platformdirs import user_cache_path

    return user_cache_path("netwright", "netwright") / "data"


def key(files: Iterable[Path], *options: object) -> str:
    """A name that changes when a file or an option does."""
    digest = hashlib.sha256(repr((2, options)).encode())
    for file in files:
        try:
            facts = file.stat()
            stamp = (facts.st_size, facts.st_mtime_ns)
        except OSError:  # it will be told when it is read
            stamp = (-1, -1)
        digest.update(f"{file.absolute()}\0{stamp}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()[:32]


def kept(name: str, count: int, make: "Callable[[Path], tuple[dict[str, Array], Facts]]") -> "tuple[dict[str, Array], Facts]":
    """The arrays and facts of an entry, made by ``make`` in a folder of their own where there is none yet. A full disk is no error here."""
    import numpy as np

    if count < FEW:
        with tempfile.TemporaryDirectory(prefix="netwright-") as temporary:
            arrays, facts = make(Path(temporary))
            return {column: np.array(array) for column, array in arrays.items()}, facts
    place = folder() / name
    if not (place / "facts.json").is_file():
        _write(place, make)
    facts = json.loads((place / "facts.json").read_text())
    arrays = {file.stem: np.load(file, mmap_mode="r", allow_pickle=False) for file in sorted(place.glob("*.npy")) if file.stem[0] != "_"}
    return {column: arrays[column] for column in facts["columns"]}, facts


def _write(place: Path, make: "Callable[[Path], tuple[dict[str, Array], Facts]]") -> None:
    import numpy as np

    place.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f"{place.name}.", dir=place.parent))
    try:
        arrays, facts = make(beside)
        for column, array in arrays.items():
            if not (isinstance(array, np.memmap) and (beside / f"{column}.npy").exists() and len(array) == facts.get("made", -1)):
                np.save(beside / f"_{column}.npy", array)
                (beside / f"_{column}.npy").replace(beside / f"{column}.npy")
        (beside / "facts.json").write_text(json.dumps({**facts, "columns": list(arrays)}))
        try:
            beside.replace(place)
        except OSError:  # another process was faster
            if not (place / "facts.json").is_file():
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
