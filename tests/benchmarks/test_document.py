"""Analysis, one edit, one wire, and compiling, at 200, 1,000 and 5,000 nodes."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from app.compiler import compile_graph
from app.document.analysis import analyse, infer
from app.document.edits import connect, set_params
from app.document.graph import Edge
from app.document.legal import targets
from app.engine.build import instantiate
from tests.benchmarks.networks import chain

SIZES = (200, 1000, 5000)


@pytest.mark.parametrize("size", SIZES)
def test_full_analysis_against_fake_tensors(size: int, compare: Callable[..., Any]) -> None:
    graph = chain(size)
    net = instantiate(compile_graph(graph).source)

    def cold() -> None:
        infer.cache_clear()
        analyse(graph)

    mode = FakeTensorMode(allow_non_fake_inputs=True)
    with mode:
        x = torch.empty(2, 16, 32, 32)

    def fake() -> None:
        with mode, torch.no_grad():
            net(x)

    compare(f"{len(graph.nodes)} nodes, {len(graph.edges)} wires: shapes and costs", 5 if size > 1000 else 9, fake_tensors=fake, nothing_remembered=cold,
            analysis=lambda: analyse(graph))  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_one_edit(size: int, compare: Callable[..., Any]) -> None:
    graph = chain(size)
    analysis = analyse(graph)
    ids = list(graph.nodes)
    conv = next(i for i in ids[len(ids) // 2 :] if graph.nodes[i].block.label == "Conv 2D")
    fresh = count(3)

    def parameter() -> None:
        k = 2 * next(fresh) + 1
        analyse(set_params(graph, [conv], kernel_size=k, padding=k // 2), analysis)

    compare(
        f"{len(graph.nodes)} nodes: one edit, all told", 60,
        a_wire=lambda: analyse(connect(graph, Edge(ids[3], "y", ids[-4], "x"))[0], analysis), a_parameter=parameter,
    )  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_a_wire_in_the_hand(size: int, compare: Callable[..., Any]) -> None:
    graph = chain(size)
    analysis = analyse(graph)
    first, last = list(graph.nodes)[1], list(graph.nodes)[-1]
    compare(
        f"{len(graph.nodes)} nodes: legal targets once, one check against the order, one with the order", 30,
        all_targets=lambda: targets(analysis, list(graph.nodes)[len(graph.nodes) // 2], "y", forward=True),
        check_backward=lambda: analysis.wiring.closes_cycle(last, first), check_forward=lambda: analysis.wiring.closes_cycle(first, last),
    )  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_compile(size: int, compare: Callable[..., Any]) -> None:
    graph = chain(size)
    analysis = analyse(graph)
    medians = compare(f"{len(graph.nodes)} nodes: compile", 15, compile=lambda: compile_graph(graph, analysis))
    print(f"  {1e6 * medians['compile'] / len(graph.nodes):.1f} microseconds a node")
