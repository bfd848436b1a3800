"""Adding blocks, row by row: quick-add from mouse and keys, wires let go over nothing, drops on wires and on blocks."""

from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest

from app.canvas.adding import BLOCK_MIME
from app.canvas.quickadd import OFFER
from app.canvas.view import CanvasView
from app.document.placing import WIDTH
from app.panels.palette import MIME
from app.window import edit
from app.window.workspace import Workspace

LEFT = Qt.MouseButton.LeftButton
NONE, SHIFT, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def view(workspace: Workspace) -> CanvasView:
    workspace.canvas.fit()
    workspace.canvas.setFocus()
    return workspace.canvas


def type_and_accept(view: CanvasView, text: str, keys: Qt.KeyboardModifier = NONE) -> None:
    assert view.adding.quick.isVisible()
    QTest.keyClicks(view.adding.quick.search, text)
    QTest.keyClick(view.adding.quick.search, Qt.Key.Key_Return, keys)
    assert not view.adding.quick.isVisible()


def rows(view: CanvasView) -> dict[str, str]:
    """What is offered, with how it fits."""
    items = view.adding.quick.list
    return {type(items.item(k).data(OFFER).block).__name__: items.item(k).data(OFFER).fit for k in range(items.count())}


def newest(view: CanvasView) -> Any:
    (id,) = view.session.selection
    return view.session.graph.nodes[id]


def empty_spot(view: CanvasView) -> QPoint:
    area = view.viewport().rect()
    for x in range(area.right() - 40, 40, -40):
        for y in range(60, area.bottom() - 80, 40):
            if view._under(QPoint(x, y)) is None:
                return QPoint(x, y)
    raise AssertionError("no empty spot")


def id_of(view: CanvasView, name: str) -> str:
    return next(i for i, n in view.session.graph.nodes.items() if n.name == name)


def test_quick_add_by_double_click_stands_where_it_was_asked(view: CanvasView) -> None:
    at = empty_spot(view)
    point = view.mapToScene(at)
    QTest.mouseDClick(view.viewport(), LEFT, NONE, at)
    type_and_accept(view, "conv 64 3x5 2")
    node = newest(view)
    assert (node.block.out_channels, node.block.kernel_size, node.block.stride) == (64, (3, 5), (2, 2))
    assert abs(node.position[0] + WIDTH / 2 - point.x()) < 10
    assert not [e for e in view.session.graph.edges.values() if node.id in (e.source, e.target)]


@pytest.mark.parametrize(("key", "held"), [(Qt.Key.Key_Tab, NONE), (Qt.Key.Key_A, SHIFT)])
def test_quick_add_by_key_goes_after_the_selected_block_and_into_its_wire(view: CanvasView, key: Qt.Key, held: Any) -> None:
    relu = id_of(view, "relu1")
    [edge] = [e for e in view.session.graph.edges.values() if e.source == relu]
    view.session.select([relu])
    QTest.keyClick(view, key, held)
    type_and_accept(view, "bn")
    node = newest(view)
    assert type(node.block).__name__ == "BatchNorm2d"
    wires = {(e.source, e.target) for e in view.session.graph.edges.values()}
    assert {(relu, node.id), (node.id, edge.target)} <= wires
    assert (relu, edge.target) not in wires
    view.session.undo()
    assert edge in view.session.graph.edges.values()


def test_shift_enter_makes_a_branch(view: CanvasView) -> None:
    relu = id_of(view, "relu1")
    before = [e for e in view.session.graph.edges.values() if e.source == relu]
    view.session.select([relu])
    QTest.keyClick(view, Qt.Key.Key_Tab)
    type_and_accept(view, "conv 8", SHIFT)
    after = [e for e in view.session.graph.edges.values() if e.source == relu]
    assert len(after) == len(before) + 1
    assert before[0] in after


def test_ctrl_enter_takes_the_place_and_keeps_wires_and_parameters(view: CanvasView) -> None:
    conv = id_of(view, "conv2")
    old = view.session.graph.nodes[conv].block
    edges = list(view.session.graph.edges.values())
    view.session.select([conv])
    QTest.keyClick(view, Qt.Key.Key_Tab)
    type_and_accept(view, "transposed conv 2d", CTRL)
    node = view.session.graph.nodes[conv]
    assert type(node.block).__name__ == "ConvTranspose2d"
    assert node.block.out_channels == old.out_channels  # type: ignore[attr-defined]
    assert list(view.session.graph.edges.values()) == edges
    assert view.session.history.undo_name == "Make conv2 a Transposed conv 2D"


