"""The compiler: the source computes what the graph says, reads well, frees what it can, and can't be injected."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from app.compiler import CompileError, compile_graph
from app.compiler.names import RESERVED, identifier
from app.document.analysis import analyse, arrange
from app.document.edits import add_node, connect, rename
from app.document.graph import Document, Edge, Graph
from app.engine.build import instantiate
from blocks.activation import ReLU
from blocks.core import Block, Port, Shape, Shapes
from blocks.data import Input
from blocks.merge import Add
from tests.conftest import Builder


def test_the_first_example_reads_as_a_person_would_write_it(example: Document) -> None:
    source = compile_graph(example.graph).source
    assert "self.conv1 = nn.Conv2d(1, 16, kernel_size=3, padding=1)" in source
    assert "        x = self.conv1(image)  # (N, 16, 8, 8)\n        x = F.relu(x)\n" in source
    assert "        return F.cross_entropy(fc2, label, label_smoothing=0.1)\n" in source
    assert len(source.splitlines()) < 45


def test_it_runs_where_there_is_no_netwright(example: Document, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(compile_graph(example.graph).source)
    code = "import sys, torch; sys.modules['app'] = sys.modules['blocks'] = None; from net import Net; print(tuple(Net()(torch.randn(3, 1, 8, 8)).shape))"
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert result.stdout.strip() == "(3, 10)", result.stderr
    result = subprocess.run([sys.executable, "net.py"], cwd=tmp_path, capture_output=True, text=True)
    assert "(fc2): Linear" in result.stdout, result.stderr


def interpret(graph: Graph, net: nn.Module, modules: Any, x: torch.Tensor) -> dict[str, torch.Tensor]:
    """The graph's own meaning, node by node: the oracle."""
    analysis = analyse(graph)
    values: dict[str, torch.Tensor] = {}
    for id in analysis.wiring.order:
        block = graph.nodes[id].block
        edges, _ = arrange(block.inputs, analysis.wiring.incoming.get(id, ()))
        args = [values[e.source] for e in edges]
        if isinstance(block, Input):
            values[id] = x
        elif id in modules:
            values[id] = getattr(net, modules[id])(*args)
        else:
            names = tuple(f"a{k}" for k in range(len(args)))
            scope = {"torch": torch, "F": nn.functional, **dict(zip(names, args, strict=True))}
            values[id] = eval(block.forward(names, analysis.facts[id].inputs), scope)
    return values


@given(data=st.data())
@settings(max_examples=60)
def test_the_source_computes_what_the_graph_says(data: st.DataObject) -> None:
    draw = Builder()
    draw.add("Input", size=(4, 6, 6))
    for _ in range(data.draw(st.integers(1, 14))):
        ids = list(draw.graph.nodes)
        kind = data.draw(st.sampled_from(["Conv2d", "BatchNorm2d", "ReLU", "Tanh", "Add", "Multiply", "Concat"]))
        count = data.draw(st.integers(1, 3)) if kind in ("Add", "Multiply", "Concat") else 1
        channels = {id: f.outputs[0][0] for id, f in analyse(draw.graph).facts.items() if f.outputs}
        first = data.draw(st.sampled_from(ids))
        alike = ids if kind == "Concat" else [i for i in ids if channels[i] == channels[first]]
        sources = [first, *(data.draw(st.sampled_from(alike)) for _ in range(count - 1))]
        draw.add(kind, *sources, **({"out_channels": 4} if kind == "Conv2d" else {}))
    graph = draw.graph
    compiled = compile_graph(graph)
    torch.manual_seed(0)
    net = instantiate(compiled.source).eval()
    x = torch.randn(2, 4, 6, 6)
    with torch.inference_mode():
        given = net(x)
        values = interpret(graph, net, compiled.modules, x)
    outgoing = analyse(graph).wiring.outgoing
    wanted = [values[id] for id in graph.nodes if id not in outgoing and id != "n1"] or [x]
    results = given if isinstance(given, tuple) else (given,)
    assert len(results) == len(wanted)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(results, wanted, strict=True))


def test_values_are_let_go_after_their_last_use(draw: Any) -> None:
    draw.add("Input", size=(4, 8, 8))
    first = draw.add("Conv2d", out_channels=4)
    for _ in range(3):
        skip = draw.last
        main = draw.add("Conv2d", str(skip), out_channels=4)
        draw.add("Add", main, str(skip))
    assert first
    source = compile_graph(draw.graph).source
    assert source.count("del y") == 2  # the last needs none: the function ends
    assert {w for line in source.splitlines() if " = " in line and "self." in line for w in [line.split()[0]]} <= {
        "x", "y", *(f"self.conv{k}" for k in range(1, 5)),
    }  # fmt: skip


