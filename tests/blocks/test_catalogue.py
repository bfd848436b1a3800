"""The catalogue and its search."""

import pytest

from blocks.activation import ReLU
from blocks.catalogue import Catalogue, load


@pytest.mark.parametrize(
    ("text", "first"),
    [("conv2d", "Conv2d"), ("conv 2", "Conv2d"), ("fc", "Linear"), ("dense", "Linear"), ("gap", "GlobalAvgPool"), ("skip", "Add"), ("Gemm", "Linear"),
     ("bn", "BatchNorm2d"), ("mse", "MSELoss"), ("max pool", "MaxPool2d"), ("relu", "ReLU")],
)  # fmt: skip
def test_a_block_is_found_by_the_names_people_use(text: str, first: str) -> None:
    assert load().search(text)[0].__name__ == first


def test_nothing_matches_nonsense() -> None:
    assert load().search("xyzzy") == []


def test_an_empty_search_shows_all() -> None:
    assert len(load().search("")) == len(load())


def test_two_blocks_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two blocks are named ReLU"):
        Catalogue([ReLU, ReLU])
