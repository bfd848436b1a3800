"""From what a recipe says to a data set: one that comes along, or a path whose kind is recognised by its content."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from app.data.bundled import BUNDLED, DIGITS
from app.data.resizing import resized
from app.data.source import DataError, Source
from app.document.problem import Column
from app.document.recipe import Reading

__all__ = ["BUNDLED", "DIGITS", "DataError", "Source", "is_path", "known_columns", "open_data", "source"]

STREAMED: Final = "hf:"  # and the name of a set of the Hugging Face Hub
KEPT: Final = 3  # opened sets that are remembered, so that opening again costs nothing
_opened: OrderedDict[tuple[object, ...], Source] = OrderedDict()


def source(name: str) -> Source:
    """The data set of that name or path, read with the defaults; raises DataError."""
    return open_data(Reading(dataset=name))


def known_columns(reading: Reading) -> Mapping[str, Column] | None:
    """The columns of a set that comes along or was opened before; None where it would have to be read first."""
    if reading.dataset in BUNDLED:
        return resized(BUNDLED[reading.dataset], reading).columns
    found = _opened.get(_key(reading)) if reading.dataset != "none" else None
    return found.columns if found else None


def open_data(reading: Reading) -> Source:
    """The data set of a recipe; raises DataError."""
    name = reading.dataset.strip()
    if name in BUNDLED and not (reading.image_size or reading.grey):
        return BUNDLED[name]
    if name in ("", "none"):
        raise DataError(
            "no data set is chosen yet: the network can be drawn and exported, but not trained. Choose one in the recipe, or with --data"
        )
    key = _key(reading)
    if key not in _opened:
        _opened[key] = resized(BUNDLED[name] if name in BUNDLED else _read(name, reading), reading)
        while len(_opened) > KEPT:
            _opened.popitem(last=False)
    _opened.move_to_end(key)
    return _opened[key]


def is_path(name: str) -> bool:
    """Whether a data set of that name lies on the disk."""
    return name.strip() not in (*BUNDLED, "", "none") and not name.strip().startswith(STREAMED)


def _read(name: str, reading: Reading) -> Source:
    if name.startswith(STREAMED):
        from app.data.saved import streamed_set

        return streamed_set(name, reading)
    path = Path(name).expanduser()
    if not path.exists():
        raise DataError(f"there is no data set {name!r}: neither a file nor a folder is called so; there is {', '.join(BUNDLED)}")
    try:
        return _kind(path)(path, reading)
    except PermissionError as error:
        raise DataError(f"{error.filename or path} can't be read: permission denied") from None
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror or error}") from None


def belongings(path: Path) -> list[Path]:
    """The files of a data set that is named by one of them: its partner, or the images that a table speaks of, as far as they lie beside it."""
    from app.data import arrays, idx, tables

    if idx.is_idx(path):
        found = idx.partners(path)
    elif _head(path).startswith(b"\x93NUMPY"):
        found = [path, *arrays.partners(path)]
    elif path.suffix.lower() in TABLES:
        found = [path, *tables.pictures(path)]
    else:
        found = [path]
    return [file for file in found if path.parent in file.parents]


TABLES: Final = (".csv", ".tsv", ".tab", ".parquet", ".pq")
READING: Final = ("target", "target_kind", "split_by", "image_size", "image_fit", "grey", "sound", "sound_seconds", "sequence_length")


def _key(reading: Reading) -> tuple[object, ...]:
    """Changes where other samples would come out: another path, another way to read it, a file that was written since."""
    path = Path(reading.dataset.strip()).expanduser()
    try:
        facts = path.stat()
        stamp = (facts.st_mtime_ns, facts.st_size)
    except OSError:
        stamp = (0, 0)
    return (str(path.absolute()), stamp, *(getattr(reading, name) for name in READING))


def _kind(path: Path) -> Callable[[Path, Reading], Source]:
    """What reads a path. Each reader is imported when it is needed."""
    from app.data import arrays, cifar, idx, images, tables, text

    if path.is_dir():
        return _folder_kind(path)
    suffix = path.suffix.lower()
    by_suffix: dict[str, Callable[[Path, Reading], Source]] = {
        ".csv": tables.table_file, ".tsv": tables.table_file, ".tab": tables.table_file, ".parquet": tables.table_file, ".pq": tables.table_file,
        ".npz": arrays.npz_file, ".npy": arrays.npy_file, ".txt": text.text_file, ".md": text.text_file,
    }  # fmt: skip
    head = _head(path)
    if head.startswith(b"PK\x03\x04") and suffix != ".zip":
        return arrays.npz_file
    if head.startswith(b"\x93NUMPY"):
        return arrays.npy_file
    if head.startswith(b"PAR1"):
        return tables.table_file
    if idx.is_idx(path):
        return idx.idx_files
    if cifar.is_cifar(path):
        return lambda path, _: cifar.cifar(path)
    if suffix in by_suffix:
        return by_suffix[suffix]
    if suffix in images.SUFFIXES or suffix == ".wav":
        raise DataError(
            f"{path} is a single {'recording' if suffix == '.wav' else 'image'}: give the folder that holds one folder for each class"
        )
    if suffix == ".zip" or path.name.lower().endswith((".tar", ".tar.gz", ".tgz")):
        raise DataError(f"{path} is an archive: unpack it first, and give the folder")
    raise DataError(
        f"{path} is nothing that can be read as data: give a folder of images or recordings, a table ({_known(by_suffix)}), IDX files or CIFAR"
    )


def _known(kinds: Mapping[str, object]) -> str:
    return ", ".join(kinds)


def _head(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(8)


def _folder_kind(path: Path) -> Callable[[Path, Reading], Source]:
    from app.data import arrays, cifar, idx, images, masks, saved, sound, tables, text

    if saved.is_saved(path):
        return saved.saved_set
    if cifar.is_cifar(path):
        return lambda path, _: cifar.cifar(path)
    own = sorted(file for file in path.iterdir() if file.is_file())
    if any(idx.is_idx(file) for file in own):
        return idx.idx_files
    if any(file.suffix.lower() == ".npy" for file in own):
        return arrays.npy_folder
    if masks.folders(path):
        return masks.masked_images
    endings = images.SUFFIXES | {".wav", ".wave"}
    found = images.listed(path, endings)
    sounds = sum(file.suffix.lower() in (".wav", ".wave") for file in found)
    table = [file for file in own if file.suffix.lower() in (".csv", ".tsv", ".parquet")]
    if len(table) == 1 and (len(found) == 0 or table[0].stem.lower() in ("labels", "annotations", "metadata", "train", "data", "index")):
        return lambda _, reading: tables.table_file(table[0], reading)
    if found:
        return sound.sound_folder if sounds > len(found) / 2 else images.image_folder
    texts = [file for file in own if file.suffix.lower() in (".txt", ".npz")]
    if len(texts) == 1:
        return lambda _, reading: (arrays.npz_file if texts[0].suffix.lower() == ".npz" else text.text_file)(texts[0], reading)
    raise DataError(
        f"{path} holds nothing that can be read as data: it should hold a folder of images or recordings for each class, one table, "
        f".npy files, IDX files or CIFAR batches; it holds {', '.join(sorted(entry.name for entry in path.iterdir())[:5]) or 'nothing'}"
    )
