"""Finding plug-ins without running them: files in a folder, and installed packages by their entry points."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ENTRY_POINT: Final = "netwright.blocks"
MOST_BYTES: Final = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Plugin:
    """What could be loaded: a file or a folder at ``path``. ``module`` is what an installed package is imported as."""

    name: str
    path: Path
    digest: str
    module: str = ""


def named(path: Path, module: str = "") -> Plugin:
    """The plug-in at ``path``: a file such as ``snake.py``, or a folder with an ``__init__.py``. Raises OSError where there is none."""
    path = path.resolve()
    if not path.is_file() and not (path / "__init__.py").is_file():
        raise FileNotFoundError(f"{path} is no plug-in: it should be a .py file, or a folder with an __init__.py")
    return Plugin(module or path.stem, path, digest(path), module)


def in_folder(folder: Path) -> list[Plugin]:
    """The plug-ins in a folder, by name. What can't be read is left out."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        plain = path.suffix == ".py" or (path / "__init__.py").is_file()
        if plain and not path.name.startswith((".", "_")) and path.name != "modules":
            try:
                found.append(named(path))
            except OSError:
                continue
    return found


def installed() -> list[Plugin]:
    """Packages that declare the entry point, by name. They are located, not imported."""
    from importlib import metadata, util

    found = {}
    for point in metadata.entry_points(group=ENTRY_POINT):
        try:
            spec = util.find_spec(point.module.partition(".")[0])
            if spec is not None and spec.origin:
                origin = Path(spec.origin)
                found[point.module] = named(origin.parent if origin.name == "__init__.py" else origin, point.module)
        except (OSError, ImportError, ValueError):
            continue
    return [found[name] for name in sorted(found)]


def digest(path: Path) -> str:
    """SHA-256 over the names and contents of all files of a plug-in; those of a single file include ``modules/`` beside it."""
    inside = (file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    files = list(inside) if path.is_dir() else [path, *(path.parent / "modules").glob("*.py")]
    total, result = 0, hashlib.sha256()
    for file in sorted(files):
        content = file.read_bytes()
        total += len(content)
        if total > MOST_BYTES:
            raise OSError(f"{path} holds more than {MOST_BYTES // 2**20} MiB: it is no plug-in")
        name = file.relative_to(path if path.is_dir() else path.parent).as_posix().encode()
        result.update(b"%d %s %d " % (len(name), name, len(content)) + content)
    return result.hexdigest()
