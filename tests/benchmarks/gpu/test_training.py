"""Images a second on a GPU: ours against the best hand-written loop and against Lightning, with the share of the chip's peak.

Run on the machine with the GPU: ``python -m pytest tests/benchmarks/gpu --benchmark-enable -s``. NETWRIGHT_BENCH_DEVICE=cpu tries the script itself
with a few small images; its figures say nothing.
"""

import importlib.util
import os
import platform
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from app.document.analysis import analyse_document
from app.document.gallery import templates
from app.document.graph import Document
from app.document.runs import RunFolder
from app.document.storage import load
from app.engine.build import build, instantiate
from app.engine.train import train

DEVICE = os.environ.get("NETWRIGHT_BENCH_DEVICE", "cuda")
TRIAL = DEVICE == "cpu"
pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.skipif(not TRIAL and not torch.cuda.is_available(), reason="needs a CUDA GPU"),
]
PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L4": 121e12, "4090": 165e12}  # dense bf16, from the makers' data sheets
CASES = {  # template, size of the image, batch, samples, classes
    "small CNN": ("small-cnn", (1, 8, 8), 512, 50_000, 10),
    "ResNet-20 at 32×32": ("resnet-20", (3, 32, 32), 512, 50_000, 10),
    "ResNet-50 at 224×224": ("resnet-50", (3, 224, 224), 128, 3_840, 1000),
}
EPOCHS = 3


def case(name: str, folder: Path) -> tuple[Document, Path, int]:
    """The document, its data on the disk, and the multiply-accumulates of one image."""
    template, shape, batch, count, classes = CASES[name]
    if TRIAL:
        batch, count = 4, 16
    random = np.random.default_rng(0)
    data = folder / "data.npz"
    np.savez(data, image=random.integers(0, 256, (count, *shape), dtype=np.uint8), label=np.arange(count) % classes)
    found = load(templates()[template].path)
    recipe = found.recipe.replace(
        dataset=str(data),
        epochs=EPOCHS,
        batch_size=batch,
        precision="bf16",
        validation=0.0,
        test=0.0,
        schedule="constant",
        channels_last="on",
    )
    document = replace(found, recipe=recipe)
    return document, data, analyse_document(document).totals.macs


def ours(document: Document, folder: Path) -> float:
    """Images a second of the best epoch, as the run recorded it."""
    outcome = train(document, RunFolder(folder), device=DEVICE)
    assert outcome.state == "done", outcome
    return max(row["samples_per_second"] for row in RunFolder(folder).rows() if "samples_per_second" in row)


def batches(image: torch.Tensor, label: torch.Tensor, size: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    for part in torch.randperm(len(image), device=image.device).split(size):
        yield image[part].float().mul_(1 / 255).contiguous(memory_format=torch.channels_last), label[part]


def by_hand(document: Document, data: Path, *, compiled: bool) -> float:
    """Everything on the device, bf16, channels last, a fused optimizer, and torch.compile where it is asked for."""
    with np.load(data) as stored:
        image, label = (torch.from_numpy(stored[name]).to(DEVICE) for name in ("image", "label"))
    net: Any = instantiate(build(document).compiled.source).to(DEVICE).to(memory_format=torch.channels_last).train()
    run = torch.compile(net) if compiled else net
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, fused=True)
    best = 0.0
    for _ in range(EPOCHS):
        _wait()
        began = time.perf_counter()
        for x, y in batches(image, label, document.recipe.batch_size):
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast(DEVICE, torch.bfloat16):
                loss = F.cross_entropy(run(x), y)
            loss.backward()
            optimizer.step()
        _wait()
        best = max(best, len(image) / (time.perf_counter() - began))
    return best


def with_lightning(document: Document, data: Path, folder: Path) -> float:
    import lightning
    from torch.utils.data import DataLoader, TensorDataset

    with np.load(data) as stored:
        image, label = (torch.from_numpy(stored[name]) for name in ("image", "label"))
    source, times = build(document).compiled.source, []

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = instantiate(source).to(memory_format=torch.channels_last)

        def training_step(self, batch: Any, _: int) -> Any:
            x, y = batch
            loss = F.cross_entropy(self.net(x.float() / 255), y)
            self.log("loss", loss)
            return loss

        def on_train_epoch_start(self) -> None:
            _wait()
            times.append(time.perf_counter())

        def on_train_epoch_end(self) -> None:
            _wait()
            times[-1] = time.perf_counter() - times[-1]

        def configure_optimizers(self) -> Any:
            return torch.optim.AdamW(self.parameters(), lr=1e-3, fused=True)

    loader = DataLoader(TensorDataset(image, label), batch_size=document.recipe.batch_size, shuffle=True, pin_memory=not TRIAL)
    trainer = lightning.Trainer(
        max_epochs=EPOCHS, accelerator="cpu" if TRIAL else "gpu", devices=1, precision="bf16-mixed", enable_progress_bar=False,
        enable_model_summary=False, enable_checkpointing=False, logger=lightning.pytorch.loggers.CSVLogger(folder),
    )  # fmt: skip
    trainer.fit(Module(), loader)
    return len(image) / min(times)


def _wait() -> None:
    if DEVICE == "cuda":
        torch.cuda.synchronize()


@pytest.mark.parametrize("name", CASES)
def test_images_a_second(name: str, tmp_path: Path) -> None:
    if TRIAL and "50" in name:
        pytest.skip("too large to try on a CPU")
    document, data, macs = case(name, tmp_path)
    found = {"by hand": by_hand(document, data, compiled=False), "ours": ours(document, tmp_path / "run")}
    if not TRIAL:
        found["by hand, compiled"] = by_hand(document, data, compiled=True)
        compiled = replace(document, recipe=document.recipe.replace(compile="on"))
        found["ours, compiled"] = ours(compiled, tmp_path / "compiled")
        open_ = replace(document, recipe=document.recipe.replace(precision="auto", compile="auto", channels_last="auto"))
        found["ours, chosen by trial"] = ours(open_, tmp_path / "chosen")
        print("\n" + next(row["chosen"] for row in RunFolder(tmp_path / "chosen").rows() if "chosen" in row))
    if importlib.util.find_spec("lightning"):
        found["lightning"] = with_lightning(document, data, tmp_path)
    chip = torch.cuda.get_device_name() if DEVICE == "cuda" else platform.processor() or "a CPU"
    peak = next((value for key, value in PEAKS.items() if key in chip), 0.0)
    print(f"\n{name} on {chip}, torch {torch.__version__}, batch {document.recipe.batch_size}, bf16")
    for way, rate in found.items():
        share = f", {100 * rate * macs * 2 * 3 / peak:.1f} % of the peak" if peak else ""  # a step costs about three times a forward pass
        print(f"  {way:<20}{rate:12,.0f} images/s, {rate / found['by hand']:.2f} of by hand{share}")
