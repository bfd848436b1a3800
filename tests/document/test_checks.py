"""Each problem is found, said with its numbers, and mended by its fixes."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from app.data.sources import DIGITS
from app.document.analysis import analyse
from app.document.checks import check
from app.document.edits import add_node, connect, remove, set_block, set_params
from app.document.graph import Document, Edge, Graph
from app.document.problem import Problem
from blocks.core import Block, Shape
from blocks.data import Input, Target
from blocks.squashing import Softmax
from tests.blocks.test_every_block import WITH_INPUTS, draws


def found(graph: Graph, code: str) -> Problem:
    problems = [p for p in check(graph, DIGITS.columns) if p.code == code]
    assert len(problems) == 1, [(p.code, p.text) for p in check(graph, DIGITS.columns)]
    return problems[0]


def mended(graph: Graph, problem: Problem, which: int = 0) -> Graph:
    after = problem.fixes[which].edit(graph)
    assert (problem.code, problem.node) not in [(p.code, p.node) for p in check(after, DIGITS.columns)]
    return after


def test_the_examples_have_no_problems(example: Document) -> None:
    assert check(example.graph, DIGITS.columns) == []


def test_an_empty_network() -> None:
    assert check(Graph())[0].code == "empty"


def test_a_circle(example: Document) -> None:
    graph, _ = connect(example.graph, Edge("n4", "y", "n2", "x"))
    problem = found(graph, "cycle")
    assert "circle" in problem.text
    mended(graph, problem)


def test_shapes_that_differ_are_matched_by_a_projection(draw: Any) -> None:
    source = draw.add("Input", size=(64, 56, 56))
    main = draw.add("Conv2d", out_channels=256, stride=2)
    draw.add("Add", main, source)
    problem = next(p for p in check(draw.graph) if p.code == "shapes-differ")
    assert "256×28×28 and 64×56×56" in problem.text
    assert "stride 2" in problem.fixes[0].label
    assert problem.fixes[0].note == "+16,384 params"
    after = analyse(problem.fixes[0].edit(draw.graph))
    assert not any(f.error for f in after.facts.values())


def test_concat_is_not_offered_where_it_would_not_fit(draw: Any) -> None:
    source = draw.add("Input", size=(64, 56, 56))
    main = draw.add("Conv2d", out_channels=256, stride=2)
    draw.add("Add", main, source)
    problem = next(p for p in check(draw.graph) if p.code == "shapes-differ")
    assert not any("Concat" in fix.label for fix in problem.fixes)


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"kernel_size": 13, "padding": 0}, "window", "13 does not fit into height 8"),
        ({"groups": 5}, "groups", "groups must divide the input channels: 1 / 5 leaves 1"),
        ({"padding": "same", "stride": 2}, "same", "stride 2"),
        ({"padding": 9, "padding_mode": "reflect", "kernel_size": 3}, "padding", "reflect padding of 9"),
    ],
)
def test_a_convolution_that_does_not_fit(example: Document, change: dict[str, Any], code: str, words: str) -> None:
    graph = set_params(example.graph, ["n2"], **change)
    problem = found(graph, code)
    assert words in problem.text
    assert problem.fixes
    for k in range(len(problem.fixes)):
        mended(graph, problem, k)


def test_no_loss(example: Document) -> None:
    loss = next(i for i, n in example.graph.nodes.items() if n.block.loss)
    graph = remove(example.graph, [loss])
    problem = found(graph, "no-loss")
    after = mended(graph, problem)
    assert check(after, DIGITS.columns) == []


def test_softmax_before_cross_entropy(example: Document) -> None:
    from app.document.edits import insert_on_edge

    last = next(i for i, e in example.graph.edges.items() if e.target_port == "prediction")
    graph, _ = insert_on_edge(example.graph, last, Softmax(), (0, 0))
    after = mended(graph, found(graph, "softmax-twice"))
    assert check(after, DIGITS.columns) == []


def test_the_width_of_the_last_layer(example: Document) -> None:
    fc = next(i for i, n in example.graph.nodes.items() if n.name == "fc2")
    graph = set_params(example.graph, [fc], out_features=12)
    problem = found(graph, "classes")
    assert "12 scores for 10 classes" in problem.text
    assert mended(graph, problem).nodes[fc].block == example.graph.nodes[fc].block


def test_the_data_set_is_compared(example: Document) -> None:
    target = next(i for i, n in example.graph.nodes.items() if isinstance(n.block, Target))
    for change, code in (
        ({"classes": 7}, "classes"),
        ({"column": "answers"}, "column"),
        ({"kind": "values"}, "column"),
        ({"size": (3,)}, "size"),
    ):
        graph = set_params(example.graph, [target], **change)
        problems = [p for p in check(graph, DIGITS.columns) if p.node == target and p.code == code]
        assert problems, change
        mended(graph, problems[0])
    graph = set_params(example.graph, ["n1"], size=(1, 28, 28))
    assert mended(graph, found(graph, "size")).nodes["n1"].block == example.graph.nodes["n1"].block


def test_a_bias_before_a_norm_is_only_a_hint(draw: Any) -> None:
    draw.add("Input", size=(1, 8, 8))
    conv = draw.add("Conv2d")
    draw.add("BatchNorm2d")
    draw.add("Output")
    problem = found(draw.graph, "bias-before-norm")
    assert (problem.severity, problem.node) == ("hint", conv)
    mended(draw.graph, problem)


def test_an_image_into_a_linear(draw: Any) -> None:
    draw.add("Input", size=(1, 8, 8))
    draw.add("Linear")
    draw.add("Output")
    problem = found(draw.graph, "linear-on-image")
    for k in range(2):
        mended(draw.graph, problem, k)


def test_an_image_into_cross_entropy(draw: Any) -> None:
    draw.add("Input", size=(1, 8, 8))
    image = draw.add("Conv2d", out_channels=10)
    target = draw.add("Target")
    draw.add("CrossEntropy", image, target)
    problem = found(draw.graph, "scores")
    for k in range(len(problem.fixes)):
        assert check(mended(draw.graph, problem, k), DIGITS.columns) == []


def test_a_block_without_input_is_offered_the_nearest_free_result(example: Document) -> None:
    edge = next(i for i, e in example.graph.edges.items() if e.target == "n6")
    graph = remove(example.graph, edges=[edge])
    after = mended(graph, next(p for p in check(graph) if p.code == "unconnected"))
    assert check(after, DIGITS.columns) == []


def test_swapped_wires_of_a_loss(draw: Any) -> None:
    draw.add("Input", size=(1, 8, 8))
    draw.add("Flatten")
    scores = draw.add("Linear")
    target = draw.add("Target")
    draw.add("CrossEntropy", target, scores)
    problem = found(draw.graph, "kind")
    assert check(mended(draw.graph, problem), DIGITS.columns) == []


def test_an_answer_that_leaks_into_the_output(draw: Any) -> None:
    target = draw.add("Target", kind="values", size=(3,))
    source = draw.add("Input", size=(3,))
    draw.add("Add", target, source)
    draw.add("Output")
    assert any(p.code == "leak" for p in check(draw.graph))


def test_errors_come_first(example: Document) -> None:
    graph = set_params(example.graph, ["n2"], kernel_size=13, padding=0)
    graph, _ = connect(graph, Edge("n1", "y", "n14", "x"))
    severities = [p.severity for p in check(graph)]
    assert severities == sorted(severities, key=["error", "warning", "hint"].index)


def test_a_fix_is_one_edit_of_the_graph(example: Document) -> None:
    graph = set_params(example.graph, ["n2"], kernel_size=13, padding=0)
    for problem in check(graph):
        for fix in problem.fixes:
            after = fix.edit(graph)
            assert after != graph
            assert replace(after) == after


def test_set_block_drops_wires_that_no_longer_fit(example: Document) -> None:
    loss = next(i for i, n in example.graph.nodes.items() if n.block.loss)
    graph = set_block(example.graph, loss, Softmax())
    assert not [e for e in graph.edges.values() if e.target == loss]


def test_what_a_fix_inserts_lies_on_nothing(draw: Any) -> None:
    from app.document.placing import WIDTH, tall

    source = draw.add("Input", size=(1, 8, 8))
    image = draw.add("Conv2d", source, out_channels=10)
    target = draw.add("Target")
    draw.add("CrossEntropy", image, target)
    skip = draw.add("Add", image, source)
    assert skip
    for problem in check(draw.graph, DIGITS.columns):
        for fix in problem.fixes:
            old = {id: (n.position[0], n.position[1], tall(n.block)) for id, n in draw.graph.nodes.items()}
            new = {id: (n.position[0], n.position[1], tall(n.block)) for id, n in fix.edit(draw.graph).nodes.items()}
            for id in new.keys() - old.keys():
                x, y, height = new[id]
                covered = [i for i, (a, b, h) in new.items() if i != id and abs(a - x) < WIDTH and b - height < y < b + h]
                assert not covered, (fix.label, covered)


def test_a_checkerboard_is_foreseen(draw: Any) -> None:
    draw.add("Input", size=(1, 8, 8))
    up = draw.add("ConvTranspose2d", kernel_size=3, stride=2)
    draw.add("Output")
    problem = found(draw.graph, "checkerboard")
    assert mended(draw.graph, problem).nodes[up].block.kernel_size == (4, 4)


@pytest.mark.parametrize("block", WITH_INPUTS, ids=lambda b: b.__name__)
def test_whatever_a_block_refuses_can_be_checked_and_its_fixes_mend(block: type[Block]) -> None:
    """Over random parameters and shapes: the checks never fail themselves, and no fix is offered that leaves the error."""

    @given(draw=draws(block))
    @settings(max_examples=60, database=None, derandomize=True)
    def examine(draw: tuple[Block, tuple[Shape, ...]]) -> None:
        made, shapes = draw
        graph, at = add_node(Graph(), made, (0, 200))
        for k, shape in enumerate(shapes):
            port = made.inputs[min(k, len(made.inputs) - 1)]
            source = Target(size=shape) if port.kind == "index" else Input(size=shape or (1,))
            graph, new = add_node(graph, source, (220.0 * k, 0))
            graph, _ = connect(graph, Edge(new, "y", at, port.name))
        for problem in check(graph):
            for fix in problem.fixes:
                after = fix.edit(graph)
                assert problem.node != at or (problem.code, at) not in [(p.code, p.node) for p in check(after)], fix.label

    examine()
