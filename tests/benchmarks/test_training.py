"""Training against a bare loop, Lightning's Trainer and Keras' fit; the CPU's defaults against plain ones; augmentation against kornia.

Each figure is a ratio of medians of runs that take turns in one process. What is not installed is left out: pip install lightning keras kornia.
"""

import importlib.util
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from app.data.bundled import DIGITS
from app.data.splits import split
from app.document.graph import Document
from app.document.recipe import Recipe
from app.document.runs import RunFolder
from app.engine.augment import Augment
from app.engine.build import build, instantiate
from app.engine.train import train
from tests.conftest import Builder

pytestmark = pytest.mark.benchmark
EPOCHS, BATCH = 12, 64


def lenet() -> Document:
    """LeNet for 8×8, as in Lightning's and Keras' own examples: two convolutions, two pools, two linear layers."""
    draw = Builder()
    draw.add("Input", name="image")
    for width in (6, 16):
        draw.add("Conv2d", out_channels=width)
        draw.add("ReLU")
        draw.add("MaxPool2d")
    draw.add("Flatten")
    draw.add("Linear", out_features=84)
    draw.add("ReLU")
    last = draw.add("Linear", out_features=10)
    draw.add("Target")
    draw.add("CrossEntropy", last, draw.last)
    return Document(draw.graph, {}, Recipe(epochs=EPOCHS, batch_size=BATCH, schedule="constant", validation=0.0, test=0.2))


def samples() -> tuple[torch.Tensor, torch.Tensor]:
    at = torch.from_numpy(split(DIGITS, 0.0, 0.2, 0).train)
    found = DIGITS.load()
    return torch.from_numpy(found["image"])[at], torch.from_numpy(found["label"])[at]


def ours(path: Path, document: Document) -> float:
    folder = RunFolder(path)
    began = time.perf_counter()
    train(document, folder, device="cpu")
    seconds = time.perf_counter() - began
    rows = [row for row in folder.rows() if "samples_per_second" in row]
    return sum(row["seconds"] for row in rows) if rows else seconds


def bare(net: Any) -> float:
    """What one writes by hand: data as tensors, a permutation, a fused optimizer."""
    image, label = samples()
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.002, fused=True)
    net.train()
    began = time.perf_counter()
    for _ in range(EPOCHS):
        order = torch.randperm(len(image))
        for part in order.split(BATCH):
            optimizer.zero_grad(set_to_none=True)
            loss = F.cross_entropy(net(image[part]), label[part])
            loss.backward()
            optimizer.step()
    return time.perf_counter() - began


def turns(times: int, **ways: Callable[[], float]) -> dict[str, float]:
    """Medians of ways that take turns, after one round that does not count."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for k in range(times + 1):
        for name, way in ways.items():
            seconds = way()
            if k:
                found[name].append(seconds)
    return {name: statistics.median(values) for name, values in found.items()}


def test_the_loop_against_a_bare_one(tmp_path: Path) -> None:
    """With metrics, the run record and checkpoint hooks."""
    document, count = lenet(), 0
    source = build(document).compiled.source

    def run() -> float:
        nonlocal count
        count += 1
        return ours(tmp_path / str(count), document)

    found = turns(7, bare=lambda: bare(instantiate(source)), again=lambda: bare(instantiate(source)), ours=run)
    steps = EPOCHS * -(-len(samples()[0]) // BATCH)
    print(f"\nLeNet 8×8, batch {BATCH}: a bare step {1000 * found['bare'] / steps:.2f} ms, ours {found['ours'] / found['bare']:.3f} of it "
          f"(A/A {found['again'] / found['bare']:.3f})")  # fmt: skip


def test_against_lightning_and_keras(tmp_path: Path) -> None:
    document = lenet()
    source, count = build(document).compiled.source, 0

    def run() -> float:
        nonlocal count
        count += 1
        return ours(tmp_path / str(count), document)

    ways: dict[str, Callable[[], float]] = {"ours": run}
    if importlib.util.find_spec("lightning"):
        ways["lightning"] = lambda: with_lightning(source, tmp_path)
    if importlib.util.find_spec("keras"):
        ways["keras"] = with_keras
    if len(ways) == 1:
        pytest.skip("neither lightning nor keras is installed")
    found = turns(3, **ways)
    print("\n" + ", ".join(f"{name} takes {found[name] / found['ours']:.2f} times as long as ours" for name in ways if name != "ours"))


def with_lightning(source: str, path: Path) -> float:
    import logging

    import lightning
    from torch.utils.data import DataLoader, TensorDataset
    from torchmetrics.classification import MulticlassAccuracy

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net, self.accuracy = instantiate(source), MulticlassAccuracy(10)

        def training_step(self, batch: Any, _: int) -> Any:
            image, label = batch
            scores = self.net(image)
            loss = F.cross_entropy(scores, label)
            self.accuracy(scores, label)
            self.log("loss", loss)
            self.log("accuracy", self.accuracy)
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.AdamW(self.parameters(), lr=0.002)

    loader = DataLoader(TensorDataset(*samples()), batch_size=BATCH, shuffle=True)
    trainer = lightning.Trainer(
        max_epochs=EPOCHS, accelerator="cpu", enable_progress_bar=False, enable_model_summary=False, default_root_dir=path, log_every_n_steps=1,
        enable_checkpointing=False, logger=lightning.pytorch.loggers.CSVLogger(path),
    )  # fmt: skip
    began = time.perf_counter()
    trainer.fit(Module(), loader)
    return time.perf_counter() - began


def with_keras() -> float:
    os.environ["KERAS_BACKEND"] = "torch"
    import keras

    layers = keras.layers
    net = keras.Sequential([
        layers.Input((8, 8, 1)), layers.Conv2D(6, 3, padding="same", activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(16, 3, padding="same", activation="relu"), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(84, activation="relu"),
        layers.Dense(10),
    ])  # fmt: skip
    net.compile("adamw", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    image, label = samples()
    began = time.perf_counter()
    net.fit(image.numpy().transpose(0, 2, 3, 1), label.numpy(), batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return time.perf_counter() - began


@pytest.mark.parametrize("name", ["resnet-50", "densenet-121", "googlenet"])
def test_the_defaults_of_the_cpu(name: str, tmp_path: Path) -> None:
    """A step with what the engine chooses by itself, against plain NCHW in fp32 with an optimizer that is not fused; each in a process of its own,
    as memory that is kept can't be given back."""
    import subprocess
    import sys

    def seconds(kind: str) -> float:
        done = subprocess.run([sys.executable, "-c", STEP, name, kind], capture_output=True, text=True, check=True)
        return float(done.stdout.split()[-1])

    found = turns(1, plain=lambda: seconds("plain"), ours=lambda: seconds("ours"), bf16=lambda: seconds("bf16"))
    print(f"\n{name}, batch 8 at 128×128: plain {found['plain']:.2f} s a step, ours {found['ours'] / found['plain']:.2f} of it, "
          f"with bf16 {found['bf16'] / found['plain']:.2f}")  # fmt: skip


