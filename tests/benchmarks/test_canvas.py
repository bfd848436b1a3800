"""The canvas with thousands of blocks: what a frame costs at each zoom, beside a bare frame of the same view, and beside NodeGraphQt."""

import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QGraphicsScene, QGraphicsView

from app.canvas.view import CanvasView
from app.document.edits import set_params
from app.session.document import Session
from tests.benchmarks.grids import grid

ZOOMS = (0.05, 0.1, 0.15, 0.25, 0.35, 0.5, 0.7, 1.0, 1.5, 2.5)
FRAMES = 40
STEPS = (QPoint(23, -17), QPoint(23, -17), QPoint(-23, 17), QPoint(-23, 17))


def timed(do: Callable[[], Any]) -> float:
    """Milliseconds until all that ``do`` set off is on screen."""
    began = time.perf_counter()
    do()
    QApplication.sendPostedEvents()
    QApplication.processEvents()
    return 1000 * (time.perf_counter() - began)


def p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * len(values))]


def settle(view: CanvasView) -> list[float]:
    """Let the picture become sharp; milliseconds of each turn of the event loop that painted something."""
    turns = []
    while view.sharpening.busy:
        turns.append(timed(lambda: None))
    return [turn for turn in turns if turn > 0.2]


@pytest.fixture
def opened(qapp: Any) -> Callable[[int], tuple[Session, CanvasView]]:
    from app.look import fonts

    fonts.install()
    kept = []

    def open_(count: int) -> tuple[Session, CanvasView]:
        session = Session()
        view = CanvasView(session)
        kept.append(view)
        view.resize(1600, 1000)
        view.show()
        QTest.qWait(50)
        graph = grid(count)
        drawn = timed(lambda: session.edit("Open", lambda _: graph))
        print(f"\n{len(graph.nodes)} blocks, {len(graph.edges)} wires, 1600x1000: drawn from the document in {drawn:.0f} ms, ", end="")
        began = time.perf_counter()
        while view.canvas.waiting:
            QApplication.processEvents()
        print(f"what is out of sight in {time.perf_counter() - began:.1f} s more")
        QTest.qWait(500)
        return session, view

    return open_


def bare_frame() -> float:
    """Milliseconds to paint an empty view of the same size: what Qt itself needs here."""
    view = QGraphicsView(QGraphicsScene())
    view.resize(1600, 1000)
    view.show()
    QTest.qWait(50)
    return statistics.median(timed(view.viewport().repaint) for _ in range(FRAMES))


@pytest.mark.parametrize("count", [5000, 50_000])
def test_pan_and_zoom(opened: Any, benchmark: Any, count: int) -> None:
    _, view = opened(count)
    base = bare_frame()
    print(f"  an empty QGraphicsView of this size, painted: {base:.2f} ms")
    ratios = {}
    for zoom in ZOOMS if count < 10_000 else ZOOMS[:3]:
        view.set_zoom(zoom)
        view.centerOn(view.canvas.content().center())
        QTest.qWait(20)
        settle(view)
        pans = [timed(partial(view.pan, STEPS[k % 4])) for k in range(FRAMES)]
        zooms, slices = [], []
        for k in range(FRAMES):
            zooms.append(timed(partial(view.set_zoom, zoom * (1.0 if k % 2 else 1.1))))
            slices += settle(view)
        ratios[f"pan at {zoom}"] = round(p95(pans) / base, 2)
        print(
            f"  zoom {zoom:<5} pan {statistics.median(pans):5.2f} ms, p95 {p95(pans):5.2f}   zoom {statistics.median(zooms):5.2f}, "
            f"p95 {p95(zooms):5.2f}   sharpening p95 {p95(slices):5.2f} a turn, {sum(slices) / FRAMES:5.0f} ms in all"
        )
    benchmark.extra_info.update(ratios)
    benchmark.pedantic(lambda: None, rounds=1)


def test_drag_and_edit(opened: Any, benchmark: Any) -> None:
    session, view = opened(5000)
    ids = [id for id, node in session.graph.nodes.items() if type(node.block).__name__ == "Conv2d"]
    middle = ids[len(ids) // 2]
    view.set_zoom(1.0)
    view.centerOn(view.canvas.nodes[middle])
    QTest.qWait(50)
    settle(view)
    at = view.mapFromScene(view.canvas.nodes[middle].rect().center())
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    drags = [timed(lambda k=k: QTest.mouseMove(view.viewport(), at + QPoint(3 * k % 50, 2 * k % 40))) for k in range(60)]
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    QTest.qWait(300)
    edits = [timed(lambda k=k: session.edit("Edit", lambda graph: set_params(graph, [middle], bias=bool(k % 2)))) for k in range(20)]
    undos = [timed(session.undo) for _ in range(20)]
    for name, values in (("drag", drags), ("edit", edits), ("undo", undos)):
        print(f"  {name:<5} {statistics.median(values):.2f} ms, p95 {p95(values):.2f}")
    benchmark.extra_info.update(drag=round(statistics.median(drags) / bare_frame(), 2))
    benchmark.pedantic(lambda: None, rounds=1)


def test_beside_nodegraphqt(opened: Any, benchmark: Any) -> None:
    """A frame with all of 1,000 nodes in sight, painted whole by both."""
    os.environ["QT_PREFERRED_BINDING"] = "PySide6"
    other = pytest.importorskip("NodeGraphQt", reason="pip install --no-deps NodeGraphQt Qt.py")

    class Plain(other.BaseNode):  # type: ignore[misc, name-defined]
        __identifier__ = "bench"
        NODE_NAME = "node"

        def __init__(self) -> None:
            super().__init__()
            self.add_input("x")
            self.add_output("y")

    graph = other.NodeGraph()
    graph.set_acyclic(False)
    graph.register_node(Plain)
    before = None
    for k in range(1000):
        node = graph.create_node("bench.Plain", pos=(k // 40 * 250.0, k % 40 * 110.0), selected=False, push_undo=False)
        if before is not None:
            before.output(0).connect_to(node.input(0), push_undo=False, emit_signal=False)
        before = node
    graph.widget.resize(1600, 1000)
    graph.widget.show()
    graph.fit_to_selection()
    QTest.qWait(200)
    theirs = [timed(graph.viewer().viewport().repaint) for _ in range(10)]
    _, view = opened(1000)
    view.fit()
    QTest.qWait(20)
    settle(view)
    ours_whole = [timed(view.viewport().repaint) for _ in range(10)]
    zoom = view.zoom
    ours = []
    for k in range(20):
        ours.append(timed(partial(view.set_zoom, zoom * (1.0 if k % 2 else 0.97))))
        settle(view)
    panned = [timed(partial(view.pan, STEPS[k % 4])) for k in range(20)]
    their, whole, frame, pan = (statistics.median(values) for values in (theirs, ours_whole, ours, panned))
    print(f"  NodeGraphQt: a frame of 1,000 nodes {their:.1f} ms; here painted whole {whole:.1f} ms ({their / whole:.1f} times faster), ")
    print(
        f"  a frame while zooming {frame:.1f} ms ({their / frame:.1f} times faster), while panning {pan:.1f} ms ({their / pan:.1f} times)"
    )
    benchmark.extra_info.update(whole=round(their / whole, 1), frame=round(their / frame, 1), pan=round(their / pan, 1))
    benchmark.pedantic(lambda: None, rounds=1)
