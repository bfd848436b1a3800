"""Optimizers, schedules, penalties and averages against torch's own, or against what they are by definition."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.document.recipe import Recipe
from app.engine.optimize import Average, add_l1, learning_rate, make_optimizer
from app.engine.progress import Progress, drawn

STEPS, PER_EPOCH = 60, 10


def rates(**values: Any) -> list[float]:
    recipe = Recipe(learning_rate=0.1, **values)
    return [learning_rate(recipe, step, STEPS, PER_EPOCH) for step in range(STEPS)]


def of_torch(make: Any, every: int) -> list[float]:
    """What a scheduler of torch gives, stepped after each step or each epoch."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler, found = make(optimizer), []
    for step in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if (step + 1) % every == 0:
            scheduler.step()
    return found


@pytest.mark.parametrize(
    ("values", "make", "every"),
    [
        ({"schedule": "constant"}, lambda o: torch.optim.lr_scheduler.ConstantLR(o, 1.0), 1),
        ({"schedule": "step", "step_epochs": 2, "gamma": 0.3}, lambda o: torch.optim.lr_scheduler.StepLR(o, 2, 0.3), PER_EPOCH),
        ({"schedule": "multi-step", "milestones": (1, 4)}, lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [1, 4], 0.1), PER_EPOCH),
        ({"schedule": "exponential", "gamma": 0.7}, lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.7), PER_EPOCH),
        ({"schedule": "cosine"}, lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, STEPS), 1),
        ({"schedule": "cosine", "final_rate": 0.2}, lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, STEPS, 0.02), 1),
    ],
)
def test_schedules_are_those_of_torch(values: dict[str, Any], make: Any, every: int) -> None:
    assert rates(**values) == pytest.approx(of_torch(make, every))


def test_one_cycle_rises_and_falls() -> None:
    found = rates(schedule="one-cycle")
    peak = found.index(max(found))
    assert found[0] == pytest.approx(0.1 / 25)
    assert peak == 18
    assert found[peak] == pytest.approx(0.1)
    assert found[: peak + 1] == sorted(found[: peak + 1])
    assert found[peak:] == sorted(found[peak:], reverse=True)
    assert found[-1] < 0.001


@given(st.sampled_from(["constant", "cosine", "one-cycle", "step", "exponential"]), st.floats(0.1, 3))
def test_a_warm_up_goes_before_any(schedule: str, epochs: float) -> None:
    found = rates(schedule=schedule, warmup_epochs=epochs, step_epochs=100, gamma=0.9)
    warm = math.ceil(epochs * PER_EPOCH)
    assert found[:warm] == sorted(found[:warm])
    assert all(rate <= 0.1 + 1e-12 for rate in found)
    assert found[0] == pytest.approx(0.1 / max(1.0, epochs * PER_EPOCH))


def test_plateau_divides_when_nothing_gets_better() -> None:
    at, dropped = Progress(), []
    for score in (1.0, 0.9, 0.9, 0.95, 0.91, 0.92, 0.5):
        at.judged(score, 0.0, 1, 0.1)
        dropped.append(round(at.dropped, 6))
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer := torch.optim.SGD([torch.zeros(1)], lr=1.0), patience=1, threshold=0.0
    )
    expected = []
    for score in (1.0, 0.9, 0.9, 0.95, 0.91, 0.92, 0.5):
        scheduler.step(score)
        expected.append(round(optimizer.param_groups[0]["lr"], 6))
    assert dropped == expected


@pytest.mark.parametrize(
    ("values", "make"),
    [
        ({"optimizer": "SGD", "momentum": 0.0}, lambda p: torch.optim.SGD(p, lr=0.05, weight_decay=0.01)),
        ({"optimizer": "SGD"}, lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01)),
        ({"optimizer": "SGD", "nesterov": True}, lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01, nesterov=True)),
        ({"optimizer": "RMSprop"}, lambda p: torch.optim.RMSprop(p, lr=0.05, momentum=0.9, weight_decay=0.01)),
        ({"optimizer": "Adagrad"}, lambda p: torch.optim.Adagrad(p, lr=0.05, weight_decay=0.01)),
        ({"optimizer": "Adam"}, lambda p: torch.optim.Adam(p, lr=0.05, weight_decay=0.01)),
        ({"optimizer": "AdamW"}, lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.01)),
    ],
)
def test_optimizers_are_those_of_torch(values: dict[str, Any], make: Any) -> None:
    nets = []
    for k in range(2):
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))
        optimizer = make_optimizer(Recipe(learning_rate=0.05, weight_decay=0.01, **values), net) if k else make(net.parameters())
        for step in range(20):
            optimizer.zero_grad()
            net(torch.randn(16, 4, generator=torch.Generator().manual_seed(step))).pow(2).mean().backward()
            optimizer.step()
        nets.append(net)
    for a, b in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_muon_takes_the_matrices_only() -> None:
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.Flatten(), torch.nn.Linear(144, 5))
    optimizer: Any = make_optimizer(Recipe(optimizer="Muon"), net)
    muon, adam = optimizer.parts
    assert [tuple(p.shape) for g in muon.param_groups for p in g["params"]] == [(5, 144)]
    assert sum(len(g["params"]) for g in adam.param_groups) == 3
    before = [p.detach().clone() for p in net.parameters()]
    net(torch.randn(2, 1, 8, 8)).sum().backward()
    optimizer.step()
    assert all(not torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))


def test_biases_may_stay_out_of_the_decay() -> None:
    net = torch.nn.Linear(3, 2)
    groups = make_optimizer(Recipe(weight_decay=0.1, decay_biases=False), net).param_groups
    assert [(len(g["params"]), g["weight_decay"]) for g in groups] == [(1, 0.1), (1, 0.0)]


def test_l1_is_the_slope_of_its_penalty() -> None:
    net = torch.nn.Linear(3, 2)
    loss = net(torch.ones(1, 3)).sum()
    (loss + 0.3 * sum(p.abs().sum() for p in net.parameters())).backward()
    expected = [p.grad.clone() for p in net.parameters()]
    net.zero_grad()
    net(torch.ones(1, 3)).sum().backward()
    add_l1(net, Recipe(l1=0.3))
    assert all(torch.allclose(p.grad, e) for p, e in zip(net.parameters(), expected, strict=True))


def test_the_average_is_swapped_in_and_out() -> None:
    net = torch.nn.BatchNorm1d(2)
    average = Average(net, 0.5)
    with torch.no_grad():
        net.weight.fill_(3.0)
    for _ in range(200):
        average.update(1000)
    with torch.no_grad():
        net.weight.fill_(7.0)
    average.update(1000)
    with average.in_place():
        assert torch.allclose(net.weight, torch.tensor(5.0))
    assert torch.equal(net.weight, torch.full((2,), 7.0))
    assert torch.allclose(average.kept["weight"], torch.tensor(5.0))


@given(st.integers(0, 2**32), st.integers(0, 10**6), st.integers(0, 64))
def test_draws_differ(seed: int, step: int, rank: int) -> None:
    assert len({drawn(seed, step, rank), drawn(seed, step + 1, rank), drawn(seed, step, rank + 1), drawn(seed + 1, step, rank)}) == 4
    assert 0 <= drawn(seed, step, rank) < 2**63
