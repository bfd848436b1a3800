"""Finding blocks by words and facts."""

from typing import Any

import pytest

from app.document.analysis import analyse
from app.document.edits import connect
from app.document.find import find
from app.document.graph import Document, Edge


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("conv", {"conv1", "conv2"}), ("shape:16", {"conv1", "relu1"}), ("shape:16x8", {"conv1", "relu1"}), ("shape:8x8", {"image", "conv1", "relu1", "conv2", "relu2"}),
        ("k=3 out=32", {"conv2"}), ("kernel_size=3x3 conv1", {"conv1"}), ("params>1k linear", {"fc1"}), ("params>1M", set()), ("params<0.001M type:linear", {"fc2"}),
        ("k=5", set()), ("bias=yes type:linear", {"fc1", "fc2"}), ("error", set()), ("", set()), ("nothing", set()), ("k>x", set()), ("padding=1 shape:32", {"conv2"}),
        ("name:fc", {"fc1", "fc2"}), ("LOSS", {"loss"}), ("data", {"image", "label"}),
    ],
)  # fmt: skip
def test_every_term_must_hold(example: Document, text: str, names: set[str]) -> None:
    analysis = analyse(example.graph)
    assert {example.graph.nodes[id].name for id in find(analysis, text)} == names


def test_errors_and_circles_are_found(draw: Any) -> None:
    draw.add("Input", size=(3,), name="x")
    wrong = draw.add("Conv2d")
    loop = draw.add("Add")
    graph, _ = connect(draw.graph, Edge(loop, "y", wrong, "x"))
    assert find(analyse(draw.graph), "error") == [wrong]
    assert set(find(analyse(graph), "type:add")) == {loop}
