"""What can be computed on, and Fabric, which knows how: devices, arithmetic, several processes."""

import ctypes
import os
from collections.abc import Iterable
from typing import Any, Final

import torch
from lightning_fabric import Fabric

from app.engine.errors import EngineError

PRECISIONS: Final = {"fp32": "32-true", "tf32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # malloc.h


def devices() -> list[list[str]]:
    """What can be trained on, the best first, as (name for --device, name for people)."""
    found = []
    for k in range(torch.cuda.device_count()):
        found.append([f"cuda:{k}" if k else "cuda", torch.cuda.get_device_name(k)])
    if torch.backends.mps.is_available():
        found.append(["mps", "Apple GPU"])
    return [*found, ["cpu", f"CPU, {torch.get_num_threads()} threads"]]


def fabric(device: str, precision: str = "fp32", count: int = 1, nodes: int = 1) -> Fabric:
    """Lightning Fabric on one device, or on ``count`` of them on each of ``nodes`` machines: "auto" is the best there is.

    Raises EngineError for one that is not there.
    """
    names = [name for name, _ in devices()]
    if device == "auto":
        device = names[0]
    if device not in names:
        raise EngineError(f"there is no device {device!r} here; there is {', '.join(names)}")
    kind, _, index = device.partition(":")
    if kind == "cpu" and precision == "fp16":
        raise EngineError("fp16 needs a GPU: use bf16 or fp32 on the CPU")
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    if kind == "cuda":
        torch.backends.cudnn.allow_tf32 = precision == "tf32"
    if distributed(count, nodes):
        if kind == "cuda" and count > torch.cuda.device_count() and not under_launcher():
            raise EngineError(f"{count} GPUs are asked for, but there {_are(torch.cuda.device_count())} here")
        return Fabric(accelerator=kind, devices=count, num_nodes=nodes, strategy="ddp", precision=PRECISIONS[precision])  # type: ignore[arg-type]
    chosen: Any = [int(index or 0)] if kind == "cuda" else 1
    return Fabric(accelerator=kind, devices=chosen, precision=PRECISIONS[precision])  # type: ignore[arg-type]


def _are(count: int) -> str:
    return "is 1" if count == 1 else f"are {count}"


def under_launcher() -> bool:
    """Whether torchrun or SLURM has started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", os.environ.get("SLURM_NTASKS", "1")) or 1) > 1


def distributed(count: int, nodes: int) -> bool:
    """Whether a run has several processes."""
    return count > 1 or nodes > 1 or under_launcher()


def keep_memory() -> None:
    """Let glibc keep what is freed: a step frees and takes the same large pieces again, and asking the system each time costs up to half of it.

    Elsewhere nothing happens.
    """
    try:
        libc = ctypes.CDLL("libc.so.6")
        for name, value in ((M_MMAP_THRESHOLD, 1 << 30), (M_TRIM_THRESHOLD, (1 << 31) - 1), (M_TOP_PAD, 64 << 20)):
            libc.mallopt(ctypes.c_int(name), ctypes.c_int(value))
    except (OSError, AttributeError):
        pass


def images_first(net: torch.nn.Module, choice: str, shapes: Iterable[tuple[int, ...]]) -> bool:
    """Whether the channels of a pixel should lie together: where there are 2D convolutions over images, unless the recipe says otherwise."""
    if choice != "auto":
        return choice == "on"
    convolutions = any(isinstance(m, (torch.nn.Conv2d, torch.nn.ConvTranspose2d)) for m in net.modules())
    return convolutions and any(len(shape) == 3 and shape[-1] * shape[-2] >= LARGE for shape in shapes)


LARGE: Final = 24 * 24  # pixels: on smaller images turning them costs what it saves
