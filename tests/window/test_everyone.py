"""The network without eyes or mouse: the canvas as a list for screen readers, and the layer table."""

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from app.panels import layers
from app.window.workspace import Workspace
from tests.window.hand import ALT, Hand


@pytest.fixture
def screen_reader() -> Iterator[None]:
    """While one is there, Tab does not add blocks."""
    QAccessible.setActive(True)
    yield
    QAccessible.setActive(False)


@pytest.fixture
def table(workspace: Workspace, qtbot: Any) -> Any:
    workspace.tabs.setCurrentIndex(workspace.stack.indexOf(workspace.layers))
    qtbot.waitUntil(workspace.layers.isVisible)
    return workspace.layers


@pytest.mark.usefixtures("screen_reader")
def test_the_canvas_is_a_list_in_topological_order(workspace: Workspace) -> None:
    canvas = QAccessible.queryAccessibleInterface(workspace.canvas)
    assert canvas.role() == QAccessible.Role.List
    names = [canvas.child(k).text(QAccessible.Text.Name) for k in range(canvas.childCount())]
    assert len(names) == len(workspace.session.graph.nodes)
    where = {id: k for k, id in enumerate(workspace.session.analysis.wiring.order)}
    assert all(where[e.source] < where[e.target] for e in workspace.session.graph.edges.values())
    conv = next(name for name in names if "conv1" in name)
    assert conv == "Conv 2D conv1, 3×3 16 p1, output 16×8×8, 160 parameters"
    item = canvas.child(0)
    assert item.role() == QAccessible.Role.ListItem
    assert canvas.indexOfChild(item) == 0
    spot = item.rect().center()
    assert canvas.childAt(spot.x(), spot.y()).text(QAccessible.Text.Name) == names[0]
    workspace.session.select([workspace.session.analysis.wiring.order[0]])
    assert item.state().selected


@pytest.mark.usefixtures("screen_reader")
def test_an_error_and_a_state_are_spoken(workspace: Workspace) -> None:
    hand = Hand(workspace.canvas)
    workspace.session.select([hand.id("conv1")])
    workspace.inspector.form.editors["kernel_size"].edited.emit([13, 13])
    workspace.inspector.form.editors["padding"].edited.emit([0, 0])
    canvas = QAccessible.queryAccessibleInterface(workspace.canvas)
    names = [canvas.child(k).text(QAccessible.Text.Name) for k in range(canvas.childCount())]
    assert "error: " in next(name for name in names if "conv1" in name)
    workspace.actions["freeze"].trigger()
    names = [canvas.child(k).text(QAccessible.Text.Name) for k in range(canvas.childCount())]
    assert ", frozen" in next(name for name in names if "conv1" in name)


def cell(table: Any, name: str, column: int) -> Any:
    model = table.sorted
    row = next(k for k in range(model.rowCount()) if model.index(k, layers.NAME).data() == name)
    return model.index(row, column)


def type_into(table: Any, index: Any, text: str) -> None:
    table.table.setCurrentIndex(index)
    table.table.edit(index)
    line = table.table.findChild(QLineEdit)
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)
    QTest.qWait(60)


def test_the_table_shows_the_graph_and_follows(workspace: Workspace, table: Any) -> None:
    assert cell(table, "conv1", layers.OUTPUT).data() == "16×8×8"
    assert cell(table, "conv1", layers.INPUT).data() == "image"
    assert cell(table, "loss", layers.INPUT).data() == "fc2, label"
    Hand(workspace.canvas).select("conv1")
    assert [index.data() for index in table.table.selectionModel().selectedRows()] == ["conv1"]
    table.table.sortByColumn(layers.PARAMS, Qt.SortOrder.DescendingOrder)
    assert table.sorted.index(0, layers.NAME).data() == "fc1"


def test_cells_are_edited(workspace: Workspace, table: Any) -> None:
    hand = Hand(workspace.canvas)
    type_into(table, cell(table, "conv1", layers.NAME), "stem")
    assert hand.id("stem")
    type_into(table, cell(table, "stem", layers.PARAMETERS), "out_channels=24, kernel_size=5×5, padding=2x2, bias=False")
    assert (hand.block("stem").out_channels, hand.block("stem").kernel_size, hand.block("stem").bias) == (24, (5, 5), False)
    type_into(table, cell(table, "stem", layers.PARAMETERS), "out_chanels=24")
    assert "has no parameter out_chanels" in table.message.text()
    assert hand.block("stem").out_channels == 24
    type_into(table, cell(table, "conv2", layers.INPUT), "stem")
    assert ("stem", "conv2") in hand.feeds()
    assert ("relu1", "conv2") not in hand.feeds()
    type_into(table, cell(table, "stem", layers.INPUT), "fc2")
    assert "circle" in table.message.text()
    type_into(table, cell(table, "stem", layers.INPUT), "nothing")
    assert "no block is named nothing" in table.message.text().lower()


def test_rows_are_reordered(workspace: Workspace, table: Any) -> None:
    hand = Hand(workspace.canvas)
    table.table.setFocus()
    index = cell(table, "relu2", layers.NAME)
    table.table.selectRow(index.row())
    QTest.keyClick(table.table, Qt.Key.Key_Up, ALT)
    assert {("relu1", "relu2"), ("relu2", "conv2"), ("conv2", "pool1")} <= hand.feeds()
    QTest.keyClick(table.table, Qt.Key.Key_Down, ALT)
    assert {("relu1", "conv2"), ("conv2", "relu2"), ("relu2", "pool1")} <= hand.feeds()
