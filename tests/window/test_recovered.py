"""A window that starts after a crash offers what was left."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt

from app.document.edits import rename
from app.session.document import Session
from app.session.recovery import Recovery
from app.window.workspace import Workspace


def left_behind(folder: Path, workspace: Workspace) -> Session:
    session = Session()
    recovery = Recovery(session, folder)
    session.edit("Draw", lambda _: rename(workspace.session.graph, "n2", "rescued"))
    recovery.write()
    lock = recovery.copy().lock
    assert lock is not None
    lock.unlock()
    return session


def test_restore(workspace: Workspace, qtbot: Any, tmp_path: Path) -> None:
    workspace.files.recovery.folder = tmp_path / "recovery"
    left = left_behind(tmp_path / "recovery", workspace)
    workspace.files.offer_recovered()
    assert "before the changes to Untitled were saved" in workspace.banner.text.text()
    qtbot.mouseClick(workspace.banner.button, Qt.MouseButton.LeftButton)
    assert workspace.session.document == left.document
    assert workspace.session.dirty
    assert workspace.canvas.canvas.nodes["n2"].node.name == "rescued"


def test_discard(workspace: Workspace, qtbot: Any, tmp_path: Path) -> None:
    workspace.files.recovery.folder = tmp_path / "recovery"
    left_behind(tmp_path / "recovery", workspace)
    workspace.files.offer_recovered()
    before = workspace.session.document
    qtbot.mouseClick(workspace.banner.other, Qt.MouseButton.LeftButton)
    assert workspace.session.document is before
    assert not list((tmp_path / "recovery").glob("*.json"))
    assert not workspace.banner.isVisible()


def test_closing_the_message_keeps_the_copy(workspace: Workspace, qtbot: Any, tmp_path: Path) -> None:
    workspace.files.recovery.folder = tmp_path / "recovery"
    left_behind(tmp_path / "recovery", workspace)
    workspace.files.offer_recovered()
    qtbot.mouseClick(workspace.banner.close_button, Qt.MouseButton.LeftButton)
    assert len(list((tmp_path / "recovery").glob("*.json"))) == 1
