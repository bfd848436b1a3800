"""Where a run stands: all that a checkpoint must hold beside tensors, so that a run goes on exactly as if it had never been interrupted.

Random numbers need no keeping: what is drawn at a step follows from the seed, the step and the rank alone.
"""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from app.engine.metrics import HIGHER_IS_BETTER

MASK = (1 << 64) - 1


@dataclass(slots=True)
class Progress:
    """``batch`` counts within the epoch, ``step`` within the run. ``score`` is the watched figure, lower is better."""

    step: int = 0
    epoch: int = 0  # whole epochs behind us
    batch: int = 0
    epochs: int = 0
    best: float = math.inf
    best_epoch: int = 0
    stale: int = 0  # epochs since the best one
    waiting: int = 0  # epochs without a better one since the rate was last dropped
    dropped: float = 1.0  # what 'plateau' has left of the rate
    factor: float = 1.0  # what the user has made of it
    seconds: float = 0.0

    def state(self) -> dict[str, Any]:
        """As JSON, which knows no infinity."""
        return {**asdict(self), "best": min(self.best, 1e300)}

    @classmethod
    def of(cls, state: dict[str, Any]) -> Self:
        """From what a checkpoint holds."""
        known = {field.name for field in fields(cls)}
        found = cls(**{name: value for name, value in state.items() if name in known})
        found.best = math.inf if found.best >= 1e300 else found.best
        return found

    def judged(self, score: float, least: float, patience: int, gamma: float) -> bool:
        """An epoch's score; whether it is the best so far. Drops the rate where 'plateau' has waited long enough."""
        better = score < self.best - (least if math.isfinite(self.best) else 0.0)
        if better:
            self.best, self.best_epoch, self.stale, self.waiting = score, self.epoch, 0, 0
        else:
            self.stale += 1
            self.waiting += 1
            if self.waiting > patience:
                self.dropped, self.waiting = self.dropped * gamma, 0
        return better


def score_of(figures: dict[str, float], watch: str) -> float:
    """The watched figure so that lower is better."""
    value = figures[watch]
    return -value if watch in HIGHER_IS_BETTER else value


def drawn(seed: int, *parts: int) -> int:
    """A seed for one draw: every bit of it depends on every bit of what is given (splitmix64; Steele, Lea and Flood, 2014)."""
    state = seed & MASK
    for part in parts:
        state = (state + (part + 1) * 0x9E3779B97F4A7C15) & MASK
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            state = ((state ^ (state >> shift)) * factor) & MASK
        state ^= state >> 31
    return state >> 1
