"""Cutting, breaking, taking out and copying, with the mouse."""

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from app.canvas.view import CanvasView
from app.document.placing import WIDTH
from app.window.workspace import Workspace

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
ALT, CTRL, NONE = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def view(workspace: Workspace) -> CanvasView:
    workspace.canvas.fit()
    workspace.canvas.setFocus()
    return workspace.canvas


def id_of(view: CanvasView, name: str) -> str:
    return next(i for i, n in view.session.graph.nodes.items() if n.name == name)


def drag(view: CanvasView, button: Any, keys: Any, start: QPoint, end: QPoint) -> None:
    QTest.mousePress(view.viewport(), button, keys, start)
    for k in range(1, 5):
        QTest.mouseMove(view.viewport(), start + (end - start) * k / 4)
    QTest.mouseRelease(view.viewport(), button, keys, end)


def at(view: CanvasView, name: str, dx: float, dy: float) -> QPoint:
    """A point relative to the middle of the lower edge of a block."""
    rect = view.canvas.nodes[id_of(view, name)].rect()
    return view.mapFromScene(QPointF(rect.center().x() + dx, rect.bottom() + dy))


def wires(view: CanvasView, name: str) -> set[tuple[str, str]]:
    nodes = view.session.graph.nodes
    return {
        (nodes[e.source].name, nodes[e.target].name) for e in view.session.graph.edges.values() if id_of(view, name) in (e.source, e.target)
    }


@pytest.mark.parametrize(("button", "keys"), [(LEFT, ALT), (RIGHT, CTRL)])
def test_cut_wires_with_a_stroke(view: CanvasView, button: Any, keys: Any) -> None:
    [(_, below)] = [pair for pair in wires(view, "conv1") if pair[0] == "conv1"]
    view.set_zoom(1.5)
    view.reveal(id_of(view, "conv1"))
    view.centerOn(view.canvas.nodes[id_of(view, "conv1")])
    drag(view, button, keys, at(view, "conv1", -130, 6), at(view, "conv1", 130, 6))
    assert ("conv1", below) not in wires(view, "conv1")
    assert view.session.history.undo_name == "Cut 1 wire"
    assert not any(wire.going for wire in view.canvas.wires.values())


def test_a_stroke_over_nothing_cuts_nothing(view: CanvasView) -> None:
    before = view.session.document
    spot = at(view, "conv1", -300, 0)
    drag(view, LEFT, ALT, spot, spot + QPoint(20, 40))
    assert view.session.document is before


def test_break_port_by_alt_click(view: CanvasView) -> None:
    flatten = view.canvas.nodes[id_of(view, "flatten1")]
    spot = flatten.outputs["y"]
    QTest.mouseClick(view.viewport(), LEFT, ALT, view.mapFromScene(flatten.pos() + QPointF(spot.x, spot.y)))
    assert not [pair for pair in wires(view, "flatten1") if pair[0] == "flatten1"]


def test_alt_drag_takes_a_block_out_and_heals(view: CanvasView) -> None:
    relu = id_of(view, "relu1")
    [(above, _)] = [pair for pair in wires(view, "relu1") if pair[1] == "relu1"]
    [(_, below)] = [pair for pair in wires(view, "relu1") if pair[0] == "relu1"]
    start = view.mapFromScene(view.canvas.nodes[relu].rect().center())
    drag(view, LEFT, ALT, start, start + QPoint(-160, 20))
    assert wires(view, "relu1") == set()
    assert (above, below) in wires(view, above)
    assert view.session.graph.nodes[relu].position[0] < view.session.graph.nodes[id_of(view, above)].position[0]
    view.session.undo()
    assert len(wires(view, "relu1")) == 2


def test_ctrl_drag_copies(view: CanvasView) -> None:
    conv = id_of(view, "conv1")
    place = view.session.graph.nodes[conv].position
    count = len(view.session.graph.nodes)
    start = view.mapFromScene(view.canvas.nodes[conv].rect().center())
    drag(view, LEFT, CTRL, start, start + QPoint(-200, 0))
    assert len(view.session.graph.nodes) == count + 1
    assert view.session.graph.nodes[conv].position == place
    (new,) = view.session.selection
    node = view.session.graph.nodes[new]
    assert node.block == view.session.graph.nodes[conv].block
    assert node.position[0] < place[0] - WIDTH / 2
    item = view.canvas.nodes[conv]
    assert (item.pos().x(), item.pos().y()) == place


def test_ctrl_click_still_toggles(view: CanvasView) -> None:
    conv, relu = id_of(view, "conv1"), id_of(view, "relu1")
    for id in (conv, relu, conv):
        QTest.mouseClick(view.viewport(), LEFT, CTRL, view.mapFromScene(view.canvas.nodes[id].rect().center()))
    assert view.session.selection == {relu}
