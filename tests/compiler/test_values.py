"""Values in the generated source: several outputs, some of them unused, and blocks that pass on what comes in."""

from typing import Any

import torch

from app.compiler import compile_graph
from app.document.edits import add_node, connect
from app.document.graph import Edge
from app.engine.build import instantiate
from blocks.data import Output


def result(graph: Any, *inputs: torch.Tensor) -> Any:
    source = compile_graph(graph).source
    with torch.inference_mode():
        return instantiate(source).eval()(*inputs), source


def test_an_output_that_nothing_uses_has_no_name(draw: Any) -> None:
    draw.add("Input", size=(7, 5))
    lstm = draw.add("LSTM", name="memory")
    end = draw.add("Output", lstm)
    graph, _ = connect(draw.graph, Edge(lstm, "last", end, "x"))
    y, source = result(graph, torch.randn(3, 7, 5))
    assert "_, x = self.memory(" in source
    assert y.shape == (3, 32)


def test_identities_share_the_value_they_pass_on(draw: Any) -> None:
    x = draw.add("Input", size=(4,))
    a = draw.add("Sigmoid", x)
    first = draw.add("Identity", a)
    second = draw.add("Identity", first)
    b = draw.add("Tanh", first)
    c = draw.add("ReLU", second)
    draw.add("Add", a, b, c)
    x_ = torch.randn(5, 4)
    y, source = result(draw.graph, x_)
    s = torch.sigmoid(x_)
    assert torch.allclose(y, s + s.tanh() + s.relu())
    assert " x = x\n" not in source


def test_an_identity_of_an_input_keeps_it_alive(draw: Any) -> None:
    x = draw.add("Input", size=(4,))
    same = draw.add("Identity", x)
    a = draw.add("Tanh", same)
    draw.add("Subtract", a, x)
    x_ = torch.randn(5, 4)
    y, _ = result(draw.graph, x_)
    assert torch.allclose(y, x_.tanh() - x_)


def test_parts_of_a_split_go_their_own_ways(draw: Any) -> None:
    draw.add("Input", size=(7, 3))
    split = draw.add("Split", parts=3)
    graph = draw.graph
    for port in ("y3", "y1"):
        graph, end = add_node(graph, Output(), (0, 0))
        graph, _ = connect(graph, Edge(split, port, end, "x"))
    x = torch.randn(2, 7, 3)
    (third, first), source = result(graph, x)
    assert torch.equal(third, x[:, 5:])
    assert torch.equal(first, x[:, :3])
    assert "tensor_split(3, dim=1)" in source


def test_only_the_modules_that_are_used_are_copied(draw: Any) -> None:
    draw.add("Input", size=(7, 5))
    draw.add("GRU")
    draw.add("LastStep")
    source = compile_graph(draw.graph).source
    assert "class GRU(nn.GRU)" in source
    assert "def last_state" in source
    assert "class LSTM" not in source


def test_a_name_on_the_canvas_does_not_hide_a_function(draw: Any) -> None:
    draw.add("Input", size=(2, 3, 3), name="bed of nails")
    draw.add("BedOfNails", name="bed_of_nails")
    y, source = result(draw.graph, torch.ones(1, 2, 3, 3))
    assert y.sum() == 18
    assert "forward(self, bed_of_nails_2)" in source
