"""From a document to a module: its data, what it leaves open filled in, compiled, the source executed."""

import linecache
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from app.compiler import Compiled, compile_document
from app.data.sources import Source, is_path, open_data
from app.document.checks import check
from app.document.fitting import fitted, leaves_open
from app.document.graph import Document
from app.engine.devices import devices, fabric
from app.engine.errors import EngineError
from app.engine.measure import settle
from blocks.loss import CrossEntropy

__all__ = ["EngineError", "Model", "build", "devices", "fabric", "instantiate", "loss_of", "run_net"]


NO_DATA = Source("none", "no data", "none", {}, dict)


@dataclass(frozen=True, slots=True)
class Model:
    """A network, ready to run, and what it was made from. Nothing in ``document`` is open any more."""

    document: Document
    compiled: Compiled
    net: nn.Module
    source: Source

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of what the first loss over classes tells apart; none where they are only numbered."""
        terms = self.compiled.losses
        columns = self.source.columns
        return next((columns[t.column].classes for t in terms if t.metric == "accuracy" and t.column and t.column in columns), ())


def build(document: Document, *, to_train: bool = False, with_data: bool = True) -> Model:
    """The network of a document with fresh weights, drawn with the recipe's seed. Raises EngineError for a document with errors.

    Without ``with_data`` the data set is opened only where the document leaves something open: what is exported need not have it at hand.
    """
    with_data = with_data or leaves_open(document.graph)
    data = open_data(document.recipe) if with_data else NO_DATA
    if with_data and is_path(data.name):  # so that the run can be judged and resumed from anywhere
        document = replace(document, recipe=document.recipe.replace(dataset=str(Path(document.recipe.dataset).expanduser().absolute())))
    document = fitted(document, data.columns)
    analysis = settle(document)
    errors = [
        p
        for p in check(document.graph, data.columns if with_data else None, analysis)
        if p.severity == "error" or (to_train and p.code == "no-loss")
    ]
    if errors:
        raise EngineError("\n".join(f"{p.text}{_ways_out(p.code, document)}" for p in errors))
    compiled = compile_document(_smoothed(document), None if document.recipe.label_smoothing else analysis)
    torch.manual_seed(document.recipe.seed)
    return Model(document, compiled, instantiate(compiled.source), data)


def _ways_out(code: str, document: Document) -> str:
    """How a network is brought to its data, where that is what is wrong."""
    if code not in ("size", "classes"):
        return ""
    names = [p.name for p in document.parameters if "class" in p.name.lower()]
    by_name = f", or set it with --set network.{names[0]}=N" if names and code == "classes" else ""
    return f'. To let it follow from the data, write "auto" for it{by_name}'


def _smoothed(document: Document) -> Document:
    """The recipe's label smoothing, in each cross-entropy that has none of its own."""
    if not document.recipe.label_smoothing:
        return document
    nodes = {
        id: replace(node, block=node.block.replace(label_smoothing=document.recipe.label_smoothing))
        if isinstance(node.block, CrossEntropy) and not node.block.label_smoothing
        else node
        for id, node in document.graph.nodes.items()
    }
    return replace(document, graph=replace(document.graph, nodes=nodes))


def instantiate(text: str, **known: Any) -> nn.Module:
    """Run generated source, which may use the names in ``known``, and make its Net. The text is ours: the compiler lets nothing of a document into it but checked values."""
    name = "<generated net.py>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)  # so that a traceback shows the line
    namespace: dict[str, Any] = {"__name__": "net", **known}
    exec(compile(text, name, "exec"), namespace)
    net = namespace["Net"]()
    assert isinstance(net, nn.Module)
    return net


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
