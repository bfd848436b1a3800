"""Ratios of things timed in the same run, in turn, with an A/A pair beside them that shows the noise. Run by `make benchmarks`."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest


def pytest_ignore_collect(config: Any) -> bool | None:
    """Only where they are asked for: timings among other tests say nothing."""
    return True if config.getoption("--benchmark-disable", False) and not config.getoption("--benchmark-enable", False) else None


def alternate(variants: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each variant, one after the other in every round, in an order that changes."""
    times: dict[str, list[float]] = {name: [] for name in variants}
    names = list(variants)
    for name in names:
        variants[name]()
    for k in range(rounds):
        for name in names[k % len(names) :] + names[: k % len(names)]:
            began = time.perf_counter()
            variants[name]()
            times[name].append(time.perf_counter() - began)
    return times


@pytest.fixture
def compare(benchmark: Any) -> Callable[..., dict[str, float]]:
    """Medians of variants; prints each, its ratio to the last one, and the A/A ratio of the last one with itself."""

    def run(title: str, rounds: int, **variants: Callable[[], Any]) -> dict[str, float]:
        base = list(variants)[-1]
        times = alternate({**variants, f"{base} again": variants[base]}, rounds)
        medians = {name: statistics.median(values) for name, values in times.items()}
        noise = medians[f"{base} again"] / medians[base]
        print(f"\n{title} ({rounds} rounds)")
        for name, median in medians.items():
            print(f"  {name:<28} {1000 * median:>10.3f} ms   x{median / medians[base]:.3f}")
        benchmark.extra_info.update({name: round(median / medians[base], 4) for name, median in medians.items()}, noise=round(noise, 4))
        benchmark.pedantic(lambda: None, rounds=1)
        return medians

    return run
