"""Splits: disjoint, complete, stratified, and the same for the same seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.data.sources import DIGITS, DataError, source
from app.data.splits import split


@given(validation=st.floats(0, 0.45), test=st.floats(0, 0.45), seed=st.integers(0, 2**32 - 1))
def test_every_sample_is_in_one_part(validation: float, test: float, seed: int) -> None:
    parts = split(DIGITS, validation, test, seed)
    together = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(together.tolist()) == list(range(1797))
    labels = DIGITS.load()["label"]
    for part, share in ((parts.validation, validation), (parts.test, test)):
        counts = np.bincount(labels[part], minlength=10)
        assert np.all(np.abs(counts - share * np.bincount(labels)) <= 1.01)


def test_the_seed_decides() -> None:
    assert np.array_equal(split(DIGITS, 0.2, 0.2, 3).test, split(DIGITS, 0.2, 0.2, 3).test)
    assert not np.array_equal(split(DIGITS, 0.2, 0.2, 3).test, split(DIGITS, 0.2, 0.2, 4).test)


def test_nothing_left_to_train_on() -> None:
    with pytest.raises(DataError, match=r"leave nothing to train on"):
        split(DIGITS, 0.5, 0.5, 0)
    with pytest.raises(DataError, match="there is no data set 'mnist'"):
        source("mnist")


def test_the_columns_are_what_is_loaded() -> None:
    samples = DIGITS.load()
    for name, column in DIGITS.columns.items():
        assert samples[name].shape[1:] == column.shape
    assert samples["image"].min() == 0
    assert samples["image"].max() == 1
