"""Training: a lean loop over tensors that live on the device. What it measures goes to the run folder."""

import json
import math
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event
from typing import Any

import torch
from torch import Tensor
from torch.optim import SGD, AdamW, Optimizer

from app import __version__
from app.compiler import Inside
from app.data.splits import Splits, split
from app.document import atomic, storage
from app.document.graph import Document, Graph, Instance
from app.document.recipe import Recipe
from app.document.runs import RunFolder
from app.engine import checkpoint
from app.engine.build import EngineError, Model, build, columns, fabric, loss_of, run_net
from app.engine.metrics import batch_metrics, judge
from app.engine.record import Record, Row

READ_SECONDS = 0.1  # how often losses are read from the device
SAVE_SECONDS = 10.0  # how often a checkpoint is written that is not the best


class Control:
    """Stop and pause, set from another thread."""

    def __init__(self) -> None:
        self._stop, self._go = Event(), Event()
        self._go.set()

    def stop(self) -> None:
        self._stop.set()
        self._go.set()

    def pause(self) -> None:
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def hold(self) -> float:
        """Wait while paused; returns the seconds it took."""
        if self._go.is_set():
            return 0.0
        began = time.monotonic()
        self._go.wait()
        return time.monotonic() - began


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: "done", "stopped" or "failed", with a sentence."""

    state: str
    reason: str


class NotFiniteError(Exception):
    """The loss is NaN or infinite."""


def train(
    document: Document,
    folder: RunFolder,
    *,
    device: str = "auto",
    control: Control | None = None,
    listen: Callable[[Row], None] | None = None,
) -> Outcome:
    """Train a document and record it in ``folder``. Raises EngineError where it can't begin; what goes wrong later is an Outcome."""
    control = control or Control()
    model = build(document, to_train=True)
    recipe = document.recipe
    chosen = fabric(device, recipe.precision)
    splits = split(model.source, recipe.validation, recipe.test, recipe.seed)
    _write_facts(model, folder, chosen.device, splits)
    record = Record(folder, listen)
    try:
        outcome = _Run(model, folder, record, chosen, splits, control).run()
        record.event("end", state=outcome.state, reason=outcome.reason)
        return outcome
    finally:
        record.close()


def _write_facts(model: Model, folder: RunFolder, device: torch.device, splits: Splits) -> None:
    atomic.write_text(folder.document, storage.dumps(model.document))
    atomic.write_text(folder.source, model.compiled.source)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or platform.machine()
    facts = {
        "netwright": __version__,
        "torch": torch.__version__,
        "device": str(device),
        "device_name": name,
        "dataset": model.source.name,
        "samples": {part: len(getattr(splits, part)) for part in ("train", "validation", "test")},
        "classes": {c.name: list(c.classes) for c in model.source.columns.values() if c.classes},
        "params": sum(p.numel() for p in model.net.parameters()),
    }
    atomic.write_text(folder.facts, json.dumps(facts, indent=1))


