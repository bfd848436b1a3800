"""Metrics over many batches equal torchmetrics' over all samples at once."""

from typing import Any

import pytest
import torch
import torchmetrics.functional as tm
from hypothesis import given
from hypothesis import strategies as st

from app.engine.metrics import finished, square, sums


def gathered(metric: str, prediction: torch.Tensor, target: torch.Tensor, parts: int) -> dict[str, torch.Tensor]:
    total: dict[str, torch.Tensor] = {}
    for p, t in zip(prediction.tensor_split(parts), target.tensor_split(parts), strict=True):
        for name, value in sums(metric, p, t).items():
            total[name] = total.get(name, torch.zeros_like(value)) + value
    return total


@given(st.integers(2, 12), st.integers(20, 60), st.integers(1, 5), st.integers(0, 1000))
def test_classes(classes: int, count: int, parts: int, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    scores, target = torch.randn(count, classes, generator=random), torch.randint(classes, (count,), generator=random)
    found = gathered("accuracy", scores, target, parts)
    figures = finished("accuracy", found, False)
    assert figures["accuracy"] == pytest.approx(float(tm.accuracy(scores, target, "multiclass", num_classes=classes, average="micro")))
    if classes > 5:
        assert figures["top5"] == pytest.approx(
            float(tm.accuracy(scores, target, "multiclass", num_classes=classes, average="micro", top_k=5))
        )
    assert torch.equal(square(found["confusion"]).long(), tm.confusion_matrix(scores, target, "multiclass", num_classes=classes))


@given(st.integers(2, 5), st.integers(0, 1000))
def test_segmentation(classes: int, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    scores, target = torch.randn(6, classes, 4, 5, generator=random), torch.randint(classes, (6, 4, 5), generator=random)
    figures = finished("accuracy", gathered("accuracy", scores, target, 3), True)
    assert figures["iou"] == pytest.approx(float(tm.jaccard_index(scores, target, "multiclass", num_classes=classes)), abs=1e-5)


@given(st.integers(10, 50), st.integers(0, 1000))
def test_regression(count: int, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    prediction, target = torch.randn(count, 1, generator=random), torch.randn(count, 1, generator=random)
    figures = finished("mae", gathered("mae", prediction, target, 4), False)
    oracle: Any = {
        "mae": tm.mean_absolute_error(prediction, target), "rmse": tm.mean_squared_error(prediction, target, squared=False),
        "r2": tm.r2_score(prediction[:, 0], target[:, 0]),
    }  # fmt: skip
    assert figures == pytest.approx({name: float(value) for name, value in oracle.items()}, abs=1e-4)
