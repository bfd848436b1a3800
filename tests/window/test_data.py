"""Data and recipe in the window, by real events: a folder is chosen, seen, augmented, trained on, changed while it runs, stopped, gone on with."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.panels.choosing import DataChoice
from app.window.shell import Shell
from app.window.workspace import Workspace
from tests.data import making
from tests.engine import networks


def typed(workspace: Workspace, field: str, text: str) -> None:
    """Type into a field of the recipe and press Enter."""
    editor: Any = workspace.inspector.form.editors[field]
    line = editor.combo.lineEdit() if isinstance(editor, DataChoice) else editor.line if hasattr(editor, "line") else editor.spins[0]
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def opened(workspace: Workspace, qtbot: Any, file: Path) -> None:
    assert workspace.files.try_open(file)
    workspace.session.select(())
    workspace.show_data()
    qtbot.wait(50)


def test_a_folder_fills_what_the_network_leaves_open(workspace: Workspace, qtbot: Any, tmp_path: Path) -> None:
    opened(workspace, qtbot, networks.written(tmp_path / "net.netwright", networks.convolutional))
    workspace.session.check_now()
    assert any("leaves size open" in problem.text for problem in workspace.session.problems)
    folder = making.image_folder(tmp_path / "images", 120)
    typed(workspace, "dataset", str(folder))
    qtbot.waitUntil(lambda: workspace.data.state == "ready", timeout=20_000)
    workspace.session.check_now()
    assert not [problem for problem in workspace.session.problems if problem.severity == "error"]
    shapes = [facts.outputs for facts in workspace.session.analysis.facts.values()]
    assert ((1, 8, 8),) in shapes
    assert ((10,),) in shapes
    panel = workspace.data_panel
    assert "120 images" in panel.title.text()
    assert "3/broken.png: it is no image" in panel.warnings.text()
    assert panel.counts.counts["3"] > 0
    assert len(panel.samples.images) == 24
    face = next(item.face for id, item in workspace.canvas.canvas.nodes.items() if workspace.session.graph.nodes[id].name == "image")
    assert not face.error, "the canvas follows"
    workspace.session.undo()
    workspace.session.check_now()
    assert any("leaves size open" in problem.text for problem in workspace.session.problems)


def test_data_that_can_not_be_read_says_why(workspace: Workspace, qtbot: Any, tmp_path: Path) -> None:
    workspace.session.select(())
    workspace.show_data()
    qtbot.waitUntil(lambda: workspace.data.state == "ready", timeout=20_000)
    assert "1,797 samples" in workspace.data_panel.text.text()
    typed(workspace, "dataset", str(tmp_path / "gone"))
    qtbot.waitUntil(lambda: workspace.data.state == "failed", timeout=20_000)
    assert "neither a file nor a folder" in workspace.data_panel.warnings.text()
    workspace.actions["train"].trigger()
    assert "neither a file nor a folder" in workspace.banner.text.text()
    for name in ("moons", "spirals"):
        typed(workspace, "dataset", name)
        qtbot.waitUntil(lambda: workspace.data.state == "ready", timeout=20_000)
        assert workspace.data_panel.samples.points is not None


def test_the_dialog_chooses_a_folder(workspace: Workspace, qtbot: Any, tmp_path: Path, monkeypatch: Any) -> None:
    folder = making.image_folder(tmp_path / "images", 60)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    workspace.session.select(())
    editor: Any = workspace.inspector.form.editors["dataset"]
    editor.choose_folder()
    assert workspace.session.document.recipe.dataset == str(folder)
    qtbot.waitUntil(lambda: workspace.data.state == "ready", timeout=20_000)


def test_every_item_of_the_recipe_has_a_row_and_a_sentence(workspace: Workspace) -> None:
    workspace.session.select(())
    form, recipe = workspace.inspector.form, workspace.session.document.recipe
    assert set(form.editors) == set(recipe.fields)
    assert all(len(p.help.split()) >= 3 for p in recipe.fields.values())
    form.rows.sections["Augmentation"][0].click()
    typed(workspace, "rotation", "20")
    form.rows.sections["When to stop"][0].click()
    typed(workspace, "patience", "4")
    assert (workspace.session.document.recipe.rotation, workspace.session.document.recipe.patience) == (20.0, 4)
    typed(workspace, "rotation", "500")
    assert workspace.session.document.recipe.rotation == 20.0
    workspace.session.undo()
    assert workspace.session.document.recipe.patience == 0


def test_run_elsewhere_is_self_contained(workspace: Workspace, tmp_path: Path, monkeypatch: Any) -> None:
    """The folder runs without this checkout: its own copy of the program trains."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "there"), ""))
    data = making.iris(tmp_path / "iris.csv")
    workspace.files.try_open(networks.written(tmp_path / "net.netwright", networks.perceptron, dataset=str(data), epochs=2))
    workspace.actions["elsewhere"].trigger()
    assert "sh there/run.sh" in workspace.banner.text.text()
    data.unlink()
    (tmp_path / "there").rename(tmp_path / "elsewhere")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    done = subprocess.run(
        ["sh", str(tmp_path / "elsewhere" / "run.sh"), "--device", "cpu"], capture_output=True, text=True, timeout=200, check=False,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert "done: trained 2 epochs" in done.stdout, done.stdout + done.stderr
    assert list((tmp_path / "elsewhere").glob("run-*/metrics.jsonl"))


@pytest.fixture
def live(qtbot: Any, qapp: Any, tmp_path: Path, monkeypatch: Any) -> Iterator[Workspace]:
    monkeypatch.setenv("NETWRIGHT_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("NETWRIGHT_CONFIG", str(tmp_path / "config"))
    shell = Shell(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    shell.resize(1600, 1000)
    shell.show()
    file = networks.written(tmp_path / "net.netwright", networks.convolutional, dataset=str(making.image_folder(tmp_path / "images", 200)))
    space = shell.furnish(file)
    yield space
    for sheet in space.session.sheets:
        sheet.saved = sheet.document
    shell.close()
    shell.deleteLater()


@pytest.mark.slow
def test_from_a_folder_to_a_run_that_is_changed_and_gone_on_with(live: Workspace, qtbot: Any, monkeypatch: Any) -> None:
    qtbot.waitUntil(lambda: live.engine.state == "ready", timeout=90_000)
    live.session.select(())
    live.show_data()
    qtbot.waitUntil(lambda: live.data.state == "ready", timeout=20_000)
    typed(live, "epochs", "3000")
    live.inspector.form.rows.sections["Augmentation"][0].click()
    typed(live, "rotation", "30")
    QTest.mouseClick(live.data_panel.modes.buttons()[1], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: live.data_panel.samples.picture is not None, timeout=20_000)
    assert live.data_panel.samples.picture.width() > 300  # type: ignore[union-attr]
    live.actions["find_rate"].trigger()
    qtbot.waitUntil(lambda: live.banner.isVisible() and "learning_rate of" in live.banner.text.text(), timeout=60_000)
    QTest.mouseClick(live.banner.button, Qt.MouseButton.LeftButton)
    assert live.session.document.recipe.learning_rate != 0.002
    live.actions["train"].trigger()
    qtbot.waitUntil(lambda: len(live.watcher.curves.step_epoch) > 60, timeout=60_000)
    assert live.training.live_rate.isVisible()
    live.training.rate.setFocus()
    live.training.rate.selectAll()
    QTest.keyClicks(live.training.rate, "0.0005")
    QTest.keyClick(live.training.rate, Qt.Key.Key_Return)
    QTest.mouseClick(live.training.more, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(live.watcher.curves.marks) == 2, timeout=20_000)
    assert live.watcher.curves.epochs == 3010
    qtbot.waitUntil(lambda: live.training.loss is not None and len(live.training.loss.marks) == 2, timeout=20_000)
    live.actions["stop"].trigger()
    qtbot.waitUntil(lambda: live.engine.state == "ready" and live.watcher.curves.state == "stopped", timeout=20_000)
    steps = len(live.watcher.curves.step_epoch)
    folder = live.watcher.folder
    assert folder is not None
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder.path))
    live.actions["resume"].trigger()
    qtbot.waitUntil(lambda: len(live.watcher.curves.step_epoch) > steps + 30, timeout=60_000)
    assert live.watcher.curves.step_epoch == sorted(live.watcher.curves.step_epoch)
    live.actions["stop"].trigger()
    qtbot.waitUntil(lambda: live.engine.state == "ready", timeout=20_000)


@pytest.mark.parametrize("name", ["it's.csv", "a b.csv", "x'; touch canary; '.csv", "$(touch canary).csv", "ünï.csv"])
def test_no_name_is_run_elsewhere(tmp_path: Path, name: str) -> None:
    """A data set may be called as it likes: in the script it is one word, and nothing of it is run."""
    from dataclasses import replace

    from app.document.storage import load
    from app.window import elsewhere

    data = making.iris(tmp_path / name)
    document = load(networks.written(tmp_path / "net.netwright", networks.perceptron))
    elsewhere.write(tmp_path / "there", replace(document, recipe=document.recipe.replace(dataset=str(data))))
    assert (tmp_path / "there" / "data" / name).read_bytes() == data.read_bytes()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n')
    (tmp_path / "bin" / "python3").chmod(0o755)
    done = subprocess.run(
        ["sh", "run.sh"],
        cwd=tmp_path / "there",
        env={"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"data/{name}" in done.stdout.splitlines()
    assert not list(tmp_path.rglob("canary"))


def test_what_belongs_to_a_file_goes_with_it(tmp_path: Path) -> None:
    from app.data.sources import belongings

    root = making.mnist(tmp_path / "mnist")
    assert {f.name for f in belongings(root / "t10k-images-idx3-ubyte")} == {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}
    making.image_folder(tmp_path / "images", 20)
    files = sorted((tmp_path / "images").rglob("0*.png"))
    (tmp_path / "list.csv").write_text("file,label\n" + "".join(f"{f.relative_to(tmp_path)},{f.parent.name}\n" for f in files))
    assert set(belongings(tmp_path / "list.csv")) == {tmp_path / "list.csv", *files}
