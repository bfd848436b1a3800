"""A person builds, trains and exports a network: real mouse and keys, sent by xdotool to a real window. Run by test_walk.py.

Nothing here calls the app to do something; it only looks where things are, and what is there.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QPointF, QSettings
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget

from app.window.application import make_application
from app.window.shell import Shell

work, theme = Path(sys.argv[1]), sys.argv[2]
application = make_application(["netwright"])
settings = QSettings(str(work / "settings.ini"), QSettings.Format.IniFormat)
settings.setValue("theme", theme)
shell = Shell(settings)
shell.furnish_later(None)
shell.setGeometry(0, 0, 1600, 1000)
shell.show()


def wait(until: Any, seconds: float = 30, what: str = "") -> None:
    for _ in range(int(seconds * 50)):
        if until():
            return
        QTest.qWait(20)
    shot("failed")
    raise AssertionError(f"waited {seconds} s in vain: {what}")


def xdotool(*words: object) -> None:
    """Send events while the window goes on."""
    process = subprocess.Popen(["xdotool", *map(str, words)])
    while process.poll() is None:
        QTest.qWait(5)
    assert process.returncode == 0
    QTest.qWait(60)


def shot(name: str) -> None:
    QTest.qWait(120)
    shell.screen().grabWindow(0).save(str(work / f"{name}-{theme}.png"))


def place(widget: QWidget, at: QPoint | None = None) -> QPoint:
    return widget.mapToGlobal(at or widget.rect().center())


def click(at: QPoint, times: int = 1) -> None:
    xdotool("mousemove", at.x(), at.y(), "sleep", 0.03, "click", "--repeat", times, "--delay", 60, 1)


def drag(start: QPoint, end: QPoint, *, release: bool = True) -> None:
    words: list[object] = ["mousemove", start.x(), start.y(), "sleep", 0.05, "mousedown", 1, "sleep", 0.05]
    for k in range(1, 13):
        step = start + (end - start) * k / 12
        words += ["mousemove", step.x(), step.y(), "sleep", 0.015]
    xdotool(*words, "sleep", 0.08, *(["mouseup", 1] if release else []))


def text(words: str) -> None:
    xdotool("type", "--delay", 8, words)


def key(name: str) -> None:
    xdotool("key", name)


wait(lambda: shell.workspace is not None, 10, "the window is furnished")
workspace = shell.workspace
assert workspace is not None
assert workspace.engine.state == "starting", "the window is there before the engine is warm"
session, view, palette = workspace.session, workspace.canvas, workspace.palette
wait(lambda: workspace.start_page.isVisible(), 5, "the start page")
shot("0-start")
click(place(next(button for button in workspace.start_page.findChildren(QPushButton) if button.text() == "New network")))
wait(lambda: workspace.welcome.isVisible(), 5, "the hint on an empty canvas")
xdotool("mousemove", 800, 500, "sleep", 0.1)
shot("1-empty")


def take(words: str, x: float, y: float) -> str:
    """Search the palette and drag the first hit to a place on the canvas; returns the id of the new block."""
    before = set(session.graph.nodes)
    click(place(palette.search))
    key("ctrl+a")
    text(words)
    item = palette.tree.currentItem()
    assert item is not None, words
    row = palette.tree.visualItemRect(item)
    drag(palette.tree.viewport().mapToGlobal(row.center()), view.viewport().mapToGlobal(view.mapFromScene(QPointF(x, y))))
    wait(lambda: len(session.graph.nodes) > len(before), 5, f"{words} was dropped")
    (new,) = set(session.graph.nodes) - before
    return new


def port(id: str, side: str, name: str = "") -> QPoint:
    item = view.canvas.nodes[id]
    spots = item.inputs if side == "in" else item.outputs
    spot = spots[name] if name else next(iter(spots.values()))
    return view.viewport().mapToGlobal(view.mapFromScene(item.pos() + QPointF(spot.x, spot.y)))


left, right = -330.0, -60.0
image = take("input", left, -250)
conv1 = take("conv 2d", left, -130)
relu1 = take("relu", left, -30)
pool1 = take("max pool", left, 70)
conv2 = take("conv 2d", right, -230)
relu2 = take("relu", right, -130)
fc1 = take("linear", right, -20)
loss = take("cross", right, 130)
label = take("target", 240, 130)
shot("2-blocks")

for a, b, name in (
    (image, conv1, ""),
    (conv1, relu1, ""),
    (relu1, pool1, ""),
    (pool1, conv2, ""),
    (conv2, relu2, ""),
    (relu2, fc1, ""),
    (fc1, loss, "prediction"),
    (label, loss, "target"),
):
    before = len(session.graph.edges)
    drag(port(a, "out"), port(b, "in", name))
    wait(lambda count=before: len(session.graph.edges) > count, 5, f"{a} to {b}")

# a wrong wire is refused, and the reason is said where the mouse is
document = session.document
drag(port(label, "out"), port(conv2, "in"), release=False)
wait(lambda: "takes real numbers, not class labels" in view._hint.text() and view._hint.isVisible(), 5, "the reason")
shot("3-refused")
xdotool("mouseup", 1)
assert session.document is document, "the wire was refused"

# an image goes into a Linear: the problem is listed, and its quick fix taken by a click
wait(lambda: any(p.code == "scores" for p in session.problems), 5, "the problem")
shot("4-problem")
fix = next(b for b in workspace.problems.findChildren(QPushButton) if b.isVisible() and b.text() == "Insert Flatten")
click(place(fix))
wait(lambda: not any(p.severity == "error" for p in session.problems), 5, "the problem is mended")
assert session.history.undo_name == "Insert Flatten"

# a value typed in the inspector
click(view.viewport().mapToGlobal(view.mapFromScene(view.canvas.nodes[conv1].pos() + QPointF(120, 20))))
spin = workspace.inspector.form.editors["out_channels"].spins[0]  # type: ignore[attr-defined]
click(place(spin, QPoint(30, spin.height() // 2)), times=3)
text("16")
key("Return")
wait(lambda: view.canvas.nodes[conv1].face.shape == "16×8×8", 5, "the shape on the block")
key("Home")
shot("5-built")

# train, and see the curve move
wait(lambda: workspace.engine.state == "ready", 60, "the engine")
click(place(workspace.toolbar.train))
wait(lambda: workspace.training.loss is not None and len(workspace.watcher.curves.step_epoch) > 30, 60, "the first losses")
QTest.qWait(150)
assert workspace.training.loss is not None
first = workspace.training.loss.grab().toImage()
shot("6-training")
wait(lambda: len(workspace.watcher.curves.step_epoch) > 300, 60, "more losses")
QTest.qWait(250)
assert workspace.training.loss.grab().toImage() != first, "the curve moved"
wait(lambda: "test samples it never saw" in workspace.training.verdict.text(), 90, "the judgement on the test part")
shot("7-trained")
print(workspace.training.verdict.text())

# export, with a name typed into the dialog
wait(lambda: workspace.toolbar.export.isEnabled(), 10, "Export")
spot, target = place(workspace.toolbar.export), work / f"walked-{theme}.onnx"
xdotool(
    "mousemove", spot.x(), spot.y(), "sleep", 0.05, "click", 1, "sleep", 1.2, "key", "ctrl+a", "type", "--delay", 5, "--args", 1, str(target),
    "sleep", 0.2, "key", "Return",
)  # fmt: skip
wait(lambda: "ONNX matches PyTorch" in workspace.banner.text.text() and workspace.banner.isVisible(), 90, "the verdict")
assert target.exists()
shot("8-exported")
print(workspace.banner.text.text())

# all the way back and forth again
steps = len(session.history.steps) - 1
click(view.viewport().mapToGlobal(QPoint(view.width() - 40, 60)))
for _ in range(steps):
    key("ctrl+z")
wait(lambda: not session.graph.nodes, 10, "undone to the start")
for _ in range(steps):
    key("ctrl+shift+z")
wait(lambda: len(session.graph.nodes) == 10, 10, "done again")

workspace.shut_down()
print("walked", flush=True)
os._exit(0)
