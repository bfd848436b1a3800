"""Each gesture and key of the canvas, with real events on a real window. A test bears the name of its row in the table of bindings."""

import json
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragMoveEvent, QDropEvent, QGuiApplication, QPixmap, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QSpinBox

from app.canvas import clipboard
from app.canvas.items import WireItem
from app.document.graph import Graph
from app.document.placing import WIDTH, tall
from app.panels.palette import MIME
from app.window.layouts import TRAIN
from app.window.workspace import Workspace
from tests.window.hand import ALT, CTRL, LEFT, MIDDLE, NONE, RIGHT, SHIFT, Hand

Key = Qt.Key


@pytest.mark.parametrize("way", ["double-click", "Tab", "Shift+A"])
def test_quick_add(hand: Hand, way: str) -> None:
    if way == "double-click":
        hand.double_click(hand.empty())
    else:
        hand.key(Key.Key_Tab if way == "Tab" else Key.Key_A, SHIFT if way == "Shift+A" else NONE)
    node = hand.quick_add("conv 64 3")
    assert (node.block.out_channels, node.block.kernel_size) == (64, (3, 3))


def test_accept_in_quick_add(hand: Hand) -> None:
    hand.select("relu1")
    hand.key(Key.Key_Tab)
    spliced = hand.quick_add("dropout")
    assert {("relu1", spliced.name), (spliced.name, "conv2")} <= hand.feeds()
    hand.select("relu1")
    hand.key(Key.Key_Tab)
    branch = hand.quick_add("conv", SHIFT)
    assert {("relu1", branch.name), ("relu1", spliced.name)} <= hand.feeds()
    hand.select("relu2")
    hand.key(Key.Key_Tab)
    assert hand.quick_add("gelu", CTRL).id == hand.session.selection.__iter__().__next__()
    assert type(hand.session.graph.nodes[next(iter(hand.session.selection))].block).__name__ == "GELU"
    hand.select("pool1")
    count = len(hand.session.graph.edges)
    hand.key(Key.Key_Tab)
    hand.quick_add("conv", CTRL | SHIFT)
    assert len(hand.session.graph.edges) == count


def drop(hand: Hand, kind: str, at: QPoint) -> None:
    data = QMimeData()
    data.setData(MIME, kind.encode())
    buttons, copy = LEFT, Qt.DropAction.CopyAction
    hand.view.dragMoveEvent(QDragMoveEvent(at, copy, data, buttons, NONE))
    hand.view.dropEvent(QDropEvent(QPointF(at), copy, data, buttons, NONE))


def test_add_from_palette(hand: Hand, workspace: Workspace) -> None:
    count = len(hand.session.graph.nodes)
    drop(hand, "Conv2d", hand.empty())
    assert len(hand.session.graph.nodes) == count + 1
    hand.select("relu1")
    QTest.keyClicks(workspace.palette.search, "batch norm 2d")
    QTest.keyClick(workspace.palette.search, Key.Key_Return)
    assert ("relu1", "bn1") in hand.feeds()


@pytest.mark.parametrize("way", ["port to port", "click and click", "body"])
def test_connect(hand: Hand, way: str) -> None:
    start, end = hand.port("conv1", "out"), hand.port("conv2", "in") if way != "body" else hand.at("conv2", 60, 10)
    if way == "click and click":
        hand.click(start)
        hand.move(end)
        hand.click(end)
    else:
        hand.drag(start, end)
    assert ("conv1", "conv2") in hand.feeds()
    assert hand.session.history.undo_name == "Connect conv1 to conv2"


def test_wire_to_empty(hand: Hand) -> None:
    hand.drag(hand.port("pool1", "out"), hand.empty())
    node = hand.quick_add("conv")
    assert ("pool1", node.name) in hand.feeds()


