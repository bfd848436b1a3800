"""Losses and what flows into them: scores, probabilities, log-probabilities."""

from typing import Any

import pytest

from app.document.checks import check

SCORES = ["CrossEntropy", "FocalLoss", "HingeLoss", "DiceLoss"]


def wired(draw: Any, before: list[tuple[str, dict[str, Any]]], loss: str) -> str:
    draw.add("Input", size=(12, 6) if loss == "CTCLoss" else (12,))
    last = ""
    for kind, params in before:
        last = draw.add(kind, **params)
    target = {"CTCLoss": {"size": (4,)}, "KLDivLoss": {"kind": "values", "size": (10,)}}.get(loss, {})
    draw.add("Target", name="label", **target)
    return draw.add(loss, last, draw.last)


@pytest.mark.parametrize("loss", SCORES)
@pytest.mark.parametrize("squashed", ["Softmax", "LogSoftmax"])
def test_probabilities_where_scores_are_wanted(draw: Any, loss: str, squashed: str) -> None:
    wired(draw, [("Linear", {"out_features": 10}), (squashed, {})], loss)
    [problem] = [p for p in check(draw.graph) if p.code == "softmax-twice"]
    assert not [p for p in check(problem.fixes[0].edit(draw.graph)) if p.code == "softmax-twice"]


@pytest.mark.parametrize("loss", ["NLLLoss", "KLDivLoss", "CTCLoss"])
@pytest.mark.parametrize("before", [[("Linear", {"out_features": 10})], [("Linear", {"out_features": 10}), ("Softmax", {"dim": -1})]])
def test_scores_where_log_probabilities_are_wanted(draw: Any, loss: str, before: Any) -> None:
    id = wired(draw, before, loss)
    [problem] = [p for p in check(draw.graph) if p.code == "log-softmax"]
    assert problem.node == id
    assert "takes log-probabilities" in problem.text
    mended = problem.fixes[0].edit(draw.graph)
    assert not [p for p in check(mended) if p.code in ("log-softmax", "softmax-twice") or p.severity == "error"]


def test_binary_scores_through_a_sigmoid(draw: Any) -> None:
    draw.add("Input", size=(12,))
    last = draw.add("Sigmoid")
    draw.add("Target", kind="values", size=(12,))
    draw.add("BCEWithLogitsLoss", last, draw.last)
    [problem] = [p for p in check(draw.graph) if p.code == "softmax-twice"]
    assert "applies sigmoid itself" in problem.text


def test_what_is_right_is_left_alone(draw: Any) -> None:
    wired(draw, [("Linear", {"out_features": 10}), ("LogSoftmax", {})], "NLLLoss")
    assert not [p for p in check(draw.graph) if p.code in ("log-softmax", "softmax-twice")]
