"""Hugging Face ``datasets`` that were saved to the disk, read by that library: ``pip install netwright[huggingface]``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.data.source import DataError, Skipped, Source, gathered, part_of

if TYPE_CHECKING:
    from app.data.source import Array
    from app.document.recipe import Reading


def is_saved(path: Path) -> bool:
    """Whether ``save_to_disk`` wrote this folder."""
    return (path / "dataset_dict.json").is_file() or ((path / "dataset_info.json").is_file() and (path / "state.json").is_file())


def saved_set(path: Path, reading: "Reading") -> Source:
    """Images, labels, numbers and texts of a saved set; its splits are kept."""
    import numpy as np

    try:
        import datasets
    except ImportError:
        raise DataError(f"{path} is a Hugging Face data set: to read it, run pip install 'netwright[huggingface]'") from None
    try:
        loaded: Any = datasets.load_from_disk(str(path))
    except Exception as error:  # whatever the library says of a damaged folder
        raise DataError(f"{path} can't be read: {str(error).splitlines()[0] if str(error) else type(error).__name__}") from None
    pieces = dict(loaded) if hasattr(loaded, "keys") else {"": loaded}
    found = [(part_of(name) or 0, piece) for name, piece in pieces.items()]
    features = found[0][1].features
    arrays: dict[str, Array] = {}
    classes: dict[str, list[str]] = {}
    skipped: list[Skipped] = []
    parts = [np.full(len(piece), part, np.int8) for part, piece in found]
    for name, feature in features.items():
        kind = type(feature).__name__
        if kind == "Image":
            arrays[name] = _images([entry for _, piece in found for entry in piece[name]], reading)
        elif kind == "ClassLabel":
            arrays[name] = np.concatenate([np.asarray(piece[name], np.int64) for _, piece in found])
            classes[name] = list(feature.names)
        elif kind == "Value" and feature.dtype.startswith(("int", "uint", "float", "bool")):
            arrays[name] = np.concatenate([np.asarray(piece[name], np.float32) for _, piece in found])[:, None]
        else:
            skipped.append(Skipped(f"column {name!r}", f"it holds {feature}, which has no fixed size"))
    answer = reading.target or next(iter(classes), "")
    if reading.target and reading.target not in arrays:
        raise DataError(f"{path} has no column {reading.target!r} that can be used; it has {', '.join(arrays)}")
    entry = next((name for name in arrays if name != answer), answer)
    part = np.concatenate(parts) if len(found) > 1 else None
    return gathered(
        str(path), "huggingface", f"{sum(map(len, parts)):,} samples in {path.name}", arrays, classes, entry, answer or entry, part, skipped
    )


def _images(entries: list[Any], reading: "Reading") -> "Array":
    import numpy as np

    from app.data.images import GREY, as_array

    grey = reading.grey or all(entry.mode in GREY for entry in entries)
    size = tuple(reading.image_size) or (entries[0].height, entries[0].width)
    result: Array = np.stack([as_array(entry, (size[0], size[1]), grey, reading.image_fit) for entry in entries])
    return result
