"""The window by real events: mouse and keys go in, the document and the screen are looked at."""

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit, QMessageBox

from app.canvas.view import CanvasView
from app.document.edits import move, set_params
from app.document.storage import dumps, load
from app.look import theme
from app.window.workspace import Workspace

Left = Qt.MouseButton.LeftButton


def at(view: CanvasView, id: str, dx: float = 96, dy: float = 20) -> QPoint:
    """A place on a block, in the viewport."""
    item = view.canvas.nodes[id]
    return view.mapFromScene(item.pos() + QPointF(dx, dy))


def drag(view: CanvasView, start: QPoint, end: QPoint, *, button: Qt.MouseButton = Left, release: bool = True) -> None:
    port = view.viewport()
    QTest.mousePress(port, button, Qt.KeyboardModifier.NoModifier, start)
    for k in range(1, 9):
        QTest.mouseMove(port, start + (end - start) * k / 8, 5)
    if release:
        QTest.mouseRelease(port, button, Qt.KeyboardModifier.NoModifier, end)
    QTest.qWait(5)


def by_name(workspace: Workspace, name: str) -> str:
    return next(i for i, n in workspace.session.graph.nodes.items() if n.name == name)


def out_port(view: CanvasView, id: str) -> QPoint:
    spot = next(iter(view.canvas.nodes[id].outputs.values()))
    return at(view, id, spot.x, spot.y)


def in_port(view: CanvasView, id: str, name: str = "") -> QPoint:
    spots = view.canvas.nodes[id].inputs
    spot = spots[name] if name else next(iter(spots.values()))
    return at(view, id, spot.x, spot.y)


