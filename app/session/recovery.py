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
from app.session.sheet import Sheet
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


class Copy:
    """The copy of one sheet, and the lock that says that its window lives."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / f"{uuid.uuid4().hex}.json"
        self.lock: QLockFile | None = None

    def write(self, sheet: Sheet) -> None:
        """Write it now. That it can't be written costs nothing but the safety."""
        path = sheet.path
        value = {"title": sheet.name, "path": str(path) if path else "", "document": storage.dumps(sheet.document)}
        with contextlib.suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            if self.lock is None:
                self.lock = _locked(self.file)
            atomic.write_text(self.file, json.dumps(value))

    def discard(self) -> None:
        """It is not needed any more."""
        with contextlib.suppress(OSError):
            self.file.unlink()
        if self.lock is not None:
            self.lock.unlock()
            self.lock = None


class Recovery(QObject):
    """Keeps the copies of one session's documents, and finds those of windows that are gone."""

    def __init__(self, session: Session, folder: Path | None = None) -> None:
        super().__init__(session)
        self.session = session
        self.folder = folder or config_folder() / "recovery"
        self._copies: dict[Sheet, Copy] = {}
        self._held: dict[Path, QLockFile] = {}  # of copies that were found
        self._timer = timer(self, DELAY_MS, self.write, once=True)
        session.changed.connect(self._changed)
        session.title_changed.connect(self._settled)
        session.sheets_changed.connect(self._settled)
        session.leaving.connect(lambda _: self.write())

    def copy(self) -> Copy:
        """The copy of the sheet in hand."""
        return self._copies.setdefault(self.session.sheet, Copy(self.folder))

    def write(self) -> None:
        """Write the copy of the document in hand now."""
        self._timer.stop()
        if self.session.dirty:
            self.copy().write(self.session.sheet)

    def discard(self) -> None:
        """The user does not want the changes to the document in hand any more."""
        self._timer.stop()
        self.copy().discard()

    def found(self) -> list[Recovered]:
        """Copies whose window is gone, the newest first. From now on they are ours: no other window finds them."""
        result = []
        own = {copy.file for copy in self._copies.values()}
        for file in self.folder.glob("*.json") if self.folder.is_dir() else ():
            if file in own or (file not in self._held and (lock := _locked(file)) is None):
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
        if self.copy().file.exists():
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
        """Copies of what is saved, or was let go, are not needed."""
        for sheet, copy in list(self._copies.items()):
            if not sheet.dirty or sheet not in self.session.sheets:
                copy.discard()
            if sheet not in self.session.sheets:
                del self._copies[sheet]


def _locked(file: Path) -> QLockFile | None:
    """The lock of a copy, or None where another window that lives holds it."""
    lock = QLockFile(str(file.with_suffix(".lock")))
    lock.setStaleLockTime(0)  # only the process that holds it counts, not its age
    return lock if lock.tryLock(0) else None
