"""Declared parameters: what fits, what does not, and what is said about it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.convolution import Conv2d
from blocks.core import Block, param
from blocks.params import ParamError, times
from blocks.regularization import Dropout

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"kernel_size": "3"}, "kernel_size must be a list of 2 whole numbers, got '3'"),
        ({"kernel_size": [3, 3, 3]}, "kernel_size must be a list of 2 whole numbers"),
        ({"stride": 0}, "stride must be at least 1, got 0"),
        ({"bias": 1}, "bias must be true or false, got 1"),
        ({"out_channels": True}, "out_channels must be a whole number, got True"),
        ({"out_channels": 3.0}, "out_channels must be a whole number"),
        ({"out_channels": 10**30}, "out_channels must be a whole number"),
        ({"padding": "valid"}, "padding must be a list of 2 whole numbers or 'same', got 'valid'"),
        ({"padding_mode": "mirror"}, "must be one of 'zeros', 'reflect', 'replicate', 'circular'"),
        ({"filters": 3}, "Conv2d has no parameter 'filters'; it has out_channels"),
    ],
)
def test_a_wrong_value_is_named(values: dict[str, object], text: str) -> None:
    with pytest.raises(ParamError) as caught:
        Conv2d(**values)  # type: ignore[arg-type]
    assert text in str(caught.value)
    assert caught.value.name == next(iter(values))


def test_numbers_must_be_finite() -> None:
    for value in (float("nan"), float("inf"), "0,5"):
        with pytest.raises(ParamError):
            Dropout(p=value)  # type: ignore[arg-type]


def test_one_number_stands_for_all_axes() -> None:
    assert Conv2d(kernel_size=5).kernel_size == (5, 5)  # type: ignore[arg-type]
    assert Conv2d(kernel_size=[5, 3]) == Conv2d(kernel_size=(5, 3))  # type: ignore[arg-type]


@given(name=st.sampled_from(list(Conv2d.fields)), value=ANYTHING)
def test_whatever_is_given_fits_or_is_refused(name: str, value: object) -> None:
    try:
        block = Conv2d(**{name: value})  # type: ignore[arg-type]
    except ParamError as error:
        assert str(error)
        return
    field = Conv2d.fields[name]
    assert field.coerce(getattr(block, name)) == getattr(block, name)


def test_blocks_are_values() -> None:
    a, b = Conv2d(out_channels=8), Conv2d(out_channels=8)
    assert a == b
    assert hash(a) == hash(b)
    assert a.replace(out_channels=9) != a
    assert a.changed() == {"out_channels": 8}
    with pytest.raises(AttributeError, match="is a value"):
        a.out_channels = 9  # type: ignore[misc]


def test_a_default_beyond_its_own_limit_is_refused_when_the_class_is_made() -> None:
    with pytest.raises(ParamError, match="at least 1"):

        class Wrong(Block):
            """No good."""

            size: int = param(default=0, ge=1, help="Too small.")


def test_a_block_without_help_is_refused_when_the_class_is_made() -> None:
    with pytest.raises(TypeError, match="needs a docstring"):

        class Silent(Block, label="Silent", group="Data", glyph="input"):
            pass


def test_values_as_a_person_writes_them() -> None:
    assert times((3, 3)) == "3"
    assert times((3, 5)) == "3×5"
    assert times(0.25) == "0.25"
