"""Unsaved edits survive a crash: a copy of the document is kept beside while it differs from its file.

Each window has a copy of its own, held by a lock that the system lets go when the process ends, however it ends. A copy is removed only after a
save, after an undo to what was saved, or when the user discards it.
"""

import contextlib
import json
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject

from app.document import atomic, storage
from app.document.graph import Document
from app.document.places import config_folder
from app.session.document import Session
from app.session.timers import timer

DELAY_MS = 1000  # after an edit; so at most about a second of edits is lost


@dataclass(frozen=True, slots=True)
class Recovered:
    """A copy that a window left behind. ``path`` is the file that it belongs to, or None for a document that was never saved."""

    file: Path
    title: str
    path: Path | None
    document: Document
    seconds: float  # since it was written


class Recovery(QObject):
    """Keeps the copy of one session's document, and finds those of windows that are gone."""

    def __init__(self, session: Session, folder: Path | None = None) -> None:
        super().__init__(session)
        self.session = session
        self.folder = folder or config_folder() / "recovery"
        self.file = self.folder / f"{uuid.uuid4().hex}.json"
        self._lock: QLockFile | None = None
        self._held: dict[Path, QLockFile] = {}  # of copies that were found
        self._timer = timer(self, DELAY_MS, self.write, once=True)
        session.changed.connect(self._changed)
        session.title_changed.connect(self._settled)

    def write(self) -> None:
        """Write the copy now. That it can't be written costs nothing but the safety."""
        if not self.session.dirty:
            return
        path = self.session.path
        value = {"title": self.session.name, "path": str(path) if path else "", "document": storage.dumps(self.session.document)}
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            if self._lock is None:
                self._lock = _locked(self.file)
            atomic.write_text(self.file, json.dumps(value))

    def discard(self) -> None:
        """The user does not want the changes any more, or they are saved."""
        self._timer.stop()
        with contextlib.suppress(OSError):
            self.file.unlink()
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def found(self) -> list[Recovered]:
        """Copies whose window is gone, the newest first. From now on they are ours: no other window finds them."""
        result = []
        for file in self.folder.glob("*.json") if self.folder.is_dir() else ():
            if file == self.file or (file not in self._held and (lock := _locked(file)) is None):
                continue
            if file not in self._held:
                assert lock is not None
                self._held[file] = lock
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError, storage.DocumentError):
                value = json.loads(file.read_text(encoding="utf-8"))
                path = Path(value["path"]) if value["path"] else None
                document = storage.loads(value["document"], str(value["title"]))
                result.append(Recovered(file, str(value["title"]), path, document, time.time() - file.stat().st_mtime))
        return sorted(result, key=lambda one: one.seconds)

    def restore(self, one: Recovered) -> None:
        """Open a copy; it goes when its document is safe in this window's own copy."""
        self.session.recover(one.document, one.path, one.title)
        self.write()
        if self.file.exists():
            self.forget(one)

    def forget(self, one: Recovered) -> None:
        """Remove a copy that the user does not want, or that is kept elsewhere now."""
        with contextlib.suppress(OSError):
            one.file.unlink()
        if lock := self._held.pop(one.file, None):
            lock.unlock()

    def _changed(self, *_: object) -> None:
        if self.session.dirty and not self._timer.isActive():
            self._timer.start()

    def _settled(self) -> None:
        if not self.session.dirty:
            self.discard()


def _locked(file: Path) -> QLockFile | None:
    """The lock of a copy, or None where another window that lives holds it."""
    lock = QLockFile(str(file.with_suffix(".lock")))
    lock.setStaleLockTime(0)  # only the process that holds it counts, not its age
    return lock if lock.tryLock(0) else None
