"""Weights, gradients and what the optimizer keeps of them, split over several processes (FSDP; Zhao et al., arXiv 2304.11277).

A tensor that is split is a ``DTensor``; its part that lies here is an ordinary tensor over the same memory, and that is what is computed on.
"""

from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.optim import Optimizer

from app.document.recipe import Recipe
from app.engine.errors import EngineError

LARGE: Final = 1 << 20  # numbers: a part of the network that holds so many is brought together, used and split again by itself


def shard(net: nn.Module, recipe: Recipe, device: torch.device, world: int) -> None:
    """Split a network over all processes. Raises EngineError for recipes that need whole weights."""
    if world == 1:
        raise EngineError("there is nothing to split over with one process: say --devices 2 or more, or leave --sharded out")
    if recipe.optimizer == "Muon":
        raise EngineError("Muon works on whole matrices: with --sharded choose AdamW")
    if recipe.precision == "fp16":
        raise EngineError("fp16 scales whole gradients: with --sharded choose bf16 or fp32")
    mesh = torch.distributed.device_mesh.init_device_mesh(device.type, (world,))
    for child in [m for m in net.modules() if m is not net and not isinstance(m, (nn.ModuleList, nn.ModuleDict))][
        ::-1
    ]:  # the inner ones first
        own = sum(p.numel() for p in child.parameters() if not isinstance(p, DTensor))
        if own >= LARGE:
            fully_shard(child, mesh=mesh)
    fully_shard(net, mesh=mesh)


def exchange(net: nn.Module, wanted: bool) -> None:
    """Whether the next backward pass exchanges gradients: of several batches for one step only the last does."""
    if isinstance(net, FSDPModule):
        net.set_requires_gradient_sync(wanted)


def here(tensor: Any) -> Any:
    """The part of a tensor that lies in this process; changing it changes the tensor."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def whole(tensor: Tensor) -> Tensor:
    """All of a tensor. Every process must ask for it, in the same order."""
    full: Tensor = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
    return full


def gathered(state: Mapping[str, Any]) -> dict[str, Any]:
    """A state dict, of a network or an optimizer, with whole tensors on the CPU."""
    return {
        key: gathered(value) if isinstance(value, Mapping) else whole(value.detach()).cpu() if isinstance(value, Tensor) else value
        for key, value in state.items()
    }


def fill(net: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Give each process its part of whole tensors."""
    for name, own in net.state_dict().items():
        with torch.no_grad():
            here(own).copy_(_part(own, tensors[name]))


def split_states(optimizer: Optimizer) -> None:
    """What an optimizer has loaded is whole; let it keep its part."""
    for p, entries in optimizer.state.items():
        if isinstance(p, DTensor):
            for name, value in entries.items():
                if isinstance(value, Tensor) and value.shape == p.shape and not isinstance(value, DTensor):
                    entries[name] = DTensor.from_local(_part(p, value), p.device_mesh, p.placements, shape=p.shape, stride=p.stride())


def _part(like: Any, value: Tensor) -> Tensor:
    if not isinstance(like, DTensor):
        return value
    found: Tensor = distribute_tensor(value.to(like.device), like.device_mesh, like.placements).to_local()
    return found


def even_out(net: nn.Module) -> None:
    """Statistics are counted by each process for itself: take those of the first."""
    for buffer in net.buffers():
        torch.distributed.broadcast(here(buffer), 0)
