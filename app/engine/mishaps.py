"""What goes wrong in the middle of a run, in a sentence with what to do."""

import errno
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from app.compiler import Compiled
from app.document.recipe import Recipe
from app.engine.build import loss_of, run_net


def out_of_memory(error: BaseException) -> bool:
    """Whether torch, on any device, or Python could not get the memory it asked for."""
    text = str(error)
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and ("not enough memory" in text or "out of memory" in text or "can't allocate memory" in text)
    )


def memory_sentence(device: torch.device, recipe: Recipe) -> str:
    """A batch that is half as large needs about half of it."""
    half = max(1, recipe.batch_size // 2)
    if recipe.batch_size == 1:
        return f"{device} ran out of memory at a batch of 1: the network is too large for it; make its images smaller, or take bf16"
    return (
        f"{device} ran out of memory at a batch of {recipe.batch_size}: try a batch_size of {half} with accumulate at {recipe.accumulate * 2}, "
        f"which learns the same"
    )


def disk_sentence(error: OSError) -> str:
    """The disk is full, or a folder has gone."""
    where = f" at {error.filename}" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full{where}: make room and resume the run; the last whole checkpoint is kept"
    return f"the run can't be recorded{where}: {error.strerror or error}. The last whole checkpoint is kept"


def first_bad(net: nn.Module, compiled: Compiled, batch: Mapping[str, Tensor]) -> str:
    """The first layer that gives, or holds, something that is not finite; empty where none does any more."""
    names = {net.get_submodule(name): name for name, module in net.named_modules() if name and not list(module.children())}
    for name, value in batch.items():
        if value.is_floating_point() and not bool(value.isfinite().all()):
            return f"the data: column {name!r} holds a value that is not finite"
    found: list[str] = []

    def look(module: nn.Module, _: Any, result: Any) -> None:
        tensors = result if isinstance(result, tuple) else (result,)
        if not found and any(isinstance(t, Tensor) and t.is_floating_point() and not bool(t.isfinite().all()) for t in tensors):
            weights = all(bool(p.isfinite().all()) for p in module.parameters())
            found.append(f"the first layer to give it is {names[module]}{'' if weights else ', whose weights are not finite any more'}")

    hooks = [module.register_forward_hook(look) for module in names]
    try:
        with torch.no_grad():
            results = run_net(net, compiled, batch)
            value = loss_of(net, compiled, results, batch)
    finally:
        for hook in hooks:
            hook.remove()
    if not found and not bool(value.isfinite()):
        return "all layers give finite values, the loss itself does not"
    return found[0] if found else ""
