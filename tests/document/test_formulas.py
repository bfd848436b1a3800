"""The grammar of formulas: what it computes, what it refuses and where, and that symbols compute what they say."""

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document.formulas import FormulaError, evaluate, names, parse, rename, uses_input, wrong_name
from blocks.symbols import Symbol

VALUES = {"i": 2, "n": 4, "width": 64, "growth": 3}


def expressions() -> st.SearchStrategy[str]:
    leaves = st.one_of(st.integers(0, 99).map(str), st.sampled_from([*VALUES, "in.channels"]))

    def more(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.tuples(inner, st.sampled_from(["+", "-", "*", "//", "%"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
            st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
            st.tuples(inner, inner, st.sampled_from(["==", "<", ">="]), inner, inner).map(
                lambda t: f"({t[0]} if {t[1]} {t[2]} {t[3]} else {t[4]})"
            ),
            inner.map(lambda t: f"-{t}"),
        )

    return st.recursive(leaves, more, max_leaves=8)


def meant(text: str) -> Any:
    """What Python says of the same text."""
    code = text.replace("in.channels", "channels")
    return eval(compile(ast.parse(code, mode="eval"), "", "eval"), {"__builtins__": {}, "min": min, "max": max, "channels": 16, **VALUES})


@given(expressions())
def test_it_computes_what_it_says(text: str) -> None:
    try:
        expected = meant(text)
    except ZeroDivisionError:
        with pytest.raises(FormulaError, match=r"divides by zero|no value"):
            evaluate(f"= {text}", VALUES, (16, 8, 8))
        return
    try:
        assert evaluate(f"= {text}", VALUES, (16, 8, 8)) == expected
    except FormulaError as error:
        assert "too large" in str(error) or "200" in str(error) or "deeper" in str(error)


@given(expressions())
def test_a_symbol_is_worth_what_its_source_says(text: str) -> None:
    symbols = {name: Symbol.of(value, name) for name, value in VALUES.items()}
    try:
        result = evaluate(f"= {text}", symbols, (Symbol.of(16, "channels"), 8, 8))
        plain = evaluate(f"= {text}", VALUES, (16, 8, 8))
    except FormulaError:
        return
    assert int(result) == plain
    if isinstance(result, Symbol):
        assert eval(result.source, {"__builtins__": {}, "min": min, "max": max, "channels": 16, **VALUES}) == plain


@given(st.text(max_size=60) | st.text("()[]{}.,:;'\"\\_in+-*/%<>=! abx0123456789", max_size=60))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        value = evaluate(f"={text}", VALUES, (16, 8, 8))
    except FormulaError as error:
        assert 0 <= error.at <= len(text) + 1
        return
    assert isinstance(value, (int, float, tuple))


@pytest.mark.parametrize(
    "text",
    [
        "= __import__('os').system('true')", "= (lambda: 1)()", "= [1 for _ in n]", "= width.__class__", "= 'a' * 3", "= f'{n}'", "= n := 3",
        "= 9**9**9**9", "= 2**64", "= 10**20", "= " + "-" * 60 + "n", "= " + "1+" * 150 + "1", "= exec", "= _I.channels", "= 1j", "= True.real",
        "= max(*n)", "= n if", "=", "= \u0661", "= 1\n+ 1", "= in", "= in.in.channels", "= min(n)", "= floor(1, 2)", "= await n", "= n[0]", "= {1}", "= (1, (2, 3))",
    ],
)  # fmt: skip
def test_hostile_or_mistaken(text: str) -> None:
    with pytest.raises(FormulaError):
        evaluate(text, VALUES, (16, 8, 8))


@pytest.mark.parametrize(
    ("text", "at"), [("= 1 + ", 5), ("= 2 * wdith", 6), ("= foo(2)", 2), ("= in.chanels", 2), ("= 2 * (n / 0)", 7), ("=n+[1]", 3)]
)
def test_an_error_points_at_its_character(text: str, at: int) -> None:
    with pytest.raises(FormulaError) as caught:
        evaluate(text, VALUES, (16, 8, 8))
    assert caught.value.at == at
    assert f"character {at}" in str(caught.value)


def test_shapes_and_lists() -> None:
    assert evaluate("= in.channels // 16", {}, (64, 7, 9)) == 4
    assert evaluate("= x.height, x.width", {"x": (64, 7, 9)}) == (7, 9)
    assert evaluate("= in.size", {}, (64, 7, 9)) == 64 * 63
    assert isinstance(evaluate("= 6 / 3"), int)
    assert evaluate("= 1 / 4") == 0.25
    with pytest.raises(FormulaError, match="2 axes"):
        evaluate("= in.depth", {}, (64, 7))
    with pytest.raises(FormulaError, match="nothing is wired"):
        evaluate("= in.depth", {})


def test_names_in_a_formula() -> None:
    assert names("= width * min(n, 2) + in.channels") == {"width", "n"}
    assert uses_input("= in.channels")
    assert not uses_input("= width")
    assert rename("= width + width2 + in.width", "width", "w") == "= w + width2 + in.width"
    parse("= not (n > 3 and i < 2 or width != 64)")
    for bad in ("i", "in", "class", "2a", "a b", "max", "", "a" * 41, "_a", "ä"):
        assert wrong_name(bad)
    assert not wrong_name("width_2")
