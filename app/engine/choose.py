"""What a recipe leaves to the device: on a GPU each way to compute is tried for a moment, and the fastest that learns the same is taken."""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import torch

from app.data.splits import Splits
from app.document.graph import Document
from app.document.recipe import Recipe
from app.engine.build import Model, build
from app.engine.devices import best, fabric
from app.engine.prepared import Prepared, parts
from app.engine.supply import Moments

WARM: Final = 4  # steps before the clock runs; their losses are compared
SECONDS: Final = 0.5  # for which a way is timed
LONG: Final = 120.0  # seconds that a run must take before compiling it can pay
ALIKE: Final = 0.05  # how far the loss of another arithmetic may lie off, as a share

Values = dict[str, str]
Measure = Callable[[Model, Recipe], tuple[float, float]]


@dataclass(slots=True)
class Choice:
    """The values that were chosen, and samples a second of each way that was tried; a way that failed has a reason instead."""

    values: Values
    tried: dict[str, float] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """For people: what was chosen, and what it brings."""
        plain, way = next(iter(self.tried)), named(self.values)
        gain = self.tried[way] / self.tried[plain]
        return f"{way}: {gain:.1f} times as fast as {plain}" if way != plain else f"{way}: nothing else that was tried is faster"


def settled(model: Model, device: str, trial: tuple[Splits, Moments] | None = None) -> tuple[Model, Choice]:
    """The model with a recipe in which nothing is left open, and how that came. ``trial`` is the data that a GPU may try ways on."""
    recipe = model.document.recipe
    device = best() if device == "auto" else device
    gpu = device.startswith("cuda")
    values: Values = {}
    if recipe.precision == "auto":
        values["precision"] = "bf16" if gpu and not trial and torch.cuda.is_bf16_supported() else "fp32"
    if recipe.compile == "auto":
        values["compile"] = "off"
    choice = Choice(values)
    if gpu and trial:
        splits, moments = trial
        choice = compare(model, values, lambda m, r: measure(m, r, device, splits, moments))
    return with_recipe(model, recipe.replace(**choice.values)), choice


def prepared(document: Document, device: str = "auto") -> Prepared:
    """A document on one device, with fresh weights and nothing left open, without a trial. Raises EngineError."""
    model, _ = settled(build(document, to_train=True), device)
    return Prepared(model, fabric(device, model.document.recipe.precision), *parts(model))


def compare(model: Model, plain: Values, measure: Measure) -> Choice:
    """Try one open value after the other, each beside the best of those before; ``measure`` gives samples a second and a loss."""
    recipe = model.document.recipe
    choice = Choice(dict(plain))
    rate, right = measure(model, recipe.replace(**plain))
    choice.tried[named(plain)] = rate
    options: list[tuple[str, list[str]]] = []
    if "precision" in plain:
        options.append(("precision", ["tf32", "bf16"] if not torch.cuda.is_available() or torch.cuda.is_bf16_supported() else ["tf32"]))
    if recipe.channels_last == "auto" and any(len(value.shape) == 3 for value in model.compiled.inputs):
        options.append(("channels_last", ["on", "off"]))
    for name, others in options:
        _try(model, choice, name, others, right, measure)
    seconds = recipe.epochs * len(model.source) / max(choice.tried[named(choice.values)], 1e-9)
    if "compile" in plain and seconds > LONG:
        _try(model, choice, "compile", ["on", "graphs"], right, measure)
    return choice


def _try(model: Model, choice: Choice, name: str, others: list[str], right: float, measure: Measure) -> None:
    fastest = choice.tried[named(choice.values)]
    start = dict(choice.values)
    for value in others:
        values = {**start, name: value}
        try:
            rate, loss = measure(model, model.document.recipe.replace(**values))
        except Exception as error:  # a kernel that is not there, a compiler that is not installed, too little memory
            choice.refused[named(values)] = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
            continue
        if not abs(loss - right) <= ALIKE * max(abs(right), 0.1):
            choice.refused[named(values)] = f"its loss is {loss:.4g}, where {right:.4g} is right"
            continue
        choice.tried[named(values)] = rate
        if rate > fastest:
            fastest = rate
            choice.values = values


def measure(model: Model, recipe: Recipe, device: str, splits: Splits, moments: Moments) -> tuple[float, float]:
    """Samples a second, and the mean loss of the first steps, with a copy of the network."""
    own = with_recipe(replace(model, net=copy.deepcopy(model.net)), recipe)
    ready = Prepared(own, fabric(device, recipe.precision), splits, moments)
    ready.train()
    size = min(recipe.batch_size, len(ready.train_at))
    index = ready.train_at[:size]
    losses = torch.stack([ready.trial(index, recipe.learning_rate, k).float() for k in range(WARM)])
    loss = float(losses.mean())  # the device is waited for here
    steps, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        for _ in range(4):
            ready.trial(index, recipe.learning_rate, steps)
            steps += 1
        if ready.device.type == "cuda":
            torch.cuda.synchronize(ready.device)
    rate = steps * size / (time.perf_counter() - began)
    del ready, own
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return rate, loss


def with_recipe(model: Model, recipe: Recipe) -> Model:
    """The same network under another recipe."""
    return replace(model, document=replace(model.document, recipe=recipe))


def named(values: Values) -> str:
    """A way to compute, for people."""
    words: dict[str, dict[str, str]] = {
        "channels_last": {"on": "channels last", "off": "channels first"},
        "compile": {"on": "compiled", "graphs": "compiled with CUDA graphs", "off": ""},
    }
    return ", ".join(word for name, value in values.items() if (word := words.get(name, {}).get(value, value))) or "as the recipe says"


def told(choice: Choice) -> dict[str, Any]:
    """For the run's record; nothing where nothing was tried."""
    if not choice.tried:
        return {}
    rates = {way: round(rate, 1) for way, rate in choice.tried.items()}
    return {"chosen": choice.text, "tried": rates, **({"refused": choice.refused} if choice.refused else {})}