def key(widget: Any, key_: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(widget, key_, modifier)
    QTest.qWait(5)


Ctrl = Qt.KeyboardModifier.ControlModifier
Shift = Qt.KeyboardModifier.ShiftModifier


def test_a_click_selects_and_the_inspector_follows(workspace: Workspace) -> None:
    view = workspace.canvas
    conv = by_name(workspace, "conv1")
    QTest.mouseClick(view.viewport(), Left, pos=at(view, conv))
    assert workspace.session.selection == {conv}
    assert workspace.inspector.head.title.text() == "Conv 2D"
    assert workspace.inspector.head.name.text() == "conv1"
    relu = by_name(workspace, "relu1")
    QTest.mouseClick(view.viewport(), Left, Shift, at(view, relu, 120, 16))
    assert workspace.session.selection == {conv, relu}
    QTest.mouseClick(view.viewport(), Left, Ctrl, at(view, relu, 120, 16))
    assert workspace.session.selection == {conv}
    key(view, Qt.Key.Key_Escape)
    assert not workspace.session.selection


def test_a_drag_moves_on_the_grid_and_is_one_step(workspace: Workspace) -> None:
    view, session = workspace.canvas, workspace.session
    conv = by_name(workspace, "conv1")
    before = session.graph.nodes[conv].position
    steps = len(session.history.steps)
    drag(view, at(view, conv), at(view, conv) + QPoint(61, 33))
    x, y = session.graph.nodes[conv].position
    assert (x, y) != before
    assert x % 8 == 0
    assert len(session.history.steps) == steps + 1
    assert session.history.undo_name == "Move conv1"
    key(view, Qt.Key.Key_Z, Ctrl)
    assert session.graph.nodes[conv].position == before
    assert view.canvas.nodes[conv].pos() == QPointF(*before)


def test_escape_cancels_a_drag(workspace: Workspace) -> None:
    view, session = workspace.canvas, workspace.session
    conv = by_name(workspace, "conv1")
    document = session.document
    drag(view, at(view, conv), at(view, conv) + QPoint(80, 80), release=False)
    assert view.canvas.nodes[conv].pos() != QPointF(*session.graph.nodes[conv].position)
    key(view, Qt.Key.Key_Escape)
    assert view.canvas.nodes[conv].pos() == QPointF(*session.graph.nodes[conv].position)
    assert session.document is document


def test_a_rubber_band_selects(workspace: Workspace) -> None:
    view = workspace.canvas
    drag(view, at(view, by_name(workspace, "conv1"), -40, -20), at(view, by_name(workspace, "relu1"), 230, 36))
    assert workspace.session.selection == {by_name(workspace, "conv1"), by_name(workspace, "relu1")}


def test_a_wire_is_drawn_between_ports(workspace: Workspace) -> None:
    view, session = workspace.canvas, workspace.session
    source, target = by_name(workspace, "image"), by_name(workspace, "conv2")
    drag(view, out_port(view, source), in_port(view, target))
    assert [e.source for e in session.graph.edges.values() if e.target == target] == [source]
    assert session.history.undo_name == "Connect image to conv2"


def test_a_wire_dropped_on_a_body_finds_the_port(workspace: Workspace) -> None:
    view, session = workspace.canvas, workspace.session
    source, target = by_name(workspace, "image"), by_name(workspace, "conv2")
    drag(view, out_port(view, source), at(view, target, 60, 70))
    assert [e.source for e in session.graph.edges.values() if e.target == target] == [source]


@pytest.mark.parametrize(
    ("source", "target", "words"), [("relu1", "conv1", "would close a circle"), ("label", "conv1", "takes real numbers, not class labels")]
)
def test_an_illegal_wire_is_refused_with_its_reason(workspace: Workspace, source: str, target: str, words: str) -> None:
    view, session = workspace.canvas, workspace.session
    document = session.document
    a, b = by_name(workspace, source), by_name(workspace, target)
    drag(view, out_port(view, a), in_port(view, b), release=False)
    assert words in view._hint.text()
    assert view.canvas.nodes[b].state.dimmed
    assert not view._hint.isHidden()
    QTest.mouseRelease(view.viewport(), Left, pos=in_port(view, b))
    assert session.document is document
    assert view._hint.isHidden()
    assert not any(item.state.dimmed for item in view.canvas.nodes.values())


def test_legal_targets_light_up(workspace: Workspace) -> None:
    view = workspace.canvas
    drag(view, out_port(view, by_name(workspace, "label")), at(view, by_name(workspace, "label"), 96, 140), release=False)
    lit = {item.node.name for item in view.canvas.nodes.values() if item.lit_ports}
    assert lit == {"loss", "flatten1"}  # both take indices
    key(view, Qt.Key.Key_Escape)


def test_a_wire_that_would_not_fit_warns_and_is_drawn(workspace: Workspace) -> None:
    view, session = workspace.canvas, workspace.session
    drag(view, out_port(view, by_name(workspace, "conv1")), in_port(view, by_name(workspace, "loss"), "prediction"), release=False)
    assert "needs one score for each class" in view._hint.text()
    QTest.mouseRelease(view.viewport(), Left, pos=in_port(view, by_name(workspace, "loss"), "prediction"))
    session.check_now()
    assert any(p.code == "scores" for p in session.problems)


def test_the_end_of_a_wire_is_taken_elsewhere_or_off(workspace: Workspace) -> None:
    view, session = workspace.canvas, workspace.session
    conv2 = by_name(workspace, "conv2")
    drag(view, in_port(view, conv2), in_port(view, conv2) + QPoint(-150, 10))
    assert not [e for e in session.graph.edges.values() if e.target == conv2]
    assert session.history.undo_name == "Disconnect"


def test_click_and_click_draws_a_wire(workspace: Workspace) -> None:
    view, session = workspace.canvas, workspace.session
    source, target = by_name(workspace, "image"), by_name(workspace, "conv2")
    QTest.mouseClick(view.viewport(), Left, pos=out_port(view, source))
    QTest.mouseMove(view.viewport(), in_port(view, target), 10)
    QTest.mouseClick(view.viewport(), Left, pos=in_port(view, target))
    assert [e.source for e in session.graph.edges.values() if e.target == target] == [source]


def test_delete_undo_redo(workspace: Workspace) -> None:
    view, session = workspace.canvas, workspace.session
    text = dumps(session.document)
    QTest.mouseClick(view.viewport(), Left, pos=at(view, by_name(workspace, "relu1"), 120, 16))
    key(view, Qt.Key.Key_Delete)
    assert len(session.graph.nodes) == 12
    assert len(view.canvas.nodes) == 12
    key(view, Qt.Key.Key_Z, Ctrl)
    assert dumps(session.document) == text
    key(view, Qt.Key.Key_Y, Ctrl)
    assert len(session.graph.nodes) == 12


def test_delete_and_join(workspace: Workspace) -> None:
    view, session = workspace.canvas, workspace.session
    QTest.mouseClick(view.viewport(), Left, pos=at(view, by_name(workspace, "relu1"), 120, 16))
    key(view, Qt.Key.Key_Delete, Ctrl)
    assert (by_name(workspace, "conv1"), by_name(workspace, "conv2")) in {(e.source, e.target) for e in session.graph.edges.values()}


def test_copy_and_paste_as_text(workspace: Workspace) -> None:
    view, session = workspace.canvas, workspace.session
    drag(view, at(view, by_name(workspace, "conv1"), -40, -20), at(view, by_name(workspace, "relu1"), 230, 36))
    key(view, Qt.Key.Key_C, Ctrl)
    assert json.loads(QGuiApplication.clipboard().text())["format"] == "netwright"
    key(view, Qt.Key.Key_V, Ctrl)
    assert len(session.graph.nodes) == 15
    assert len(session.selection) == 2
    assert session.history.undo_name == "Paste 2 blocks"
    key(view, Qt.Key.Key_Z, Ctrl)
    assert len(session.graph.nodes) == 13
    QGuiApplication.clipboard().setText("no network")
    key(view, Qt.Key.Key_V, Ctrl)
    assert len(session.graph.nodes) == 13


def test_zoom_and_pan(workspace: Workspace) -> None:
    from PySide6.QtGui import QWheelEvent

    view = workspace.canvas
    view.set_zoom(1.0)
    spot = QPointF(400, 300)
    fixed = view.mapToScene(spot.toPoint())
    wheel = QWheelEvent(spot, view.viewport().mapToGlobal(spot), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
                        Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    QGuiApplication.sendEvent(view.viewport(), wheel)
    assert view.zoom > 1.3
    assert (view.mapToScene(spot.toPoint()) - fixed).manhattanLength() < 4
    before = view.mapToScene(0, 0)
    drag(view, QPoint(300, 300), QPoint(340, 320), button=Qt.MouseButton.MiddleButton)
    moved = (before - view.mapToScene(0, 0)) * view.zoom
    assert abs(moved.x() - 40) < 3
    assert abs(moved.y() - 20) < 3
    view.set_zoom(100)
    assert view.zoom == 4.0
    key(view, Qt.Key.Key_Home)
    assert view.zoom <= 1.0


def spin(workspace: Workspace, name: str) -> Any:
    return workspace.inspector.form.editors[name].spins[0]  # type: ignore[attr-defined]


def test_a_value_typed_in_the_inspector_reaches_the_face(workspace: Workspace) -> None:
    view, session = workspace.canvas, workspace.session
    conv = by_name(workspace, "conv1")
    QTest.mouseClick(view.viewport(), Left, pos=at(view, conv))
    box = spin(workspace, "out_channels")
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "6*4")
    key(box, Qt.Key.Key_Return)
    assert session.graph.nodes[conv].block.out_channels == 24  # type: ignore[attr-defined]
    assert view.canvas.nodes[conv].face.shape == "24×8×8"
    assert session.history.undo_name == "Set out_channels of conv1 to 24"


def test_steps_of_a_spin_box_are_one_undo_step(workspace: Workspace) -> None:
    view, session = workspace.canvas, workspace.session
    QTest.mouseClick(view.viewport(), Left, pos=at(view, by_name(workspace, "conv1")))
    steps = len(session.history.steps)
    box = spin(workspace, "out_channels")
    box.setFocus()
    for _ in range(5):
        key(box, Qt.Key.Key_Up)
    assert session.graph.nodes[by_name(workspace, "conv1")].block.out_channels == 21  # type: ignore[attr-defined]
    assert len(session.history.steps) == steps + 1


def test_linked_axes_and_mixed_values(workspace: Workspace) -> None:
    session = workspace.session
    a, b = by_name(workspace, "conv1"), by_name(workspace, "conv2")
    session.select([a, b])
    assert spin(workspace, "out_channels").text() == "mixed"
    assert spin(workspace, "kernel_size").text() == "3"
    box = spin(workspace, "kernel_size")
    box.setFocus()
    key(box, Qt.Key.Key_Up)
    key(box, Qt.Key.Key_Up)
    for id in (a, b):
        assert session.graph.nodes[id].block.kernel_size == (5, 5)  # type: ignore[attr-defined]
    assert session.graph.nodes[a].block.out_channels == 16  # type: ignore[attr-defined]


def test_a_number_that_does_not_fit_is_refused_in_words(workspace: Workspace) -> None:
    session = workspace.session
    dropout = by_name(workspace, "dropout1")
    session.select([dropout])
    line = workspace.inspector.form.editors["p"].findChild(QLineEdit)
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, "1,5")
    key(line, Qt.Key.Key_Return)
    assert session.graph.nodes[dropout].block.p == 0.25  # type: ignore[attr-defined]
    line.selectAll()
    QTest.keyClicks(line, "0,5")
    key(line, Qt.Key.Key_Return)
    assert session.graph.nodes[dropout].block.p == 0.5  # type: ignore[attr-defined]


