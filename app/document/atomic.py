"""The one place where files are written: whole or not at all.

A file is written beside its target, brought to the disk, and renamed over it. Whoever is killed at any moment leaves either the old file or the new one.
"""

import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def write_bytes(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data``; raises OSError and leaves the old file whole where that fails."""
    write_with(path, lambda temporary: temporary.write_bytes(data))


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` in UTF-8 with unix line ends."""
    write_bytes(path, text.encode())


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Replace ``path`` by what ``write`` puts into the temporary file it is given."""
    path = path.resolve()  # through a link, so that the link stays one
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        os.close(handle)
        write(temporary)
        _sync(temporary)
        os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        _replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    if os.name == "posix":
        _sync(path.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(temporary: Path, path: Path) -> None:
    for attempt in range(10):  # on Windows a virus scanner may hold the file for a moment
        try:
            os.replace(temporary, path)
            return
        except PermissionError:
            if os.name == "posix" or attempt == 9:
                raise
            time.sleep(0.05 * (attempt + 1))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
