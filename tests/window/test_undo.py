"""What is one undo step, and what is none: a test for each row of the table."""

from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSpinBox

from app.window.workspace import Workspace
from tests.window.hand import CTRL, NONE, Hand

Key = Qt.Key


def steps(hand: Hand) -> int:
    return len(hand.session.history.steps)


def test_drag_of_any_number_of_blocks(hand: Hand) -> None:
    before = steps(hand)
    hand.select("conv1", "conv2", "pool1")
    hand.drag(hand.at("conv2"), hand.at("conv2") + QPoint(-80, 20))
    assert steps(hand) == before + 1
    hand.drag(hand.at("conv2"), hand.at("conv2") + QPoint(2, 1))  # under 4 pixels: a click
    assert steps(hand) == before + 1
    place = hand.node("conv2").position
    hand.press(hand.at("conv2"))
    hand.move(hand.at("conv2") + QPoint(40, 10), hand.at("conv2") + QPoint(60, 10))
    hand.key(Key.Key_Escape)
    hand.release(hand.at("conv2"))
    assert steps(hand) == before + 1
    assert hand.scene.nodes[hand.id("conv2")].pos().toTuple() == place


def test_insert_on_wire_swap_delete_and_heal_layout_paste(hand: Hand) -> None:
    before = steps(hand)
    hand.select("relu1")
    hand.key(Key.Key_Tab)
    hand.quick_add("dropout")
    assert steps(hand) == before + 1
    hand.key(Key.Key_S, Qt.KeyboardModifier.ShiftModifier)
    hand.quick_add("gelu")
    assert steps(hand) == before + 2
    hand.key(Key.Key_Delete, CTRL)
    assert steps(hand) == before + 3
    hand.key(Key.Key_L, CTRL)
    assert steps(hand) == before + 4
    hand.key(Key.Key_A, CTRL)
    hand.key(Key.Key_C, CTRL)
    hand.key(Key.Key_V, CTRL)  # thirteen blocks and their wires
    assert steps(hand) == before + 5
    start = hand.session.history.steps[before - 1].document
    for _ in range(5):
        hand.key(Key.Key_Z, CTRL)
    assert hand.session.document == start


def test_spin_slider(hand: Hand, workspace: Workspace) -> None:
    hand.select("conv1")
    before = steps(hand)
    spin = workspace.inspector.form.editors["out_channels"].findChild(QSpinBox)
    assert spin is not None
    spin.setFocus()
    for _ in range(5):
        QTest.keyClick(spin, Key.Key_Up)
    assert hand.block("conv1").out_channels == 21
    assert steps(hand) == before + 1
    QTest.qWait(900)  # a pause ends the step
    QTest.keyClick(spin, Key.Key_Up)
    assert steps(hand) == before + 2


def test_text_field(hand: Hand, workspace: Workspace) -> None:
    hand.select("conv1")
    hand.key(Key.Key_F2)
    before = steps(hand)
    name = workspace.inspector.head.name
    QTest.keyClicks(name, "stem")
    QTest.keyClick(name, Key.Key_Z, CTRL)  # its own undo
    assert steps(hand) == before
    assert name.text() != "stem"
    QTest.keyClick(name, Key.Key_A, CTRL)
    QTest.keyClicks(name, "stem")
    QTest.keyClick(name, Key.Key_Return)
    assert steps(hand) == before + 1


def test_selection_pan_zoom_docks_run_results(hand: Hand, workspace: Workspace) -> None:
    before = steps(hand)
    hand.select("conv1", "relu1")
    hand.key(Key.Key_A, CTRL)
    hand.key(Key.Key_F)
    hand.key(Key.Key_Plus, CTRL)
    hand.key(Key.Key_F11)
    hand.key(Key.Key_F11)
    workspace.layouts.enter(1)
    workspace.layouts.enter(0)
    hand.key(Key.Key_Home)
    hand.click(hand.empty(), NONE)
    assert steps(hand) == before


def test_name_steps(hand: Hand, workspace: Workspace) -> None:
    hand.select("conv1", "conv2")
    spin = workspace.inspector.form.editors["out_channels"].findChild(QSpinBox)
    assert spin is not None
    spin.setFocus()
    spin.lineEdit().selectAll()
    QTest.keyClicks(spin, "8")
    QTest.keyClick(spin, Key.Key_Return)
    assert "2 blocks" in hand.session.history.undo_name
    assert "8" in hand.session.history.undo_name
    assert hand.session.history.undo_name in workspace.actions["undo"].text()


def test_training_never_clears_the_stack(hand: Hand, workspace: Workspace, monkeypatch: Any) -> None:
    hand.select("dropout1")
    hand.key(Key.Key_Delete, CTRL)
    before = steps(hand)
    monkeypatch.setattr(workspace.engine, "send", lambda message: None)
    hand.key(Key.Key_F5)
    assert steps(hand) == before
    hand.view.setFocus()
    hand.key(Key.Key_Z, CTRL)
    assert "dropout1" in [n.name for n in hand.session.graph.nodes.values()]
