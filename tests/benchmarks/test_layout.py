"""Auto-layout against an analysis of the same graph from the start."""

from collections.abc import Callable
from typing import Any

import pytest

from app.document.analysis import analyse
from app.document.layout import lay_out
from tests.benchmarks import networks

CASES = {"resnet50": (networks.resnet50, 30), "densenet121": (networks.densenet121, 20), "chain-4500": (lambda: networks.chain(4500), 5)}


@pytest.mark.parametrize("name", CASES)
def test_layout(name: str, compare: Callable[..., Any]) -> None:
    make, rounds = CASES[name]
    graph = make()
    compare(
        f"{name}: {len(graph.nodes)} blocks, {len(graph.edges)} wires",
        rounds,
        lay_out=lambda: lay_out(graph),
        analyse=lambda: analyse(graph),
    )
