"""From a document to a module on a device: compile, execute the source, pick the device."""

import linecache
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from app.compiler import Compiled, compile_document
from app.data.sources import Source, source
from app.document.checks import check
from app.document.graph import Document
from app.engine.measure import settle


class EngineError(Exception):
    """A request can't be met. The text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Model:
    """A network, ready to run, and what it was made from."""

    document: Document
    compiled: Compiled
    net: nn.Module
    source: Source


def build(document: Document, *, to_train: bool = False) -> Model:
    """The network of a document with fresh weights, drawn with the recipe's seed. Raises EngineError for a document with errors."""
    data = source(document.recipe.dataset)
    analysis = settle(document)
    errors = [p for p in check(document.graph, data.columns, analysis) if p.severity == "error" or (to_train and p.code == "no-loss")]
    if errors:
        raise EngineError("\n".join(problem.text for problem in errors))
    compiled = compile_document(document, analysis)
    torch.manual_seed(document.recipe.seed)
    return Model(document, compiled, instantiate(compiled.source), data)


def instantiate(text: str) -> nn.Module:
    """Run generated source and make its Net. The text is ours: the compiler lets nothing of a document into it but checked values."""
    name = "<generated net.py>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)  # so that a traceback shows the line
    namespace: dict[str, Any] = {"__name__": "net"}
    exec(compile(text, name, "exec"), namespace)
    net = namespace["Net"]()
    assert isinstance(net, nn.Module)
    return net


def devices() -> list[list[str]]:
    """What can be trained on, the best first, as (name for --device, name for people)."""
    found = []
    for k in range(torch.cuda.device_count()):
        found.append([f"cuda:{k}" if k else "cuda", torch.cuda.get_device_name(k)])
    if torch.backends.mps.is_available():
        found.append(["mps", "Apple GPU"])
    return [*found, ["cpu", f"CPU, {torch.get_num_threads()} threads"]]


def fabric(device: str, precision: str) -> Fabric:
    """Lightning Fabric on one device: "auto" is the best there is. Raises EngineError for one that is not there."""
    names = [name for name, _ in devices()]
    if device == "auto":
        device = names[0]
    if device not in names:
        raise EngineError(f"there is no device {device!r} here; there is {', '.join(names)}")
    kind, _, index = device.partition(":")
    if kind == "cpu" and precision == "16-mixed":
        raise EngineError("16-mixed needs a GPU: use bf16-mixed or 32-true on the CPU")
    chosen: Any = [int(index or 0)] if kind == "cuda" else 1
    return Fabric(accelerator=kind, devices=chosen, precision=precision)  # type: ignore[arg-type]


def columns(model: Model, device: torch.device) -> dict[str, Tensor]:
    """The data set on the device, as far as the network reads it."""
    wanted = {value.column for value in model.compiled.inputs} | {arg.column for arg in model.compiled.loss_arguments if arg.column}
    samples = model.source.load()
    return {name: torch.from_numpy(samples[name]).to(device) for name in wanted}


def run_net(net: nn.Module, compiled: Compiled, batch: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
    """All results of the network for a batch, those that only the loss needs included."""
    args = [batch[value.column] for value in compiled.inputs]
    result = net(*args, for_loss=True) if compiled.outputs < len(compiled.results) else net(*args)
    return result if isinstance(result, tuple) else (result,)


def loss_of(net: Any, compiled: Compiled, results: tuple[Tensor, ...], batch: Mapping[str, Tensor]) -> Tensor:
    """The weighted sum of the losses."""
    args = [batch[a.column] if a.result is None else results[a.result] for a in compiled.loss_arguments]
    loss: Tensor = net.loss(*args)
    return loss
