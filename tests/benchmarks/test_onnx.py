"""ONNX: our writer against torch's exporter, and against writing the bare weights, through the same careful file."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
        program = traced(self.net, self.compiled)
        atomic.write_with(self.folder / "t.onnx", lambda temporary: program.save(str(temporary), external_data=False))


@pytest.mark.parametrize("name", CASES)
def test_against_the_bare_weights(name: str, compare: Callable[..., Any], tmp_path: Path) -> None:
    case = Case(name, tmp_path)
    compare(f"{name}: ONNX, to the disk", 15, ours=case.ours, weights_alone=case.bare)


@pytest.mark.parametrize("name", CASES)
def test_against_torchs_exporter(name: str, compare: Callable[..., Any], tmp_path: Path) -> None:
    case = Case(name, tmp_path)
    compare(f"{name}: ONNX against torch's exporter", 5, torchs=case.torchs, ours=case.ours)


SCRIPT = """
import resource, sys, threading
from pathlib import Path
from app.compiler import compile_graph
from app.engine.build import instantiate
from app.engine.export import write_onnx
from tests.conftest import Builder

def linear(width):
    draw = Builder()
    draw.add("Input", size=(8192,))
    draw.add("Linear", out_features=width)
    compiled = compile_graph(draw.graph)
    return instantiate(compiled.source).eval(), compiled

folder = Path(sys.argv[1])
write_onnx(*linear(1), folder / "warm.onnx", folder / "warm.data")
net, compiled = linear(16384)
net.requires_grad_(False)

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024

def grown(work):
    # how many KiB more the process holds at most while it works, looked at every millisecond
    before, most, done = held(), 0, threading.Event()
    def watch():
        nonlocal most
        while not done.wait(0.001):
            most = max(most, held() - before)
    thread = threading.Thread(target=watch)
    thread.start()
    kept = work()
    done.set()
    thread.join()
    return most

write = grown(lambda: write_onnx(net, compiled, folder / "net.onnx", folder / "net.data"))
copy = grown(lambda: [p.clone() for p in net.parameters()])
print(sum(p.numel() * 4 for p in net.parameters()) // 1024, write, copy)
"""


def test_no_copy_of_the_weights(benchmark: Any, tmp_path: Path) -> None:
    """How much more a fresh process holds while a large linear layer is written; the control copies it and must grow."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    weights, grown, control = map(int, done.stdout.split())
    print(f"\n  {weights / 1024:.0f} MiB of weights, held {grown / 1024:.1f} MiB more; {control / 1024:.1f} MiB more where they are copied")
    benchmark.extra_info["grown"] = grown / weights
    benchmark.pedantic(lambda: None, rounds=1)
    assert grown < 0.1 * weights < control
