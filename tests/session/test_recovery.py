"""Unsaved edits survive a crash: killed at random moments, at most two seconds of them are lost, and no window takes another's."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from app.document.edits import rename
from app.document.graph import Document
from app.document.storage import save
from app.session.document import Session
from app.session.recovery import Recovery

ROOT = Path(__file__).parents[2]

EDITOR = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer
from app.document.edits import rename
from app.session.document import Session
from app.session.recovery import Recovery
application = QCoreApplication([])
session = Session()
session.open(Path(sys.argv[1]))
recovery = Recovery(session, Path(sys.argv[2]))
count = 0
def edit():
    global count
    count += 1
    session.edit("Count", lambda graph: rename(graph, "n2", f"count {count}"))
    print(count, time.time(), flush=True)
edits = QTimer(interval=20)
edits.timeout.connect(edit)
edits.start()
application.exec()
"""


def renamed(session: Session, name: str) -> None:
    session.edit("Rename", lambda graph: rename(graph, "n2", name))


@pytest.fixture
def opened(example: Document, tmp_path: Path, qtbot: Any) -> tuple[Session, Recovery, Path]:
    save(tmp_path / "net.netwright", example)
    session = Session()
    session.open(tmp_path / "net.netwright")
    return session, Recovery(session, tmp_path / "recovery"), tmp_path


def crash(recovery: Recovery) -> None:
    """What the system does to the lock of a process that dies."""
    assert recovery.copy().lock is not None
    recovery.copy().lock.unlock()


def test_an_edit_is_kept_within_two_seconds(opened: Any, qtbot: Any) -> None:
    session, recovery, folder = opened
    renamed(session, "changed")
    qtbot.waitUntil(recovery.copy().file.exists, timeout=2000)
    crash(recovery)
    other = Recovery(Session(), folder / "recovery")
    [one] = other.found()
    assert one.document == session.document
    assert (one.path, one.title) == (folder / "net.netwright", "net")


def test_it_goes_with_a_save_an_undo_and_a_discard_only(opened: Any) -> None:
    session, recovery, _ = opened
    for settle in (lambda: session.save(session.path), session.undo, recovery.discard):
        renamed(session, f"changed {settle}")
        recovery.write()
        assert recovery.copy().file.exists()
        settle()
        assert not recovery.copy().file.exists()
    session.edit("Nothing", lambda graph: graph)


def test_a_window_that_lives_keeps_its_copy_to_itself(opened: Any) -> None:
    session, recovery, folder = opened
    renamed(session, "changed")
    recovery.write()
    assert Recovery(Session(), folder / "recovery").found() == []


def test_of_two_windows_only_one_finds_it(opened: Any) -> None:
    session, recovery, folder = opened
    renamed(session, "changed")
    recovery.write()
    crash(recovery)
    first, second = (Recovery(Session(), folder / "recovery") for _ in range(2))
    assert len(first.found()) == 1
    assert second.found() == []
    assert len(first.found()) == 1


def test_restoring_is_safe_and_leaves_the_changes_unsaved(opened: Any) -> None:
    session, recovery, folder = opened
    renamed(session, "changed")
    recovery.write()
    crash(recovery)
    later = Session()
    other = Recovery(later, folder / "recovery")
    [one] = other.found()
    other.restore(one)
    assert later.document == session.document
    assert later.path == folder / "net.netwright"
    assert later.dirty
    assert not one.file.exists()
    assert other.copy().file.exists()
    crash(other)
    assert [o.document for o in Recovery(Session(), folder / "recovery").found()] == [session.document]


def test_rubbish_in_the_folder_is_no_harm(opened: Any) -> None:
    _, recovery, folder = opened
    (folder / "recovery").mkdir()
    for k, text in enumerate(("", "[]", "{}", '{"path": "", "title": "x", "document": "{}"}')):
        (folder / "recovery" / f"{k}.json").write_text(text)
    assert recovery.found() == []


@pytest.mark.slow
def test_killed_while_editing_at_most_two_seconds_are_lost(example: Document, tmp_path: Path) -> None:
    save(tmp_path / "net.netwright", example)
    chance, lost = random.Random(1), []
    for k in range(8):
        folder = tmp_path / f"recovery{k}"
        arguments = [sys.executable, "-c", EDITOR, str(tmp_path / "net.netwright"), str(folder)]
        process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(2.0, 4.0))
        process.send_signal(signal.SIGKILL)
        died = time.time()
        edits = [(int(n), float(t)) for n, t in (line.split() for line in process.stdout.read().splitlines())]
        process.wait()
        [one] = Recovery(Session(), folder).found()
        kept = int(one.document.graph.nodes["n2"].name.split()[1])
        lost.append(died - next(t for n, t in edits if n == kept + 1) if kept < edits[-1][0] else 0.0)
    print(f"seconds lost: {[round(s, 2) for s in lost]}")
    assert len(lost) == 8
    assert max(lost) <= 2.0