def test_the_recipe_is_edited_when_nothing_is_selected(workspace: Workspace) -> None:
    box = spin(workspace, "epochs")
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "12")
    key(box, Qt.Key.Key_Return)
    assert workspace.session.document.recipe.epochs == 12


def test_the_palette_searches_and_adds_after_the_selection(workspace: Workspace) -> None:
    session, palette = workspace.session, workspace.palette
    session.select([by_name(workspace, "conv1")])
    palette.search.setFocus()
    QTest.keyClicks(palette.search, "batch")
    key(palette.search, Qt.Key.Key_Return)
    norm = by_name(workspace, "bn1")
    pairs = {(e.source, e.target) for e in session.graph.edges.values()}
    assert (by_name(workspace, "conv1"), norm) in pairs
    assert (norm, by_name(workspace, "relu1")) in pairs
    assert session.history.undo_name == "Add Batch norm 2D"
    rects = [item.rect() for item in workspace.canvas.canvas.nodes.values()]
    assert not any(a.intersects(b) for k, a in enumerate(rects) for b in rects[k + 1 :])


def test_a_problem_is_listed_and_mended(workspace: Workspace) -> None:
    session = workspace.session
    conv = by_name(workspace, "conv1")
    session.edit("break it", lambda g: set_params(g, [conv], kernel_size=13, padding=0))
    session.check_now()
    assert workspace.canvas.canvas.nodes[conv].face.error
    assert workspace.canvas.canvas.nodes[by_name(workspace, "fc1")].face.shape == "64"  # the last that was known, dimmed
    assert not workspace.canvas.canvas.nodes[by_name(workspace, "fc1")].face.current
    assert workspace.status.problem_count.text() == "1 error"
    key(workspace.canvas, Qt.Key.Key_Return, Qt.KeyboardModifier.AltModifier)
    assert not session.problems
    assert workspace.status.problem_count.text() == "No problems"


