"""Auto-layout: never an overlap, no crossings where none are needed, straight spines, targets beside losses, little moved twice."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.document.edits import add_node, connect, insert_on_edge, move
from app.document.graph import Edge, Graph
from app.document.layout import _crossings, _drawing, _layers, _order, _split, lay_out
from app.document.placing import WIDTH, tall
from blocks import catalogue
from tests.benchmarks import networks
from tests.conftest import Builder

KINDS = ["Conv2d", "ReLU", "Add", "Concat", "Linear", "BatchNorm2d", "Input"]


def overlaps(graph: Graph, places: dict[str, tuple[float, float]]) -> list[tuple[str, str]]:
    boxes = sorted((y, x, tall(graph.nodes[id].block), id) for id, (x, y) in places.items())
    found = []
    for k, (y, x, high, id) in enumerate(boxes):
        for y2, x2, _, other in boxes[k + 1 :]:
            if y2 >= y + high:
                break
            if abs(x - x2) < WIDTH:
                found.append((id, other))
    return found


def crossings(graph: Graph) -> int:
    ids = list(graph.nodes)
    drawing = _drawing(graph, ids, {})
    _split(drawing, _layers(drawing))
    _order(drawing, [0.0] * len(ids))
    return _crossings(drawing, drawing.layers)


@st.composite
def dags(draw: Any) -> Graph:
    kinds = [catalogue.load()[name] for name in KINDS]
    graph = Graph()
    ids: list[str] = []
    for _ in range(draw(st.integers(1, 30))):
        block = draw(st.sampled_from(kinds))()
        graph, id = add_node(graph, block, (draw(st.integers(0, 800)), draw(st.integers(0, 800))))
        if block.inputs and ids:
            count = draw(st.integers(0, 3)) if block.inputs[0].many else draw(st.integers(0, 1))
            for _ in range(count):
                graph, _ = connect(graph, Edge(draw(st.sampled_from(ids)), "y", id, "x"))
        ids.append(id)
    return graph


@given(dags())
@settings(max_examples=60, deadline=None)
def test_nothing_overlaps_from_left_to_right_either(graph: Graph) -> None:
    graph = replace(graph, across=True)
    places = lay_out(graph)
    assert not overlaps(graph, places)
    for edge in graph.edges.values():
        assert places[edge.source][0] + WIDTH <= places[edge.target][0]


@given(dags())
@settings(max_examples=300)
def test_nothing_overlaps_ever_and_wires_go_down(graph: Graph) -> None:
    places = lay_out(graph)
    assert places.keys() == graph.nodes.keys()
    assert not overlaps(graph, places)
    for edge in graph.edges.values():
        above, below = places[edge.source], places[edge.target]
        assert above[1] + tall(graph.nodes[edge.source].block) <= below[1]


def inception(draw: Builder) -> Graph:
    draw.add("Input", size=(3, 32, 32))
    x = draw.add("Conv2d")
    for _ in range(3):
        ends = [draw.add("Conv2d", x, kernel_size=1, padding=0)]
        for kernel in (3, 5):
            draw.add("Conv2d", x, kernel_size=1, padding=0)
            ends.append(draw.add("Conv2d", kernel_size=kernel, padding="same"))
        draw.add("MaxPool2d", x, kernel_size=3, stride=1, padding=1)
        ends.append(draw.add("Conv2d", kernel_size=1, padding=0))
        x = draw.add("Concat", *ends)
    return draw.graph


def unet(draw: Builder) -> Graph:
    x = draw.add("Input", size=(3, 32, 32))
    skips = []
    for _ in range(3):
        draw.add("Conv2d", x)
        skips.append(draw.add("ReLU"))
        x = draw.add("MaxPool2d")
    draw.add("Conv2d", x)
    for skip in reversed(skips):
        up = draw.add("UpsampleNearest")
        draw.add("Concat", up, skip)
        draw.add("Conv2d")
    return draw.graph


@pytest.mark.parametrize(
    "make", [inception, unet, lambda _: networks.resnet50(), lambda _: networks.densenet121(), lambda _: networks.residual()]
)
def test_shapes_of_the_course_do_not_cross(make: Any, draw: Builder) -> None:
    graph = make(draw)
    assert crossings(graph) == 0
    assert not overlaps(graph, lay_out(graph))


@pytest.mark.parametrize("make", [inception, unet, lambda _: networks.resnet50()])
def test_what_is_laid_out_stays(make: Any, draw: Builder) -> None:
    graph = make(draw)
    once = move(graph, lay_out(graph))
    assert lay_out(once) == {id: node.position for id, node in once.nodes.items()}


def test_a_block_more_moves_hardly_any_aside(draw: Builder) -> None:
    graph = inception(draw)
    graph = move(graph, lay_out(graph))
    edge = next(i for i, e in graph.edges.items() if type(graph.nodes[e.target].block).__name__ == "Concat")
    more, _new = insert_on_edge(graph, edge, catalogue.load()["ReLU"](), (0, 0))
    places = lay_out(more)
    aside = [id for id, node in graph.nodes.items() if abs(places[id][0] - node.position[0]) > 8]
    assert len(aside) <= 3


def test_the_spine_is_straight_and_skips_run_beside_it(draw: Builder) -> None:
    graph = networks.residual(blocks=5)
    places = lay_out(graph)
    assert len({x for x, _ in places.values()}) == 1


def test_a_target_stands_beside_its_loss(draw: Builder) -> None:
    draw.add("Input", size=(8,))
    fc = draw.add("Linear")
    target = draw.add("Target")
    loss = draw.add("CrossEntropy", fc, target)
    places = lay_out(draw.graph)
    assert places[target][0] > places[loss][0] + WIDTH
    assert places[loss][1] <= places[target][1] < places[loss][1] + tall(draw.graph.nodes[loss].block)
    assert places[loss][0] == places[fc][0]


def test_some_are_laid_out_where_they_stand(draw: Builder) -> None:
    draw.add("Input", size=(8,))
    some = [draw.add("Linear") for _ in range(4)]
    graph = move(draw.graph, {id: (400.0 + 30 * k, 800.0 - 50 * k) for k, id in enumerate(some)})
    places = lay_out(graph, some)
    assert places.keys() == set(some)
    assert min(x for x, _ in places.values()) == 400
    assert min(y for _, y in places.values()) == 648


def test_a_circle_is_drawn_too(draw: Builder) -> None:
    a = draw.add("Input", size=(8,))
    b = draw.add("Add", a)
    c = draw.add("Linear", b)
    graph, _ = connect(draw.graph, Edge(c, "y", b, "x"))
    assert not overlaps(graph, lay_out(graph))


def test_nothing_is_laid_out_as_nothing() -> None:
    assert lay_out(Graph()) == {}
