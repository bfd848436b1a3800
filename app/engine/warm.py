"""A warm start: weights of another run or file, taken over by name, then by shape and order, with a report of what fitted."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from app.document.runs import RunFolder, is_run
from app.engine import checkpoint
from app.engine.errors import EngineError


def warm_start(net: nn.Module, path: Path) -> dict[str, list[str]]:
    """Fill what fits; returns the names by how they were matched. Raises EngineError where nothing fits or the file can't be read."""
    found = weights(path)
    own = net.state_dict()
    report: dict[str, list[str]] = {"by_name": [], "by_shape": [], "left": [], "unused": []}
    taken: dict[str, Tensor] = {}
    for name, tensor in own.items():
        if name in found and found[name].shape == tensor.shape:
            taken[name] = found.pop(name)
            report["by_name"].append(name)
    rest = list(found.items())
    for name, tensor in own.items():
        if name in taken or tensor.dim() == 0:
            continue
        kind = name.rpartition(".")[2]
        k = next((k for k, (other, value) in enumerate(rest) if value.shape == tensor.shape and other.rpartition(".")[2] == kind), None)
        if k is None:
            report["left"].append(name)
            continue
        other, value = rest.pop(k)
        taken[name] = value
        report["by_shape"].append(f"{name} < {other}")
    report["unused"] = [name for name, _ in rest]
    if not taken:
        raise EngineError(f"none of the weights in {path} fits this network: neither names nor shapes agree")
    with torch.no_grad():
        for name, value in taken.items():
            own[name].copy_(value)
    return report


def weights(path: Path) -> dict[str, Tensor]:
    """Tensors by name, from a run, a ``.safetensors``, or (weights only, nothing is run) a ``.pt``. Raises EngineError."""
    if path.is_dir():
        if not is_run(path):
            raise EngineError(f"{path} is no run folder: it should hold document.netwright and run.json")
        return dict(load_file(checkpoint.weights_file(checkpoint.find(RunFolder(path).checkpoints, "best"))))
    if not path.is_file():
        raise EngineError(f"there is no {path} to start from")
    try:
        if path.suffix.lower() == ".safetensors":
            return dict(load_file(path))
        value = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, OSError) as error:
        raise EngineError(f"{path} can't be read: {error}") from None
    except Exception as error:  # an unpickler's refusal has many faces
        raise EngineError(f"{path} holds more than weights, or is damaged, and was not opened ({type(error).__name__})") from None
    if isinstance(value, dict) and isinstance(inner := value.get("state_dict", value.get("model")), dict):
        value = inner
    if not isinstance(value, dict) or not any(isinstance(item, Tensor) for item in value.values()):
        raise EngineError(f"{path} holds no weights by name: save net.state_dict() there")
    return {str(name).removeprefix("module."): item for name, item in value.items() if isinstance(item, Tensor)}
