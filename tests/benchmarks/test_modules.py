"""The generated module against one written by hand: time forward and backward, and peak memory of inference."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from app.compiler import compile_graph
from app.engine.build import instantiate
from tests.benchmarks import networks

CASES = {
    "lenet": (networks.lenet, networks.LeNet, (64, 1, 28, 28), 120),
    "residual-216": (networks.residual, networks.Residual, (16, 3, 16, 16), 30),
    "resnet50": (networks.resnet50, networks.ResNet50, (2, 3, 224, 224), 10),
}


def pair(name: str) -> tuple[torch.nn.Module, torch.nn.Module, torch.Tensor, int]:
    draw, written, shape, rounds = CASES[name]
    graph = draw()
    ours, theirs = instantiate(compile_graph(graph).source), written()
    networks.same_weights(ours, theirs)
    print(f"\n{name}: {len(graph.nodes)} nodes, {sum(p.numel() for p in ours.parameters()):,} parameters")
    return ours, theirs, torch.randn(*shape), rounds


@pytest.mark.parametrize("name", CASES)
def test_forward_and_backward(name: str, compare: Callable[..., Any]) -> None:
    ours, theirs, x, rounds = pair(name)
    assert torch.allclose(ours.eval()(x), theirs.eval()(x), atol=1e-4)
    ours.train(), theirs.train()

    def step(net: torch.nn.Module) -> Callable[[], None]:
        def run() -> None:
            net.zero_grad()
            net(x).square().mean().backward()

        return run

    _, another, _, _ = pair(name)  # two instances of one class differ too: where their weights lie in memory
    compare(
        f"{name}: forward and backward", rounds, generated=step(ours), by_hand_another_instance=step(another.train()), by_hand=step(theirs)
    )


@pytest.mark.parametrize("name", CASES)
def test_peak_memory_of_inference(name: str, benchmark: Any) -> None:
    from torch.profiler import ProfilerActivity, profile

    ours, theirs, x, _ = pair(name)

    def peak(net: torch.nn.Module) -> int:
        net.eval()
        with torch.inference_mode(), profile(activities=[ProfilerActivity.CPU], profile_memory=True, record_shapes=False) as recorded:
            net(x)
        held = most = 0
        for event in sorted(recorded.profiler.kineto_results.events(), key=lambda e: e.start_ns()):
            if event.name() == "[memory]":
                held += event.nbytes()
                most = max(most, held)
        return most

    a, b = peak(ours), peak(theirs)
    print(f"  peak {a / 2**20:.2f} MiB generated, {b / 2**20:.2f} MiB by hand, x{a / b:.3f}")
    benchmark.extra_info["ratio"] = a / b
    benchmark.pedantic(lambda: None, rounds=1)
    assert a <= b * 1.01
