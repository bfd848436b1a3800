"""From a graph to ONNX nodes: names from the canvas, only what the result needs, results by their names."""

from typing import Any

import pytest

from app.canvas.face import face
from app.compiler import CompileError, NoRuleError, compile_graph, onnx_nodes
from app.document.analysis import analyse
from app.document.checks import check
from app.document.graph import Document, Graph
from blocks import catalogue
from blocks.core import Block
from blocks.onnx import Nodes


def nodes_of(graph: Graph) -> Nodes:
    return onnx_nodes(compile_graph(graph))


def test_names_come_from_the_canvas(draw: Any) -> None:
    draw.add("Input", size=(3, 8, 8), name="photo")
    draw.add("Conv2d", name="First layer", bias=False)
    draw.add("ReLU", name="bend")
    draw.add("Output", name="scores")
    nodes = nodes_of(draw.graph)
    assert [(n.op, n.inputs, n.outputs) for n in nodes.nodes] == [
        ("Conv", ("photo", "first_layer.weight"), ("first_layer/Conv",)),
        ("Relu", ("first_layer/Conv",), ("scores",)),
    ]
    assert list(nodes.weights) == ["first_layer.weight"]


def test_what_only_training_needs_is_left_out(example: Document) -> None:
    ops = [node.op for node in nodes_of(example.graph).nodes]
    assert "Dropout" not in ops
    assert "SoftmaxCrossEntropyLoss" not in ops


def test_an_input_that_is_a_result_is_copied(draw: Any) -> None:
    x = draw.add("Input", size=(3,))
    draw.add("Output", x, name="as it is")
    draw.add("Identity", x)
    draw.add("Output", name="also")
    draw.add("Linear", x)
    draw.add("Output", name="changed")
    nodes = nodes_of(draw.graph).nodes
    assert sorted(node.op for node in nodes) == ["Gemm", "Identity"] or [node.op for node in nodes].count("Identity") == 2


def test_blocks_of_one_name_do_not_collide(draw: Any) -> None:
    draw.add("Input", size=(4,))
    for _ in range(3):
        draw.add("Sigmoid", name="x")
        draw.add("GELU", name="x/Sigmoid")
    outputs = [name for node in nodes_of(draw.graph).nodes for name in node.outputs]
    assert len(outputs) == len(set(outputs)) == 6


def test_equal_constants_stand_once(draw: Any) -> None:
    draw.add("Input", size=(4,))
    for _ in range(5):
        draw.add("ReLU6")
    assert sorted(c.values for c in nodes_of(draw.graph).constants.values()) == [(0.0,), (6.0,)]


def test_a_block_that_can_not_be_exported_says_so_before_training(draw: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mish = catalogue.load()["Mish"]
    monkeypatch.setattr(mish, "no_onnx", "ONNX has no such operator")
    draw.add("Input", size=(4,))
    smooth = draw.add("Mish", name="smooth")
    [problem] = [p for p in check(draw.graph) if p.code == "no-onnx"]
    assert problem.text == "smooth can't be exported to ONNX: ONNX has no such operator"
    node = draw.graph.nodes[smooth]
    assert ("no ONNX", True) in face(node, analyse(draw.graph).facts[smooth], True).chips
    with pytest.raises(CompileError, match="can't be exported"):
        nodes_of(draw.graph)


def test_a_block_without_a_rule_says_so(draw: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mish = catalogue.load()["Mish"]
    monkeypatch.setattr(mish, "to_onnx", Block.to_onnx)
    monkeypatch.setattr(mish, "onnx", "")
    draw.add("Input", size=(4,))
    draw.add("Mish", name="smooth")
    with pytest.raises(NoRuleError, match="smooth has no ONNX rule"):
        nodes_of(draw.graph)
