"""The results of a run on the right side: confusion matrix, most confused pairs, figures of each class; and what a field means."""

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.document.runs import RunFolder
from app.window.layouts import TRAIN
from app.window.side import INSPECTOR, RESULTS
from app.window.workspace import Workspace

NAMES = ["cat", "dog", "owl"]
CELLS = [[0, 0, 8], [0, 1, 2], [1, 1, 9], [1, 0, 1], [2, 2, 5], [2, 0, 5]]


def recorded(folder: Path, names: list[str], cells: list[list[int]], size: int, epoch: int = 1) -> RunFolder:
    """A run folder as the engine writes one, after an epoch."""
    folder.mkdir(exist_ok=True)
    rows = [
        {"event": "start", "step": 0, "epochs": 5, "steps_per_epoch": 1, "samples": 30, "device": "cpu", "classes": names, "time": 0.1},
        {"step": 1, "epoch": 1.0, "learning_rate": 0.1, "loss": 1.0, "accuracy": 0.7, "time": 0.2},
        {"step": 1, "epoch": epoch, "seconds": 0.1, "samples_per_second": 300.0, "validation": {"loss": 1.0, "accuracy": 0.7},
         "confusion": {"size": size, "cells": cells}, "best": True, "time": 0.3},
    ]  # fmt: skip
    found = RunFolder(folder)
    found.metrics.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return found


@pytest.fixture
def shown(workspace: Workspace, qtbot: Any, tmp_path: Path) -> Workspace:
    workspace.session.select(())
    workspace.watcher.follow(recorded(tmp_path / "run", NAMES, CELLS, 3))
    qtbot.waitUntil(lambda: workspace.side.tabs.currentIndex() == RESULTS, timeout=5000)
    qtbot.waitUntil(lambda: workspace.side.results.model.rowCount() == 3, timeout=5000)
    return workspace


def column(workspace: Workspace, at: int) -> list[str]:
    table = workspace.side.results.table.model()
    return [str(table.index(row, at).data()) for row in range(table.rowCount())]


def test_precision_recall_and_f1_of_each_class(shown: Workspace) -> None:
    assert column(shown, 0) == NAMES
    assert column(shown, 1) == ["57.1", "81.8", "100.0"]
    assert column(shown, 2) == ["80.0", "90.0", "50.0"]
    assert column(shown, 4) == ["10", "10", "10"]
    assert "73.3 % of 30 right" in shown.side.results.right.text()
    assert "epoch 1" in shown.side.results.when.text()


def test_the_table_is_sorted_by_a_click_on_its_head(shown: Workspace) -> None:
    head = shown.side.results.table.horizontalHeader()
    for _ in range(2):
        at = QPoint(head.sectionViewportPosition(2) + 10, head.height() // 2)
        QTest.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
        order = column(shown, 2)
        assert order in (["50.0", "80.0", "90.0"], ["90.0", "80.0", "50.0"])


def test_the_most_confused_pair_is_first_and_shows_its_cell(shown: Workspace) -> None:
    results = shown.side.results
    first = results.pairs[0]
    assert first.names.text() == "owl → cat"
    assert [pair.isVisible() for pair in results.pairs] == [True, True, True, False, False, False]
    QTest.mouseClick(first, Qt.MouseButton.LeftButton)
    assert results.matrix.cell == (2, 0)
    assert results.said.text() == "True owl, read as cat: 5 of 10 (50.0 %)"


def test_cells_are_chosen_with_mouse_and_arrows(shown: Workspace) -> None:
    matrix = shown.side.results.matrix
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, matrix.rect_of(0, 1).center())
    assert matrix.cell == (0, 1)
    for key, cell in ((Qt.Key.Key_Down, (1, 1)), (Qt.Key.Key_Left, (1, 0)), (Qt.Key.Key_Left, (1, 0)), (Qt.Key.Key_Up, (0, 0))):
        QTest.keyClick(matrix, key)
        assert matrix.cell == cell
    assert matrix.accessibleDescription() == "True cat, read as cat: 8 of 10 (80.0 %)"


