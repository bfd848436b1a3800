"""Folders of images: a class for each folder, whatever sizes, modes and formats lie in them. What can't be read is told, not fatal."""

import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.data import cache
from app.data.source import DataError, Skipped, Source, gathered, part_of, relative, told

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from app.document.recipe import Reading

SUFFIXES: Final = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm"))
GREY: Final = ("1", "L", "LA", "I", "F", "I;16", "I;16B", "I;16L")
MOST_PIXELS: Final = 89_478_485  # what Pillow takes for a decompression bomb
LARGEST_DEFAULT: Final = 256  # an image_size that nobody asked for is no larger


def listed(root: Path, suffixes: Iterable[str]) -> list[Path]:
    """All files below with one of these endings, in a fixed order; hidden ones are left out."""
    wanted = frozenset(suffixes)
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        found += [Path(folder, name) for name in sorted(files) if not name.startswith(".") and Path(name).suffix.lower() in wanted]
    return found


def sorted_in(root: Path, files: Iterable[Path]) -> tuple[list[str], "NDArray[np.int64]", "NDArray[np.int8] | None"]:
    """The classes (the folders, below train and test where there are such), the class of each file, and its part."""
    import numpy as np

    places = [file.relative_to(root).parts[:-1] for file in files]
    tops = {place[0] for place in places if place}
    divided = bool(tops) and all(part_of(top) is not None for top in tops) and all(places)
    if divided and all(len(place) > 1 for place in places):
        parts, names = [part_of(place[0]) or 0 for place in places], [place[1] for place in places]
    else:
        parts, names = None, [place[0] if place else "" for place in places]
        if divided:  # train/ and test/ with nothing below: no classes
            parts, names = [part_of(place[0]) or 0 for place in places], [""] * len(places)
    classes = sorted(set(names), key=natural)
    labels = np.array(
        [classes.index(name) for name in names] if len(classes) < 50 else list(map({c: k for k, c in enumerate(classes)}.get, names))
    )
    return classes, labels.astype(np.int64), None if parts is None else np.array(parts, dtype=np.int8)


def natural(text: str) -> list[tuple[int, int | str]]:
    """A key that sorts 2 before 10."""
    import re

    return [(0, int(part)) if part.isdigit() else (1, part.lower()) for part in re.split(r"(\d+)", text) if part]


def image_folder(path: Path, reading: "Reading") -> Source:
    """A folder of images."""
    files = listed(path, SUFFIXES)
    if not files:
        raise DataError(f"{path} holds no images: they should end in {', '.join(sorted(SUFFIXES))}")
    decoded = decode(files, path, reading)
    classes, labels, part = sorted_in(path, [files[k] for k in decoded.kept])
    arrays: dict[str, NDArray[np.generic]] = {"image": decoded.images}
    named: dict[str, list[str]] = {}
    if classes != [""]:
        arrays["label"], named["label"] = labels, [name or "(no folder)" for name in classes]
    return gathered(
        str(path), "images", f"{len(files) - len(decoded.skipped):,} images in {path.name}", arrays, named, "image",
        "label" if named else "image", part, decoded.skipped, decoded.notes,
    )  # fmt: skip


class Decoded:
    """Images of one size as uint8, N×C×H×W, which of the files they are, and which could not be read."""

    def __init__(self, images: "NDArray[np.uint8]", facts: dict[str, Any]) -> None:
        self.images = images
        self.kept: list[int] = facts["kept"]
        self.skipped = tuple(Skipped(*entry) for entry in facts["skipped"])
        self.notes: tuple[str, ...] = tuple(facts["notes"])


def decode(files: list[Path], root: Path, reading: "Reading") -> Decoded:
    """Read images and bring them to one size and mode; raises DataError where none can be read."""
    name = cache.key(files, reading.image_size, reading.image_fit, reading.grey)
    arrays, facts = cache.kept(name, len(files), lambda place: _decode(files, root, reading, place))
    images: Any = arrays["image"]
    return Decoded(images, facts)


