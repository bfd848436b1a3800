"""Preprocessing as a part of the network: so that an exported file takes samples as they are stored, and whoever uses it need not know of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from app.compiler import Compiled
from app.document.runs import RunFolder
from app.engine.build import Model
from app.engine.evaluate import facts
from blocks.onnx import Nodes


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one input: ``(x * scale - mean) / std``, mean and std for each channel; () where they are left out."""

    scale: float
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    axes: int = 1


def of_run(folder: RunFolder, model: Model) -> dict[str, Step]:
    """What a run did to its inputs, by their names in the network. Inputs that went in as they were are not there."""
    told = facts(folder)
    moments, scales, found = told.get("moments", {}), told.get("scales", {}), {}
    for value in model.compiled.inputs:
        if value.kind == "index":
            continue
        own = moments.get(value.column, {})
        step = Step(float(scales.get(value.column, 1.0)), tuple(own.get("mean", ())), tuple(own.get("std", ())), len(value.shape))
        if step.scale != 1 or step.mean:
            found[value.name] = step
    return found


class Prepared(nn.Module):
    """A network that prepares its inputs itself."""

    def __init__(self, net: nn.Module, compiled: Compiled, steps: Mapping[str, Step]) -> None:
        super().__init__()
        self.net, self.steps, self.names = net, dict(steps), [value.name for value in compiled.inputs]

    def forward(self, *inputs: Tensor) -> Any:
        """As the network, from samples as they are stored."""
        return self.net(*(self._prepared(name, x) for name, x in zip(self.names, inputs, strict=True)))

    def _prepared(self, name: str, x: Tensor) -> Tensor:
        step = self.steps.get(name)
        if step is None:
            return x
        x = x * step.scale
        if step.mean:
            shape = (-1, *(1,) * (step.axes - 1))
            x = (x - torch.tensor(step.mean).view(shape)) / torch.tensor(step.std).view(shape)
        return x


def prepend(g: Nodes, steps: Mapping[str, Step]) -> None:
    """Put the same in front of the nodes of a network."""
    old = list(g.nodes)
    g.nodes.clear()
    renamed = {}
    for name, step in steps.items():
        g.enter(f"prepare_{name}")
        result = g.add("Mul", name, g.real(step.scale)) if step.scale != 1 else name
        if step.mean:
            dims = (len(step.mean), *(1,) * (step.axes - 1))
            result = g.add("Div", g.add("Sub", result, g.real(*step.mean, dims=dims)), g.real(*step.std, dims=dims))
        renamed[name] = result
    g.nodes += [node._replace(inputs=tuple(renamed.get(name, name) for name in node.inputs)) for node in old]
