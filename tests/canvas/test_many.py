"""Very many blocks at once: what is looked at is there first, the rest follows, and in the end nothing differs."""

from typing import Any

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtTest import QTest

from app.canvas import paint
from app.canvas.view import CanvasView
from app.document.edits import move, remove, rename
from app.session.document import Session
from tests.benchmarks.grids import grid


@pytest.fixture
def view(qtbot: Any) -> CanvasView:
    view = CanvasView(Session())
    qtbot.addWidget(view)
    view.resize(1200, 800)
    view.show()
    return view


def picture(view: CanvasView) -> dict[str, Any]:
    """All that the scene shows."""
    scene = view.canvas
    blocks = {id: (item.pos().toTuple(), item.face, item.quiet_ports, item.state) for id, item in scene.nodes.items()}
    wires = {id: (item.corners, item.pill, item.text, item.broken, item.boundingRect().getRect()) for id, item in scene.wires.items()}
    return {"blocks": blocks, "wires": wires, "content": scene.content().getRect()}


def at_once(view: CanvasView, graph: Any, monkeypatch: Any) -> dict[str, Any]:
    """The same graph, with an item for each block made in one go."""
    with monkeypatch.context() as patch:
        patch.setattr("app.canvas.scene.MANY", 10**9)
        other = CanvasView(Session())
        other.session.edit("Open", lambda _: graph)
    assert not other.canvas.waiting
    return picture(other)


def test_what_is_looked_at_is_there_first(view: CanvasView) -> None:
    view.session.edit("Open", lambda _: grid(4000))
    assert view.canvas.waiting
    made = view.canvas._laid.nodes
    middle = view.mapToScene(view.viewport().rect().center())

    def far(at: QPointF) -> float:
        return max(abs(at.x() - middle.x()), abs(at.y() - middle.y()))

    nearest = sorted(view.session.graph.nodes.values(), key=lambda node: far(QPointF(*node.position)))[:20]
    assert all(node.id in made for node in nearest)


def test_the_rest_follows_by_itself(view: CanvasView, qtbot: Any, monkeypatch: Any) -> None:
    graph = grid(3000)
    view.session.edit("Open", lambda _: graph)
    qtbot.waitUntil(lambda: not view.canvas.waiting, timeout=30_000)
    assert picture(view) == at_once(view, graph, monkeypatch)


def test_who_asks_for_all_gets_all(view: CanvasView, monkeypatch: Any) -> None:
    graph = grid(3000)
    view.session.edit("Open", lambda _: graph)
    assert view.canvas.waiting
    assert len(view.canvas.nodes) == len(graph.nodes)
    assert len(view.canvas.wires) == len(graph.edges)
    assert not view.canvas.waiting


@pytest.mark.parametrize("deed", ["rename", "remove", "move", "undo"])
def test_an_edit_before_all_are_there(view: CanvasView, qtbot: Any, monkeypatch: Any, deed: str) -> None:
    session, graph = view.session, grid(3000)
    session.edit("Open", lambda _: graph)
    far = list(graph.nodes)[-1]
    edits = {
        "rename": lambda g: rename(g, far, "renamed"),
        "remove": lambda g: remove(g, [far]),
        "move": lambda g: move(g, {far: (10.0, 20.0)}),
    }
    if deed == "undo":
        session.undo()
        session.redo()
    else:
        session.edit(deed, edits[deed])
    QTest.qWait(20)
    assert picture(view) == at_once(view, session.graph, monkeypatch)


def test_the_selection_is_shown_on_blocks_that_come_later(view: CanvasView) -> None:
    view.session.edit("Open", lambda _: grid(3000))
    view.session.select(list(view.session.graph.nodes))
    assert all(item.state.selected for item in view.canvas.nodes.values())


def test_showing_all_does_not_wait_for_items(view: CanvasView) -> None:
    graph = grid(4000)
    view.session.edit("Open", lambda _: graph)
    view.fit()
    assert view.canvas.waiting
    xs = [node.position[0] for node in graph.nodes.values()]
    assert view.canvas.content().left() <= min(xs)
    assert view.canvas.content().right() >= max(xs)


@pytest.mark.parametrize("zoom", [0.15, 0.35, 0.7])
def test_at_a_bound_of_detail_all_blocks_are_drawn_alike(view: CanvasView, qtbot: Any, zoom: float) -> None:
    """A transform's own rounding decided, block by block, on which side of the bound it was."""
    view.session.edit("Open", lambda _: grid(1500))
    qtbot.waitUntil(lambda: not view.canvas.waiting, timeout=30_000)
    seen: set[float] = set()
    real = paint.paint_block

    def noting(painter: Any, face: Any, state: Any, at: float, *rest: Any) -> None:
        seen.add(at)
        real(painter, face, state, at, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paint, "paint_block", noting)
        view.set_zoom(zoom)
        qtbot.waitUntil(lambda: bool(seen) and not view.sharpening.busy, timeout=20_000)
    assert seen == {zoom}
