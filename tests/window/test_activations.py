"""From near, a block shows what flowed through it in the last run."""

from PySide6.QtGui import QColor, QPixmap
from PySide6.QtTest import QTest

from app.canvas import near
from app.canvas.near import range_text
from app.document import activations
from app.document.activations import SIDE, Activation
from app.document.edits import set_params
from app.engine import messages as m
from app.window.workspace import Workspace


def finished(workspace: Workspace, conv: str) -> None:
    """A run was made of what is shown, and the engine has let samples through it."""
    workspace.train()
    folder = workspace.watcher.folder
    assert folder is not None
    shape = workspace.session.analysis.facts[conv].outputs
    assert shape
    activations.write(folder, {conv: Activation(-0.5, 2.25, 0.1, 1.0, 0.25, shape[0], 0)})
    sheet = QPixmap(SIDE, SIDE)
    sheet.fill(QColor("#ff00ff"))
    assert sheet.save(str(folder.pictures))
    workspace.engine.message.emit(m.Watched(str(folder.path)))


def pixel(workspace: Workspace, id: str) -> str:
    """The colour on the screen where the picture would be."""
    view = workspace.canvas
    item = view.canvas.nodes[id]
    at = item.pos() + near.picture_at(item.face.height, item.face.slim, False).center()
    view.centerOn(at)
    QTest.qWait(500)
    return view.viewport().grab().toImage().pixelColor(view.mapFromScene(at)).name()


def conv_of(workspace: Workspace) -> str:
    return next(id for id, node in workspace.session.graph.nodes.items() if node.name == "conv1")


def test_picture_and_range_from_150_percent(workspace: Workspace) -> None:
    conv = conv_of(workspace)
    finished(workspace, conv)
    face = workspace.canvas.canvas.nodes[conv].face
    assert face.seen is not None
    assert range_text(face.seen) == "−0.5 … 2.2 · 25 % zero"
    QTest.qWait(300)  # the canvas fits itself to the layout in which a run is watched
    workspace.canvas.set_zoom(1.5)
    assert pixel(workspace, conv) == "#ff00ff"
    workspace.canvas.set_zoom(1.0)
    assert pixel(workspace, conv) != "#ff00ff"


def test_what_was_changed_since_shows_nothing_and_undo_brings_it_back(workspace: Workspace) -> None:
    conv = conv_of(workspace)
    finished(workspace, conv)
    nodes = workspace.canvas.canvas.nodes
    workspace.session.edit("Wider", lambda graph: set_params(graph, [conv], out_channels=24))
    assert nodes[conv].face.seen is None
    workspace.session.undo()
    assert nodes[conv].face.seen is not None
    workspace.session.new()
    assert workspace.canvas.canvas.seen.found
    workspace.session.take(workspace.session.sheets[0])
    assert workspace.canvas.canvas.nodes[conv].face.seen is not None


def test_a_run_that_keeps_no_maps_is_no_error(workspace: Workspace) -> None:
    workspace.engine.message.emit(m.Failed("Watch", "out of memory"))
    assert not workspace.banner.isVisible()


def test_values_that_are_not_finite() -> None:
    assert range_text(Activation(float("nan"), float("nan"), 0, 0, 0, (1,))) == "not finite"
    assert range_text(Activation(float("-inf"), 1, 0, 0, 0, (1,))) == "not finite"