STEP = """
import sys, time, statistics, torch
from contextlib import nullcontext
from app.compiler import compile_document
from app.document.gallery import templates
from app.document.storage import load
from app.engine.build import instantiate
from app.engine.devices import keep_memory
from app.engine.optimize import make_optimizer
from app.document.recipe import Recipe
name, kind = sys.argv[1:]
torch.manual_seed(0)
net = instantiate(compile_document(load(templates()[name].path)).source).train()
image, label = torch.randn(8, 3, 128, 128), torch.randint(1000, (8,))
if kind == "plain":
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
else:
    keep_memory()
    net.to(memory_format=torch.channels_last)
    image = image.contiguous(memory_format=torch.channels_last)
    optimizer = make_optimizer(Recipe(optimizer="SGD", learning_rate=0.01, weight_decay=0.0), net)
times = []
for k in range(9):
    began = time.perf_counter()
    optimizer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16) if kind == "bf16" else nullcontext():
        loss = torch.nn.functional.cross_entropy(net(image), label)
    loss.backward()
    optimizer.step()
    times.append(time.perf_counter() - began)
print(statistics.median(times[2:]))
"""


@pytest.mark.parametrize("size", [32, 224])
def test_augmentation_against_kornia(size: int) -> None:
    if not importlib.util.find_spec("kornia"):
        pytest.skip("kornia is not installed")
    import kornia.augmentation as K

    image = torch.rand(64 if size == 32 else 16, 3, size, size)
    kinds: dict[str, tuple[dict[str, Any], Any]] = {
        "crop and flip": ({"flip_horizontal": True, "crop_padding": 4}, [K.RandomCrop((size, size), padding=4), K.RandomHorizontalFlip()]),
        "jitter": (
            {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}, [K.ColorJiggle(0.4, 0.4, 0.4, 0.1, p=1.0)],
        ),
        "affine": ({"rotation": 15.0, "translation": 0.1, "scaling": 0.1}, [K.RandomAffine(15.0, (0.1, 0.1), (0.9, 1.1), p=1.0)]),
    }  # fmt: skip
    for name, (values, other) in kinds.items():
        augment = Augment(Recipe(**values), {"image": True}, frozenset({"image"}), torch.device("cpu"))
        sequence = K.AugmentationSequential(*other, data_keys=["input"])
        found = turns(15, ours=lambda a=augment: timed(lambda: a({"image": image})), kornia=lambda s=sequence: timed(lambda: s(image)))
        print(
            f"\n{name}, {len(image)} of {size}×{size}: ours {1000 * found['ours']:.1f} ms, {found['ours'] / found['kornia']:.2f} of kornia's"
        )


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def test_samples_from_the_disk(tmp_path: Path) -> None:
    """Threads that bring samples ahead, against samples that lie on the device."""
    document, count = lenet(), 0

    def run(workers: int) -> float:
        nonlocal count
        count += 1
        return ours(tmp_path / str(count), replace(document, recipe=document.recipe.replace(workers=workers)))

    found = turns(3, there=lambda: run(0), one=lambda: run(1), two=lambda: run(2))
    print(
        f"\nLeNet 8×8: with 1 thread {found['one'] / found['there']:.2f}, with 2 {found['two'] / found['there']:.2f} of what samples on the device take"
    )