def test_ctrl_shift_enter_stays_alone(view: CanvasView) -> None:
    view.session.select([id_of(view, "relu1")])
    count = len(view.session.graph.edges)
    QTest.keyClick(view, Qt.Key.Key_Tab)
    type_and_accept(view, "dropout", CTRL | SHIFT)
    assert len(view.session.graph.edges) == count


def test_shift_s_swaps_the_type(view: CanvasView) -> None:
    relu = id_of(view, "relu1")
    view.session.select([relu])
    QTest.keyClick(view, Qt.Key.Key_S, SHIFT)
    type_and_accept(view, "gelu")
    assert type(view.session.graph.nodes[relu].block).__name__ == "GELU"
    assert view.session.graph.nodes[relu].name == "gelu1"


def test_a_wire_let_go_over_nothing_asks_what_comes_next(view: CanvasView, qtbot: Any) -> None:
    flatten = id_of(view, "flatten1")
    item = view.canvas.nodes[flatten]
    spot = next(iter(item.outputs.values()))
    start, end = view.mapFromScene(item.pos() + QPointF(spot.x, spot.y)), empty_spot(view)
    QTest.mousePress(view.viewport(), LEFT, NONE, start)
    QTest.mouseMove(view.viewport(), (start + end) / 2)
    QTest.mouseMove(view.viewport(), end)
    QTest.mouseRelease(view.viewport(), LEFT, NONE, end)
    fits = rows(view)
    assert next(iter(fits)) == "Linear"  # what usually follows comes first
    QTest.keyClicks(view.adding.quick.search, "conv 2d")
    assert rows(view)["Conv2d"] == "adapter"
    view.adding.quick.search.clear()
    QTest.keyClicks(view.adding.quick.search, "input")
    assert rows(view)["Input"] == "no"
    view.adding.quick.search.clear()
    type_and_accept(view, "linear 5")
    node = newest(view)
    assert (flatten, node.id) in {(e.source, e.target) for e in view.session.graph.edges.values()}
    assert node.block.out_features == 5
    view.session.undo()
    assert node.id not in view.session.graph.nodes


def test_a_wire_from_an_input_asks_what_comes_before(view: CanvasView) -> None:
    QTest.mouseDClick(view.viewport(), LEFT, NONE, empty_spot(view))
    type_and_accept(view, "add")
    add = newest(view)
    item = view.canvas.nodes[add.id]
    start, end = view.mapFromScene(item.pos() + QPointF(WIDTH / 2, 0)), empty_spot(view)
    QTest.mousePress(view.viewport(), LEFT, NONE, start)
    QTest.mouseMove(view.viewport(), (start + end) / 2)
    QTest.mouseMove(view.viewport(), end)
    QTest.mouseRelease(view.viewport(), LEFT, NONE, end)
    QTest.keyClicks(view.adding.quick.search, "output")
    assert rows(view)["Output"] == "no"
    view.adding.quick.search.clear()
    type_and_accept(view, "input 3x8x8")
    assert newest(view).block.size == (3, 8, 8)
    assert (newest(view).id, add.id) in {(e.source, e.target) for e in view.session.graph.edges.values()}


def test_a_double_click_on_a_wire_inserts(view: CanvasView) -> None:
    conv, relu = id_of(view, "conv1"), id_of(view, "relu1")
    edge = next(i for i, e in view.session.graph.edges.items() if (e.source, e.target) == (conv, relu))
    wire = view.canvas.wires[edge]
    (ax, ay), (bx, by) = wire.corners[0], wire.corners[-1]
    QTest.mouseDClick(view.viewport(), LEFT, NONE, view.mapFromScene(QPointF((ax + bx) / 2, (ay + by) / 2)))
    type_and_accept(view, "instance norm 2d")
    node = newest(view)
    assert {(conv, node.id), (node.id, relu)} <= {(e.source, e.target) for e in view.session.graph.edges.values()}


def test_a_block_dropped_on_a_block_takes_its_place(view: CanvasView) -> None:
    assert BLOCK_MIME == MIME
    pool = next(i for i, n in view.session.graph.nodes.items() if type(n.block).__name__ == "MaxPool2d")
    mime = QMimeData()
    mime.setData(BLOCK_MIME, b"AvgPool2d")
    at = view.mapFromScene(view.canvas.nodes[pool].rect().center())
    edges = list(view.session.graph.edges.values())
    move = QDragMoveEvent(at, Qt.DropAction.CopyAction, mime, LEFT, NONE)
    view.dragMoveEvent(move)
    assert move.isAccepted()
    view.dropEvent(QDropEvent(QPointF(at), Qt.DropAction.CopyAction, mime, LEFT, NONE))
    assert type(view.session.graph.nodes[pool].block).__name__ == "AvgPool2d"
    assert list(view.session.graph.edges.values()) == edges