def test_the_matrix_is_drawn_as_high_as_it_needs(shown: Workspace) -> None:
    matrix = shown.side.results.matrix
    assert matrix.rect().contains(matrix.rect_of(2, 2))
    picture = matrix.grab().toImage()
    ratio = picture.devicePixelRatio()

    def colour(true: int, said: int) -> str:
        place = matrix.rect_of(true, said)
        return picture.pixelColor(round((place.left() + 3) * ratio), round((place.top() + 3) * ratio)).name()

    assert len({colour(0, 0), colour(2, 0), colour(0, 2)}) == 3  # right, confused, nothing


def test_many_classes_are_listed_not_drawn(workspace: Workspace, qtbot: Any, tmp_path: Path) -> None:
    workspace.session.select(())
    workspace.watcher.follow(recorded(tmp_path / "run", [], [[k, k, 3] for k in range(200)] + [[7, 9, 4]], 200))
    qtbot.waitUntil(lambda: workspace.side.results.model.rowCount() == 200, timeout=5000)
    assert not workspace.side.results.matrix.isVisible()
    assert "200 classes are too many" in workspace.side.results.too_many.text()
    assert workspace.side.results.pairs[0].names.text() == "7 → 9"


def test_a_name_that_looks_like_markup_is_only_a_name(workspace: Workspace, qtbot: Any, tmp_path: Path) -> None:
    workspace.session.select(())
    workspace.watcher.follow(recorded(tmp_path / "run", ["<b>cat</b>", "x" * 300], [[0, 1, 1_234_567], [1, 1, 5]], 2))
    qtbot.waitUntil(lambda: workspace.side.results.model.rowCount() == 2, timeout=5000)
    pair, table = workspace.side.results.pairs[0], workspace.side.results.table
    assert "&lt;b&gt;cat" in pair.toolTip()
    assert pair.names.textFormat() == Qt.TextFormat.PlainText
    assert table.columnWidth(4) >= table.sizeHintForColumn(4)  # a million is not cut
    assert sum(table.columnWidth(k) for k in range(5)) <= table.viewport().width()
    QTest.mouseClick(pair, Qt.MouseButton.LeftButton)
    assert workspace.side.results.said.text().startswith("True <b>cat</b>, read as x")


def test_selecting_a_block_brings_the_inspector(shown: Workspace, qtbot: Any) -> None:
    shown.session.select([next(iter(shown.session.graph.nodes))])
    assert shown.side.tabs.currentIndex() == INSPECTOR
    assert shown.inspector.isVisible()


def test_a_field_is_explained_where_one_points_or_steps(workspace: Workspace, qtbot: Any) -> None:
    workspace.session.select(())
    workspace.shell.activateWindow()
    editors = workspace.inspector.form.editors
    height = workspace.side.about.height()
    QTest.mouseMove(editors["learning_rate"], editors["learning_rate"].rect().center())
    qtbot.waitUntil(lambda: "Length of a step" in workspace.side.sentence.text(), timeout=3000)
    workspace.inspector.form.focus_first()
    qtbot.waitUntil(lambda: "Length of a step" not in workspace.side.sentence.text(), timeout=3000)
    assert workspace.side.about.height() == height  # nothing jumps


def test_nothing_is_cut_in_a_narrow_window(shown: Workspace, qtbot: Any) -> None:
    """The smoothing, then the legend, go before a figure is cut."""
    panel = shown.training
    shown.layouts.enter(TRAIN)
    shown.shell.resize(1100, 700)
    shown.tabs.setCurrentIndex(shown.stack.indexOf(panel))
    panel.refresh()
    qtbot.waitUntil(lambda: panel.loss is not None and panel.loss.isVisible(), timeout=5000)
    qtbot.wait(100)
    for label in (label for label in (panel.epoch, *panel.cells.values(), panel.loss.values) if label.isVisible()):
        assert label.width() >= label.minimumSizeHint().width(), label.text()
    assert not panel.loss.legend.isVisible()
    shown.shell.resize(1900, 900)
    qtbot.waitUntil(panel.loss.legend.isVisible, timeout=5000)
    assert panel.smoothing.isVisible()
