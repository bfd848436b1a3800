"""Seeing what a network costs: layer table, receptive field, forecast, complexity."""

import csv
from io import StringIO
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.document.forecast import forecast
from app.document.gallery import templates
from app.document.recipe import Recipe
from app.panels.complexity import pareto, reference
from app.window.workspace import Workspace


def opened(workspace: Workspace, name: str) -> None:
    workspace.files.try_open(templates()[name].path)
    QTest.qWait(30)


def test_the_layer_table_folds_blocks_and_says_what_they_see(workspace: Workspace) -> None:
    opened(workspace, "resnet-18")
    rows = list(csv.DictReader(StringIO(workspace.layers.table_text())))
    stage = next(row for row in rows if row["name"] == "stage 2")
    assert (stage["type"], stage["output"], stage["receptive_field"], stage["stride"]) == ("Residual block", "128×28×28", "99×99", "8")
    assert sum(int(row["params"]) for row in rows) == 11_689_512


def test_it_is_written_for_a_spreadsheet(workspace: Workspace, tmp_path: Any, monkeypatch: Any) -> None:
    from PySide6.QtWidgets import QFileDialog

    path = tmp_path / "layers.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    workspace.actions["save_layers"].trigger()
    assert path.read_text().startswith("name,type,input")


def test_the_inspector_draws_what_a_block_sees(workspace: Workspace) -> None:
    opened(workspace, "vgg-16")
    id = next(id for id, node in workspace.session.graph.nodes.items() if node.name == "stage 1")
    workspace.session.select([id])
    sight = workspace.inspector.sight
    assert sight.isVisibleTo(workspace.inspector)
    assert "sees 5×5 of the 224×224 input" in sight.text()


def test_the_forecast_adds_up(workspace: Workspace) -> None:
    opened(workspace, "lenet")
    totals = workspace.session.analysis.totals
    sgd = forecast(totals, Recipe(optimizer="SGD", momentum=0.0, batch_size=10))
    assert (sgd.weights, sgd.gradients, sgd.optimizer, sgd.activations) == (431_080 * 4, 431_080 * 4, 0, totals.memory * 10)
    assert sgd.training == 2 * 431_080 * 4 + totals.memory * 10
    adam = forecast(totals, Recipe(optimizer="AdamW", batch_size=10))
    assert adam.optimizer == 2 * adam.weights
    assert "optimizer" in workspace.status.totals.toolTip()


def test_the_complexity_panel_opens_a_template(workspace: Workspace) -> None:
    workspace.tabs.setCurrentIndex(workspace.stack.indexOf(workspace.complexity))
    QTest.qWait(30)
    plot = workspace.complexity.plot
    discs = plot.discs()
    assert len(discs) == len(reference()) == len({disc.name for disc in discs})
    best = pareto(discs)
    assert best[-1].name == "resnext101_64x4d"
    for disc in discs:
        assert not any(other.x <= disc.x and other.y > disc.y for other in discs) or disc not in best
    alexnet = next(disc for disc in discs if disc.name == "alexnet")
    at = plot.at(alexnet).toPoint()
    found = plot.under(plot.at(alexnet))
    assert found is not None
    QTest.mouseMove(plot, at)
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=at)
    assert workspace.session.name == found.template
    workspace.complexity.views.setCurrentIndex(1)
    assert max(plot.discs(), key=lambda d: d.y).name in ("squeezenet1_1", "squeezenet1_0", "shufflenet_v2_x0_5")
    QTest.qWait(30)
