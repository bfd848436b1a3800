"""The command palette, and find in the network, by keys."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.window.workspace import Workspace

CTRL = Qt.KeyboardModifier.ControlModifier


def test_a_command_is_found_and_done(workspace: Workspace, qtbot: Any) -> None:
    finder = workspace.finding.finder
    workspace.canvas.setFocus()
    QTest.keyClick(workspace.canvas, Qt.Key.Key_K, CTRL)
    assert finder.isVisible()
    assert finder.list.count() > 30
    QTest.keyClicks(finder.search, "select all")
    assert finder.list.item(0).text() == "Select all"
    QTest.keyClick(finder.search, Qt.Key.Key_Return)
    assert not finder.isVisible()
    assert workspace.session.selection == set(workspace.session.graph.nodes)
    assert workspace.canvas.hasFocus()


def test_find_goes_from_block_to_block(workspace: Workspace, qtbot: Any) -> None:
    finder, session = workspace.finding.finder, workspace.session
    workspace.canvas.setFocus()
    QTest.keyClick(workspace.canvas, Qt.Key.Key_F, CTRL)
    QTest.keyClicks(finder.search, "type:conv")
    found = [finder.list.item(k).text() for k in range(finder.list.count())]
    assert found[:2] == ["conv1", "conv2"]
    assert finder.below.text().startswith(str(len(found)))
    assert {session.graph.nodes[i].name for i in session.selection} == {"conv1"}
    QTest.keyClick(finder.search, Qt.Key.Key_Down)
    assert {session.graph.nodes[i].name for i in session.selection} == {"conv2"}
    QTest.keyClick(finder.search, Qt.Key.Key_Escape)
    assert not finder.isVisible()
    assert {session.graph.nodes[i].name for i in session.selection} == {"conv2"}
