"""Formulas: what is read, what is refused and where, and that torch, ONNX and Python agree on the value."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from blocks.arithmetic import Formula
from blocks.core import ParamError
from blocks.formula import FormulaError, names, parse, to_torch
from tests.blocks.examining import onnx_difference


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("a * sigmoid(b) + 0.5", "x * torch.sigmoid(y) + 0.5"),
        ("-(a - b) ** 2", "-(x - y) ** 2.0"),
        ("max(a, 0)", "torch.clamp(x, min=0.0)"),
        ("min(a, b)", "torch.minimum(x, y)"),
        ("a / (2 * 3 + sqrt(4))", "x / 8.0"),
        ("a * -2", "x * -2.0"),
        (" +a ", "x"),
    ],
)
def test_a_formula_becomes_torch_source(text: str, source: str) -> None:
    assert to_torch(text, {"a": "x", "b": "y"}) == source


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("a +", "character 4"),
        ("a + c(b)", "character 5: there is no function c"),
        ("a.b", "character 1: only numbers"),
        ("__import__('os')", "character 12: only numbers"),
        ("__import__(a)", "there is no function __import__"),
        ("a if b else 1", "only numbers"),
        ("[a]", "only numbers"),
        ("a + True", "only numbers"),
        ("a + 1j", "only numbers"),
        ("a ** (1 / 0)", "has no value"),
        ("a + 9 ** 9 ** 9", "has no value"),
        ("a + (-1) ** 0.5", "no real number"),
        ("a + log(0)", "has no value"),
        ("a + 1e999", "no real number"),
        ("sigmoid", "sigmoid is a function"),
        ("min(a)", "takes two things, got 1"),
        ("exp(a, b)", "takes one thing, got 2"),
        ("2 * 3", "uses no input"),
        ("a" * 401, "at most 400"),
        ("ä + 1", "plain characters"),
        ("-" * 60 + "a", "nested deeper"),
        ("a\x00", "no formula"),
    ],
)
def test_what_is_no_formula_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(ParamError) as told:
        Formula(expression=text)
    assert words in str(told.value)


@given(st.text(max_size=60))
def test_any_text_is_a_formula_or_a_sentence(text: str) -> None:
    try:
        assert to_torch(text, dict.fromkeys(names(text), "x")).isascii()
    except FormulaError as error:
        assert str(error)


def trees() -> st.SearchStrategy[str]:
    leaves = st.sampled_from(["a", "b", "c"]) | st.floats(0.1, 3).map(lambda v: f"{v:.3f}")

    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return (
            st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
            | inner.map(lambda t: f"-({t})")
            | st.tuples(st.sampled_from(["sigmoid", "tanh", "relu", "cos", "erf"]), inner).map(lambda t: f"{t[0]}({t[1]})")
            | st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda t: f"{t[0]}({t[1]}, {t[2]})")
        )

    return st.recursive(leaves, grown, max_leaves=8)


PLAIN: dict[str, Any] = {
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "tanh": math.tanh, "relu": lambda x: max(0.0, x), "cos": math.cos, "erf": math.erf,
    "min": min, "max": max,
}  # fmt: skip


@given(trees(), st.tuples(*[st.floats(-2, 2)] * 3))
def test_torch_gives_what_plain_arithmetic_gives(text: str, numbers: tuple[float, float, float]) -> None:
    given_ = dict(zip("abc", numbers, strict=True))
    if not names(text):
        return
    wanted = eval(text, {"__builtins__": {}, **PLAIN, **given_})
    tensors = {name: torch.tensor(value, dtype=torch.float64) for name, value in given_.items()}
    ours = eval(to_torch(text, {name: name for name in "abc"}), {"torch": torch, "F": torch.nn.functional, **tensors})
    assert float(ours) == pytest.approx(wanted, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    "text", ["max(a, 0.5) - b / 2", "abs(a) ** 0.5 * erf(b)", "2 ** min(a, 3)", "floor(a) + sign(b) * log(1 + abs(a))"]
)
def test_onnx_gives_it_too(text: str, tmp_path: Path) -> None:
    block = Formula(expression=text)
    onnx_difference(block, ((4, 3),) * len(block.inputs), tmp_path, extreme=False)


def test_the_inputs_are_the_names_in_order() -> None:
    assert [port.name for port in Formula(expression="gate * sigmoid(x) + gate").inputs] == ["gate", "x"]
    assert parse("1 + 2 * 3").value == 7  # type: ignore[attr-defined]
