"""What can be computed on, and Fabric, which knows how: devices, arithmetic, several processes."""

import ctypes
import os
import signal
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy

from app.engine.errors import EngineError

PRECISIONS: Final = {"fp32": "32-true", "tf32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}
STORE: Final = "NETWRIGHT_STORE"
PR_SET_PDEATHSIG: Final = 1  # prctl.h
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # malloc.h


def devices() -> list[list[str]]:
    """What can be trained on, the best first, as (name for --device, name for people)."""
    found = []
    for k in range(torch.cuda.device_count()):
        found.append([f"cuda:{k}" if k else "cuda", torch.cuda.get_device_name(k)])
    if torch.backends.mps.is_available():
        found.append(["mps", "Apple GPU"])
    return [*found, ["cpu", f"CPU, {torch.get_num_threads()} threads"]]


def best() -> str:
    """The device that "auto" means."""
    return devices()[0][0]


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
        if under_launcher():
            count, nodes = _launched(count)
        if kind == "cuda" and count > torch.cuda.device_count() and not under_launcher():
            raise EngineError(f"{count} GPUs are asked for, but there {_are(torch.cuda.device_count())} here")
        strategy = "ddp" if under_launcher() or nodes > 1 else Together()
        return Fabric(accelerator=kind, devices=count, num_nodes=nodes, strategy=strategy, precision=PRECISIONS[precision])  # type: ignore[arg-type]
    chosen: Any = [int(index or 0)] if kind == "cuda" else 1
    return Fabric(accelerator=kind, devices=chosen, precision=PRECISIONS[precision])  # type: ignore[arg-type]


class Together(DDPStrategy):
    """Processes of this machine alone: they meet at a file and talk over loopback, so that nothing listens where others could reach it."""

    def __init__(self) -> None:
        super().__init__()
        if STORE not in os.environ:
            os.environ[STORE] = str(Path(tempfile.mkdtemp(prefix="netwright-"), "store"))
            if sys.platform == "linux":
                os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
        elif sys.platform == "linux":  # started by the first one: it should not be survived
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    def _setup_distributed(self) -> None:
        self._set_world_ranks()
        self._process_group_backend = self._get_process_group_backend()
        store = torch.distributed.FileStore(  # type: ignore[attr-defined]
            os.environ[STORE], self.world_size
        )
        torch.distributed.init_process_group(self._process_group_backend, store=store, rank=self.global_rank, world_size=self.world_size)


def leave() -> None:
    """Part from the other processes, if there are any."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
        for name in (STORE, "WORLD_SIZE", "LOCAL_RANK", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT"):
            os.environ.pop(name, None)


def _are(count: int) -> str:
    return "is 1" if count == 1 else f"are {count}"


def under_launcher() -> bool:
    """Whether torchrun or SLURM has started this process as one of several."""
    return STORE not in os.environ and int(os.environ.get("WORLD_SIZE", os.environ.get("SLURM_NTASKS", "1")) or 1) > 1


def _launched(count: int) -> tuple[int, int]:
    """Processes on this machine, and machines, as torchrun or SLURM has them."""
    whole = int(os.environ.get("WORLD_SIZE", os.environ.get("SLURM_NTASKS", "1")))
    here = int(os.environ.get("LOCAL_WORLD_SIZE", os.environ.get("SLURM_NTASKS_PER_NODE", str(count))))
    return here, max(1, whole // here)


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