@pytest.mark.parametrize("way", ["palette", "double-click", "block", "Alt"])
def test_insert_on_wire(hand: Hand, way: str) -> None:
    hand.show("relu1")
    at = hand.on_wire("relu1", "conv2")
    if way == "palette":
        drop(hand, "Dropout", at)
        name = "dropout2"
    elif way == "double-click":
        hand.double_click(at)
        name = hand.quick_add("dropout").name
    else:
        spot = hand.empty()
        drop(hand, "Dropout", spot)
        name, at = "dropout2", hand.on_wire("relu1", "conv2")
        start = hand.at(name)
        hand.press(start)
        hand.move(start + QPoint(10, 0), at + QPoint(4, 0))
        assert any(wire.hovered for wire in hand.scene.wires.values())  # it turns accent
        if way == "Alt":
            QTest.keyPress(hand.view, Key.Key_Alt)
            event_at = at
            from PySide6.QtGui import QMouseEvent

            move = QMouseEvent(
                QMouseEvent.Type.MouseMove, QPointF(event_at), hand.view.viewport().mapToGlobal(QPointF(event_at)),
                Qt.MouseButton.NoButton, LEFT, ALT,
            )  # fmt: skip
            QApplication.sendEvent(hand.view.viewport(), move)
            hand.release(at, ALT)
            assert ("relu1", "conv2") in hand.feeds()
            return
        hand.release(at)
    assert {("relu1", name), (name, "conv2")} <= hand.feeds()
    assert ("relu1", "conv2") not in hand.feeds()


def test_connect_selected_in_order(hand: Hand) -> None:
    for name in ("relu1", "conv2"):
        hand.click(hand.port(name, "in"), ALT)
    assert ("conv1", "relu1") not in hand.feeds()
    hand.select("conv1", "relu1", "conv2")
    hand.key(Key.Key_J)
    assert {("conv1", "relu1"), ("relu1", "conv2")} <= hand.feeds()


def test_replug_wire(hand: Hand) -> None:
    hand.drag(hand.port("relu2", "in"), hand.port("pool1", "in"))
    assert ("conv2", "pool1") in hand.feeds()
    assert ("conv2", "relu2") not in hand.feeds()
    outs = {pair for pair in hand.feeds() if pair[0] == "relu1"}
    hand.drag(hand.port("relu1", "out"), hand.port("conv1", "out"), CTRL)
    assert {("conv1", target) for _, target in outs} <= hand.feeds()
    assert not {pair for pair in hand.feeds() if pair[0] == "relu1"}
    assert hand.session.history.undo_name == "Move the wire to conv1"


def test_break_port(hand: Hand) -> None:
    hand.click(hand.port("pool1", "out"), ALT)
    assert not [pair for pair in hand.feeds() if pair[0] == "pool1"]


@pytest.mark.parametrize(("keys", "button"), [(ALT, LEFT), (CTRL, RIGHT)])
def test_cut_wires(hand: Hand, keys: Any, button: Any) -> None:
    hand.show("relu1")
    at = hand.on_wire("relu1", "conv2")
    hand.drag(at - QPoint(60, 0), at + QPoint(60, 0), keys, button)
    assert ("relu1", "conv2") not in hand.feeds()


def test_reroute_dot(hand: Hand) -> None:
    hand.show("relu1")
    at = hand.on_wire("relu1", "conv2")
    hand.drag(at - QPoint(50, 0), at + QPoint(50, 0), SHIFT, RIGHT)
    edge = hand.session.graph.edges[hand.wire("relu1", "conv2")]
    assert len(edge.via) == 1
    dot = hand.view.mapFromScene(QPointF(*edge.via[0]))
    hand.drag(dot, dot + QPoint(48, 8))
    moved = hand.session.graph.edges[hand.wire("relu1", "conv2")].via[0]
    assert moved[0] > edge.via[0][0] + 40
    hand.click(hand.view.mapFromScene(QPointF(*moved)), ALT)
    assert hand.session.graph.edges[hand.wire("relu1", "conv2")].via == ()
    at = hand.on_wire("relu1", "conv2")
    hand.move(at)
    from PySide6.QtGui import QMouseEvent

    hover = QMouseEvent(
        QMouseEvent.Type.MouseMove, QPointF(at), hand.view.viewport().mapToGlobal(QPointF(at)), Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton, CTRL,
    )  # fmt: skip
    QApplication.sendEvent(hand.view.viewport(), hover)
    assert hand.scene.wires[hand.wire("relu1", "conv2")].diamond is not None
    hand.drag(at, at + QPoint(30, 0), CTRL)
    assert len(hand.session.graph.edges[hand.wire("relu1", "conv2")].via) == 1


def test_detach_and_heal(hand: Hand) -> None:
    hand.drag(hand.at("relu1"), hand.at("relu1") + QPoint(-180, 10), ALT)
    assert ("conv1", "conv2") in hand.feeds()
    assert not [pair for pair in hand.feeds() if "relu1" in pair]