def test_train_says_why_it_can_not(workspace: Workspace) -> None:
    session = workspace.session
    session.edit("break it", lambda g: set_params(g, [by_name(workspace, "conv1")], kernel_size=13, padding=0))
    key(workspace.canvas, Qt.Key.Key_F5)
    assert "13 does not fit into height 8" in workspace.banner.text.text()
    assert workspace.banner.isVisible()


def test_save_open_new(workspace: Workspace, tmp_path: Path, monkeypatch: Any) -> None:
    session, path = workspace.session, tmp_path / "mine.netwright"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(tmp_path / "mine"), ""))
    session.edit("x", lambda g: set_params(g, [by_name(workspace, "conv1")], out_channels=7))
    assert session.dirty
    assert "•" in workspace.shell.windowTitle()
    key(workspace.canvas, Qt.Key.Key_S, Ctrl)
    assert load(path) == session.document
    assert not session.dirty
    key(workspace.canvas, Qt.Key.Key_N, Ctrl)
    assert not session.graph.nodes
    assert workspace.welcome.isVisible()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a, **k: (str(path), ""))
    key(workspace.canvas, Qt.Key.Key_O, Ctrl)
    assert load(path) == session.document
    assert len(session.sheets) == 2  # it is open already: the untouched empty one stays
    broken = tmp_path / "broken.netwright"
    broken.write_text("{")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a, **k: (str(broken), ""))
    key(workspace.canvas, Qt.Key.Key_O, Ctrl)
    assert "can't be read" in workspace.banner.text.text()
    assert len(session.graph.nodes) == 13


