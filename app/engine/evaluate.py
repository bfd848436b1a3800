"""Judging a finished run on a part of its data."""

from typing import Any

import torch

from app.data.splits import split
from app.document import storage
from app.document.runs import RunFolder, is_run
from app.engine import checkpoint
from app.engine.build import EngineError, Model, build, columns, fabric
from app.engine.metrics import class_report, judge

PARTS = ("train", "validation", "test")


def open_run(folder: RunFolder, weights: str = "best") -> Model:
    """The network of a run with its "best" or "last" weights, or with those it began with ("init")."""
    if not is_run(folder.path):
        raise EngineError(f"{folder.path} is no run folder: it should hold document.netwright and run.json")
    model = build(storage.load(folder.document))
    if weights != "init":
        checkpoint.load_weights(model.net, checkpoint.find(folder.checkpoints, weights))
    return model


def evaluate(folder: RunFolder, part: str = "test", device: str = "auto") -> dict[str, Any]:
    """Metrics of the best weights on "train", "validation" or "test": loss, accuracy, and for classes precision, recall, F1, confusion."""
    if part not in PARTS:
        raise EngineError(f"there is no split {part!r}; there is {', '.join(PARTS)}")
    model = open_run(folder)
    if not model.compiled.losses:
        raise EngineError("the network has no loss to judge it by")
    recipe = model.document.recipe
    on = fabric(device, "32-true").device
    indices = torch.from_numpy(getattr(split(model.source, recipe.validation, recipe.test, recipe.seed), part)).to(on)
    if not len(indices):
        raise EngineError(f"the recipe leaves no samples for {part}")
    net, data, size = model.net.to(on), columns(model, on), max(recipe.batch_size, 256)
    metrics: dict[str, Any] = judge(net, model.compiled, data, indices, size)
    classes = next((list(c.classes) for c in model.source.columns.values() if c.classes), [])
    return {**metrics, **class_report(net, model.compiled, data, indices, size, classes), "samples": len(indices)}