class _Run:
    """One run, from the first step to the last."""

    def __init__(self, model: Model, folder: RunFolder, record: Record, chosen: Any, splits: Splits, control: Control) -> None:
        self.model, self.folder, self.record, self.control = model, folder, record, control
        self.recipe = model.document.recipe
        self.device: torch.device = chosen.device
        self.fabric = chosen
        self.bare = model.net.to(self.device)
        self.frozen = frozen(model)
        if not any(p.requires_grad for p in self.bare.parameters()):
            raise EngineError("the network has no weights to train: put a Linear or a convolution between Input and loss, or thaw one")
        self.optimizer: Any = make_optimizer(self.recipe, self.bare)
        self.net: Any = self.bare
        if self.recipe.precision != "32-true":  # one process at full precision calls the bare module
            self.net, self.optimizer = chosen.setup(self.bare, self.optimizer)
        self.columns = columns(model, self.device)
        self.train_at, self.validation_at = (torch.from_numpy(part).to(self.device) for part in (splits.train, splits.validation))
        self.shuffle = torch.Generator().manual_seed(self.recipe.seed)
        batches = math.ceil(len(self.train_at) / self.recipe.batch_size)
        if batches > 1 and len(self.train_at) % self.recipe.batch_size == 1:
            batches -= 1  # a batch of one has no variance: batch norm could not take it
        self.steps_per_epoch = batches
        self.total_steps = batches * self.recipe.epochs
        self.step, self.best, self.best_epoch = 0, math.inf, 0
        self.pending: list[tuple[int, float, Tensor, dict[str, Tensor]]] = []
        self.read_at = self.saved_at = time.monotonic()
        self.paused_seconds = 0.0

    def run(self) -> Outcome:
        recipe = self.recipe
        self.record.event(
            "start", epochs=recipe.epochs, steps_per_epoch=self.steps_per_epoch, samples=len(self.train_at), device=str(self.device)
        )
        try:
            for epoch in range(1, recipe.epochs + 1):
                began, held = time.monotonic(), self.paused_seconds
                self._epoch()
                if self.control.stopping:
                    break
                self._end_of_epoch(epoch, time.monotonic() - began - (self.paused_seconds - held))
        except NotFiniteError as error:
            return Outcome("failed", str(error))
        except torch.OutOfMemoryError:
            text = (
                f"{self.device} ran out of memory at a batch of {recipe.batch_size}: try a batch_size of {max(1, recipe.batch_size // 2)}"
            )
            return Outcome("failed", text)
        if self.control.stopping:
            self._save(self.step / self.steps_per_epoch, {}, math.inf)
            return Outcome("stopped", f"stopped at epoch {self.step / self.steps_per_epoch:.1f} of {recipe.epochs}; the last state is kept")
        return Outcome("done", f"trained {recipe.epochs} epochs; the best was epoch {self.best_epoch}")

    def _epoch(self) -> None:
        self.net.train()
        for module in self.frozen:  # a batch norm would change its statistics
            module.eval()
        size = self.recipe.batch_size
        order = self.train_at[torch.randperm(len(self.train_at), generator=self.shuffle).to(self.device)]
        for start in range(0, self.steps_per_epoch * size, size):
            self._hold()
            if self.control.stopping:
                break
            part = order[start : start + size]
            self._train_step({name: column[part] for name, column in self.columns.items()})
            if time.monotonic() - self.read_at > READ_SECONDS:
                self._read()
        self._read()

    def _train_step(self, batch: Mapping[str, Tensor]) -> None:
        rate = learning_rate(self.recipe, self.step, self.total_steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        compiled = self.model.compiled
        self.optimizer.zero_grad(set_to_none=True)
        with self.fabric.autocast():
            results = run_net(self.net, compiled, batch)
            loss = loss_of(self.bare, compiled, results, batch)
        if self.device.type == "cpu" and not math.isfinite(loss.item()):  # elsewhere, asking would make the device wait
            self._refuse(self.step + 1)
        if self.net is self.bare:
            loss.backward()  # type: ignore[no-untyped-call]
        else:
            self.fabric.backward(loss)
        self.optimizer.step()
        self.step += 1
        with torch.no_grad():
            self.pending.append((self.step, rate, loss.detach(), batch_metrics(compiled, results, batch)))

    def _read(self) -> None:
        """Bring the losses of the last steps from the device in one go, and record them."""
        self.read_at = time.monotonic()
        if not self.pending:
            return
        names = list(self.pending[0][3])
        values = torch.stack([torch.stack([loss.float(), *(metrics[n] for n in names)]) for _, _, loss, metrics in self.pending]).tolist()
        rows = [
            {"step": step, "epoch": step / self.steps_per_epoch, "learning_rate": rate, **dict(zip(["loss", *names], entry, strict=True))}
            for (step, rate, _, _), entry in zip(self.pending, values, strict=True)
        ]
        self.pending.clear()
        bad = next((row for row in rows if not math.isfinite(row["loss"])), None)
        self.record.steps(rows[: rows.index(bad)] if bad else rows)
        if bad:
            self._refuse(bad["step"])

    def _refuse(self, step: int) -> None:
        rate = self.recipe.learning_rate
        kept = f"The weights of epoch {self.best_epoch} are kept" if self.best_epoch else "No epoch was finished before"
        raise NotFiniteError(
            f"the loss became NaN or infinite at step {step} (epoch {step / self.steps_per_epoch:.1f}). {kept}. "
            f"Try a learning_rate of {rate / 10:g} instead of {rate:g}, or a batch norm after the convolutions"
        )

    def _end_of_epoch(self, epoch: int, seconds: float) -> None:
        size = max(self.recipe.batch_size, 256)
        row: Row = {"step": self.step, "epoch": epoch, "seconds": round(seconds, 4)}
        row["samples_per_second"] = round(self.steps_per_epoch * self.recipe.batch_size / max(seconds, 1e-9), 1)
        with self.fabric.autocast():
            if len(self.validation_at):
                row["validation"] = judge(self.net, self.model.compiled, self.columns, self.validation_at, size)
            score = (
                row["validation"]["loss"]
                if "validation" in row
                else judge(self.net, self.model.compiled, self.columns, self.train_at, size)["loss"]
            )
        if not math.isfinite(score):
            self._refuse(self.step)
        row["best"] = better = score < self.best
        if better:
            self.best, self.best_epoch = score, epoch
        self.record.epoch(row)
        if better or epoch == self.recipe.epochs or time.monotonic() - self.saved_at > SAVE_SECONDS:
            self._save(epoch, row.get("validation", {}), score)

    def _save(self, epoch: float, metrics: Mapping[str, float], score: float) -> None:
        state = {"epoch": epoch, "score": min(score, 1e300), "metrics": dict(metrics), "best_epoch": self.best_epoch}
        optimizer = getattr(self.optimizer, "optimizer", self.optimizer)
        checkpoint.save(self.folder.checkpoints, self.step, self.bare, optimizer, state)
        self.saved_at = time.monotonic()
        self.record.event("checkpoint", step=self.step, epoch=epoch)

    def _hold(self) -> None:
        if seconds := self.control.hold():
            self.paused_seconds += seconds
            self.record.event("resume", step=self.step, seconds=round(seconds, 3))


def frozen(model: Model) -> list[torch.nn.Module]:
    """The modules of frozen nodes; their weights need no gradient from now on."""
    compiled = model.compiled
    modules = _frozen(model.net, compiled.plan.graph, Inside(compiled.modules, compiled.inner))
    for module in modules:
        module.requires_grad_(False)
    return modules


def _frozen(net: torch.nn.Module, graph: Graph, inside: Inside) -> list[torch.nn.Module]:
    found: list[torch.nn.Module] = []
    for id, name in inside.modules.items():
        node, module = graph.nodes[id], net.get_submodule(name)
        if node.frozen:
            found.append(module)
        elif isinstance(node.block, Instance):
            several = module.children() if isinstance(module, (torch.nn.Sequential, torch.nn.ModuleList)) else [module]
            for one, inner in zip(several, inside.inner[id], strict=False):
                found += _frozen(one, node.block.definition.graph, inner)
    return found


def make_optimizer(recipe: Recipe, net: torch.nn.Module) -> Optimizer:
    """The recipe's optimizer, for all weights that are not frozen; fused, where the device has such kernels."""
    weights = [p for p in net.parameters() if p.requires_grad]
    if recipe.optimizer == "SGD":
        return SGD(weights, lr=recipe.learning_rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay, fused=True)
    return AdamW(weights, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True)


def learning_rate(recipe: Recipe, step: int, total: int) -> float:
    """The rate for a step counted from 0."""
    if recipe.schedule == "cosine":
        return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * step / max(1, total)))
    return recipe.learning_rate
