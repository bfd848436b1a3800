"""Data sets of every kind on the disk, made from the digits."""

import gzip
import pickle
import struct
import tarfile
import wave
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from app.data.bundled import DIGITS


def digits() -> tuple[Any, Any]:
    samples = DIGITS.load()
    return (samples["image"] * 255).astype(np.uint8), samples["label"]


def image_folder(root: Path, count: int = 300) -> Path:
    """A folder for each digit, with files among them that can't be read."""
    images, labels = digits()
    for k in range(count):
        place = root / str(labels[k])
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(images[k, 0]).save(place / f"{k:04}.png")
    (root / "3" / "broken.png").write_bytes(b"this is no image")
    whole = next((root / "4").glob("*.png")).read_bytes()
    (root / "4" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (root / "5" / "empty.jpg").write_bytes(b"")
    (root / "notes.txt").write_text("not an image, and not meant as one")
    return root


def idx(file: Path, array: Any) -> None:
    head = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    data = head + array.astype(np.uint8).tobytes()
    file.write_bytes(gzip.compress(data) if file.suffix == ".gz" else data)


def mnist(root: Path) -> Path:
    """As MNIST lies on the disk: the train part zipped, the test part not."""
    root.mkdir(parents=True)
    images, labels = digits()
    idx(root / "train-images-idx3-ubyte.gz", images[:1400, 0])
    idx(root / "train-labels-idx1-ubyte.gz", labels[:1400])
    idx(root / "t10k-images-idx3-ubyte", images[1400:, 0])
    idx(root / "t10k-labels-idx1-ubyte", labels[1400:])
    return root


def cifar_images(count: int, seed: int = 0) -> tuple[Any, Any]:
    """Colour images of 32×32 whose class can be seen: which of ten places is bright."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, count)
    images = random.integers(0, 60, (count, 3, 32, 32)).astype(np.uint8)
    for k, label in enumerate(labels):
        images[k, label % 3, 3 * label : 3 * label + 4] += 180
    return images, labels


def cifar(root: Path, kind: str) -> Path:
    """CIFAR-10 as "python" or "binary", or the python version as a "tar.gz"."""
    root.mkdir(parents=True)
    parts = {"data_batch_1": 300, "data_batch_2": 300, "test_batch": 200}
    for seed, (name, count) in enumerate(parts.items()):
        images, labels = cifar_images(count, seed)
        if kind == "binary":
            (root / f"{name}.bin").write_bytes(np.concatenate([labels[:, None].astype(np.uint8), images.reshape(count, -1)], 1).tobytes())
        else:
            table = {
                b"batch_label": b"some",
                b"labels": labels.tolist(),
                b"data": images.reshape(count, -1),
                b"filenames": [b"a.png"] * count,
            }
            (root / name).write_bytes(pickle.dumps(table, protocol=2))
    if kind == "binary":
        (root / "batches.meta.txt").write_text("\n".join(f"thing {k}" for k in range(10)))
        return root
    (root / "batches.meta").write_bytes(pickle.dumps({b"label_names": [f"thing {k}".encode() for k in range(10)]}, protocol=2))
    if kind == "python":
        return root
    with tarfile.open(root.with_suffix(".tar.gz"), "w:gz") as archive:
        archive.add(root, "cifar-10-batches-py")
    return root.with_suffix(".tar.gz")


def hundred(root: Path) -> Path:
    """CIFAR-100, python version: fine and coarse labels."""
    root.mkdir(parents=True)
    for name, count in (("train", 120), ("test", 60)):
        images, labels = cifar_images(count)
        table = {b"fine_labels": (labels * 9).tolist(), b"coarse_labels": labels.tolist(), b"data": images.reshape(count, -1)}
        (root / name).write_bytes(pickle.dumps(table, protocol=2))
    words = {
        b"fine_label_names": [f"fine {k}".encode() for k in range(100)],
        b"coarse_label_names": [f"coarse {k}".encode() for k in range(20)],
    }
    (root / "meta").write_bytes(pickle.dumps(words, protocol=2))
    return root


def recordings(root: Path, count: int = 24) -> Path:
    """High and low tones, at two rates and three widths."""
    for k in range(count):
        low = k % 2
        place = root / ("low" if low else "high")
        place.mkdir(parents=True, exist_ok=True)
        rate = 4000 if k % 5 == 4 else 8000
        tone = np.sin(np.arange(rate // 2) * 2 * np.pi * (300 if low else 1200) / rate + k)
        width = (1, 2, 3)[k % 3]
        with wave.open(str(place / f"{k}.wav"), "wb") as file:
            file.setparams((1, width, rate, 0, "NONE", ""))
            if width == 1:
                data = ((tone * 100) + 128).astype(np.uint8).tobytes()
            elif width == 2:
                data = (tone * 25000).astype("<i2").tobytes()
            else:
                data = (tone * 6e6).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
            file.writeframes(data)
    (root / "low" / "broken.wav").write_bytes(b"RIFF and no more")
    return root


def iris(file: Path, separator: str = ",", comma: bool = False) -> Path:
    """Four measures of three species, as Anderson (1935) and Fisher (1936) have them, drawn anew from their means and deviations."""
    random = np.random.default_rng(0)
    means = {"setosa": (5.0, 3.4, 1.5, 0.25), "versicolor": (5.9, 2.8, 4.3, 1.3), "virginica": (6.6, 3.0, 5.6, 2.0)}
    lines = [separator.join(("sepal_length", "sepal_width", "petal_length", "petal_width", "species"))]
    for name, mean in means.items():
        for _ in range(50):
            row = [f"{value + random.normal(0, 0.25):.2f}" for value in mean]
            lines.append(separator.join([*(cell.replace(".", ",") if comma else cell for cell in row), name]))
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def segmentation(file: Path) -> Path:
    """Digits whose pixels are to be told from paper: a mask of 0 and 1 for each."""
    images, _ = digits()
    np.savez(file, image=images[:600], mask=(images[:600, 0] > 100).astype(np.uint8))
    return file


def regression(file: Path) -> Path:
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (400, 3))
    y = 2 * x[:, 0] - x[:, 1] ** 2 + 0.5 * x[:, 2] + random.normal(0, 0.02, 400)
    lines = [
        "a;b;c;price",
        *(";".join(f"{value:.4f}".replace(".", ",") for value in (*row, answer)) for row, answer in zip(x, y, strict=True)),
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file
