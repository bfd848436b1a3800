"""Small real tasks, from the command line: data as people have it, a network that leaves its sizes open, and what it learns."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.document.runs import RunFolder
from tests.conftest import Builder
from tests.data import making
from tests.engine import networks


def learned(capsys: Any, tmp_path: Path, make: Callable[[Builder], Builder], data: Path | str, *more: str, **recipe: Any) -> dict[str, Any]:
    """Train, and judge on the part that was never seen."""
    file = networks.written(tmp_path / "net.netwright", make, **recipe)
    assert main(["train", str(file), "--data", str(data), "--run", str(tmp_path / "run"), "--device", "cpu", *more]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(tmp_path / "run"), "--json"]) == 0
    metrics: dict[str, Any] = json.loads(capsys.readouterr().out)["metrics"]
    print({name: value for name, value in metrics.items() if isinstance(value, float)})
    return metrics


def test_digits_with_lenet(capsys: Any, tmp_path: Path) -> None:
    """LeNet as it is, its 28×28 and all; the digits are brought to that size. 98.5 % in under a minute."""
    began = time.monotonic()
    assert main(["new", "lenet", "-o", str(tmp_path / "lenet.netwright")]) == 0
    options = ["--data", "digits", "--set", "recipe.image_size=[28, 28]", "--set", "recipe.normalize=standardize"]
    options += ["--set", "recipe.crop_padding=3", "--epochs", "30", "--device", "cpu"]
    assert main(["train", str(tmp_path / "lenet.netwright"), "--run", str(tmp_path / "run"), *options]) == 0
    seconds = time.monotonic() - began
    capsys.readouterr()
    main(["evaluate", str(tmp_path / "run"), "--json"])
    accuracy = json.loads(capsys.readouterr().out)["metrics"]["accuracy"]
    print(f"{accuracy:.4f} after {seconds:.0f} s")
    assert accuracy >= 0.985


def test_a_csv_table(capsys: Any, tmp_path: Path) -> None:
    data = making.iris(tmp_path / "iris.csv")
    metrics = learned(
        capsys, tmp_path, networks.perceptron, data, "--target", "species", normalize="standardize", epochs=60, learning_rate=0.01
    )
    assert metrics["accuracy"] >= 0.93
    assert [row["class"] for row in metrics["classes"]] == ["setosa", "versicolor", "virginica"]


def test_an_image_folder_with_broken_files(capsys: Any, tmp_path: Path) -> None:
    data = making.image_folder(tmp_path / "images", 700)
    metrics = learned(capsys, tmp_path, networks.convolutional, data, epochs=30, learning_rate=0.01, crop_padding=1)
    assert metrics["accuracy"] > 0.85
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    assert facts["data"]["skipped"] == 3


@pytest.mark.parametrize("kind", ["python", "binary", "tar.gz"])
def test_cifar_archives(capsys: Any, tmp_path: Path, kind: str) -> None:
    data = making.cifar(tmp_path / "cifar", kind)
    metrics = learned(capsys, tmp_path, networks.convolutional, data, epochs=12, learning_rate=0.01, normalize="standardize")
    assert metrics["samples"] == 200
    assert metrics["accuracy"] > 0.6


def test_idx_archives(capsys: Any, tmp_path: Path) -> None:
    metrics = learned(capsys, tmp_path, networks.convolutional, making.mnist(tmp_path / "mnist"), epochs=15, learning_rate=0.01)
    assert metrics["samples"] == 397
    assert metrics["accuracy"] > 0.85


def test_a_regression(capsys: Any, tmp_path: Path) -> None:
    data = making.regression(tmp_path / "houses.csv")
    metrics = learned(capsys, tmp_path, networks.regressor, data, epochs=60, learning_rate=0.01)
    assert metrics["r2"] > 0.95
    assert metrics["rmse"] > metrics["mae"] > 0


def test_a_segmentation(capsys: Any, tmp_path: Path) -> None:
    data = making.segmentation(tmp_path / "paper.npz")
    metrics = learned(capsys, tmp_path, networks.segmenter, data, epochs=10, learning_rate=0.01, flip_horizontal=True, rotation=15.0)
    assert metrics["iou"] > 0.9


def test_the_autoencoder(capsys: Any, tmp_path: Path) -> None:
    metrics = learned(capsys, tmp_path, networks.autoencoder, "digits", epochs=15, learning_rate=0.01)
    assert metrics["loss"] < 0.01
    assert metrics["r2"] > 0.9


def test_letters(capsys: Any, tmp_path: Path) -> None:
    (tmp_path / "fox.txt").write_text("the quick brown fox jumps over the lazy dog. " * 300)
    metrics = learned(
        capsys, tmp_path, networks.letters, tmp_path / "fox.txt", sequence_length=30, epochs=12, learning_rate=0.02, clip_norm=1.0
    )
    assert metrics["accuracy"] > 0.9


def test_recordings(capsys: Any, tmp_path: Path) -> None:
    data = making.recordings(tmp_path / "sounds", 60)
    metrics = learned(
        capsys,
        tmp_path,
        networks.convolutional,
        data,
        sound="log-mel",
        sound_seconds=0.4,
        epochs=12,
        learning_rate=0.01,
        normalize="standardize",
    )
    assert metrics["accuracy"] > 0.9


@pytest.mark.parametrize("name", ["moons", "circles", "xor"])
def test_toys(capsys: Any, tmp_path: Path, name: str) -> None:
    assert learned(capsys, tmp_path, networks.perceptron, name, epochs=25, learning_rate=0.02)["accuracy"] > 0.95


def test_what_does_not_fit_is_said(capsys: Any, tmp_path: Path) -> None:
    main(["new", "lenet", "-o", str(tmp_path / "lenet.netwright")])
    capsys.readouterr()
    data = making.cifar(tmp_path / "cifar", "binary")
    assert main(["train", str(tmp_path / "lenet.netwright"), "--data", str(data)]) == 1
    error = capsys.readouterr().err
    assert "column 'image' of the data set is 3×32×32" in error
    assert 'write "auto" for it' in error
    assert not list(tmp_path.glob("runs*"))
    iris = making.iris(tmp_path / "iris.csv")
    file = networks.written(tmp_path / "net.netwright", networks.perceptron)
    assert main(["train", str(file), "--data", str(iris), "--target", "weight"]) == 1
    assert "has no column 'weight'; it has sepal_length" in capsys.readouterr().err


def test_what_data_is(capsys: Any, tmp_path: Path) -> None:
    data = making.image_folder(tmp_path / "images", 100)
    assert main(["data", str(data), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["kind"], facts["samples"]) == ("images", 100)
    assert sum(facts["columns"][1]["classes"].values()) == 100
    assert len(facts["skipped"]) == 3
    assert main(["data", str(data)]) == 0
    text = capsys.readouterr().out
    assert "skipped: 3/broken.png: it is no image" in text
    assert main(["data", str(tmp_path / "gone")]) == 1
    assert "neither a file nor a folder" in capsys.readouterr().err


def test_looking_at_the_test_part_is_noted(capsys: Any, tmp_path: Path) -> None:
    learned(capsys, tmp_path, networks.perceptron, "moons", epochs=1)
    main(["evaluate", str(tmp_path / "run"), "--split", "validation"])
    main(["evaluate", str(tmp_path / "run")])
    assert sum(row.get("event") == "test" for row in RunFolder(tmp_path / "run").rows()) == 2


def test_a_learning_rate_is_found(capsys: Any, tmp_path: Path) -> None:
    file = networks.written(tmp_path / "net.netwright", networks.perceptron)
    assert main(["tune", str(file), "rate", "--data", "moons", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert 1e-4 < found["learning_rate"] < 0.5
    assert main(["tune", str(file), "batch", "--data", "moons", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["batch_size"] == 512
