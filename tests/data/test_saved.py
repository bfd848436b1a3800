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
