"""Hugging Face sets on the disk, where that library is installed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.data.source import DataError
from app.data.splits import split
from tests.data import making
from tests.data.test_sources import opened


def test_a_saved_set(tmp_path: Path) -> None:
    datasets: Any = pytest.importorskip("datasets")
    images, labels = making.digits()
    features = datasets.Features({
        "picture": datasets.Image(), "digit": datasets.ClassLabel(names=[f"d{k}" for k in range(10)]), "weight": datasets.Value("float32"),
        "note": datasets.Value("string"),
    })  # fmt: skip

    def part(start: int, stop: int) -> Any:
        rows = {
            "picture": [Image.fromarray(image[0]) for image in images[start:stop]], "digit": labels[start:stop].tolist(),
            "weight": [0.5] * (stop - start), "note": ["-"] * (stop - start),
        }  # fmt: skip
        return datasets.Dataset.from_dict(rows, features=features)

    datasets.DatasetDict({"train": part(0, 80), "test": part(80, 100)}).save_to_disk(str(tmp_path / "saved"))
    found = opened(tmp_path / "saved")
    assert found.kind == "huggingface"
    assert np.array_equal(found.load()["picture"], images[:100])
    assert np.array_equal(found.load()["digit"], labels[:100])
    assert found.columns["digit"].classes[3] == "d3"
    assert np.array_equal(split(found, 0.2, 0.2, 0).test, np.arange(80, 100))
    assert [s.what for s in found.skipped] == ["column 'note'"]


def test_without_the_library_it_says_what_to_install(tmp_path: Path, monkeypatch: Any) -> None:
    import sys

    (tmp_path / "dataset_info.json").write_text("{}")
    (tmp_path / "state.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DataError, match=r"pip install 'netwright\[huggingface\]'"):
        opened(tmp_path)


def saved(folder: Path, rows: dict[str, Any], **features: Any) -> Path:
    datasets: Any = pytest.importorskip("datasets")
    datasets.Dataset.from_dict(rows, features=datasets.Features(features)).save_to_disk(str(folder))
    return folder


def test_many_rows_are_mapped_and_read_once(tmp_path: Path, monkeypatch: Any) -> None:
    """Larger than memory: rows go through the cache, and the second time only that is opened."""
    datasets: Any = pytest.importorskip("datasets")
    monkeypatch.setenv("NETWRIGHT_CACHE", str(tmp_path / "cache"))
    count = 700
    rows = {"x/../y": np.arange(count, dtype=np.float32), "label": np.arange(count) % 3}
    folder = saved(tmp_path / "saved", rows, **{"x/../y": datasets.Value("float32"), "label": datasets.ClassLabel(names=["a", "b", "c"])})
    found = opened(folder).load()
    assert isinstance(found["x/../y"].base, np.memmap) or isinstance(found["x/../y"], np.memmap)
    assert np.array_equal(found["x/../y"][:, 0], rows["x/../y"])
    assert np.array_equal(found["label"], rows["label"])
    assert not list((tmp_path / "cache").rglob("*.raw"))
    assert {file.name for file in (tmp_path / "cache").rglob("*.npy")} == {"c0.npy", "c1.npy", "part.npy"}
    monkeypatch.setattr("app.data.saved._one_pass", None)
    monkeypatch.setattr("app.data.sources._opened", type(__import__("app.data.sources", fromlist=["x"])._opened)())
    assert np.array_equal(opened(folder).load()["label"], rows["label"])


def test_rows_without_a_value_and_a_late_colour(tmp_path: Path) -> None:
    """A grey picture is no reason to make all of them grey; a row that lacks one is left out, and said."""
    datasets: Any = pytest.importorskip("datasets")
    pictures = [Image.new("L", (6, 4), 10 * k) for k in range(80)]
    pictures[75] = Image.new("RGB", (6, 4), (255, 0, 0))
    rows = {"picture": [*pictures[:5], None, *pictures[6:]], "label": [k % 2 for k in range(80)]}
    found = opened(saved(tmp_path / "saved", rows, picture=datasets.Image(), label=datasets.ClassLabel(names=["even", "odd"])))
    assert found.columns["picture"].shape == (3, 4, 6)
    assert len(found) == 79
    assert found.load()["picture"][74, :, 0, 0].tolist() == [255, 0, 0]
    assert [(s.what, s.why) for s in found.skipped] == [("row 5", "its picture is empty")]


def test_a_set_is_streamed(tmp_path: Path, monkeypatch: Any) -> None:
    """The library streams a folder of parquet files as it streams one of the Hub."""
    datasets: Any = pytest.importorskip("datasets")
    monkeypatch.setenv("NETWRIGHT_CACHE", str(tmp_path / "cache"))
    images, labels = making.digits()
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=list("0123456789"))})
    folder = tmp_path / "hub"
    folder.mkdir()
    for part, span in (("train", slice(0, 90)), ("test", slice(90, 120))):
        rows = {"image": [Image.fromarray(image[0]) for image in images[span]], "label": labels[span].tolist()}
        datasets.Dataset.from_dict(rows, features=features).to_parquet(folder / f"{part}-00000.parquet")
    found = opened(Path(f"hf:{folder}"))
    assert found.title == f"120 samples in {folder}"
    assert np.array_equal(found.load()["image"], images[:120])
    assert found.columns["label"].classes == tuple("0123456789")
    assert np.array_equal(split(found, 0.2, 0.2, 0).test, np.arange(90, 120))


def test_what_can_not_be_streamed_says_why() -> None:
    pytest.importorskip("datasets")
    with pytest.raises(DataError, match=r"hf:/no/such/folder can't be streamed: .+"):
        opened(Path("hf:/no/such/folder"))
