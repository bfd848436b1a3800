"""Before a run: a good learning rate, and the largest batch that fits."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch

from app.data.splits import split
from app.document.analysis import analyse_document
from app.document.forecast import forecast
from app.document.graph import Document
from app.engine.build import build, fabric, loss_of, run_net
from app.engine.devices import images_first
from app.engine.errors import EngineError
from app.engine.loop import supply
from app.engine.mishaps import out_of_memory
from app.engine.optimize import make_optimizer
from app.engine.supply import measured

STEPS: Final = 100
LOWEST, HIGHEST = 1e-6, 10.0


@dataclass(frozen=True, slots=True)
class Curve:
    """Losses over learning rates, smoothed, and the rate where the loss falls fastest."""

    rates: list[float]
    losses: list[float]
    suggested: float


def find_rate(document: Document, device: str = "auto", steps: int = STEPS) -> Curve:
    """Raise the learning rate from step to step until the loss runs away (Smith, arXiv 1506.01186). Nothing of it is kept."""
    trial = _Trial(document, device)
    rates: list[float] = []
    losses: list[float] = []
    average = 0.0
    for k in range(steps):
        rate = LOWEST * (HIGHEST / LOWEST) ** (k / (steps - 1))
        loss = trial.step(rate, k)
        average = 0.9 * average + 0.1 * loss
        smooth = average / (1 - 0.9 ** (k + 1))
        if not math.isfinite(smooth) or (losses and smooth > 4 * min(losses)):
            break
        rates.append(rate)
        losses.append(smooth)
    if len(losses) < 10:
        raise EngineError("the loss runs away at once: the network needs a normalised input or another initialisation")
    slope = np.gradient(np.array(losses), np.log(np.array(rates)))
    lowest = int(np.argmin(losses))
    best = int(np.argmin(slope[: max(2, lowest)]))
    return Curve(rates, losses, float(f"{rates[best]:.2g}"))


class _Trial:
    """A few steps of training that nobody keeps."""

    def __init__(self, document: Document, device: str) -> None:
        self.model = build(document, to_train=True)
        self.recipe = self.model.document.recipe
        self.device: torch.device = fabric(device).device
        parts = split(self.model.source, self.recipe.validation, self.recipe.test, self.recipe.seed)
        inputs = {value.column for value in self.model.compiled.inputs}
        self.supply = supply(self.model, self.device, measured(self.model.source, self.recipe, inputs, parts.train))
        self.net: Any = self.model.net.to(self.device).train()
        if images_first(self.net, self.recipe.channels_last, [value.shape for value in self.model.compiled.inputs]):
            self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            self.supply.channels_last()
        self.optimizer: Any = make_optimizer(self.recipe, self.net)
        self.train_at = torch.from_numpy(parts.train)
        self.random = torch.Generator().manual_seed(self.recipe.seed)

    def step(self, rate: float, _: int, size: int = 0) -> float:
        """One step; returns the loss."""
        picked = torch.randint(len(self.train_at), (size or min(self.recipe.batch_size, len(self.train_at)),), generator=self.random)
        batch = self.supply.at(self.train_at[picked].to(self.device))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        loss = loss_of(self.net, self.model.compiled, run_net(self.net, self.model.compiled, batch), batch)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return float(loss.detach())


@dataclass(frozen=True, slots=True)
class Largest:
    """A batch size, and how it was found."""

    batch_size: int
    why: str


def largest_batch(document: Document, device: str = "auto") -> Largest:
    """The largest power of two that fits: tried on a GPU, worked out from the free memory on the CPU."""
    trial = _Trial(document, device)
    most = 1 << max(0, len(trial.train_at).bit_length() - 1)
    if trial.device.type != "cuda":
        room = _free()
        totals = analyse_document(trial.model.document).totals
        size = 1
        while size * 2 <= most and forecast(totals, trial.recipe.replace(batch_size=size * 2)).training * 1.3 < room * 0.8:
            size *= 2
        need = forecast(totals, trial.recipe.replace(batch_size=size)).training
        limit = f"all {len(trial.train_at):,} training samples" if size == most else f"{room / 2**30:.1f} GiB that are free"
        return Largest(size, f"it needs about {need / 2**20:,.0f} MiB; the limit is {limit}")
    size = 1
    while size <= most:
        try:
            trial.step(trial.recipe.learning_rate, 0, size)
            torch.cuda.synchronize()
        except Exception as error:
            if not out_of_memory(error):
                raise
            break
        size *= 2
    torch.cuda.empty_cache()
    if size == 1:
        raise EngineError("not even one sample fits: the network is too large for this GPU")
    return Largest(size // 2, f"tried on {torch.cuda.get_device_name(trial.device)}")


def _free() -> float:
    """Bytes of memory that are free on this machine, or that this process may still use."""
    try:
        with open("/proc/meminfo") as file:
            facts = dict(line.split(":", 1) for line in file)
        free = float(facts["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return 4 * 2.0**30
    try:
        with open("/sys/fs/cgroup/memory.max") as most, open("/sys/fs/cgroup/memory.current") as used:
            free = min(free, float(most.read()) - float(used.read()))
    except (OSError, ValueError):
        pass
    return free
