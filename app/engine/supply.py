"""Batches on the device. What fits lies there as tensors; what does not is brought from the disk by threads, ahead of time.

Preprocessing happens here: bytes become 0 to 1, then the mean is subtracted and the rest divided by the standard deviation, where the recipe
says so. The moments are those of the training part, are kept in the run, and come from there when the run is judged.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from app.data.sources import Source
from app.data.statistics import moments
from app.document.recipe import Recipe

Batch = dict[str, Tensor]
Moments = Mapping[str, Mapping[str, list[float]]]  # column -> mean, std
AHEAD: Final = 3  # batches
SMALL_BYTES: Final = 64 << 20  # a set that is at most so large is put in order for a whole epoch at once
READY_BYTES: Final = 512 << 20  # a set that is at most so large as floats is prepared once


def measured(source: Source, recipe: Recipe, names: Iterable[str], train: "np.ndarray[Any, Any]") -> Moments:
    """Mean and standard deviation of each real input column over the training part, as far as the recipe wants them."""
    found = {}
    for name in names:
        column = source.columns[name]
        if recipe.normalize != "none" and column.kind == "real" and column.shape:
            here = moments(source.load()[name], train)
            std = [value if recipe.normalize == "standardize" and value > 1e-8 else 1.0 for value in here.std]
            found[name] = {"mean": list(here.mean), "std": std}
    return found


class Supply:
    """The columns that a network reads, on ``device``. ``at`` gives a batch for indices, ``batches`` many, one after the other."""

    def __init__(
        self,
        source: Source,
        wanted: Iterable[str],
        inputs: Iterable[str],
        device: torch.device,
        found: Moments,
        *,
        workers: int = 0,
        raw: bool = False,
    ) -> None:
        samples = source.load()
        self.device, self.workers = device, workers
        self.kinds = {name: source.columns[name].kind for name in wanted}
        self.inputs = frozenset(inputs)
        arrays = {name: _tensor(samples[name]) for name in self.kinds}
        self.moments = {name: _moments(found[name], len(source.columns[name].shape), device) for name in self.kinds if name in found}
        self.count = len(next(iter(arrays.values())))
        size = sum(tensor.nbytes for tensor in arrays.values())
        self.streams = workers > 0 or size > _room(device)
        self.columns = arrays if self.streams else {name: tensor.to(device) for name, tensor in arrays.items()}
        self.ready = not raw and not self.streams and sum(t.numel() * 4 for t in self.columns.values()) <= READY_BYTES
        if self.ready:  # once, not at every step
            self.columns = {name: self._prepared(name, tensor) for name, tensor in self.columns.items()}
        self.small = sum(tensor.nbytes for tensor in self.columns.values()) <= SMALL_BYTES
        self.layouts: dict[str, Any] = {}

    def channels_last(self) -> None:
        """Let images come with the channels of a pixel together."""
        for name, tensor in self.columns.items():
            if tensor.dim() == 4 and name in self.inputs:
                self.layouts[name] = torch.channels_last

    def raw(self, at: Tensor) -> Batch:
        """Samples as they are stored, on the device."""
        if not self.streams:
            return {name: column.index_select(0, at) for name, column in self.columns.items()}
        index = at.cpu()
        pinned = self.device.type == "cuda"
        found = {}
        for name, column in self.columns.items():
            piece = column.index_select(0, index)
            found[name] = (piece.pin_memory() if pinned else piece).to(self.device, non_blocking=pinned)
        return found

    def prepared(self, batch: Batch) -> Batch:
        """What the network sees of a raw batch."""
        if not self.ready:
            batch = {name: self._prepared(name, value) for name, value in batch.items()}
        for name, layout in self.layouts.items():
            batch[name] = batch[name].contiguous(memory_format=layout)
        return batch

    def at(self, index: Tensor) -> Batch:
        """A batch as the network sees it."""
        return self.prepared(self.raw(index))

    def batches(self, indices: Iterable[Tensor]) -> Iterator[Batch]:
        """Raw batches in order; from the disk they are fetched ahead, and a small set is put in order in one go."""
        if not self.streams:
            yield from self._ordered(list(indices)) if self.small else map(self.raw, indices)
            return
        with ThreadPoolExecutor(max(1, self.workers), thread_name_prefix="supply") as pool:
            waiting: deque[Future[Batch]] = deque()
            for index in indices:
                waiting.append(pool.submit(self.raw, index))
                if len(waiting) > max(AHEAD, self.workers):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _ordered(self, indices: list[Tensor]) -> Iterator[Batch]:
        """A gather for each column, not one for each batch."""
        if not indices:
            return
        whole, sizes = self.raw(torch.cat(indices)), [len(index) for index in indices]
        for pieces in zip(*(torch.split(column, sizes) for column in whole.values()), strict=True):
            yield dict(zip(whole, pieces, strict=True))

    def _prepared(self, name: str, value: Tensor) -> Tensor:
        if self.kinds[name] == "index":
            return value
        value = scaled(value)
        if value.dtype != torch.float32:
            value = value.float()
        if name in self.moments:
            mean, std = self.moments[name]
            value = (value - mean) / std
        return value


def scaled(value: Tensor) -> Tensor:
    """Bytes as 0 to 1; anything else as it is."""
    return value.float().mul_(1 / 255) if value.dtype == torch.uint8 else value


def _tensor(array: "np.ndarray[Any, Any]") -> Tensor:
    """The same memory, or the same file, as a tensor. It is only ever read."""
    if any(stride < 0 for stride in array.strides) or array.dtype.byteorder == ">":
        array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    if not array.flags.writeable:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.from_numpy(array)
    return torch.from_numpy(array)


def _moments(found: Mapping[str, list[float]], axes: int, device: torch.device) -> tuple[Tensor, Tensor]:
    shape = (1, -1, *(1,) * (axes - 1))
    return torch.tensor(found["mean"], device=device).view(shape), torch.tensor(found["std"], device=device).view(shape)


def _room(device: torch.device) -> float:
    """Bytes that a data set may take on a device; on the CPU it is mapped, and takes none."""
    if device.type == "cuda":
        return 0.4 * torch.cuda.mem_get_info(device)[0]
    return float("inf")