def test_duplicate(hand: Hand) -> None:
    count = len(hand.session.graph.nodes)
    hand.select("conv1")
    hand.key(Key.Key_D, CTRL)
    assert len(hand.session.graph.nodes) == count + 1
    hand.drag(hand.at("relu1"), hand.at("relu1") + QPoint(-180, 10), CTRL)
    assert len(hand.session.graph.nodes) == count + 2
    hand.select("conv2")
    hand.key(Key.Key_D, CTRL | SHIFT)
    (new,) = hand.session.selection
    assert ("relu1", hand.session.graph.nodes[new].name) in hand.feeds()


def test_copy_paste(hand: Hand) -> None:
    hand.select("conv2", "relu2")
    hand.key(Key.Key_C, CTRL)
    data = QGuiApplication.clipboard().mimeData()
    assert data.hasFormat(clipboard.MIME)
    assert len(json.loads(data.text())["graph"]["nodes"]) == 2
    count = len(hand.session.graph.nodes)
    hand.key(Key.Key_V, CTRL)
    assert len(hand.session.graph.nodes) == count + 2
    hand.key(Key.Key_V, CTRL | SHIFT)
    fresh = [hand.session.graph.nodes[id].name for id in hand.session.selection]
    assert any(("relu1", name) in hand.feeds() for name in fresh)
    hand.key(Key.Key_X, CTRL)
    assert len(hand.session.graph.nodes) == count + 2


def test_delete(hand: Hand) -> None:
    hand.select("dropout1")
    hand.key(Key.Key_Delete)
    assert not [pair for pair in hand.feeds() if "dropout1" in pair]
    hand.select("relu1")
    hand.key(Key.Key_Delete, CTRL)
    assert ("conv1", "conv2") in hand.feeds()
    hand.select("pool1")
    hand.key(Key.Key_Backspace)
    assert "pool1" not in [n.name for n in hand.session.graph.nodes.values()]


def test_swap_type_keep_wires(hand: Hand) -> None:
    before = hand.feeds()
    hand.select("relu1")
    hand.key(Key.Key_S, SHIFT)
    assert type(hand.quick_add("leaky").block).__name__ == "LeakyReLU"
    assert {(a.replace("leakyrelu1", "relu1"), b.replace("leakyrelu1", "relu1")) for a, b in hand.feeds()} == before
    drop(hand, "AvgPool2d", hand.at("pool1"))
    assert type(hand.block("pool1")).__name__ == "AvgPool2d"


@pytest.mark.parametrize(("key", "keys"), [(Key.Key_M, NONE), (Key.Key_B, CTRL)])
def test_bypass(hand: Hand, workspace: Workspace, key: Any, keys: Any) -> None:
    hand.select("relu1")
    hand.key(key, keys)
    assert hand.node("relu1").bypassed
    assert hand.session.analysis.facts[hand.id("relu1")].outputs == hand.session.analysis.facts[hand.id("conv1")].outputs
    hand.key(key, keys)
    assert not hand.node("relu1").bypassed
    hand.select("fc2")  # without it the loss would get 64 scores for 10 classes: that is a mistake, but it fits
    hand.key(key, keys)
    hand.select("loss")
    hand.key(key, keys)
    assert not hand.node("loss").bypassed
    assert "can't be bypassed" in workspace.banner.text.text()


def test_freeze_weights(hand: Hand) -> None:
    hand.select("conv1")
    hand.key(Key.Key_L, CTRL | SHIFT)
    assert hand.node("conv1").frozen
    assert hand.scene.nodes[hand.id("conv1")].face.frozen


def test_collapse_face(hand: Hand) -> None:
    before = hand.scene.nodes[hand.id("conv1")].face.height
    hand.select("conv1")
    hand.key(Key.Key_H)
    assert hand.scene.nodes[hand.id("conv1")].face.height < before
    hand.key(Key.Key_H)
    assert hand.scene.nodes[hand.id("conv1")].face.height == before