def test_a_save_that_fails_is_loud_and_harmless(workspace: Workspace, monkeypatch: Any, tmp_path: Path) -> None:
    session = workspace.session
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(tmp_path / "no" / "such" / "folder.netwright"), ""))
    session.edit("x", lambda g: set_params(g, [by_name(workspace, "conv1")], out_channels=7))
    key(workspace.canvas, Qt.Key.Key_S, Ctrl)
    assert session.dirty
    assert "was not saved: No such file or directory" in workspace.banner.text.text()


def test_unsaved_changes_are_asked_about(workspace: Workspace, monkeypatch: Any) -> None:
    session = workspace.session
    session.edit("x", lambda g: set_params(g, [by_name(workspace, "conv1")], out_channels=7))
    asked = []
    monkeypatch.setattr(QMessageBox, "exec", lambda self: asked.append(self.text()) or QMessageBox.StandardButton.Cancel)
    key(workspace.canvas, Qt.Key.Key_N, Ctrl)
    assert asked == []  # it stays open beside the new one
    session.take(session.sheets[0])
    key(workspace.canvas, Qt.Key.Key_W, Ctrl)
    assert asked == ["Save the changes to first-cnn?"]
    assert not workspace.may_close()
    assert len(asked) == 2
    assert len(session.graph.nodes) == 13


def test_both_themes_are_painted(workspace: Workspace) -> None:
    shell = workspace.shell
    colors = []
    for name in ("light", "dark"):
        shell.set_theme(name)
        QTest.qWait(30)
        image = shell.grab().toImage()
        spot = workspace.canvas.mapTo(shell, QPoint(8, 200))
        ratio = image.devicePixelRatio()
        colors.append(QColor(image.pixel(round(spot.x() * ratio), round(spot.y() * ratio))).lightness())
    assert colors[0] > 200
    assert colors[1] < 60
    assert theme.current.theme.name == "dark"


def test_the_wheel_over_a_field_does_not_change_it(workspace: Workspace) -> None:
    from PySide6.QtGui import QWheelEvent

    workspace.session.select([by_name(workspace, "conv1")])
    box = spin(workspace, "out_channels")
    workspace.canvas.setFocus()
    event = QWheelEvent(QPointF(5, 5), box.mapToGlobal(QPointF(5, 5)), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
                        Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    QGuiApplication.sendEvent(box, event)
    assert box.value() == 16


def test_every_button_has_a_name(workspace: Workspace) -> None:
    from PySide6.QtWidgets import QAbstractButton

    buttons = [b for b in workspace.shell.findChildren(QAbstractButton) if b.isVisible() and not isinstance(b.parent(), QLineEdit)]
    assert len(buttons) > 10
    assert not [type(b).__name__ for b in buttons if not b.text() and not b.accessibleName()]


def test_undo_in_the_middle_of_a_drag_ends_it(workspace: Workspace) -> None:
    view, session = workspace.canvas, workspace.session
    workspace.palette.search.setFocus()
    QTest.keyClicks(workspace.palette.search, "dropout")
    key(workspace.palette.search, Qt.Key.Key_Return)
    (new,) = session.selection
    drag(view, at(view, new), at(view, new) + QPoint(80, 40), release=False)
    session.undo()
    assert new not in session.graph.nodes
    QTest.mouseRelease(view.viewport(), Left, pos=QPoint(500, 400))
    assert new not in session.graph.nodes
    assert view.gesture is None


def test_an_unknown_block_is_shown_and_left_alone(workspace: Workspace, tmp_path: Path) -> None:
    text = dumps(workspace.session.document).replace(
        '"block": "ReLU", "name": "relu1", "params": {}', '"block": "Foo", "name": "relu1", "params": {"a": [1]}'
    )
    (tmp_path / "odd.netwright").write_text(text)
    workspace.files.try_open(tmp_path / "odd.netwright")
    odd = by_name(workspace, "relu1")
    workspace.session.select([odd])
    assert workspace.inspector.head.title.text() == "Foo"
    assert not workspace.inspector.form.editors
    assert "not known here" in workspace.canvas.canvas.nodes[odd].face.error
    assert dumps(workspace.session.document) == text


@pytest.mark.parametrize(
    ("typed", "size"),
    [("3x32x32", (3, 32, 32)), ("3, 16, 16", (3, 16, 16)), ("1×28×28", (1, 28, 28)), ("three", (1, 8, 8)), ("0x3", (1, 8, 8))],
)
def test_a_size_is_typed_as_people_write_it(workspace: Workspace, typed: str, size: tuple[int, ...]) -> None:
    session = workspace.session
    image = by_name(workspace, "image")
    session.select([image])
    line = workspace.inspector.form.editors["size"].findChild(QLineEdit)
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, typed)
    key(line, Qt.Key.Key_Return)
    assert session.graph.nodes[image].block.size == size  # type: ignore[attr-defined]


