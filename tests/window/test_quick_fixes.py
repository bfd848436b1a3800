"""Each mistake of the table, made with the document in the window, told at its block, and mended by Alt+Enter."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.document.graph import Graph
from app.window.workspace import Workspace
from tests.conftest import Builder
from tests.window.hand import ALT, Hand


def add_64_and_256(draw: Builder) -> None:
    x = draw.add("Input", size=(64, 56, 56))
    main = draw.add("Conv2d", x, out_channels=256)
    draw.add("Add", main, x)


def add_spatial(draw: Builder) -> None:
    x = draw.add("Input", size=(64, 56, 56))
    main = draw.add("Conv2d", x, out_channels=64, stride=2)
    draw.add("Add", main, x)


def image_into_linear(draw: Builder) -> None:
    draw.add("Input", size=(3, 8, 8))
    draw.add("Linear", out_features=10)
    draw.add("Output")


def output_size(draw: Builder) -> None:
    draw.add("Input", size=(3, 4, 4))
    draw.add("Conv2d", kernel_size=7, padding=0)


def groups(draw: Builder) -> None:
    draw.add("Input", size=(6, 8, 8))
    draw.add("Conv2d", out_channels=8, groups=4)


def sub_pixel(draw: Builder) -> None:
    draw.add("Input", size=(6, 8, 8))
    draw.add("Conv2d", out_channels=6)
    draw.add("PixelShuffle", upscale_factor=2)
    draw.add("Output")


def unpool(draw: Builder) -> None:
    draw.add("Input", size=(6, 8, 8))
    draw.add("MaxPool2d")
    draw.add("MaxUnpool2d")


def softmax(draw: Builder) -> None:
    draw.add("Input", size=(8,))
    draw.add("Linear", out_features=10)
    x = draw.add("Softmax")
    target = draw.add("Target", classes=10)
    draw.add("CrossEntropy", x, target)


def classes(draw: Builder) -> None:
    draw.add("Input", size=(8,))
    x = draw.add("Linear", out_features=7)
    target = draw.add("Target", classes=10)
    draw.add("CrossEntropy", x, target)


def bias(draw: Builder) -> None:
    draw.add("Input", size=(3, 8, 8))
    draw.add("Conv2d")
    draw.add("BatchNorm2d")


def no_loss(draw: Builder) -> None:
    draw.add("Input", size=(8,))
    draw.add("Linear", out_features=10)


ROWS: dict[str, tuple[Callable[[Builder], None], str, str]] = {  # the mistake, its code, a word of its first fix
    "Add 64×56×56 + 256×56×56": (add_64_and_256, "shapes-differ", "1×1 conv"),
    "Add, spatial differs": (add_spatial, "shapes-differ", "stride 2"),
    "Image into Linear": (image_into_linear, "linear-on-image", "latten"),
    "Output size ≤ 0": (output_size, "window", "padding"),
    "Channels not divisible by groups": (groups, "groups", "groups"),
    "Channels not divisible by r² (sub-pixel)": (sub_pixel, "groups", "8"),
    "Unpool without indices": (unpool, "unconnected", "Link the indices"),
    "Softmax before CrossEntropy": (softmax, "softmax-twice", "Remove"),
    "Classes ≠ last width": (classes, "classes", "10"),
    "Conv bias before BatchNorm": (bias, "bias-before-norm", "bias off"),
    "Dangling branch, missing loss": (no_loss, "no-loss", ""),
}


@pytest.mark.parametrize("row", list(ROWS))
def test_row(workspace: Workspace, row: str) -> None:
    make, code, word = ROWS[row]
    draw = Builder()
    make(draw)
    graph: Graph = draw.graph
    session, hand = workspace.session, Hand(workspace.canvas)
    session.new()
    session.edit("Draw", lambda _: graph)
    session.check_now()
    problem = next(p for p in session.problems if p.fixes and (not code or p.code == code))
    assert word in problem.fixes[0].label, problem.fixes[0].label
    if problem.node:
        session.select([problem.node])
        QTest.qWait(1)
        assert workspace.popover.isVisible() == (problem.severity != "hint" and problem.code != "unconnected")
    else:
        workspace.problems.list.setCurrentRow(session.problems.index(problem))
    workspace.canvas.setFocus()
    hand.key(Qt.Key.Key_Return, ALT)
    assert (problem.code, problem.node) not in [(p.code, p.node) for p in session.problems]
    assert session.history.undo_name == problem.fixes[0].label
    session.undo()
    assert session.graph == graph


def test_one_error_does_not_flood_the_graph(workspace: Workspace) -> None:
    session, hand = workspace.session, Hand(workspace.canvas)
    session.select([hand.id("conv1")])
    editor = workspace.inspector.form.editors["kernel_size"]
    editor.edited.emit([13, 13])
    editor = workspace.inspector.form.editors["padding"]
    editor.edited.emit([0, 0])
    session.check_now()
    assert [p.node for p in session.problems if p.severity == "error"] == [hand.id("conv1")]
    faces = {n.name: hand.scene.nodes[i].face for i, n in session.graph.nodes.items()}
    assert faces["fc1"].shape == "64"  # the last that was known, dimmed
    assert not faces["fc1"].current
    assert hand.scene.nodes[hand.id("conv1")].face.error


def test_hover_text_says_what_why_and_how(workspace: Workspace, qtbot: Any) -> None:
    session, hand = workspace.session, Hand(workspace.canvas)
    workspace.canvas.fit()
    session.select([hand.id("conv2")])
    editor_of = workspace.inspector.form.editors
    editor_of["kernel_size"].edited.emit([13, 13])
    editor_of["padding"].edited.emit([0, 0])
    session.select(())
    hand.move(hand.empty(), hand.at("conv2"))
    hint = workspace.canvas._hint
    qtbot.waitUntil(hint.isVisible, timeout=1000)
    assert "13" in hint.text()
    assert any(word in hint.text() for word in ("padding", "kernel"))