def test_comment_frame(hand: Hand, qtbot: Any) -> None:
    hand.select("conv1", "relu1")
    hand.key(Key.Key_C)
    line = hand.view.viewport().findChild(QLineEdit, "frameText")
    assert line is not None
    QTest.keyClicks(line, "Stem")
    QTest.keyClick(line, Key.Key_Return)
    [(id, frame)] = hand.session.graph.frames.items()
    assert frame.text == "Stem"
    QTest.qWait(1)
    title = hand.view.mapFromScene(QPointF(*frame.position)) + QPoint(30, 8)
    before, place = hand.node("conv1").position, frame.position
    hand.drag(title, title - QPoint(120, 0))
    assert hand.node("conv1").position[0] < before[0] - 50  # it takes what lies in it
    assert hand.node("conv1").position[0] - before[0] == hand.session.graph.frames[id].position[0] - place[0]
    before, place = hand.node("conv1").position, hand.session.graph.frames[id].position
    title = hand.view.mapFromScene(QPointF(*place)) + QPoint(30, 8)
    hand.drag(title, title - QPoint(0, 40), CTRL)
    assert hand.session.graph.frames[id].position[1] < place[1]
    assert hand.node("conv1").position == before
    frame = hand.session.graph.frames[id]
    corner = hand.view.mapFromScene(QPointF(frame.position[0] + frame.size[0], frame.position[1] + frame.size[1]))
    hand.drag(corner, corner + QPoint(60, 40))
    assert hand.session.graph.frames[id].size[0] > frame.size[0] + 40
    hand.key(Key.Key_Delete)
    assert not hand.session.graph.frames


