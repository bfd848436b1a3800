"""IDX, the format of MNIST, Fashion-MNIST and EMNIST (LeCun, Cortes, Burges), plain or gzipped."""

import gzip
import math
import re
import struct
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, cast

from app.data.arrays import channels_first, labels
from app.data.source import DataError, Source, gathered, part_of

if TYPE_CHECKING:
    from app.data.source import Array
    from app.document.recipe import Reading

TYPES: Final = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
NAME: Final = re.compile(
    r"(?P<part>[a-z0-9]+[-_.])?.*?(?P<what>images|labels|data|targets)?[-_.]?idx(?P<axes>\d)[-_.]ubyte(\.gz)?$", re.IGNORECASE
)
LARGEST: Final = 8 << 30


def is_idx(path: Path) -> bool:
    """Whether a file begins as IDX does."""
    try:
        with _opened(path) as file:
            head = file.read(4)
    except (OSError, EOFError, zlib.error):
        return False
    return len(head) == 4 and head[:2] == b"\0\0" and head[2] in TYPES and 1 <= head[3] <= 5


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb")) if path.suffix.lower() == ".gz" else open(path, "rb")


def read(path: Path) -> "Array":
    """The array in an IDX file; raises DataError."""
    import numpy as np

    try:
        with _opened(path) as file:
            zero, kind, axes = struct.unpack(">HBB", file.read(4))
            if zero or kind not in TYPES or not 1 <= axes <= 5:
                raise DataError(f"{path} is no IDX file: it should begin with two zero bytes, a type and the number of axes")
            shape = struct.unpack(f">{axes}I", file.read(4 * axes))
            dtype = np.dtype(TYPES[kind])
            wanted = math.prod(shape) * dtype.itemsize
            if wanted > LARGEST:
                raise DataError(
                    f"{path} says it holds {'×'.join(map(str, shape))} values, {wanted / 2**30:,.0f} GiB: more than the 8 that are read"
                )
            data = file.read(wanted)
    except (OSError, EOFError, zlib.error, struct.error) as error:
        raise DataError(f"{path} can't be read: {error}") from None
    if len(data) < wanted:
        raise DataError(
            f"{path} is cut off: it should hold {'×'.join(map(str, shape))} values, but {wanted - len(data):,} bytes are missing"
        )
    array: Array = np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)
    return array


def idx_files(path: Path, _: "Reading") -> Source:
    """A folder of IDX files, or one of them with its partner: images and labels, train and test."""
    import numpy as np

    files = sorted(f for f in path.iterdir() if f.is_file() and is_idx(f)) if path.is_dir() else partners(path)
    found: dict[int, dict[str, Array]] = {}
    for file in files:
        part = part_of(re.split(r"[-_.]", file.name)[0]) or 0
        if len(files) > 2 and "train" not in file.name.lower() and part == 0 and any("train" in f.name.lower() for f in files):
            continue
        array = read(file)
        what = "label" if array.ndim == 1 else "image"
        if what in found.setdefault(part, {}):
            raise DataError(
                f"{path} holds several IDX files of {what}s for the same part, {file.name} among them: give a folder with one set"
            )
        found[part][what] = array
    if not any("image" in pieces for pieces in found.values()):
        raise DataError(f"{path} holds labels but no images: give the folder in which both lie")
    both = all("label" in pieces for pieces in found.values())
    for pieces in found.values():
        if both and len(pieces["image"]) != len(pieces["label"]):
            raise DataError(f"{path}: {len(pieces['image'])} images but {len(pieces['label'])} labels belong together")
    order = sorted(found)
    arrays: dict[str, Array] = {"image": channels_first(np.concatenate([found[part]["image"] for part in order]))}
    if arrays["image"].ndim == 3:
        arrays["image"] = arrays["image"][:, None]
    if arrays["image"].dtype != np.uint8:
        arrays["image"] = arrays["image"].astype(np.float32)
    classes = {}
    if both:
        arrays["label"], classes["label"] = labels(np.concatenate([found[part]["label"] for part in order]))
    parts = np.concatenate([np.full(len(found[part]["image"]), part, dtype=np.int8) for part in order]) if order != [0] else None
    title = f"{len(arrays['image']):,} images in {path.name}"
    return gathered(str(path), "idx", title, arrays, classes, "image", "label" if both else "image", parts)


def partners(path: Path) -> list[Path]:
    """The file, and the labels of its images or the images of its labels, where they lie beside it."""
    swaps = (("images", "labels"), ("labels", "images"))
    found = [path]
    for old, new in swaps:
        if old in path.name:
            for axes in "1", "3", "4":
                other = path.with_name(re.sub(r"idx\d", f"idx{axes}", path.name.replace(old, new)))
                found += [f for f in (other, other.with_suffix(""), Path(f"{other}.gz")) if f.is_file() and f not in found and is_idx(f)][
                    :1
                ]
    return found
