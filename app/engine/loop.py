"""The loop: batches in, steps, what was measured out to the run folder. Nothing here makes the device wait but a few reads a second."""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any, Final

import torch
from torch import Tensor

from app.data.splits import Splits
from app.document.runs import RunFolder
from app.engine import checkpoint
from app.engine.augment import Augment, augments
from app.engine.build import EngineError, Model, loss_of, run_net
from app.engine.control import Control
from app.engine.devices import images_first
from app.engine.errors import NotFiniteError
from app.engine.frozen import frozen
from app.engine.metrics import Judgement, Later, figures, judge
from app.engine.mishaps import first_bad
from app.engine.optimize import Average, add_l1, learning_rate, make_optimizer
from app.engine.progress import Progress, drawn, score_of
from app.engine.record import Record, Row
from app.engine.supply import Batch, Moments, Supply, scaled

READ_SECONDS: Final = 0.1  # how often losses are read from the device
READ_STEPS: Final = 20  # the same for several processes, which must do it together
SAVE_SECONDS: Final = 10.0  # how often a checkpoint is written that is not the best


class Loop:
    """One run, from the first step, or from a checkpoint, to the last."""

    def __init__(
        self, model: Model, folder: RunFolder, record: Record | None, chosen: Any, splits: Splits, moments: Moments, control: Control
    ) -> None:
        self.model, self.folder, self.record, self.control, self.fabric = model, folder, record, control, chosen
        self.recipe = recipe = model.document.recipe
        self.device: torch.device = chosen.device
        self.world, self.rank = int(chosen.world_size), int(chosen.global_rank)
        self.bare = model.net.to(self.device)
        self.frozen = frozen(model)
        if not any(p.requires_grad for p in self.bare.parameters()):
            raise EngineError("the network has no weights to train: put a Linear or a convolution between Input and loss, or thaw one")
        self.compiled = model.compiled
        self.measures = figures(self.compiled)
        if recipe.watch not in self.measures:
            raise EngineError(f"watch says {recipe.watch!r}, but this network is judged by {', '.join(self.measures)}")
        wide = images_first(self.bare, recipe.channels_last, [value.shape for value in self.compiled.inputs])
        if wide:
            self.bare.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer: Any = make_optimizer(recipe, self.bare)
        self.average = Average(self.bare, recipe.ema) if recipe.ema else None
        self.supply = supply(model, self.device, moments)
        if wide:
            self.supply.channels_last()
        self.augment = Augment(recipe, _pixels(self.supply), self.supply.inputs, self.device)
        self.net: Any = torch.compile(self.bare) if recipe.compile else self.bare
        self.wrapped = self.world > 1 or recipe.precision in ("bf16", "fp16")  # else the bare module is called
        if self.wrapped:
            self.net, self.optimizer = chosen.setup(self.net, self.optimizer)
        self.train_at, self.validation_at = (torch.from_numpy(part).to(self.device) for part in (splits.train, splits.validation))
        self.batches = self._batches_per_epoch()
        self.steps_per_epoch = math.ceil(self.batches / recipe.accumulate)
        self.at = Progress(epochs=recipe.epochs)
        self.pending: list[tuple[int, float, Tensor]] = []
        self.later = Later(self.compiled)
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
        count, size = len(self.train_at), self.recipe.batch_size
        batches, rest = divmod(count, size)
        return batches + (
            rest > self.world or (rest > 0 and not batches) or (rest > 1 and self.world == 1)
        )  # a batch of one has no variance

    def resume(self, place: Any) -> None:
        """Go on from a checkpoint."""
        checkpoint.load_weights(self.bare, place, averaged=False)
        optimizer = getattr(self.optimizer, "optimizer", self.optimizer)
        checkpoint.load_optimizer(optimizer, place)
        if self.average is not None and (place / checkpoint.AVERAGE).is_file():
            for name, tensor in checkpoint.tensors(place / checkpoint.AVERAGE).items():
                self.average.kept[name].copy_(tensor)
        state = checkpoint.state(place)
        self.at = Progress.of(state["progress"])
        if "scaler" in state:
            self.fabric.strategy.precision.load_state_dict(state["scaler"])
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
        return self.train_at[torch.randperm(len(self.train_at), generator=generator).to(self.device)]

    def _parts(self) -> Iterator[tuple[Tensor, int]]:
        """This process's share of each batch that is left of the epoch, and the size of the whole batch."""
        order, size = self.order(self.at.epoch), self.recipe.batch_size
        for k in range(self.at.batch, self.batches):
            part = order[k * size : (k + 1) * size]
            yield part[self.rank :: self.world] if self.world > 1 else part, len(part)

    def _epoch(self) -> None:
        self.net.train()
        for module in self.frozen:  # a batch norm would change its statistics
            module.eval()
        parts = list(self._parts())
        several = self.recipe.accumulate
        group: list[tuple[Batch, int]] = []
        left = len(parts)
        for raw, (_, whole) in zip(self.supply.batches(part for part, _ in parts), parts, strict=True):
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
        recipe, compiled = self.recipe, self.compiled
        rate = self._rate()
        for entry in self.optimizer.param_groups:
            entry["lr"] = rate
        self._seed()
        self.optimizer.zero_grad(set_to_none=True)
        samples = sum(whole for _, whole in group)
        total: Tensor | None = None
        for k, (raw, _) in enumerate(group):
            batch, mixed = self._changed(raw)
            last = k == len(group) - 1
            with self._together(last):
                with self.fabric.autocast() if self.wrapped else nullcontext():
                    results = run_net(self.net, compiled, batch)
                    loss = self._loss(results, batch, mixed)
                own = loss.detach()
                count = len(next(iter(batch.values())))
                share = count * self.world / samples  # of a batch of its own, whatever the others hold
                if share != 1:
                    loss = loss * share
                    own = own * (count / samples * self.world)
                if self.wrapped:
                    self.fabric.backward(loss)
                else:
                    if self.device.type == "cpu" and not math.isfinite(own.item()):  # elsewhere, asking would make the device wait
                        self._refuse(self.at.step + 1, batch)
                    loss.backward()  # type: ignore[no-untyped-call]
            total = own if total is None else total + own
        assert total is not None
        if recipe.l1:
            add_l1(self.bare, recipe)
        if recipe.clip_norm:
            if self.wrapped:
                self.fabric.clip_gradients(self.net, self.optimizer, max_norm=recipe.clip_norm, error_if_nonfinite=False)
            else:
                torch.nn.utils.clip_grad_norm_(self.bare.parameters(), recipe.clip_norm)
        self.optimizer.step()
        self.at.step += 1
        if self.average is not None:
            self.average.update(self.at.step)
        self.pending.append((self.at.step, rate, total))
        self.later.take(results, batch)
        self._last = batch

    def _together(self, last: bool) -> Any:
        """Only the last of several batches makes the processes exchange their gradients."""
        if self.world == 1:
            return nullcontext()
        return self.fabric.no_backward_sync(self.net, enabled=not last)

    def _changed(self, raw: Batch) -> tuple[Batch, tuple[Tensor, float] | None]:
        """The batch as the network sees it, augmented; and whom each sample was blended with."""
        if not self.augment.active:
            return self.supply.prepared(raw), None
        found = self.supply.prepared(self.augment({name: scaled(value) for name, value in raw.items()}))
        paired = self.augment.pairs(found)
        return (found, None) if paired is None else (paired[0], (paired[1], paired[2]))

    def _loss(self, results: tuple[Tensor, ...], batch: Batch, mixed: tuple[Tensor, float] | None) -> Tensor:
        if mixed is None:
            return loss_of(self.bare, self.compiled, results, batch)
        partner, share = mixed
        other = {name: value[partner] if name not in self.supply.inputs else value for name, value in batch.items()}
        return share * loss_of(self.bare, self.compiled, results, batch) + (1 - share) * loss_of(self.bare, self.compiled, results, other)

    def _seed(self) -> None:
        """Random numbers of a step follow from the seed, the step and the rank, so that a resumed run draws the same."""
        seed = drawn(self.base, self.at.step)
        if self.device.type == "cuda":
            torch.cuda.default_generators[self.device.index or 0].manual_seed(seed)
        torch.default_generator.manual_seed(seed)
        if self.augment.active:
            self.augment.seed(drawn(seed, 1))

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
        wish = torch.tensor(float(self.control.stopping), device=self.device)
        if float(self.fabric.all_reduce(wish, reduce_op="sum")) > 0:
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
            values = torch.stack([torch.stack([loss for _, _, loss in self.pending]).float(), *(m.float() for m in self.later.means())], 1)
        if self.world > 1:
            values = self.fabric.all_reduce(values, reduce_op="mean")
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
        where = first_bad(self.bare, self.compiled, batch) if batch is not None and self.world == 1 else ""
        raise NotFiniteError(
            f"the loss became NaN or infinite at step {step} (epoch {step / self.steps_per_epoch:.1f}){'; ' if where else ''}{where}. {kept}. "
            f"Try a learning_rate of {rate / 10:g} instead of {rate:g}, a clip_norm of 1, or a batch norm after the convolutions"
        )

    def judged(self, at: Tensor) -> Judgement:
        """The network, with its averaged weights where there are such, on samples; each process takes its share."""
        parts = torch.split(at[self.rank :: self.world], max(self.recipe.batch_size, 256))
        with (
            self.average.in_place() if self.average is not None else nullcontext(),
            self.fabric.autocast() if self.wrapped else nullcontext(),
        ):
            batches = map(self.supply.prepared, self.supply.batches(parts))
            result = judge(self.bare, self.compiled, batches)
        if self.world > 1:
            result.reduce(lambda value: self.fabric.all_reduce(value, reduce_op="sum"))
        return result

    def _end_of_epoch(self, seconds: float, batches: int) -> None:
        self.at.epoch, self.at.batch = self.at.epoch + 1, 0
        row: Row = {"step": self.at.step, "epoch": self.at.epoch, "seconds": round(seconds, 4)}
        row["samples_per_second"] = round(min(batches * self.recipe.batch_size, len(self.train_at)) / max(seconds, 1e-9), 1)
        judged = self.judged(self.validation_at if len(self.validation_at) else self.train_at).figures()
        if len(self.validation_at):
            row["validation"] = judged
        if not math.isfinite(judged["loss"]):
            self._refuse(self.at.step, getattr(self, "_last", None))
        score = score_of(judged, self.recipe.watch)
        better = self.at.judged(score, self.recipe.min_change, self.recipe.plateau_patience, self.recipe.gamma)
        row["best"] = better
        if self.recipe.patience:
            row["stale"] = self.at.stale
        if self.record:
            self.record.epoch(row)
        if better or self.at.epoch >= self.at.epochs or time.monotonic() - self.saved_at > SAVE_SECONDS or self._over():
            self._save(judged, score)

    def save_now(self) -> None:
        """Where it stands, in the middle of an epoch."""
        self._save({}, math.inf)

    def _save(self, metrics: Mapping[str, float], score: float) -> None:
        self.saved_at = time.monotonic()
        if self.record is None:
            return
        self.at.seconds = time.monotonic() - self.began - self.paused_seconds
        epoch = self.at.step / self.steps_per_epoch
        state: dict[str, Any] = {"epoch": epoch, "score": min(score, 1e300), "metrics": dict(metrics), "best_epoch": self.at.best_epoch}
        state["progress"] = self.at.state()
        if self.recipe.precision == "fp16":
            state["scaler"] = self.fabric.strategy.precision.state_dict()
        optimizer = getattr(self.optimizer, "optimizer", self.optimizer)
        average = self.average.kept if self.average is not None else None
        checkpoint.save(self.folder.checkpoints, self.at.step, self.bare, optimizer, state, average)
        self._event("checkpoint", step=self.at.step)


def supply(model: Model, device: torch.device, moments: Moments) -> Supply:
    """All columns that a network and its losses read."""
    inputs = {value.column for value in model.compiled.inputs}
    wanted = inputs | {arg.column for arg in model.compiled.loss_arguments if arg.column}
    recipe = model.document.recipe
    return Supply(model.source, sorted(wanted), inputs, device, moments, workers=recipe.workers, raw=augments(recipe))


def _pixels(found: Supply) -> dict[str, bool]:
    """The columns that hold pixels: True for values, False for masks of indices."""
    result = {}
    for name, tensor in found.columns.items():
        if found.kinds[name] == "real" and tensor.dim() == 4:
            result[name] = True
        elif found.kinds[name] == "index" and tensor.dim() == 3:
            result[name] = False
    return result
