"""Training a document, or going on with a run. What it measures goes to the run folder."""

import json
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from app import __version__
from app.data.splits import Splits, split
from app.data.statistics import scale
from app.document import atomic, storage
from app.document.graph import Document
from app.document.runs import RunFolder, is_run
from app.engine import checkpoint, mishaps
from app.engine.build import EngineError, Model, build
from app.engine.choose import settled, told
from app.engine.control import Control
from app.engine.devices import distributed, fabric, keep_memory, leave
from app.engine.errors import NotFiniteError
from app.engine.loop import Loop
from app.engine.optimize import learning_rate
from app.engine.prepared import Prepared, parts
from app.engine.record import Record, Row
from app.engine.supply import Moments
from app.engine.warm import warm_start

__all__ = ["Control", "Outcome", "Spread", "learning_rate", "resume", "train"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: "done", "stopped" or "failed", with a sentence."""

    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Spread:
    """Over how many devices of how many machines a run is spread."""

    devices: int = 1
    nodes: int = 1
    sharded: bool = False  # weights, gradients and the optimizer's states are split, too


def train(
    document: Document,
    folder: RunFolder | Callable[[], RunFolder],
    *,
    device: str = "auto",
    control: Control | None = None,
    listen: Callable[[Row], None] | None = None,
    spread: Spread = Spread(),
    start_from: Path | None = None,
) -> Outcome:
    """Train a document and record it in ``folder``. Raises EngineError where it can't begin; what goes wrong later is an Outcome.

    ``start_from`` is a run, a ``.safetensors`` or a ``.pt`` file whose weights are taken over where they fit.
    """
    keep_memory()
    model = build(document, to_train=True)
    splits, moments = parts(model)
    alone = not distributed(spread.devices, spread.nodes)
    model, choice = settled(model, device, (splits, moments) if alone else None)
    chosen = fabric(device, model.document.recipe.precision, spread.devices, spread.nodes)
    chosen.launch()
    report = warm_start(model.net, start_from) if start_from else None
    place = None
    if chosen.is_global_zero:
        place = folder if isinstance(folder, RunFolder) else folder()
        _write_facts(model, place, chosen.device, splits, moments, int(chosen.world_size))
    place = RunFolder(Path(chosen.broadcast(str(place.path) if place else ""))) if chosen.world_size > 1 else place
    assert place is not None
    facts = told(choice) | ({"warm_start": report} if report else {})
    return _run(
        lambda: Prepared(model, chosen, splits, moments, sharded=spread.sharded),
        place,
        control or Control(),
        listen,
        None,
        facts,
        recorded=chosen.is_global_zero,
    )


def resume(
    folder: RunFolder,
    *,
    device: str = "auto",
    control: Control | None = None,
    listen: Callable[[Row], None] | None = None,
    spread: Spread = Spread(),
    epochs: int | None = None,
) -> Outcome:
    """Go on with a run from its last whole checkpoint, exactly as if it had never been interrupted; ``epochs`` makes it longer.

    Raises EngineError or CheckpointError where it can't begin.
    """
    if not is_run(folder.path):
        raise EngineError(f"{folder.path} is no run folder: it should hold document.netwright and run.json")
    keep_memory()
    document = storage.load(folder.document)
    place, damaged = checkpoint.find_whole(folder.checkpoints, "last")
    model, _ = settled(build(document, to_train=True), device)
    recipe = model.document.recipe
    chosen = fabric(device, recipe.precision, spread.devices, spread.nodes)
    chosen.launch()
    splits = split(model.source, recipe.validation, recipe.test, recipe.seed)
    moments: Moments = json.loads(folder.facts.read_text()).get("moments", {})
    control = control or Control()
    if epochs is not None:
        control.change("epochs", epochs)
    facts: dict[str, Any] = {"from": place.name}
    if damaged:
        facts["damaged"] = damaged
    return _run(
        lambda: Prepared(model, chosen, splits, moments, sharded=spread.sharded),
        folder,
        control,
        listen,
        place,
        facts,
        recorded=chosen.is_global_zero,
    )


def _run(
    make: Callable[[], Prepared], folder: RunFolder, control: Control, listen: Callable[[Row], None] | None, place: Path | None,
    facts: dict[str, Any], *, recorded: bool,
) -> Outcome:  # fmt: skip
    record = Record(folder, listen) if recorded else None
    try:
        outcome = _outcome(lambda: Loop(make(), folder, record, control), record, place, facts)
        if record:
            record.event("end", state=outcome.state, reason=outcome.reason)
        return outcome
    except OSError as error:
        return Outcome("failed", mishaps.disk_sentence(error))
    finally:
        if record:
            record.close()
        leave()


def _outcome(make: Callable[[], Loop], record: Record | None, place: Path | None, facts: dict[str, Any]) -> Outcome:
    loop: Loop | None = None
    try:
        loop = make()
        if place is not None:
            loop.resume(place)
        told: dict[str, Any] = {
            "epochs": loop.at.epochs,
            "steps_per_epoch": loop.steps_per_epoch,
            "samples": len(loop.ready.train_at),
            "device": str(loop.ready.device),
        }
        if classes := loop.ready.model.classes:
            told["classes"] = list(classes)
        if loop.recipe.patience:
            told["patience"] = loop.recipe.patience
        if record:
            record.event("start" if place is None else "resumed", step=loop.at.step, **told, **facts)
        loop.apply_changes()
        why = loop.run()
        if loop.control.stopping:
            loop.save_now()
            epoch = loop.at.step / loop.steps_per_epoch
            return Outcome("stopped", f"stopped at epoch {epoch:.1f} of {loop.at.epochs}; the last state is kept")
        if why and loop.at.batch:
            loop.save_now()
        best = f"; the best was epoch {loop.at.best_epoch}" if loop.at.best_epoch else ""
        if why:
            return Outcome("done", f"ended {why}{best}")
        return Outcome("done", f"trained {loop.at.epochs} epochs{best}")
    except NotFiniteError as error:
        return Outcome("failed", str(error))
    except OSError as error:
        return Outcome("failed", mishaps.disk_sentence(error))
    except Exception as error:
        if not mishaps.out_of_memory(error) or loop is None:
            raise
        return Outcome("failed", mishaps.memory_sentence(loop.ready.device, loop.recipe))


def _write_facts(model: Model, folder: RunFolder, device: torch.device, splits: Splits, moments: Moments, world: int) -> None:
    folder.path.mkdir(parents=True, exist_ok=True)
    atomic.write_text(folder.document, storage.dumps(model.document))
    atomic.write_text(folder.source, model.compiled.source)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or platform.machine()
    facts = {
        "netwright": __version__,
        "torch": torch.__version__,
        "device": str(device),
        "device_name": name,
        "processes": world,
        "dataset": model.source.name,
        "data": {"title": model.source.title, "kind": model.source.kind, "skipped": len(model.source.skipped)},
        "samples": {part: len(getattr(splits, part)) for part in ("train", "validation", "test")},
        "classes": {c.name: list(c.classes) for c in model.source.columns.values() if c.classes},
        "moments": moments,
        "scales": {name: scale(array) for name, array in model.source.load().items()},
        "params": sum(p.numel() for p in model.net.parameters()),
    }
    atomic.write_text(folder.facts, json.dumps(facts, indent=1))
