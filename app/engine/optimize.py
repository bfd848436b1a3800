"""How weights move: the optimizer of a recipe, its rate for each step, penalties, and the average of the weights over time."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adagrad, Adam, AdamW, Muon, Optimizer, RMSprop

from app.document.recipe import Recipe
from app.engine.sharded import here


def make_optimizer(recipe: Recipe, net: nn.Module) -> Optimizer:
    """The recipe's optimizer, for all weights that are not frozen; fused, where there are such kernels."""
    decayed: list[Tensor] = []
    others: list[Tensor] = []
    for p in net.parameters():
        if p.requires_grad:
            (decayed if recipe.decay_biases or p.dim() > 1 else others).append(p)
    lr, decay, momentum = recipe.learning_rate, recipe.weight_decay, recipe.momentum
    if recipe.optimizer == "Muon":
        return Both(recipe, decayed, others)
    groups: list[dict[str, Any]] = [{"params": decayed, "weight_decay": decay}] if decayed else []
    groups += [{"params": others, "weight_decay": 0.0}] if others else []
    match recipe.optimizer:
        case "SGD":
            return SGD(groups, lr=lr, momentum=momentum, nesterov=recipe.nesterov and momentum > 0, fused=True)
        case "RMSprop":
            return RMSprop(groups, lr=lr, momentum=momentum, foreach=True)
        case "Adagrad":
            return Adagrad(groups, lr=lr, fused=True) if all(p.device.type == "cpu" for p in decayed) else Adagrad(groups, lr=lr)
        case "Adam":
            return Adam(groups, lr=lr, fused=True)
    return AdamW(groups, lr=lr, fused=True)


class Both(Optimizer):
    """Muon (Jordan et al., 2024) for matrices, AdamW for all else. Convolution kernels are AdamW's too, as in the authors' own code for them."""

    def __init__(self, recipe: Recipe, decayed: list[Tensor], others: list[Tensor]) -> None:
        matrices = [p for p in decayed if p.dim() == 2]
        rest = [p for p in decayed if p.dim() != 2]
        lr, decay = recipe.learning_rate, recipe.weight_decay
        self.parts: list[Optimizer] = []
        if matrices:
            self.parts.append(Muon(matrices, lr=lr, weight_decay=decay, momentum=recipe.momentum, adjust_lr_fn="match_rms_adamw"))
        groups = [{"params": p, "weight_decay": d} for p, d in ((rest, decay), (others, 0.0)) if p]
        if groups:
            self.parts.append(AdamW(groups, lr=lr, fused=True))
        super().__init__([p for part in self.parts for p in [q for g in part.param_groups for q in g["params"]]], {})
        self.param_groups = [group for part in self.parts for group in part.param_groups]

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for part in self.parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        states = [part.state_dict() for part in self.parts]
        merged: dict[str, Any] = {"state": {}, "param_groups": [state["param_groups"] for state in states]}
        for k, state in enumerate(states):
            merged["state"] |= {f"{k}:{index}": values for index, values in state["state"].items()}
        return merged

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        for k, part in enumerate(self.parts):
            own = {int(key.partition(":")[2]): value for key, value in state_dict["state"].items() if str(key).startswith(f"{k}:")}
            part.load_state_dict({"state": own, "param_groups": state_dict["param_groups"][k]})
        self.param_groups = [group for part in self.parts for group in part.param_groups]


def learning_rate(recipe: Recipe, step: int, total: int, per_epoch: int = 1, dropped: float = 1.0) -> float:
    """The rate for a step counted from 0, of ``total``; ``dropped`` is what 'plateau' has left of it."""
    full = recipe.learning_rate
    warm = recipe.warmup_epochs * per_epoch
    if step < warm:
        return full * min(1.0, (step + 1) / warm)
    along = min(1.0, (step - warm) / max(1.0, total - warm))
    epoch = step // per_epoch
    match recipe.schedule:
        case "cosine":
            share = recipe.final_rate + (1 - recipe.final_rate) * 0.5 * (1 + math.cos(math.pi * along))
        case "step":
            share = recipe.gamma ** math.floor(step / (recipe.step_epochs * per_epoch))
        case "multi-step":
            share = recipe.gamma ** sum(step >= milestone * per_epoch for milestone in recipe.milestones)
        case "exponential":
            share = recipe.gamma**epoch
        case "one-cycle":
            share = _cycle(along, recipe.final_rate)
        case "plateau":
            share = dropped
        case _:
            share = 1.0
    return full * share


def _cycle(along: float, final: float) -> float:
    """Up from a 25th over the first three tenths, then down to the end, both along a cosine."""
    if along < 0.3:
        return _between(1 / 25, 1.0, along / 0.3)
    return _between(1.0, max(final, 4e-6), (along - 0.3) / 0.7)


def _between(start: float, end: float, along: float) -> float:
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * along))


def add_l1(net: nn.Module, recipe: Recipe) -> None:
    """Add the slope of the L1 penalty to the gradients."""
    weights = [p for p in net.parameters() if p.grad is not None and (recipe.decay_biases or p.dim() > 1)]
    gradients: list[Any] = [here(p.grad) for p in weights]
    torch._foreach_add_(gradients, torch._foreach_sign([here(p.detach()) for p in weights]), alpha=recipe.l1)


class Average:
    """A moving average of all weights and statistics of a net (Polyak and Juditsky, 1992)."""

    def __init__(self, net: nn.Module, decay: float) -> None:
        self.decay = decay
        self.live: dict[str, Tensor] = {name: here(tensor.detach()) for name, tensor in net.state_dict(keep_vars=True).items()}
        self.kept = {name: tensor.detach().clone() for name, tensor in self.live.items()}
        self._real = [name for name, tensor in self.live.items() if tensor.is_floating_point()]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """After a step; the first steps weigh more, so that the start is soon forgotten."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_([self.kept[n] for n in self._real], [self.live[n].detach() for n in self._real], 1 - decay)
        for name, tensor in self.live.items():
            if not tensor.is_floating_point():
                self.kept[name].copy_(tensor)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The net with the averages as its weights, while one is inside."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for name, tensor in self.live.items():
            other = tensor.detach().clone()
            tensor.data.copy_(self.kept[name])
            self.kept[name].copy_(other)
