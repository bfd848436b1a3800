"""The loop: batches in, steps, what was measured out to the run folder. Nothing here makes the device wait but a few reads a second."""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any, Final

import torch
from torch import Tensor

from app.document.runs import RunFolder
from app.engine import checkpoint
from app.engine.build import EngineError
from app.engine.control import Control
from app.engine.errors import NotFiniteError
from app.engine.metrics import Judgement, Later, figures, judge
from app.engine.mishaps import first_bad
from app.engine.optimize import Average, learning_rate
from app.engine.prepared import Prepared
from app.engine.progress import Progress, drawn, score_of
from app.engine.record import Record, Row
from app.engine.sharded import even_out, fill
from app.engine.supply import Batch

READ_SECONDS: Final = 0.1  # how often losses are read from the device
READ_STEPS: Final = 20  # the same for several processes, which must do it together
MOST_CELLS: Final = 20_000  # of a confusion matrix that is recorded each epoch
SAVE_SECONDS: Final = 10.0  # how often a checkpoint is written that is not the best


class Loop:
    """One run, from the first step, or from a checkpoint, to the last."""

    def __init__(self, ready: Prepared, folder: RunFolder, record: Record | None, control: Control) -> None:
        self.ready, self.folder, self.record, self.control = ready, folder, record, control
        self.recipe = recipe = ready.recipe
        self.world, self.rank = ready.world, ready.rank
        self.measures = figures(ready.compiled)
        if recipe.watch not in self.measures:
            raise EngineError(f"watch says {recipe.watch!r}, but this network is judged by {', '.join(self.measures)}")
        self.average = Average(ready.bare, recipe.ema) if recipe.ema else None
        self.batches = self._batches_per_epoch()
        self.steps_per_epoch = math.ceil(self.batches / recipe.accumulate)
        self.at = Progress(epochs=recipe.epochs)
        self.at_once = ready.device.type == "cpu" and self.world == 1  # losses are read at each step; a GPU would be waited for
        self.pending: list[tuple[int, float, Any]] = []
        self.later = Later(ready.compiled)
        self.base = drawn(recipe.seed, self.rank)
        self.began = self.read_at = self.saved_at = time.monotonic()
        self.paused_seconds = 0.0
        self.why_done = ""

    # What a run is

    @property
    def total_steps(self) -> int:
        steps = self.steps_per_epoch * self.at.epochs
        return min(steps, self.recipe.max_steps) if self.recipe.max_steps else steps

    def _batches_per_epoch(self) -> int:
        count, size = len(self.ready.train_at), self.recipe.batch_size
        batches, rest = divmod(count, size)
        return batches + (
            rest > self.world or (rest > 0 and not batches) or (rest > 1 and self.world == 1)
        )  # a batch of one has no variance

    def resume(self, place: Any) -> None:
        """Go on from a checkpoint."""
        self.ready.load(place)
        if self.average is not None and (place / checkpoint.AVERAGE).is_file():
            with self.average.in_place():
                fill(self.ready.bare, checkpoint.tensors(place / checkpoint.AVERAGE))
        state = checkpoint.state(place)
        self.at = Progress.of(state["progress"])
        if "scaler" in state:
            self.ready.fabric.strategy.precision.load_state_dict(state["scaler"])
        self.began = time.monotonic() - self.at.seconds

    def run(self) -> str:
        """All epochs that are left; returns why it ended, or nothing where all epochs are done. Raises NotFiniteError."""
        while self.at.epoch < self.at.epochs and not self._over():
            began, held = time.monotonic(), self.paused_seconds
            before = self.at.batch
            self._epoch()
            if self.control.stopping or (self.at.batch and self._over()):
                break
            self._end_of_epoch(time.monotonic() - began - (self.paused_seconds - held), self.batches - before)
        return self.why_done

    def _over(self) -> bool:
        """Whether a limit was reached that is not one of epochs."""
        r = self.recipe
        minutes = (time.monotonic() - self.began - self.paused_seconds) / 60
        if r.max_steps and self.at.step >= r.max_steps:
            self.why_done = f"after {self.at.step} steps (max_steps)"
        elif r.max_minutes and minutes >= r.max_minutes and self.world == 1:
            self.why_done = f"after {minutes:.1f} minutes (max_minutes)"
        elif r.patience and self.at.stale >= r.patience and not self.at.batch:
            self.why_done = f"early: {r.watch} of the validation has not become better for {self.at.stale} epochs"
        return bool(self.why_done)

    # One epoch

    def order(self, epoch: int) -> Tensor:
        """The samples of an epoch in the order in which they are seen: it follows from the seed and the epoch alone."""
        generator = torch.Generator().manual_seed(drawn(self.recipe.seed, epoch))
        train_at = self.ready.train_at
        return train_at[torch.randperm(len(train_at), generator=generator).to(train_at.device)]

    def _parts(self) -> Iterator[tuple[Tensor, int]]:
        """This process's share of each batch that is left of the epoch, and the size of the whole batch."""
        order, size = self.order(self.at.epoch), self.recipe.batch_size
        for k in range(self.at.batch, self.batches):
            part = order[k * size : (k + 1) * size]
            yield part[self.rank :: self.world] if self.world > 1 else part, len(part)

    def _epoch(self) -> None:
        self.ready.train()
        parts = list(self._parts())
        several = self.recipe.accumulate
        group: list[tuple[Batch, int]] = []
        left = len(parts)
        for raw, (_, whole) in zip(self.ready.supply.batches(part for part, _ in parts), parts, strict=True):
            left -= 1
            group.append((raw, whole))
            if len(group) < several and left:
                continue
            self._hold()
            self.apply_changes()
            if self._stopping() or self._over():
                break
            self._step(group)
            self.at.batch += len(group)
            group = []
            now = time.monotonic()
            if self.at.step % READ_STEPS == 0 if self.world > 1 else now - self.read_at > READ_SECONDS:
                self._read()
                if self.world == 1 and now - self.saved_at > SAVE_SECONDS:
                    self._save({}, math.inf)
        self._read()

    def _step(self, group: list[tuple[Batch, int]]) -> None:
        ready = self.ready
        rate = self._rate()
        ready.rate(rate)
        ready.seed(drawn(self.base, self.at.step))
        ready.optimizer.zero_grad(set_to_none=True)
        samples = sum(whole for _, whole in group)
        total: Any = None
        for k, (raw, _) in enumerate(group):
            batch, mixed = ready.changed(raw)
            results, loss = ready.forward(batch, mixed)
            own: Any = loss.detach()
            if self.at_once:
                own = own.item()
                if not math.isfinite(own):
                    self._refuse(self.at.step + 1, batch)
            count = len(next(iter(batch.values())))
            share = count * self.world / samples  # of a batch of its own, whatever the others hold
            if share != 1:
                loss, own = loss * share, own * share
            ready.backward(loss, last=k == len(group) - 1)
            total = own if total is None else total + own
        ready.step()
        self.at.step += 1
        if self.average is not None:
            self.average.update(self.at.step)
        self.pending.append((self.at.step, rate, total))
        self.later.take(results, batch)
        self._last = batch

    def _rate(self) -> float:
        return learning_rate(self.recipe, self.at.step, self.total_steps, self.steps_per_epoch, self.at.dropped) * self.at.factor

    # What others want

    def _hold(self) -> None:
        if seconds := self.control.hold():
            self.paused_seconds += seconds
            self._event("resume", step=self.at.step, seconds=round(seconds, 3))

    def _stopping(self) -> bool:
        if self.world == 1:
            return self.control.stopping
        if self.at.step % READ_STEPS:
            return False
        wish = torch.tensor(float(self.control.stopping), device=self.ready.device)
        if float(self.ready.fabric.all_reduce(wish, reduce_op="sum")) > 0:
            self.control.stop()
        return self.control.stopping

    def apply_changes(self) -> None:
        for change in self.control.changes():
            if change.what == "learning_rate" and change.value > 0:
                old = self._rate()
                self.at.factor *= change.value / old if old > 0 else 1.0
                self._event("change", what="learning_rate", step=self.at.step, value=change.value, was=old)
            elif change.what == "epochs" and change.value > self.at.epoch:
                was, self.at.epochs = self.at.epochs, int(change.value)
                self._event("change", what="epochs", step=self.at.step, value=self.at.epochs, was=was)

    # What was measured

    def _event(self, name: str, **facts: Any) -> None:
        if self.record:
            self.record.event(name, epoch=round(self.at.step / self.steps_per_epoch, 4), **facts)

    def _read(self) -> None:
        """Bring the losses of the last steps from the device in one go, and record them."""
        self.read_at = time.monotonic()
        if not self.pending:
            return
        with torch.no_grad():
            read = [loss for _, _, loss in self.pending]
            losses = torch.tensor(read) if self.at_once else torch.stack(read).float()
            values = torch.stack([losses, *(m.float() for m in self.later.means())], 1)
        if self.world > 1:
            values = self.ready.fabric.all_reduce(values, reduce_op="mean")
        rows = [
            {
                "step": step,
                "epoch": step / self.steps_per_epoch,
                "learning_rate": rate,
                **dict(zip(["loss", *self.later.names], entry, strict=True)),
            }
            for (step, rate, _), entry in zip(self.pending, values.tolist(), strict=True)
        ]
        self.pending.clear()
        bad = next((row for row in rows if not math.isfinite(row["loss"])), None)
        if self.record:
            self.record.steps(rows[: rows.index(bad)] if bad else rows)
        if bad:
            self._refuse(bad["step"], self._last)

    def _refuse(self, step: int, batch: Mapping[str, Tensor] | None) -> None:
        self._read()  # what was finite belongs to the record
        rate = self.recipe.learning_rate
        kept = f"The weights of epoch {self.at.best_epoch} are kept" if self.at.best_epoch else "No epoch was finished before"
        where = first_bad(self.ready.bare, self.ready.compiled, batch) if batch is not None and self.world == 1 else ""
        raise NotFiniteError(
            f"the loss became NaN or infinite at step {step} (epoch {step / self.steps_per_epoch:.1f}){'; ' if where else ''}{where}. {kept}. "
            f"Try a learning_rate of {rate / 10:g} instead of {rate:g}, a clip_norm of 1, or a batch norm after the convolutions"
        )

    def judged(self, at: Tensor) -> Judgement:
        """The network, with its averaged weights where there are such, on samples; each process takes its share."""
        ready = self.ready
        mine = at if ready.sharded else at[self.rank :: self.world]  # with split weights all must take the same number of batches
        if ready.sharded:
            even_out(ready.bare)
        parts = torch.split(mine, max(self.recipe.batch_size, 256))
        with self.average.in_place() if self.average is not None else nullcontext(), ready.autocast():
            batches = map(ready.supply.prepared, ready.supply.batches(parts))
            result = judge(ready.bare, ready.compiled, batches, kept=ready.sharded)
        if self.world > 1 and not ready.sharded:
            result.reduce(lambda value: ready.fabric.all_reduce(value, reduce_op="sum"))
        return result

    def _end_of_epoch(self, seconds: float, batches: int) -> None:
        self.at.epoch, self.at.batch = self.at.epoch + 1, 0
        row: Row = {"step": self.at.step, "epoch": self.at.epoch, "seconds": round(seconds, 4)}
        row["samples_per_second"] = round(min(batches * self.recipe.batch_size, len(self.ready.train_at)) / max(seconds, 1e-9), 1)
        validation = self.ready.validation_at
        judgement = self.judged(validation if len(validation) else self.ready.train_at)
        judged = judgement.figures()
        if len(validation):
            row["validation"] = judged
            confusion = judgement.confusion(self.ready.model.classes)
            if confusion is not None and len(confusion.cells) <= MOST_CELLS:
                row["confusion"] = {"size": len(confusion.names), "cells": [[*at, count] for at, count in confusion.cells.items()]}
        if not math.isfinite(judged["loss"]):
            self._refuse(self.at.step, getattr(self, "_last", None))
        score = score_of(judged, self.recipe.watch)
        better = self.at.judged(score, self.recipe.min_change, self.recipe.plateau_patience, self.recipe.gamma)
        row["best"] = better
        if self.recipe.patience:
            row["stale"] = self.at.stale
        if self.record:
            self.record.epoch(row)
        late = self.ready.sharded or time.monotonic() - self.saved_at > SAVE_SECONDS  # split weights are gathered by all, or by none
        if better or self.at.epoch >= self.at.epochs or late or self._over():
            self._save(judged, score)

    def save_now(self) -> None:
        """Where it stands, in the middle of an epoch."""
        self._save({}, math.inf)

    def _save(self, metrics: Mapping[str, float], score: float) -> None:
        self.saved_at = time.monotonic()
        if self.record is None and not self.ready.sharded:
            return
        weights, optimizer = self.ready.whole_state()
        average = self.average.kept if self.average is not None else None
        if self.average is not None and self.ready.sharded:
            with self.average.in_place():
                average = self.ready.whole_state()[0]
        if self.record is None:
            return
        self.at.seconds = time.monotonic() - self.began - self.paused_seconds
        epoch = self.at.step / self.steps_per_epoch
        state: dict[str, Any] = {"epoch": epoch, "score": min(score, 1e300), "metrics": dict(metrics), "best_epoch": self.at.best_epoch}
        state["progress"] = self.at.state()
        if self.recipe.precision == "fp16":
            state["scaler"] = self.ready.fabric.strategy.precision.state_dict()
        checkpoint.save(self.folder.checkpoints, self.at.step, weights, optimizer, state, average)
        self._event("checkpoint", step=self.at.step)
