"""ONNX: our writer against torch's exporter, and against writing the bare weights, through the same careful file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from app.compiler import compile_graph
from app.document import atomic
from app.engine.build import instantiate
from app.engine.export import traced, write_onnx
from tests.benchmarks import networks

CASES = {"resnet50": networks.resnet50, "densenet121": networks.densenet121}


class Case:
    """A network, and the three ways to write it."""

    def __init__(self, name: str, folder: Path) -> None:
        self.graph = CASES[name]()
        self.compiled = compile_graph(self.graph)
        self.net = instantiate(self.compiled.source).eval()
        self.state = self.net.state_dict()
        self.folder = folder
        print(f"\n{name}: {len(self.graph.nodes)} nodes, {sum(t.nbytes for t in self.state.values()) / 2**20:.1f} MiB of weights")

    def ours(self) -> None:
        beside = self.folder / "net.data"
        atomic.write_with(self.folder / "net.onnx", lambda temporary: write_onnx(self.net, self.compiled, temporary, beside))

    def bare(self) -> None:
        def write(temporary: Path) -> None:
            with temporary.open("wb") as file:
                for tensor in self.state.values():
                    file.write(memoryview(tensor.numpy().reshape(-1).data).cast("B"))

        atomic.write_with(self.folder / "bare", write)

    def torchs(self) -> None:
        traced(self.net, self.compiled).save(str(self.folder / "t.onnx"), external_data=False)


@pytest.mark.parametrize("name", CASES)
def test_against_the_bare_weights(name: str, compare: Callable[..., Any], tmp_path: Path) -> None:
    case = Case(name, tmp_path)
    compare(f"{name}: ONNX, to the disk", 15, ours=case.ours, weights_alone=case.bare)


@pytest.mark.parametrize("name", CASES)
def test_against_torchs_exporter(name: str, compare: Callable[..., Any], tmp_path: Path) -> None:
    case = Case(name, tmp_path)
    compare(f"{name}: ONNX against torch's exporter", 2, torchs=case.torchs, ours=case.ours)


def test_no_copy_of_the_weights(benchmark: Any, tmp_path: Path) -> None:
    """Peak of Python's and the process's memory while a large linear layer is written."""
    import resource

    from tests.conftest import Builder

    def linear(width: int) -> tuple[Any, Any]:
        draw = Builder()
        draw.add("Input", size=(8192,))
        draw.add("Linear", out_features=width)
        compiled = compile_graph(draw.graph)
        return instantiate(compiled.source).eval(), compiled

    write_onnx(*linear(1), tmp_path / "warm.onnx", tmp_path / "warm.data")
    net, compiled = linear(16384)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    write_onnx(net, compiled, tmp_path / "net.onnx", tmp_path / "net.data")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    weights = sum(p.numel() * 4 for p in net.parameters()) / 1024
    print(f"\n  {weights / 1024:.0f} MiB of weights, peak grew by {grown / 1024:.1f} MiB")
    benchmark.extra_info["grown"] = grown / weights
    benchmark.pedantic(lambda: torch.zeros(1), rounds=1)
    assert grown < 0.1 * weights