def test_escape_and_a_click_elsewhere_close_it(view: CanvasView, workspace: Workspace) -> None:
    before = view.session.document
    QTest.keyClick(view, Qt.Key.Key_Tab)
    QTest.keyClick(view.adding.quick.search, Qt.Key.Key_Escape)
    assert not view.adding.quick.isVisible()
    assert view.hasFocus()
    QTest.keyClick(view, Qt.Key.Key_Tab)
    QTest.mouseClick(workspace.palette.search, LEFT)
    assert not view.adding.quick.isVisible()
    assert view.session.document is before


def test_arrows_walk_over_what_can_be_had(view: CanvasView) -> None:
    view.session.select([id_of(view, "relu1")])
    QTest.keyClick(view, Qt.Key.Key_Tab)
    quick = view.adding.quick
    for _ in range(quick.list.count() + 3):
        QTest.keyClick(quick.search, Qt.Key.Key_Down)
        assert quick.list.currentItem().data(OFFER).fit != "no"
    QTest.keyClicks(quick.search, "conv 0")
    assert "at least 1" in quick.list.item(0).data(OFFER).reason
    QTest.keyClick(quick.search, Qt.Key.Key_Return)
    assert quick.isVisible()
    assert view.session.history.undo_name == ""


def test_a_residual_block_is_built_without_a_mouse(view: CanvasView, workspace: Workspace, qtbot: Any) -> None:
    """Typed, walked and wired: two convolutions, and the skip from the input to the sum."""
    view.session.new()
    for text in ("input 16x8x8", "conv 16", "bn", "relu", "conv 16", "bn", "add", "relu"):
        QTest.keyClick(view, Qt.Key.Key_Tab)
        type_and_accept(view, text)
    for _ in range(7):
        QTest.keyClick(view, Qt.Key.Key_Up)
    assert newest(view).name == "input"
    menu = edit.connect_to(view)
    qtbot.waitUntil(menu.isVisible)
    assert "add1" in [action.text() for action in menu.actions()]
    while menu.activeAction() is None or menu.activeAction().text() != "add1":
        QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    graph = view.session.graph
    kinds = [type(node.block).__name__ for node in graph.nodes.values()]
    assert kinds == ["Input", "Conv2d", "BatchNorm2d", "ReLU", "Conv2d", "BatchNorm2d", "Add", "ReLU"]
    add = id_of(view, "add1")
    assert sorted(graph.nodes[e.source].name for e in graph.edges.values() if e.target == add) == ["bn2", "input"]
    assert not [f for f in view.session.analysis.facts.values() if f.error]


def test_arrows_walk_along_wires_and_to_what_stands_beside(view: CanvasView) -> None:
    view.session.select([])
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert newest(view).name in ("image", "input", "label")
    view.session.select([id_of(view, "conv1")])
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert newest(view).name == "relu1"
    QTest.keyClick(view, Qt.Key.Key_Up)
    assert newest(view).name == "conv1"
    loss = next(n for n in view.session.graph.nodes.values() if n.block.loss)
    view.session.select([loss.id])
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert type(newest(view).block).__name__ == "Target"


def test_upstream_and_downstream(view: CanvasView) -> None:
    view.session.select([id_of(view, "flatten1")])
    QTest.keyClick(view, Qt.Key.Key_Left, SHIFT)
    names = {view.session.graph.nodes[i].name for i in view.session.selection}
    assert {"conv1", "relu1", "conv2", "flatten1"} <= names
    assert "fc1" not in names
    view.session.select([id_of(view, "flatten1")])
    QTest.keyClick(view, Qt.Key.Key_Right, SHIFT)
    assert {"flatten1", "fc1", "fc2"} <= {view.session.graph.nodes[i].name for i in view.session.selection}


def test_connect_selected_in_order(view: CanvasView) -> None:
    view.session.new()
    for k, text in enumerate(("input 8", "linear 4", "relu")):
        QTest.mouseDClick(view.viewport(), LEFT, NONE, QPoint(200, 150 + 150 * k))
        type_and_accept(view, text, CTRL | SHIFT)
        view.session.select([])
    view.session.select(view.session.graph.nodes)
    QTest.keyClick(view, Qt.Key.Key_J)
    assert len(view.session.graph.edges) == 2
    assert view.session.history.undo_name == "Connect 3 blocks"
