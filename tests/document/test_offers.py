"""What is offered: the search with its numbers, and what fits where."""

from typing import Any

import pytest

from app.document.analysis import analyse
from app.document.offers import offers, split
from blocks import catalogue


@pytest.mark.parametrize(
    ("text", "words", "numbers"),
    [
        ("conv 64 3", "conv", [64, 3]), ("conv 3x3 64", "conv", [(3, 3), 64]), ("dropout 0.3", "dropout", [0.3]), ("conv 2d 8", "conv 2d", [8]),
        ("", "", []), ("1x1", "1x1", []), ("leaky relu 1e-2", "leaky relu", [0.01]), ("input 3×224×224", "input", [(3, 224, 224)]),
    ],
)  # fmt: skip
def test_words_and_numbers(text: str, words: str, numbers: list[Any]) -> None:
    assert split(text) == (words, numbers)


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("conv 64 5 2", {"out_channels": 64, "kernel_size": (5, 5), "stride": (2, 2)}), ("conv 1x7 64", {"out_channels": 64, "kernel_size": (1, 7)}),
        ("max pool 3 2", {"kernel_size": (3, 3)}), ("linear 128", {"out_features": 128}), ("lstm 64 2", {"hidden_size": 64, "num_layers": 2}),
        ("dropout 0.3", {"p": 0.3}), ("input 3x32x32", {"size": (3, 32, 32)}), ("reshape 8 4 4", {"size": (8, 8)}),
    ],
)  # fmt: skip
def test_numbers_fill_the_first_parameters_that_take_them(text: str, block: dict[str, Any], draw: Any) -> None:
    [first, *_] = offers(text, analyse(draw.graph))
    if text == "reshape 8 4 4":
        assert first.fit == "no"  # a list is typed 8x4x4
        return
    assert first.block.changed() == block


def test_a_number_that_does_not_fit_is_told_and_stays_first(draw: Any) -> None:
    [first, *_] = offers("conv 0", analyse(draw.graph))
    assert (type(first.block).__name__, first.fit) == ("Conv2d", "no")
    assert "at least 1" in first.reason


def test_without_words_what_usually_follows_and_fits_comes_first(draw: Any) -> None:
    draw.add("Input", size=(3, 8, 8))
    conv = draw.add("Conv2d")
    found = offers("", analyse(draw.graph), (conv, "y"))
    assert [type(offer.block).__name__ for offer in found[:3]] == ["BatchNorm2d", "ReLU", "MaxPool2d"]
    order = [("fits", "adapter", "no").index(offer.fit) for offer in found]
    assert order == sorted(order)
    assert len(found) == len(catalogue.load())


def test_labels_go_only_where_labels_are_taken(draw: Any) -> None:
    target = draw.add("Target")
    fits = {type(offer.block).__name__: offer for offer in offers("", analyse(draw.graph), (target, "y"))}
    assert fits["CrossEntropy"].fit == "fits"
    assert fits["Conv2d"].fit == "no"
    assert "takes real numbers" in fits["Conv2d"].reason
    assert fits["Input"].reason == "Input takes nothing in"


def test_what_may_come_before_an_input(draw: Any) -> None:
    draw.add("Input", size=(6,), kind="index")
    embedding = draw.add("Embedding")
    fits = {type(offer.block).__name__: offer.fit for offer in offers("", analyse(draw.graph), (embedding, "index"), forward=False)}
    assert fits["ArgMax"] == "fits"
    assert fits["Linear"] == fits["Output"] == "no"
