"""Judging a finished run on a part of its data."""

import json
import time
from typing import Any

import torch

from app.data.source import PARTS
from app.data.splits import split
from app.document import storage
from app.document.confusion import Confusion
from app.document.runs import RunFolder, is_run
from app.engine import checkpoint
from app.engine.build import EngineError, Model, build, fabric
from app.engine.metrics import judge
from app.engine.prepared import supply


def open_run(folder: RunFolder, weights: str = "best", with_data: bool = True) -> Model:
    """The network of a run with its "best" or "last" weights, or with those it began with ("init")."""
    if not is_run(folder.path):
        raise EngineError(f"{folder.path} is no run folder: it should hold document.netwright and run.json")
    model = build(storage.load(folder.document), with_data=with_data)
    if weights != "init":
        checkpoint.load_weights(model.net, checkpoint.find(folder.checkpoints, weights))
    return model


def facts(folder: RunFolder) -> dict[str, Any]:
    """What ``run.json`` says."""
    try:
        value = json.loads(folder.facts.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def evaluate(folder: RunFolder, part: str = "test", device: str = "auto") -> dict[str, Any]:
    """Metrics of the best weights on "train", "validation" or "test": loss, accuracy, and for classes precision, recall, F1, confusion.

    That the test part was looked at is noted in the run: what is chosen after looking is chosen by it.
    """
    if part not in PARTS:
        raise EngineError(f"there is no split {part!r}; there is {', '.join(PARTS)}")
    model = open_run(folder)
    if not model.compiled.losses:
        raise EngineError("the network has no loss to judge it by")
    recipe = model.document.recipe
    on = fabric(device).device
    indices = torch.from_numpy(getattr(split(model.source, recipe.validation, recipe.test, recipe.seed), part)).to(on)
    if not len(indices):
        raise EngineError(f"the recipe leaves no samples for {part}")
    net, data = model.net.to(on), supply(model, on, facts(folder).get("moments", {}))
    batches = map(data.prepared, data.batches(torch.split(indices, max(recipe.batch_size, 256))))
    result = judge(net, model.compiled, batches)
    if part == "test":
        looked(folder)
    return {**result.figures(), **_by_class(result.confusion(model.classes)), "samples": len(indices)}


def _by_class(confusion: Confusion | None) -> dict[str, Any]:
    """Precision, recall and F1 of each class, and the confusion matrix (rows: true, columns: predicted)."""
    if confusion is None:
        return {}
    rows = [{"class": c.name, "precision": c.precision, "recall": c.recall, "f1": c.f1, "support": c.support} for c in confusion.classes()]
    count = range(len(confusion.names))
    return {"classes": rows, "confusion": [[confusion.cells.get((true, said), 0) for said in count] for true in count]}


def looked(folder: RunFolder) -> None:
    """Note in the run that its test part was looked at."""
    with open(folder.metrics, "a", encoding="utf-8") as file:
        file.write(json.dumps({"event": "test", "at": round(time.time())}) + "\n")