def test_a_block_dropped_on_a_wire_is_spliced_in(workspace: Workspace) -> None:
    from PySide6.QtCore import QMimeData
    from PySide6.QtGui import QDragMoveEvent, QDropEvent

    from app.panels.palette import MIME

    view, session = workspace.canvas, workspace.session
    view.set_zoom(1.0)
    view.centerOn(view.canvas.content().center())
    conv, relu = by_name(workspace, "conv2"), by_name(workspace, "relu2")
    middle = (out_port(view, conv) + in_port(view, relu)) / 2
    data = QMimeData()
    data.setData(MIME, b"BatchNorm2d")
    for kind in (QDragMoveEvent, QDropEvent):
        event = kind(
            middle if kind is QDragMoveEvent else QPointF(middle), Qt.DropAction.CopyAction, data, Left, Qt.KeyboardModifier.NoModifier
        )
        (view.dragMoveEvent if kind is QDragMoveEvent else view.dropEvent)(event)
    norm = by_name(workspace, "bn1")
    pairs = {(e.source, e.target) for e in session.graph.edges.values()}
    assert {(conv, norm), (norm, relu)} <= pairs
    rects = [item.rect() for item in view.canvas.nodes.values()]
    assert not any(a.intersects(b) for k, a in enumerate(rects) for b in rects[k + 1 :])


def test_a_long_problem_leaves_room_for_its_fix(workspace: Workspace) -> None:
    from PySide6.QtWidgets import QPushButton

    workspace.session.edit("break it", lambda g: set_params(g, [by_name(workspace, "conv1")], kernel_size=13, padding=0))
    workspace.session.check_now()
    QTest.qWait(50)
    buttons = [b for b in workspace.problems.findChildren(QPushButton) if b.objectName() == "fix" and b.isVisible()]
    assert buttons
    area = workspace.problems.list.viewport()
    for button in buttons:
        right = button.mapTo(area, QPoint(button.width(), 0)).x()
        assert right <= area.width()


def test_the_window_comes_back_where_it_was(workspace: Workspace) -> None:
    from app.window.shell import Shell

    shell = workspace.shell
    shell.resize(900, 655)  # the virtual screen is small
    QTest.qWait(20)
    for sheet in workspace.session.sheets:
        sheet.saved = sheet.document
    shell.close()
    again = Shell(shell.settings)
    assert (again.width(), again.height()) == (900, 655)


def test_lay_out_is_one_step_and_glides(workspace: Workspace, qtbot: Any) -> None:
    session, view = workspace.session, workspace.canvas
    session.edit("Scatter", lambda graph: move(graph, {id: (37.0 * k % 500, 61.0 * k % 700) for k, id in enumerate(graph.nodes)}))
    scattered = session.graph
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert session.history.undo_name == "Lay out all"
    assert view.glide.running
    qtbot.waitUntil(lambda: not view.glide.running)
    for id, item in view.canvas.nodes.items():
        assert (item.pos().x(), item.pos().y()) == session.graph.nodes[id].position
    rects = [item.rect() for item in view.canvas.nodes.values()]
    assert not any(a.intersects(b) for k, a in enumerate(rects) for b in rects[k + 1 :])
    session.undo()
    assert session.graph == scattered
    session.select(list(scattered.nodes)[:4])
    QTest.keyClick(view, Qt.Key.Key_L)
    assert session.history.undo_name == "Lay out 4 blocks"
    session.undo()
    assert not view.glide.running
    item = next(iter(view.canvas.nodes.values()))
    assert (item.pos().x(), item.pos().y()) == scattered.nodes[item.id].position