def _decode(files: list[Path], root: Path, reading: "Reading", place: Path) -> "tuple[dict[str, NDArray[np.generic]], dict[str, Any]]":
    import numpy as np
    from PIL import Image

    skipped: list[Skipped] = []
    with warnings.catch_warnings(), ThreadPoolExecutor(max(1, os.cpu_count() or 1)) as pool:
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # such an image is left out
        heads = list(_tried(pool, _head, files, root, skipped))
        if not heads:
            raise DataError(f"none of the {len(files)} images in {root} can be read: {told(skipped)}")
        sizes = Counter(size for _, (size, _) in heads)
        modes = {mode for _, (_, mode) in heads}
        grey = reading.grey or modes <= set(GREY)
        height, width = reading.image_size or _common(sizes)
        notes = []
        if len(sizes) > 1 and not reading.image_size:
            notes.append(
                f"the images have {len(sizes)} different sizes; all are brought to {height}×{width} ({reading.image_fit}): image_size says another"
            )
        shape = (len(heads), 1 if grey else 3, height, width)
        images = np.lib.format.open_memmap(place / "image.npy", mode="w+", dtype=np.uint8, shape=shape)
        kept: list[int] = []
        one = lambda file: pixels(file, (height, width), grey, reading.image_fit)
        for k, array in _tried(pool, one, [files[k] for k, _ in heads], root, skipped):
            images[len(kept)] = array
            kept.append(heads[k][0])
    if not kept:
        raise DataError(f"none of the {len(files)} images in {root} can be read: {told(skipped)}")
    facts = {"kept": kept, "made": len(heads), "notes": notes, "skipped": sorted([s.what, s.why] for s in skipped)}
    return {"image": images[: len(kept)]}, facts


def _tried(
    pool: ThreadPoolExecutor, work: Callable[[Path], Any], files: list[Path], root: Path, skipped: list[Skipped]
) -> Iterator[tuple[int, Any]]:
    """The results of those files that can be read, with their places in the list, in order; few at a time, so that memory stays flat."""

    def attempt(file: Path) -> Any:
        try:
            return work(file)
        except Exception as error:  # Pillow raises nearly anything for a broken file
            return Skipped(relative(file, root), _reason(error))

    for start in range(0, len(files), 1024):
        for k, result in enumerate(pool.map(attempt, files[start : start + 1024]), start):
            if isinstance(result, Skipped):
                skipped.append(result)
            else:
                yield k, result


def _reason(error: Exception) -> str:
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "it is no image, whatever its name says"
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return f"it can't be read ({text[:120]})" if not isinstance(error, DataError) else text


def _head(file: Path) -> tuple[tuple[int, int], str]:
    from PIL import Image

    with Image.open(file) as image:
        if image.width * image.height > MOST_PIXELS:
            raise DataError(f"it has {image.width * image.height / 1e6:,.0f} megapixels; at most 89 are read")
        size = (image.height, image.width)
        if image.getexif().get(0x0112, 1) in (5, 6, 7, 8):  # lying on its side
            size = size[::-1]
        return size, image.mode


def _common(sizes: Counter[tuple[int, int]]) -> tuple[int, int]:
    """The commonest size, of the smaller ones where several are; no larger than what a network is usually shown."""
    height, width = min(sizes, key=lambda size: (-sizes[size], size))
    shrink = min(1.0, LARGEST_DEFAULT / max(height, width))
    return max(1, round(height * shrink)), max(1, round(width * shrink))


def pixels(file: Path, size: tuple[int, int], grey: bool, fit: str) -> "NDArray[np.uint8]":
    """One image as C×H×W."""
    from PIL import Image

    with Image.open(file) as image:
        return as_array(image, size, grey, fit)


def as_array(image: "Image", size: tuple[int, int] | None, grey: bool, fit: str) -> "NDArray[np.uint8]":
    """An image as uint8, C×H×W, turned upright, brought to a size and a mode."""
    import numpy as np
    from PIL import Image, ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image).astype(np.float64)
        top = 65535.0 if image.mode.startswith("I;16") or values.max(initial=0) > 255 else 255.0
        image = Image.fromarray(np.clip(values * (255.0 / top), 0, 255).astype(np.uint8))
    image = image.convert("L" if grey else "RGB")
    if size is not None and (image.height, image.width) != size:
        wide = size[::-1]
        if fit == "crop":
            image = ImageOps.fit(image, wide, Image.Resampling.BILINEAR)
        elif fit == "pad":
            image = ImageOps.pad(image, wide, Image.Resampling.BILINEAR)
        else:
            image = image.resize(wide, Image.Resampling.BILINEAR)
    array = np.asarray(image)
    return array[None] if grey else array.transpose(2, 0, 1)