def test_several_losses_add_up_with_their_weights(draw: Any) -> None:
    source = draw.add("Input", size=(8,), name="features")
    a = draw.add("Linear", source, out_features=3)
    b = draw.add("Linear", source, out_features=2)
    target = draw.add("Target", classes=3, name="label")
    values = draw.add("Target", kind="values", size=(2,), column="y", name="y")
    draw.add("CrossEntropy", a, target)
    draw.add("MSELoss", b, values, weight=0.5)
    draw.add("Output", a)
    compiled = compile_graph(draw.graph)
    assert "total = total + 0.5 * F.mse_loss(fc2, y_)" in compiled.source
    net = instantiate(compiled.source)
    x = torch.randn(4, 8)
    assert net(x).shape == (4, 3)  # what only the loss needs is not computed
    results = net(x, for_loss=True)
    assert [tuple(r.shape) for r in results] == [(4, 3), (4, 2)]
    label, y = torch.tensor([0, 1, 2, 0]), torch.randn(4, 2)
    by_hand = nn.functional.cross_entropy(results[0], label) + 0.5 * nn.functional.mse_loss(results[1], y)
    named = {"label": label, "y": y}
    args = [named[a.column] if a.result is None else results[a.result] for a in compiled.loss_arguments]
    assert torch.allclose(net.loss(*args), by_hand)


def test_an_autoencoder_compares_with_its_own_input(draw: Any) -> None:
    image = draw.add("Input", size=(8,), name="image")
    decoded = draw.add("Linear", image, out_features=8)
    draw.add("L1Loss", decoded, image)
    compiled = compile_graph(draw.graph)
    assert "def loss(self, fc1, image):" in compiled.source
    x = torch.randn(3, 8)
    net = instantiate(compiled.source)
    assert torch.allclose(net.loss(net(x), x), (net(x) - x).abs().mean())


@pytest.mark.parametrize(("kind", "text"), [("cycle", "circle"), ("shape", "does not fit"), ("empty", "no layers")])
def test_what_can_not_be_compiled_is_said(draw: Any, kind: str, text: str) -> None:
    if kind != "empty":
        draw.add("Input", size=(1, 8, 8))
        draw.add("Conv2d", kernel_size=19 if kind == "shape" else 3, padding=0)
        if kind == "cycle":
            from app.document.edits import connect
            from app.document.graph import Edge

            draw.add("Add")
            relu = draw.add("ReLU")
            draw.graph, _ = connect(draw.graph, Edge(relu, "y", "n4", "x"))
            draw.add("Output", relu)
    with pytest.raises(CompileError, match=text):
        compile_graph(draw.graph)


HOSTILE = [
    "x\r\nimport os", 'a"""b', "\\", "{0}", "class", "self", "forward", "# coding: utf-7", "\u202eevil", "ﬁlter", "1st", "", " ", "日本", "a" * 300, "__init__",
    "torch", "F", "loss", "print(1)", "conv1; import os", "\x00",
]  # fmt: skip


def test_names_can_not_inject(example: Document) -> None:
    graph = example.graph
    benign = ast.dump(ast.parse(compile_graph(graph).source))
    shape = len(benign.split("Name(")), len(benign.split("Call("))
    for text in HOSTILE:
        hostile = graph
        for id in graph.nodes:
            hostile = rename(hostile, id, text)
        source = compile_graph(hostile).source
        assert source.isascii()
        tree = ast.dump(ast.parse(source))
        assert (len(tree.split("Name(")), len(tree.split("Call("))) == shape, text
        assert instantiate(source)(torch.randn(2, 1, 8, 8)).shape == (2, 10)


@given(st.text(max_size=40))
def test_every_text_becomes_an_identifier(text: str) -> None:
    name = identifier(text, "conv")
    assert name.isidentifier()
    assert name.isascii()
    assert name not in RESERVED


def test_reserved_names_are_those_of_torch() -> None:
    assert {name for name in dir(nn.Module) if not name.startswith("_")} <= RESERVED


class Halves(
    Block, label="Halves", group="Reshape", glyph="flatten", outputs=(Port("low"), Port("high")), source="torch.chunk({0}, 2, dim=1)"
):
    """Cuts the channels into two halves: a block with two outputs, for this test alone."""

    def shape(self, x: Shape) -> Shapes:  # type: ignore[override]
        return ((x[0] // 2, *x[1:]), (x[0] - x[0] // 2, *x[1:]))


def test_several_outputs(draw: Any) -> None:
    source = draw.add("Input", size=(4, 3, 3), name="image")
    graph, halves = add_node(draw.graph, Halves(), (0, 0))
    graph, _ = connect(graph, Edge(source, "y", halves, "x"))
    graph, relu = add_node(graph, ReLU(), (0, 0))
    graph, _ = connect(graph, Edge(halves, "high", relu, "x"))
    graph, total = add_node(graph, Add(), (0, 0))
    graph, _ = connect(graph, Edge(halves, "low", total, "x"))
    graph, _ = connect(graph, Edge(relu, "y", total, "x"))
    facts = analyse(graph).facts
    assert facts[halves].outputs == ((2, 3, 3), (2, 3, 3))
    compiled = compile_graph(graph)
    assert "x, y = torch.chunk(image, 2, dim=1)" in compiled.source
    x = torch.randn(2, 4, 3, 3)
    assert torch.allclose(instantiate(compiled.source)(x), x[:, :2] + x[:, 2:].relu())
