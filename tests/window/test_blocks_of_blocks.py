"""Blocks of blocks with real events: grouped, exposed, repeated, entered, edited, unpacked, undone to the start."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.document import gallery
from app.document.graph import Instance
from app.document.storage import dumps
from app.window.grouping import GroupDialog
from app.window.workspace import Workspace
from tests.window.hand import CTRL, NONE, SHIFT, Hand

Key = Qt.Key


@pytest.fixture
def residual(workspace: Workspace) -> Hand:
    """A hand on the residual example, all of it in sight."""
    workspace.files.try_open(gallery.templates()["resnet-18"].path)
    workspace.canvas.fit()
    workspace.canvas.setFocus()
    QTest.qWait(20)
    return Hand(workspace.canvas)


def answer(what: Callable[[GroupDialog], None]) -> None:
    """Answer the dialog that is about to open."""

    def now() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, GroupDialog)
        what(dialog)

    QTimer.singleShot(100, now)


def typed(line: Any, text: str) -> None:
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)


def group(hand: Hand, names: list[str], name: str, repeat: int = 1, exposed: str = "") -> None:
    hand.session.select([hand.id(n) for n in names])

    def fill(dialog: GroupDialog) -> None:
        typed(dialog.name, name)
        if repeat > 1:
            dialog.repeat.setFocus()
            dialog.repeat.selectAll()
            QTest.keyClicks(dialog.repeat, str(repeat))
        for (_, param), box in dialog.boxes.items():
            if exposed and exposed == f"{box.text().split(':')[0]}.{param}":
                QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=box.rect().center() - box.rect().center() + _left(box))
        QTest.keyClick(dialog.name, Key.Key_Return)

    answer(fill)
    hand.key(Key.Key_G, CTRL)
    hand.view.window().activateWindow()  # without a window manager nobody else does
    QTest.qWait(50)


def _left(box: Any) -> Any:
    from PySide6.QtCore import QPoint

    return QPoint(10, box.height() // 2)


def test_a_residual_block_from_grouping_to_undo(hand: Hand, workspace: Workspace) -> None:
    session = workspace.session
    first = dumps(session.document)
    names = ["conv1", "bn1", "relu1"]
    names = [n for n in names if n in {node.name for node in session.graph.nodes.values()}] or [
        node.name for node in list(session.graph.nodes.values())[1:4]
    ]
    total = session.analysis.totals.params
    group(hand, names, "Stone", exposed="conv1.out_channels")
    assert "Stone" in session.document.definitions
    id = next(id for id, node in session.graph.nodes.items() if isinstance(node.block, Instance))
    name = session.graph.nodes[id].name
    block = session.graph.nodes[id].block
    assert isinstance(block, Instance)
    assert list(block.own()) == ["out_channels"]
    assert session.analysis.totals.params == total
    assert session.history.undo_name == "Make the block Stone"
    # repeated, with doubling width: typed into the inspector
    form = workspace.inspector.form
    form.editors["repeat"].offer(2)
    form.begin_formula("out_channels")
    typed(form.rows.formulas["out_channels"].line, "= 16 * 2**i")
    QTest.keyClick(form.rows.formulas["out_channels"].line, Key.Key_Return)
    assert dict(session.graph.nodes[id].formulas) == {"out_channels": "= 16 * 2**i"}
    assert session.analysis.facts[id].outputs is not None
    assert session.analysis.facts[id].outputs[0][0] == 32
    assert "→ 16" in form.rows.formulas["out_channels"].worth.text()
    # entered by a double click
    workspace.canvas.fit()
    QTest.qWait(30)
    hand.double_click(hand.at(name))
    assert [step.definition for step in session.place] == ["Stone"]
    assert workspace.breadcrumb.repetition.maximum() == 2
    assert session.analysis.facts[hand.id("conv1")].outputs is not None
    workspace.breadcrumb.repetition.setValue(2)
    assert session.place[-1].repetition == 1
    assert session.analysis.facts[hand.id("conv1")].inputs[0][0] == 16
    # edited inside: every repetition changes
    before = session.document
    workspace.canvas.setFocus()
    hand.session.select([hand.id("relu1")])
    hand.key(Key.Key_Tab)
    hand.quick_add("dropout")
    assert session.document is not before
    assert any(type(node.block).__name__ == "Dropout" for node in session.document.definitions["Stone"].graph.nodes.values())
    # out again with Escape, twice: first the selection goes
    hand.key(Key.Key_Escape)
    hand.key(Key.Key_Escape)
    assert session.place == ()
    assert session.selection == {id}
    # unpacked: two of each
    params = session.analysis.totals.params
    hand.key(Key.Key_G, CTRL | SHIFT)
    assert not any(isinstance(node.block, Instance) for node in session.graph.nodes.values())
    assert session.analysis.totals.params == params
    assert sum(type(node.block).__name__ == "Dropout" for node in session.graph.nodes.values()) >= 2
    last = dumps(session.document)
    end = session.history.at
    while session.history.undo_name:
        hand.key(Key.Key_Z, CTRL)
    assert dumps(session.document) == first
    for _ in range(end):
        hand.key(Key.Key_Z, CTRL | SHIFT)
    assert dumps(session.document) == last


def test_inside_one_sees_the_shapes_of_the_instance_one_came_through(residual: Hand, workspace: Workspace) -> None:
    session = workspace.session
    residual.double_click(residual.at("stage 3"))
    conv = residual.id("conv1")
    assert session.analysis.facts[conv].inputs == ((128, 28, 28),)
    assert session.analysis.facts[conv].outputs == ((256, 14, 14),)
    workspace.breadcrumb.repetition.setValue(2)
    assert session.analysis.facts[conv].inputs == ((256, 14, 14),)
    left_out = [id for id, facts in session.analysis.facts.items() if facts.code == "left-out"]
    assert {session.graph.nodes[id].name for id in left_out} == {"conv3", "bn3"}
    assert session.problems == [] or all(p.severity != "error" for p in session.problems)
    QTest.mouseClick(workspace.breadcrumb.document, Qt.MouseButton.LeftButton)
    assert session.place == ()


def test_a_parameter_is_exposed_and_renamed(residual: Hand, workspace: Workspace) -> None:
    session = workspace.session
    residual.double_click(residual.at("stage 1"))
    residual.session.select([residual.id("conv2")])
    form = workspace.inspector.form
    menu = form.menu("kernel_size")
    next(action for action in menu.actions() if "Expose" in action.text()).trigger()
    assert [p.name for p in session.document.definitions["Residual block"].parameters] == ["width", "stride", "kernel_size"]
    residual.session.select([])
    parameters = workspace.inspector.parameters
    typed(parameters.names[0], "filters")
    QTest.keyClick(parameters.names[0], Key.Key_Return)
    definition = session.document.definitions["Residual block"]
    assert [p.name for p in definition.parameters] == ["filters", "stride", "kernel_size"]
    assert any(("out_channels", "= filters") in node.formulas for node in definition.graph.nodes.values())
    residual.key(Key.Key_Escape)
    widths = [node.block.own()["filters"] for node in session.graph.nodes.values() if isinstance(node.block, Instance)]
    assert widths == [64, 128, 256, 512]
    assert session.analysis.totals.params == 11_689_512


def test_network_parameters_are_edited_in_one_place(residual: Hand, workspace: Workspace) -> None:
    residual.session.select([])
    parameters = workspace.inspector.parameters
    assert [line.text() for line in parameters.names] == ["classes"]
    value = parameters.values[0]
    typed(value, "10")
    QTest.keyClick(value, Key.Key_Return)
    assert residual.block("fc1").out_features == 10
    assert residual.block("label").classes == 10
    typed(value, "1")
    QTest.keyClick(value, Key.Key_Return)
    assert "at least 2" in parameters.refused.text()


def test_a_wrong_formula_points_at_its_character(residual: Hand, workspace: Workspace) -> None:
    residual.session.select([residual.id("stage 2")])
    form = workspace.inspector.form
    spin = form.editors["width"].findChildren(type(form.editors["repeat"].findChildren(object)[0]))
    assert spin is not None
    form.begin_formula("width")
    line = form.rows.formulas["width"].line
    typed(line, "= 64 * foo(i)")
    before = residual.session.document
    QTest.keyClick(line, Key.Key_Return)
    assert residual.session.document is before
    form.editors["width"].refused.emit("")
    typed(line, "= 64 * wdith")
    QTest.keyClick(line, Key.Key_Return)
    facts = residual.session.analysis.facts[residual.id("stage 2")]
    assert "character 7: wdith is not known" in facts.error


def test_make_unique_parts_one_instance(residual: Hand, workspace: Workspace) -> None:
    residual.session.select([residual.id("stage 4")])
    workspace.actions["make_unique"].trigger()
    assert "Residual block 2" in residual.session.document.definitions
    assert residual.block("stage 4").definition.name == "Residual block 2"
    assert residual.block("stage 3").definition.name == "Residual block"


def test_a_block_must_not_contain_itself(residual: Hand, workspace: Workspace) -> None:
    assert "Residual block" in workspace.session.kinds
    residual.double_click(residual.at("stage 1"))
    assert "Residual block" not in workspace.session.kinds
    residual.click(residual.at("conv1"), NONE)
    residual.key(Key.Key_C, CTRL)
    residual.session.leave()
    residual.session.select([residual.id("stage 1")])
    residual.key(Key.Key_C, CTRL)
    residual.double_click(residual.at("stage 1"))
    before = residual.session.document
    residual.key(Key.Key_V, CTRL)
    assert residual.session.document is before
    assert "contains itself" in workspace.banner.text.text()


def test_the_palette_shows_definitions_beside_blocks(workspace: Workspace) -> None:
    QTest.qWait(150)
    workspace.palette.search.setText("bottleneck")
    shown = [item.text(0) for _, items in workspace.palette._heads for item in items if not item.isHidden()]
    assert shown[:1] == ["Bottleneck"]
    QTest.keyClick(workspace.palette.search, Key.Key_Return)
    assert "Bottleneck" in workspace.session.document.definitions


def test_a_definition_is_kept_in_the_users_library(residual: Hand, workspace: Workspace) -> None:
    residual.session.select([residual.id("stage 4")])
    workspace.actions["make_unique"].trigger()
    workspace.actions["keep"].trigger()
    assert "library" in workspace.banner.text.text()
    assert "Residual block 2" in gallery.own()
    workspace.session.new()
    assert "Residual block 2" in workspace.session.kinds


def test_a_definition_is_renamed_and_described(residual: Hand, workspace: Workspace) -> None:
    residual.double_click(residual.at("stage 1"))
    name = workspace.inspector.head.name
    typed(name, "Basic block")
    QTest.keyClick(name, Key.Key_Return)
    assert [step.definition for step in workspace.session.place] == ["Basic block"]
    typed(workspace.inspector.about, "Two windows and a way around.")
    QTest.keyClick(workspace.inspector.about, Key.Key_Return)
    definition = workspace.session.definition
    assert definition is not None
    assert definition.help.startswith("Two windows and a way around.\n\nUse:")
    typed(name, "Conv2d")
    QTest.keyClick(name, Key.Key_Return)
    assert "comes with the program" in workspace.banner.text.text()
    residual.session.leave()
    assert residual.block("stage 4").definition is definition
    assert workspace.session.analysis.totals.params == 11_689_512
    while workspace.session.history.undo_name:
        workspace.session.undo()
    assert residual.block("stage 4").definition.name == "Residual block"
