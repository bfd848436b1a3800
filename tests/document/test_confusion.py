"""Precision, recall and F1 against scikit-style definitions as torchmetrics computes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document.confusion import Confusion


def test_a_small_one_by_hand() -> None:
    """Two cats of three are found; one dog is called a cat."""
    confusion = Confusion.of(("cat", "dog"), 2, [(0, 0, 2), (0, 1, 1), (1, 0, 1), (1, 1, 4)])
    cat, dog = confusion.classes()
    assert (cat.precision, cat.recall, cat.support) == (pytest.approx(2 / 3), pytest.approx(2 / 3), 3)
    assert (dog.precision, dog.recall, dog.f1, dog.support) == (0.8, 0.8, pytest.approx(0.8), 5)
    assert (confusion.right, confusion.samples) == (6, 8)
    assert confusion.mistakes() == [(0, 1, 1), (1, 0, 1)]


def test_classes_that_never_come_are_no_division_by_zero() -> None:
    confusion = Confusion.of((), 3, [(0, 0, 5), (0, 2, 1)])
    assert confusion.names == ("0", "1", "2")
    assert [(c.precision, c.recall, c.f1, c.support) for c in confusion.classes()[1:]] == [(0, 0, 0, 0), (0, 0, 0, 0)]


@given(
    st.integers(2, 6).flatmap(lambda n: st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), min_size=1).map(lambda p: (n, p)))
)
def test_it_agrees_with_torchmetrics(drawn: tuple[int, list[tuple[int, int]]]) -> None:
    import torch
    from torchmetrics.functional.classification import multiclass_f1_score, multiclass_precision, multiclass_recall

    size, pairs = drawn
    found = Confusion.of((), size, [(true, said, pairs.count((true, said))) for true, said in sorted(set(pairs))])
    true, said = (torch.tensor([pair[k] for pair in pairs]) for k in (0, 1))
    for name, oracle in (("precision", multiclass_precision), ("recall", multiclass_recall), ("f1", multiclass_f1_score)):
        right = oracle(said, true, num_classes=size, average="none").tolist()
        assert [getattr(c, name) for c in found.classes()] == pytest.approx(right, abs=1e-6)
    worst = found.mistakes()
    assert [count for *_, count in worst] == sorted((count for *_, count in worst), reverse=True)
    assert sum(count for *_, count in worst) + found.right == found.samples == len(pairs)
