"""Numbers that remember the expression they came from.

A shape rule that is given `Symbol`s computes as ever, and what it computes can be written down: ``nn.Conv2d(in_channels, width * 4, 1)``.
Sums and products are kept as polynomials, so that ``n + 2 - 2`` is ``n`` again; everything else becomes a term of its own.
"""

from collections.abc import Mapping
from typing import Any, Final, Self

Terms = Mapping[tuple[str, ...], int]  # factors, in order, and how many of them
MOST_TERMS: Final = 12
MOST_TEXT: Final = 400


class Symbol(int):
    """A whole number with a source text. Equal and hashed as the number it is: never to be kept in a cache of numbers."""

    terms: Terms

    @classmethod
    def of(cls, value: int, text: str) -> Self:
        """The number that ``text`` stands for: a name, or an expression that is no sum of products."""
        return cls._made(int(value), {(text,): 1})

    @classmethod
    def _made(cls, value: int, terms: Terms) -> Self:
        self = super().__new__(cls, value)
        self.terms = terms
        return self

    @property
    def source(self) -> str:
        """The expression, as a person would write it."""
        return render(self.terms)

    def factor(self) -> str:
        """The expression, fit to stand in a product."""
        text = self.source
        return text if text.isidentifier() or text.isdigit() else f"({text})"

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, int):
            return NotImplemented
        terms = dict(self.terms)
        for factors, count in terms_of(other).items():
            terms[factors] = terms.get(factors, 0) + count
        return plain(int(self) + int(other), {f: c for f, c in terms.items() if c})

    __radd__ = __add__

    def __neg__(self) -> Any:
        return plain(-int(self), {factors: -count for factors, count in self.terms.items()})

    def __sub__(self, other: Any) -> Any:
        return self + -other if isinstance(other, int) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return -self + other if isinstance(other, int) else NotImplemented

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, int):
            return NotImplemented
        terms: dict[tuple[str, ...], int] = {}
        for a, n in self.terms.items():
            for b, m in terms_of(other).items():
                factors = (*a, *b)
                terms[factors] = terms.get(factors, 0) + n * m
        return plain(int(self) * int(other), {f: c for f, c in terms.items() if c})

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Any:
        return divided(self, other) if isinstance(other, int) else NotImplemented

    def __rfloordiv__(self, other: Any) -> Any:
        return divided(other, self) if isinstance(other, int) else NotImplemented

    def __mod__(self, other: Any) -> Any:
        return Symbol.of(int(self) % int(other), f"{self.factor()} % {text_of(other)}") if isinstance(other, int) else NotImplemented

    def __pow__(self, other: Any, modulo: Any = None) -> Any:
        return raised(self, other)

    def __rpow__(self, other: Any, modulo: Any = None) -> Any:
        return raised(other, self)


class RealSymbol(float):
    """A real number with a name. What is computed with it is a plain number again."""

    source: str

    @classmethod
    def of(cls, value: float, text: str) -> Self:
        """The number that ``text`` stands for."""
        self = super().__new__(cls, value)
        self.source = text
        return self


def plain(value: int, terms: Terms) -> int:
    """A number with these terms; without any name it is a number like any other."""
    if not any(terms):
        return value
    symbol = Symbol._made(value, terms)
    return symbol if len(terms) <= MOST_TERMS and len(symbol.source) <= MOST_TEXT else value  # too long to be read: say the number


def terms_of(value: int) -> Terms:
    """The terms of any whole number."""
    return value.terms if isinstance(value, Symbol) else {(): int(value)} if value else {}


def text_of(value: Any) -> str:
    """The source of any number, fit to stand in a product."""
    return value.factor() if isinstance(value, Symbol) else str(int(value)) if value >= 0 else f"({int(value)})"


def divided(a: int, b: int) -> int:
    """``a // b``; written without a division where every term divides."""
    value = int(a) // int(b)
    if not isinstance(b, Symbol):
        terms = terms_of(a)
        if all(count % b == 0 for count in terms.values()):
            return plain(value, {factors: count // b for factors, count in terms.items()})
    elif isinstance(a, Symbol) and a.terms == b.terms:
        return 1
    return Symbol.of(value, f"{text_of(a)} // {text_of(b)}")


def raised(a: Any, b: Any) -> Any:
    """``a ** b``."""
    if not isinstance(b, Symbol) and b in (1, 2, 3) and isinstance(b, int):
        result = a
        for _ in range(b - 1):
            result = result * a
        return result
    value = int(a) ** int(b) if isinstance(a, int) and isinstance(b, int) else float(a) ** float(b)
    return Symbol.of(value, f"{text_of(a)} ** {text_of(b)}") if isinstance(value, int) else value


def render(terms: Terms) -> str:
    """A polynomial: ``in_channels + 4 * growth - 1``; what is added comes before what is taken away, and numbers last."""
    ordered = sorted(terms.items(), key=lambda term: (term[1] < 0, not term[0]))
    text = ""
    for factors, count in ordered:
        sign = "-" if count < 0 else "+"
        names = [factor if factor.isidentifier() or len(ordered) == len(factors) == count == 1 else f"({factor})" for factor in factors]
        number = [str(abs(count))] if abs(count) != 1 or not names else []
        product = " * ".join([*names, *number] if names and names[0].isidentifier() else [*number, *names])
        text += f" {sign} {product}" if text else f"{'-' if count < 0 else ''}{product}"
    return text
