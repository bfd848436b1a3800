"""Checkpoints: a folder each, with a manifest of checksums that is written last. No pickle.

A folder without a manifest, or with a file that does not match it, counts as not there, and the one before is used.
"""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from app.document import atomic

MANIFEST = "manifest.json"


class CheckpointError(Exception):
    """There is no checkpoint that can be used. The text is for the user."""


def save(folder: Path, step: int, net: nn.Module, optimizer: Optimizer, state: dict[str, Any]) -> Path:
    """Write a checkpoint; ``state`` is plain JSON and holds ``score``, lower is better. Keeps the best and the last two."""
    place = folder / f"step-{step:09d}"
    place.mkdir(parents=True, exist_ok=True)
    (place / MANIFEST).unlink(missing_ok=True)
    tensors, numbers = _optimizer_state(optimizer)
    atomic.write_with(place / "weights.safetensors", lambda path: save_file(_on_cpu(net.state_dict()), path))
    atomic.write_with(place / "optimizer.safetensors", lambda path: save_file({**_on_cpu(tensors), "rng": torch.get_rng_state()}, path))
    atomic.write_text(place / "state.json", json.dumps({**state, "step": step, "optimizer": numbers}, indent=1))
    sums = {file.name: _checksum(file) for file in sorted(place.iterdir())}
    atomic.write_text(place / MANIFEST, json.dumps({"score": state["score"], "step": step, "sha256": sums}, indent=1))
    _prune(folder)
    return place


def _prune(folder: Path) -> None:
    found = [(json.loads((place / MANIFEST).read_text())["score"], place) for place in _with_manifest(folder)]
    best = min(found, key=lambda pair: pair[0])[1]
    for _, place in found[:-2]:
        if place != best:
            shutil.rmtree(place, ignore_errors=True)


def find(folder: Path, which: str) -> Path:
    """The folder of the "best" or the "last" whole checkpoint; raises CheckpointError where there is none."""
    places = sorted(_with_manifest(folder), reverse=True)
    if which == "best":
        places.sort(key=lambda place: float(_manifest(place).get("score", float("inf"))))
    for place in places:
        if _whole(place):
            return place
    raise CheckpointError(f"{folder} holds no whole checkpoint: the run ended before its first epoch did, or its files are damaged")


def load_weights(net: nn.Module, place: Path) -> None:
    """Fill a net from a checkpoint; raises CheckpointError where they do not fit."""
    try:
        net.load_state_dict(load_file(place / "weights.safetensors"))
    except RuntimeError as error:
        raise CheckpointError(f"the weights in {place} do not fit this network: {error}") from None


def state(place: Path) -> dict[str, Any]:
    """What was saved beside the tensors: step, epoch, score, metrics."""
    return dict(json.loads((place / "state.json").read_text()))


def _with_manifest(folder: Path) -> list[Path]:
    return sorted(place for place in folder.glob("step-*") if (place / MANIFEST).is_file()) if folder.is_dir() else []


def _manifest(place: Path) -> dict[str, Any]:
    try:
        value = json.loads((place / MANIFEST).read_text())
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _whole(place: Path) -> bool:
    sums = _manifest(place).get("sha256", {})
    return bool(sums) and all((place / name).is_file() and _checksum(place / name) == value for name, value in sums.items())


def _checksum(file: Path) -> str:
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _on_cpu(tensors: dict[str, Any]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}


def _optimizer_state(optimizer: Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors by "parameter.name", and everything else as JSON."""
    state = optimizer.state_dict()
    tensors: dict[str, Tensor] = {}
    numbers: dict[str, Any] = {"groups": state["param_groups"], "values": {}}
    for index, entries in state["state"].items():
        for name, value in entries.items():
            if isinstance(value, Tensor):
                tensors[f"{index}.{name}"] = value
            else:
                numbers["values"][f"{index}.{name}"] = value
    return tensors, numbers
