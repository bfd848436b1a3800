"""Before a run: a good learning rate, and the largest batch that fits."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

from app.document.analysis import analyse_document
from app.document.forecast import forecast
from app.document.graph import Document
from app.engine.choose import prepared
from app.engine.errors import EngineError
from app.engine.mishaps import out_of_memory

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
    ready = prepared(document, device)
    ready.train()
    random = torch.Generator().manual_seed(ready.recipe.seed)
    size = min(ready.recipe.batch_size, len(ready.train_at))
    rates: list[float] = []
    losses: list[float] = []
    average = 0.0
    for k in range(steps):
        rate = LOWEST * (HIGHEST / LOWEST) ** (k / (steps - 1))
        picked = torch.randint(len(ready.train_at), (size,), generator=random).to(ready.device)
        loss = float(ready.trial(ready.train_at[picked], rate, k))
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


@dataclass(frozen=True, slots=True)
class Largest:
    """A batch size, and how it was found."""

    batch_size: int
    why: str


def largest_batch(document: Document, device: str = "auto") -> Largest:
    """The largest power of two that fits: tried on a GPU, worked out from the free memory on the CPU."""
    ready = prepared(document, device)
    ready.train()
    most = 1 << max(0, len(ready.train_at).bit_length() - 1)
    if ready.device.type != "cuda":
        room = _free()
        totals = analyse_document(ready.model.document).totals
        size = 1
        while size * 2 <= most and forecast(totals, ready.recipe.replace(batch_size=size * 2)).training * 1.3 < room * 0.8:
            size *= 2
        need = forecast(totals, ready.recipe.replace(batch_size=size)).training
        limit = f"all {len(ready.train_at):,} training samples" if size == most else f"{room / 2**30:.1f} GiB that are free"
        return Largest(size, f"it needs about {need / 2**20:,.0f} MiB; the limit is {limit}")
    size = 1
    while size <= most:
        try:
            ready.trial(ready.train_at[:size], ready.recipe.learning_rate, 0)
            torch.cuda.synchronize()
        except Exception as error:
            if not out_of_memory(error):
                raise
            break
        size *= 2
    torch.cuda.empty_cache()
    if size == 1:
        raise EngineError("not even one sample fits: the network is too large for this GPU")
    return Largest(size // 2, f"tried on {torch.cuda.get_device_name(ready.device)}")


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
