"""Several documents, the start page, the three layouts, and files that are dropped on the window."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QTabBar

from app.document.edits import rename
from app.document.storage import dumps, load, save
from app.look.cards import Clickable
from app.session.recovery import Recovery
from app.window.layouts import BUILD, PRESENT, TRAIN
from app.window.workspace import Workspace
from resources import resource

EXAMPLE = resource("examples", "residual-digits.netwright")
Ctrl, Left, none = Qt.KeyboardModifier.ControlModifier, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.netwright"
    save(path, load(EXAMPLE))
    return path


def click_tab(bar: QTabBar, k: int) -> None:
    QTest.mouseClick(bar, Left, none, bar.tabRect(k).center() - QPoint(12, 0))


def test_tabs_keep_each_document_its_history_selection_and_view(workspace: Workspace, mine: Path) -> None:
    session, bar = workspace.session, workspace.documents.bar
    assert not bar.isVisible()
    session.edit("Rename", lambda graph: rename(graph, "n2", "mine"))
    session.select(["n2"])
    workspace.canvas.set_zoom(1.3)
    middle = workspace.canvas.mapToScene(workspace.canvas.viewport().rect().center())
    first = session.document
    workspace.files.try_open(mine)
    assert bar.isVisible()
    assert [bar.tabText(k) for k in range(2)] == ["first-cnn •", "mine"]
    assert session.selection == frozenset()
    assert not workspace.actions["undo"].isEnabled()
    assert set(workspace.canvas.canvas.nodes) == set(load(mine).graph.nodes)
    session.edit("Rename", lambda graph: rename(graph, "n2", "other"))
    click_tab(bar, 0)
    assert session.document is first
    assert session.selection == {"n2"}
    assert workspace.canvas.zoom == pytest.approx(1.3)
    shown = workspace.canvas.mapToScene(workspace.canvas.viewport().rect().center())
    assert (shown - middle).manhattanLength() < 3
    assert workspace.canvas.canvas.nodes["n2"].face.name == "mine"
    session.undo()
    assert not session.dirty
    QTest.keyClick(workspace.canvas, Qt.Key.Key_Tab, Ctrl)
    assert session.name == "mine"
    assert session.dirty


def test_the_same_file_opens_once(workspace: Workspace, mine: Path) -> None:
    for _ in range(2):
        workspace.files.try_open(mine)
    assert len(workspace.session.sheets) == 2


def test_closing_a_tab_asks_and_the_last_leaves_an_empty_one(workspace: Workspace, mine: Path, monkeypatch: Any) -> None:
    session = workspace.session
    workspace.files.try_open(mine)
    session.edit("Rename", lambda graph: rename(graph, "n2", "other"))
    asked = []
    monkeypatch.setattr(QMessageBox, "exec", lambda self: asked.append(self.text()) or QMessageBox.StandardButton.Cancel)
    workspace.documents.bar.tabCloseRequested.emit(1)
    assert asked == ["Save the changes to mine?"]
    assert len(session.sheets) == 2
    monkeypatch.setattr(QMessageBox, "exec", lambda self: QMessageBox.StandardButton.Save)
    QTest.keyClick(workspace.canvas, Qt.Key.Key_W, Ctrl)
    assert len(session.sheets) == 1
    assert load(mine).graph.nodes["n2"].name == "other"
    QTest.keyClick(workspace.canvas, Qt.Key.Key_W, Ctrl)
    assert len(session.sheets) == 1
    assert not session.graph.nodes


def test_every_unsaved_document_survives_a_crash(workspace: Workspace, mine: Path, tmp_path: Path) -> None:
    session, recovery = workspace.session, workspace.files.recovery
    recovery.folder = tmp_path / "recovery"
    session.edit("Rename", lambda graph: rename(graph, "n2", "first"))
    workspace.files.try_open(mine)  # writes the copy of the one that is put aside
    session.edit("Rename", lambda graph: rename(graph, "n2", "second"))
    recovery.write()
    for copy in recovery._copies.values():
        assert copy.lock is not None
        copy.lock.unlock()
    from app.session.document import Session

    found = Recovery(Session(), tmp_path / "recovery").found()
    assert {one.document.graph.nodes["n2"].name for one in found} == {"first", "second"}


def test_start_page(workspace: Workspace, mine: Path, qtbot: Any) -> None:
    workspace.files.try_open(mine)
    QTest.keyClick(workspace.canvas, Qt.Key.Key_Home, Ctrl)
    page = workspace.start_page
    assert page.isVisible()
    assert not workspace.shell.left.isVisible()
    qtbot.waitUntil(lambda: not page.gallery._waiting, timeout=20_000)
    cards = {card.accessibleName(): card for card in page.findChildren(Clickable)}
    assert "ResNet-50, 25.6M parameters" in cards
    recent = cards[f"Open {mine}"]
    qtbot.wait(100)
    recent.setFocus()
    QTest.keyClick(recent, Qt.Key.Key_Return)
    assert workspace.session.path == mine
    assert not page.isVisible()
    assert workspace.shell.left.isVisible()
    workspace.show_start(True)
    card = next(card for name, card in cards.items() if name.startswith("Residual"))
    QTest.mouseClick(card, Left)
    assert workspace.session.name == "residual-digits"
    assert workspace.session.path is None  # a copy


def test_open_and_train(workspace: Workspace, monkeypatch: Any, qtbot: Any) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(workspace.engine, "send", sent.append)
    workspace.show_start(True)
    QTest.mouseClick(workspace.start_page.first, Left)
    qtbot.waitUntil(lambda: bool(sent))
    assert type(sent[0]).__name__ == "Train"
    assert workspace.layouts.current == TRAIN


def test_layouts_come_back_as_they_were_left(workspace: Workspace) -> None:
    shell, layouts = workspace.shell, workspace.layouts
    shell.right.hide()
    layouts.enter(TRAIN)
    assert not shell.left.isVisible()
    assert workspace.tabs.currentIndex() == 1
    layouts.enter(PRESENT)
    assert not any(part.isVisible() for part in (shell.left, shell.right, shell.bottom, shell.toolbar))
    layouts.enter(BUILD)
    assert shell.left.isVisible()
    assert shell.toolbar.isVisible()
    assert not shell.right.isVisible()
    layouts.forget()
    assert shell.right.isVisible()


def dropped(workspace: Workspace, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(400, 300), copy, data, Left, none)
    workspace.shell.dragEnterEvent(enter)
    assert enter.isAccepted()
    workspace.shell.dropEvent(QDropEvent(QPointF(400, 300), copy, data, Left, none))


def test_drag_a_file_in(workspace: Workspace, mine: Path, tmp_path: Path) -> None:
    dropped(workspace, mine)
    assert workspace.session.path == mine
    (tmp_path / "weights.pt").write_bytes(b"")
    dropped(workspace, tmp_path / "weights.pt")
    assert "weights.pt can't be opened" in workspace.banner.text.text()


def test_frames_dots_and_flags_come_back_from_the_file(workspace: Workspace, tmp_path: Path) -> None:
    from app.document.edits import add_frame, bend, set_flags
    from app.document.graph import Frame, Graph

    def change(graph: Graph) -> Graph:
        graph, _ = add_frame(graph, Frame("<b>Stem</b>", (10.0, 20.0), (300.0, 200.0)))
        graph = bend(graph, next(iter(graph.edges)), [(40.0, 48.0)])
        return set_flags(set_flags(graph, ["n2"], frozen=True, collapsed=True), ["n4"], bypassed=True)

    workspace.session.edit("Much", change)
    path = tmp_path / "much.netwright"
    save(path, workspace.session.document)
    again = load(path)
    assert dumps(again) == dumps(workspace.session.document)
    assert next(iter(again.graph.frames.values())).text == "<b>Stem</b>"
    assert next(iter(again.graph.edges.values())).via == ((40.0, 48.0),)
    assert (again.graph.nodes["n2"].frozen, again.graph.nodes["n2"].collapsed, again.graph.nodes["n4"].bypassed) == (True, True, True)