def test_select(hand: Hand) -> None:
    hand.click(hand.at("conv1"))
    hand.click(hand.at("relu1"), SHIFT)
    assert hand.session.selection == {hand.id("conv1"), hand.id("relu1")}
    hand.click(hand.at("relu1"), CTRL)
    assert hand.session.selection == {hand.id("conv1")}
    rect = hand.scene.nodes[hand.id("conv1")].rect()
    left, right = hand.view.mapFromScene(rect.topLeft()), hand.view.mapFromScene(rect.bottomRight())
    half = QPoint((3 * left.x() + right.x()) // 4, right.y())
    hand.drag(left - QPoint(12, 12), half + QPoint(0, 6))  # to the right: only what lies in it
    assert hand.id("conv1") not in hand.session.selection
    hand.drag(half + QPoint(0, 6), left - QPoint(12, 12))  # to the left: what it touches
    assert hand.id("conv1") in hand.session.selection


def test_upstream_downstream(hand: Hand) -> None:
    hand.select("conv2")
    hand.key(Key.Key_Left, SHIFT)
    assert {hand.id(name) for name in ("conv1", "relu1", "conv2")} < hand.session.selection
    assert hand.id("pool1") not in hand.session.selection
    hand.select("conv2")
    hand.key(Key.Key_Right, SHIFT)
    assert hand.id("loss") in hand.session.selection


def test_walk_graph(hand: Hand) -> None:
    hand.select("conv1")
    hand.key(Key.Key_Down)
    assert hand.session.selection == {hand.id("relu1")}
    hand.key(Key.Key_Up)
    assert hand.session.selection == {hand.id("conv1")}
    x, y = hand.node("conv1").position
    hand.key(Key.Key_Right, ALT)
    assert hand.node("conv1").position == (x + 8, y)
    hand.key(Key.Key_Down, ALT | SHIFT)
    assert hand.node("conv1").position == (x + 8, y + 40)


@pytest.mark.parametrize("way", ["middle", "right", "space", "fingers"])
def test_pan(hand: Hand, way: str) -> None:
    at = hand.empty()
    before = hand.view.mapToScene(at)
    if way == "fingers":
        spot = QPointF(at)
        wheel = QWheelEvent(
            spot, hand.view.viewport().mapToGlobal(spot), QPoint(30, 20), QPoint(120, 120), Qt.MouseButton.NoButton, NONE,
            Qt.ScrollPhase.ScrollUpdate, False,
        )  # fmt: skip
        QApplication.sendEvent(hand.view.viewport(), wheel)
        assert hand.view.mapToScene(at + QPoint(30, 20)) == before
        return
    if way == "space":
        QTest.keyPress(hand.view, Key.Key_Space)
    hand.drag(at, at + QPoint(60, 30), NONE, {"middle": MIDDLE, "right": RIGHT, "space": LEFT}[way])
    QTest.keyRelease(hand.view, Key.Key_Space)
    assert hand.view.mapToScene(at + QPoint(60, 30)) == before


def turn(hand: Hand, at: QPoint, keys: Any) -> None:
    spot = QPointF(at)
    wheel = QWheelEvent(
        spot, hand.view.viewport().mapToGlobal(spot), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False
    )  # fmt: skip
    QApplication.sendEvent(hand.view.viewport(), wheel)


def test_zoom(hand: Hand) -> None:
    at, zoom = hand.at("conv1"), hand.view.zoom
    under = hand.view.mapToScene(at)
    turn(hand, at, NONE)
    assert hand.view.zoom > zoom
    assert (hand.view.mapToScene(at) - under).manhattanLength() < 4  # at the cursor
    zoom, before = hand.view.zoom, hand.view.mapToScene(at)
    turn(hand, at, SHIFT)
    assert hand.view.zoom == zoom
    assert hand.view.mapToScene(at).x() != before.x()
    hand.key(Key.Key_M, CTRL)  # from now on the wheel scrolls, and zooms with Ctrl
    turn(hand, at, NONE)
    assert hand.view.zoom == zoom
    turn(hand, at, CTRL)
    assert hand.view.zoom > zoom


def test_view(hand: Hand) -> None:
    hand.select("conv1")
    hand.key(Key.Key_F)
    assert hand.view.zoom == 1.0
    hand.key(Key.Key_Plus, CTRL)
    assert hand.view.zoom > 1.0
    hand.key(Key.Key_0, CTRL)
    assert hand.view.zoom == 1.0
    hand.key(Key.Key_Minus, CTRL)
    assert hand.view.zoom < 1.0
    hand.view.set_zoom(3.0)
    hand.key(Key.Key_Home)
    seen = hand.view.mapToScene(hand.view.viewport().rect()).boundingRect()
    assert seen.contains(hand.scene.content())


def test_auto_layout(hand: Hand) -> None:
    places = {id: n.position for id, n in hand.session.graph.nodes.items()}
    hand.select("conv1", "relu1")
    hand.drag(hand.at("relu1"), hand.at("relu1") + QPoint(-160, 40))
    hand.key(Key.Key_L)
    assert hand.session.history.undo_name == "Lay out 2 blocks"
    hand.key(Key.Key_L, CTRL)
    assert hand.session.history.undo_name == "Lay out all"
    assert {id: n.position for id, n in hand.session.graph.nodes.items()} != places
    assert hand.view.glide.running
    hand.view.glide.end()


def test_orientation(hand: Hand) -> None:
    before = hand.session.document
    hand.key(Key.Key_O, CTRL | SHIFT)
    hand.view.glide.end()
    assert hand.session.graph.across
    places = {n.name: n.position for n in hand.session.graph.nodes.values()}
    assert places["image"][0] < places["conv1"][0] < places["relu1"][0] < places["loss"][0]
    assert abs(places["conv1"][1] - places["conv2"][1]) < 1
    start, end = hand.scene.wires[hand.wire("conv1", "relu1")].corners[0], hand.scene.wires[hand.wire("conv1", "relu1")].corners[-1]
    assert start[0] < end[0]
    assert abs(start[1] - end[1]) < 1  # straight
    hand.select("relu1")
    hand.key(Key.Key_Right)
    assert hand.session.selection == {hand.id("conv2")}
    hand.key(Key.Key_Tab)
    new = hand.quick_add("dropout")
    assert new.position[0] > hand.node("conv2").position[0]
    rects = [item.rect() for item in hand.scene.nodes.values()]
    assert not any(a.intersects(b) for k, a in enumerate(rects) for b in rects[:k])
    hand.session.undo()
    hand.session.undo()
    assert hand.session.document == before


def test_align_distribute(hand: Hand, workspace: Workspace) -> None:
    hand.drag(hand.at("relu1"), hand.at("relu1") + QPoint(-60, 0))
    hand.select("conv1", "relu1", "conv2")
    assert workspace.context_bar.isVisible()
    QTest.mouseClick(workspace.context_bar.buttons["align_left"], LEFT)
    assert len({hand.node(name).position[0] for name in ("conv1", "relu1", "conv2")}) == 1
    QTest.mouseClick(workspace.context_bar.buttons["distribute"], LEFT)
    tops = [(hand.node(n).position[1], hand.node(n).position[1] + tall(hand.node(n))) for n in ("conv1", "relu1", "conv2")]
    assert tops[1][0] - tops[0][1] == pytest.approx(tops[2][0] - tops[1][1])
    hand.view.glide.end()
    start = hand.at("relu1")
    hand.press(start)
    hand.move(start - QPoint(70, 0), start - QPoint(3, 0))
    assert any(line.isVisible() for line in hand.view._guides.lines)  # in line with conv1
    hand.release(start - QPoint(3, 0))
    assert hand.node("relu1").position[0] == hand.node("conv1").position[0]
    hand.drag(hand.at("relu1"), hand.at("relu1") - QPoint(50, 0))
    hand.select("relu1")
    hand.key(Key.Key_Q)
    assert hand.node("relu1").position[0] == hand.node("conv1").position[0]


def test_minimap(hand: Hand, workspace: Workspace) -> None:
    assert not workspace.minimap.isVisible()
    hand.view.set_zoom(3.0)
    QTest.qWait(10)
    assert workspace.minimap.isVisible()  # the network is larger than two views
    before = hand.view.mapToScene(QPoint(0, 0))
    QTest.mouseClick(workspace.minimap, LEFT, NONE, QPoint(30, 110))
    assert hand.view.mapToScene(QPoint(0, 0)) != before
    hand.key(Key.Key_M, CTRL | SHIFT)
    assert not workspace.minimap.isVisible()


def test_cost_bar(hand: Hand, workspace: Workspace) -> None:
    facts = hand.session.analysis.facts
    for k, name in enumerate(("macs", "params", "memory")):
        workspace.actions[f"cost_{k}"].trigger()
        assert hand.scene.heaviest == (k, max(getattr(one, name) for one in facts.values()))
        assert hand.scene.nodes[hand.id("conv1")].face.spent[k] == getattr(facts[hand.id("conv1")], name)


def test_find_in_graph(hand: Hand, workspace: Workspace) -> None:
    hand.key(Key.Key_F, CTRL)
    QTest.keyClicks(workspace.finding.finder.search, "shape:64")
    assert workspace.finding.finder.list.count() > 0
    QTest.keyClick(workspace.finding.finder.search, Key.Key_Return)
    (id,) = hand.session.selection
    assert 64 in hand.session.analysis.facts[id].outputs[0]


@pytest.mark.parametrize(("key", "keys"), [(Key.Key_P, CTRL | SHIFT), (Key.Key_K, CTRL)])
def test_command_palette(hand: Hand, workspace: Workspace, key: Any, keys: Any) -> None:
    hand.key(key, keys)
    QTest.keyClicks(workspace.finding.finder.search, "select all")
    QTest.keyClick(workspace.finding.finder.search, Key.Key_Return)
    assert hand.session.selection == set(hand.session.graph.nodes)


def test_rename_help(hand: Hand, workspace: Workspace) -> None:
    hand.select("conv1")
    hand.key(Key.Key_F2)
    name = workspace.inspector.head.name
    assert name.hasFocus()
    QTest.keyClicks(name, "first")
    QTest.keyClick(name, Key.Key_Return)
    assert hand.id("first")
    hand.key(Key.Key_F1)
    place = workspace.inspector.help.mapTo(workspace.inspector.viewport(), QPoint(0, 0))
    assert 0 <= place.y() < workspace.inspector.viewport().height()


def test_multi_edit(hand: Hand, workspace: Workspace) -> None:
    hand.select("conv1", "conv2")
    editor = workspace.inspector.form.editors["out_channels"]
    spin = editor.findChild(QSpinBox)
    assert spin is not None
    spin.setFocus()
    spin.lineEdit().selectAll()
    QTest.keyClicks(spin, "8*3")
    QTest.keyClick(spin, Key.Key_Return)
    assert [hand.block(name).out_channels for name in ("conv1", "conv2")] == [24, 24]
    hand.session.undo()
    assert [hand.block(name).out_channels for name in ("conv1", "conv2")] == [16, 32]


@pytest.mark.parametrize(("key", "keys"), [(Key.Key_F5, NONE), (Key.Key_Return, CTRL)])
def test_train(hand: Hand, workspace: Workspace, monkeypatch: Any, key: Any, keys: Any) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(workspace.engine, "send", sent.append)
    hand.key(key, keys)
    assert type(sent[-1]).__name__ == "Train"
    assert workspace.layouts.current == TRAIN


def test_cycle_panes(hand: Hand, workspace: Workspace) -> None:
    seen = []
    for _ in range(4):
        hand_focus = QApplication.focusWidget()
        QTest.keyClick(hand_focus or hand.view, Key.Key_F6)
        seen.append(QApplication.focusWidget())
    assert len(set(map(id, seen))) >= 3
    QTest.keyClick(QApplication.focusWidget(), Key.Key_F6, SHIFT)


def test_tab_conflict(hand: Hand) -> None:
    hand.view.tab = "focus"
    hand.key(Key.Key_Tab)
    assert not hand.view.adding.quick.isVisible()
    hand.view.setFocus()
    hand.view.tab = "auto"  # no screen reader runs
    hand.key(Key.Key_Tab)
    assert hand.view.adding.quick.isVisible()


def test_keyboard_only_build(hand: Hand) -> None:
    hand.session.new()
    hand.view.setFocus()
    for text in ("input", "conv 16 3", "relu", "conv 16 3"):
        hand.key(Key.Key_Tab)
        hand.quick_add(text)
    conv = next(iter(hand.session.selection))
    hand.key(Key.Key_Tab)
    add = hand.quick_add("add").id
    first = next(i for i, n in hand.session.graph.nodes.items() if type(n.block).__name__ == "ReLU")
    hand.key(Key.Key_Up)
    hand.key(Key.Key_Up)
    assert hand.session.selection == {first}
    hand.key(Key.Key_C, CTRL | ALT)
    QTest.qWait(10)
    menu = QApplication.activePopupWidget()
    assert menu is not None
    assert isinstance(menu, QMenu)
    while menu.activeAction() is None or menu.activeAction().text() != "add1":
        QTest.keyClick(menu, Key.Key_Down)
    QTest.keyClick(menu, Key.Key_Return)
    sources = {e.source for e in hand.session.graph.edges.values() if e.target == add}
    assert sources == {first, conv}


def test_a_bent_wire_moves_with_its_blocks(hand: Hand) -> None:
    hand.show("relu1")
    at = hand.on_wire("relu1", "conv2")
    hand.drag(at - QPoint(50, 0), at + QPoint(50, 0), SHIFT, RIGHT)
    before = hand.session.graph.edges[hand.wire("relu1", "conv2")].via[0]
    hand.select("relu1", "conv2")
    x = hand.node("relu1").position[0]
    hand.drag(hand.at("relu1"), hand.at("relu1") + QPoint(-96, 0))
    by = hand.node("relu1").position[0] - x
    assert hand.session.graph.edges[hand.wire("relu1", "conv2")].via[0][0] == before[0] + by
    wire = hand.scene.wires[hand.wire("relu1", "conv2")]
    assert isinstance(wire, WireItem)
    assert wire.via == hand.session.graph.edges[wire.id].via


def test_nothing_is_painted_wrong_after_a_zoom(hand: Hand) -> None:
    """Large networks are sharpened square by square; in the end the picture is the one that is painted at once."""
    from tests.benchmarks.grids import grid

    graph: Graph = grid(400)
    hand.session.edit("Open", lambda _: graph)
    hand.view.fit()
    QTest.qWait(200)
    hand.view.set_zoom(0.4)
    QTest.qWait(5)
    assert hand.view.sharpening.busy
    for _ in range(300):
        QTest.qWait(5)
        if not hand.view.sharpening.busy:
            break
    assert not hand.view.sharpening.busy
    shown = on_screen(hand)
    hand.view.viewport().repaint()
    assert differing(shown, on_screen(hand)) < 0.002
    hand.view.pan(QPoint(-37, 21))
    QTest.qWait(300)
    shown = on_screen(hand)
    hand.view.viewport().repaint()
    assert differing(shown, on_screen(hand)) < 0.002


def on_screen(hand: Hand) -> Any:
    store = hand.view.viewport().backingStore()
    corner = hand.view.viewport().mapTo(hand.view.window(), QPoint(0, 0))
    image = store.paintDevice().copy(corner.x(), corner.y(), hand.view.viewport().width() - 200, hand.view.viewport().height() - 150)
    return QPixmap.fromImage(image).toImage()


def differing(one: Any, other: Any) -> float:
    """The share of pixels that differ visibly."""
    count = total = 0
    for x in range(0, one.width(), 3):
        for y in range(0, one.height(), 3):
            a, b = one.pixelColor(x, y), other.pixelColor(x, y)
            total += 1
            count += abs(a.lightness() - b.lightness()) > 24
    return count / total


def test_the_width_of_a_block_is_what_the_layout_thinks(hand: Hand) -> None:
    for id, item in hand.scene.nodes.items():
        assert item.rect().width() == WIDTH
        assert item.rect().height() == tall(hand.session.graph.nodes[id])
