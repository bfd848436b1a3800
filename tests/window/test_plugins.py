"""Plug-ins in the window: announced, not run; allowed after a question that shows path and hash; their blocks appear and work."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton

from app.document.storage import save
from app.plugins import Store, named
from app.window.plugins import PluginDialog
from app.window.workspace import Workspace
from blocks import catalogue

EXAMPLE = Path(__file__).parents[1] / "plugins" / "example" / "seasoning"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the example, the only one that is found; what it registers is taken back afterwards."""
    monkeypatch.setenv("NETWRIGHT_CONFIG", str(tmp_path / "config"))
    place = tmp_path / "plugins"
    shutil.copytree(EXAMPLE, place / "seasoning", ignore=shutil.ignore_patterns("__pycache__"))
    Store().set_folder(place)
    before = list(catalogue._registered)
    yield place
    catalogue._registered[:] = before
    catalogue.load.cache_clear()


def press(qtbot: Any, box: Any, text: str) -> None:
    button = next(b for b in box.findChildren(QPushButton) if b.text().replace("&", "") == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_new_one_is_announced_and_runs_only_after_the_yes(folder: Path, workspace: Workspace, qtbot: Any) -> None:
    control = workspace.plugins
    control.look()
    assert "seasoning" in workspace.banner.text.text()
    assert "nothing of it has run" in workspace.banner.text.text()
    assert "Snake" not in catalogue.load()
    qtbot.mouseClick(workspace.banner.button, Qt.MouseButton.LeftButton)
    dialog = workspace.shell.findChild(PluginDialog)
    plugin = named(folder / "seasoning")
    assert dialog.tree.topLevelItem(0).text(1) == "Not allowed"
    assert plugin.digest in dialog.said.text()
    qtbot.mouseClick(dialog.allow, Qt.MouseButton.LeftButton)
    box = dialog.findChild(QMessageBox)
    assert str(plugin.path) in box.informativeText()
    assert plugin.digest in box.informativeText()
    press(qtbot, box, "Cancel")
    assert not control.store.accepts(plugin)
    qtbot.mouseClick(dialog.allow, Qt.MouseButton.LeftButton)
    press(qtbot, dialog.findChildren(QMessageBox)[-1], "Allow")
    qtbot.waitUntil(lambda: dialog.tree.topLevelItem(0).text(1) == "Allowed", timeout=15_000)
    assert "Snake" in dialog.said.text()
    assert "Snake" in catalogue.load()
    workspace.palette.search.setText("snake")
    assert workspace.palette.tree.currentItem().text(0) == "Snake"
    assert workspace.engine.plugins == [[str(plugin.path), "", plugin.digest]]
    qtbot.mouseClick(dialog.forbid, Qt.MouseButton.LeftButton)
    assert not control.store.accepts(plugin)
    control.look()
    dialog.accept()


def test_an_unknown_block_comes_to_life(folder: Path, workspace: Workspace, qtbot: Any, tmp_path: Path) -> None:
    session, control = workspace.session, workspace.plugins
    plugin = named(folder / "seasoning")
    control.store.accept(plugin)
    text = '{"format": "netwright", "version": 1, "graph": {"nodes": [{"id": "n1", "block": "Snake", "name": "s", "params": {}, "position": [0, 0]}], "edges": []}, "definitions": [], "recipe": {}}'
    path = tmp_path / "net.netwright"
    path.write_text(text)
    session.open(path)
    assert type(session.graph.nodes["n1"].block).__name__ == "Unknown"
    assert control.use(plugin)
    assert type(session.graph.nodes["n1"].block).__name__ == "Snake"
    assert session.history.undo_name == "Use blocks of a plug-in"
    save(path, session.document)


def test_a_broken_one_is_named_and_the_window_goes_on(folder: Path, workspace: Workspace, qtbot: Any) -> None:
    (folder / "sour.py").write_text("import sys; sys.exit(1)")
    control = workspace.plugins
    control.store.accept(named(folder / "sour.py"))
    control.start()
    assert "SystemExit" in workspace.banner.text.text()
    assert "sour" in workspace.banner.text.text()
    dialog = PluginDialog(control)
    qtbot.addWidget(dialog)
    assert [dialog.tree.topLevelItem(k).text(1) for k in range(2)] == ["Not allowed", "Broken"]


def test_one_that_did_not_finish_last_time_is_left_out(folder: Path, workspace: Workspace) -> None:
    control, plugin = workspace.plugins, named(folder / "seasoning")
    control.store.accept(plugin)
    control.store.loading(plugin)
    control.start()
    assert "did not finish loading last time" in workspace.banner.text.text()
    assert not control.loaded
