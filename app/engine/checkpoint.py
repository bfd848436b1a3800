"""Checkpoints: a folder each, with a manifest of checksums that is written last. No pickle.

A folder without a manifest, or with a file that does not match it, counts as not there, and the one before is used.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from app.document import atomic

MANIFEST = "manifest.json"
WEIGHTS, AVERAGE, OPTIMIZER = "weights.safetensors", "average.safetensors", "optimizer.safetensors"


class CheckpointError(Exception):
    """There is no checkpoint that can be used. The text is for the user."""


def save(
    folder: Path,
    step: int,
    weights: Mapping[str, Tensor],
    optimizer: Mapping[str, Any],
    state: dict[str, Any],
    average: Mapping[str, Tensor] | None = None,
) -> Path:
    """Write a checkpoint from the state dicts of network and optimizer; ``state`` is plain JSON and holds ``score``, lower is better. Keeps the best and the last two.

    ``average`` is what should be judged and exported in place of the weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(".step-*"):  # of a process that was killed while it wrote
        shutil.rmtree(left, ignore_errors=True)
    place, part = folder / f"step-{step:09d}", folder / f".step-{step:09d}.part"
    part.mkdir()
    try:
        tensors, numbers = _optimizer_state(optimizer)
        atomic.write_with(part / WEIGHTS, lambda path: save_file(_on_cpu(weights), path))
        if average:
            atomic.write_with(part / AVERAGE, lambda path: save_file(_on_cpu(average), path))
        atomic.write_with(part / OPTIMIZER, lambda path: save_file(_on_cpu(tensors), path))
        atomic.write_text(part / "state.json", json.dumps({**state, "step": step, "optimizer": numbers}, indent=1))
        sums = {file.name: _checksum(file) for file in sorted(part.iterdir())}
        atomic.write_text(part / MANIFEST, json.dumps({"score": state["score"], "step": step, "sha256": sums}, indent=1))
        if place.exists():
            shutil.rmtree(place)
        part.rename(place)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    _prune(folder)
    return place


def _prune(folder: Path) -> None:
    """Keep the last two whole ones, and the best."""
    whole = [place for place in _with_manifest(folder) if _manifest(place)]
    best = min(whole, key=_score, default=None)
    for place in whole[:-2]:
        if place != best:
            shutil.rmtree(place, ignore_errors=True)


def _score(place: Path) -> float:
    return float(_manifest(place).get("score", float("inf")))


def find(folder: Path, which: str) -> Path:
    """The folder of the "best" or the "last" whole checkpoint; raises CheckpointError where there is none."""
    return find_whole(folder, which)[0]


def find_whole(folder: Path, which: str) -> tuple[Path, list[str]]:
    """The same, with the names of those that would have come before but are damaged."""
    places = sorted(_with_manifest(folder), reverse=True)
    if which == "best":
        places.sort(key=_score)
    damaged: list[str] = []
    for place in places:
        if _whole(place):
            return place, damaged
        damaged.append(place.name)
    raise CheckpointError(f"{folder} holds no whole checkpoint: the run ended before its first epoch did, or its files are damaged")


def load_weights(net: nn.Module, place: Path, averaged: bool = True) -> None:
    """Fill a net from a checkpoint, with the averaged weights where there are such; raises CheckpointError where they do not fit."""
    try:
        net.load_state_dict(load_file(weights_file(place) if averaged else place / WEIGHTS))
    except RuntimeError as error:
        raise CheckpointError(f"the weights in {place} do not fit this network: {error}") from None


def weights_file(place: Path) -> Path:
    """The weights that are meant to be used."""
    return place / AVERAGE if (place / AVERAGE).is_file() else place / WEIGHTS


def load_optimizer(optimizer: Optimizer, place: Path) -> None:
    """Fill an optimizer from a checkpoint of the same network and recipe."""
    numbers = state(place)["optimizer"]
    entries: dict[Any, dict[str, Any]] = {}
    for name, tensor in load_file(place / OPTIMIZER).items():
        index, _, key = name.rpartition(".")
        entries.setdefault(int(index) if index.isdigit() else index, {})[key] = tensor
    for name, value in numbers["values"].items():
        index, _, key = name.rpartition(".")
        entries.setdefault(int(index) if index.isdigit() else index, {})[key] = value
    optimizer.load_state_dict({"state": entries, "param_groups": _tuples(numbers["groups"])})


def _tuples(groups: Any) -> Any:
    """JSON knows no tuples: betas are one."""
    if isinstance(groups, dict):
        return {key: tuple(value) if key == "betas" else value for key, value in groups.items()}
    return [_tuples(group) for group in groups]


def tensors(file: Path) -> dict[str, Tensor]:
    """What a file of a checkpoint holds."""
    return dict(load_file(file))


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


def _on_cpu(tensors: Mapping[str, Any]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}


def _optimizer_state(state: Mapping[str, Any]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors by "parameter.name", and everything else as JSON."""
    tensors: dict[str, Tensor] = {}
    numbers: dict[str, Any] = {"groups": state["param_groups"], "values": {}}
    for index, entries in state["state"].items():
        for name, value in entries.items():
            if isinstance(value, Tensor):
                tensors[f"{index}.{name}"] = value
            else:
                numbers["values"][f"{index}.{name}"] = value
    return tensors, numbers
