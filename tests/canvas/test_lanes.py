"""Wires that run past the same blocks: no two on top of each other, the shorter nearer."""

from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.canvas.lanes import lanes
from app.canvas.scene import CanvasScene
from app.document.edits import move, remove
from app.document.layout import lay_out
from app.session.document import Session
from tests.conftest import Builder

spans = st.tuples(st.integers(0, 60), st.integers(1, 40)).map(lambda pair: (float(pair[0]), float(pair[0] + pair[1])))


@given(st.lists(spans, max_size=25))
def test_wires_that_overlap_have_lanes_of_their_own(found: list[tuple[float, float]]) -> None:
    by_id = {f"w{k}": span for k, span in enumerate(found)}
    lane = lanes(by_id)
    for a, b in combinations(by_id, 2):
        (a0, a1), (b0, b1) = by_id[a], by_id[b]
        if a0 < b1 and b0 < a1:
            assert lane[a] != lane[b]
            if by_id[a] != by_id[b] and a0 >= b0 and a1 <= b1:
                assert lane[a] < lane[b]
    assert not by_id or min(lane.values()) == 0


def stretches(scene: CanvasScene, across: bool) -> list[tuple[float, float, float]]:
    """Where wires run along the stream: the column, from where, to where."""
    found = []
    for wire in scene.wires.values():
        if len(wire.corners) > 2:
            for a, b in pairwise(wire.corners):
                (x, y), (x2, y2) = (a[::-1], b[::-1]) if across else (a, b)
                if x == x2:
                    found.append((x, min(y, y2), max(y, y2)))
    return found


@pytest.mark.parametrize("across", [False, True])
def test_skips_of_a_unet_are_nested_and_close_up_again(draw: Builder, qapp: Any, across: bool) -> None:
    from tests.document.test_layout import unet

    graph = replace(unet(draw), across=across)
    graph = move(graph, lay_out(graph))
    session = Session()
    scene = CanvasScene(session)
    session.edit("Open", lambda _: graph)
    long = sorted(stretch for stretch in stretches(scene, across) if stretch[2] - stretch[1] > 100)
    assert len(long) == 3
    assert len({x for x, _, _ in long}) == 3
    for (_, top, bottom), (_, above, below) in pairwise(sorted(long, key=lambda one: one[2] - one[1])):
        assert above < top < bottom < below
    high = max(item.rect().bottom() if across else item.rect().right() for item in scene.nodes.values())
    assert all(x >= high + 16 for x, _, _ in long)  # clear of every block, not only of the one where they end
    before = {id: list(wire.corners) for id, wire in scene.wires.items()}
    inner = next(id for id, node in graph.nodes.items() if type(node.block).__name__ == "Concat")
    session.edit("Delete", lambda graph: remove(graph, [inner]))
    assert len({x for x, a, b in stretches(scene, across) if b - a > 100}) == 2
    nearest = min(abs(x) for x, a, b in long)
    assert min(abs(x) for x, a, b in stretches(scene, across) if b - a > 100) == nearest
    session.undo()
    assert {id: list(wire.corners) for id, wire in scene.wires.items()} == before


def test_the_block_above_comes_from_above(draw: Builder, qapp: Any) -> None:
    x = draw.add("Input", size=(3, 32, 32))
    left, right = draw.add("Conv2d", x), draw.add("Conv2d", x)
    end = draw.add("Concat", left, right)
    graph = move(draw.graph, {x: (0.0, 0.0), left: (-240.0, 160.0), right: (0.0, 160.0), end: (0.0, 320.0)})
    session = Session()
    scene = CanvasScene(session)
    session.edit("Open", lambda _: graph)
    wire = next(id for id, edge in graph.edges.items() if edge.source == right and edge.target == end)
    assert len(scene.wires[wire].corners) == 2
    pills = [scene.wires[id].pill for id, edge in graph.edges.items() if edge.source == x]
    assert sorted(map(bool, pills)) == [False, True]  # said once where it branches
