"""The history panel: steps by name, and going to one of them."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.document.edits import rename
from app.window.workspace import Workspace


def names(workspace: Workspace) -> list[str]:
    panel = workspace.history
    return [panel.item(k).text() for k in range(panel.count())]


def test_steps_are_listed_and_a_click_goes_there(workspace: Workspace, qtbot: Any) -> None:
    session, panel = workspace.session, workspace.history
    workspace.tabs.setCurrentIndex(workspace.stack.indexOf(panel))
    qtbot.waitUntil(panel.isVisible)
    documents = [session.document]
    for k in range(4):
        session.edit(f"Step {k}", lambda graph, k=k: rename(graph, "n2", f"name {k}"))
        documents.append(session.document)
    assert names(workspace) == ["Open", "Step 0", "Step 1", "Step 2", "Step 3"]
    assert panel.currentRow() == 4
    for row in (1, 3, 0, 4):
        QTest.mouseClick(
            panel.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, panel.visualItemRect(panel.item(row)).center()
        )
        assert session.document is documents[row]
        assert panel.currentRow() == row
    session.undo()
    assert panel.currentRow() == 3
    session.edit("Another way", lambda graph: rename(graph, "n2", "other"))
    assert names(workspace) == ["Open", "Step 0", "Step 1", "Step 2", "Another way"]


def test_a_new_document_begins_anew(workspace: Workspace) -> None:
    workspace.session.edit("Step", lambda graph: rename(graph, "n2", "x"))
    workspace.tabs.setCurrentIndex(workspace.stack.indexOf(workspace.history))
    workspace.session.new()
    assert names(workspace) == ["Open"]
