"""Formulas in parameters, such as ``= 64 * 2**i`` or ``= in.channels // 16``: read by a small grammar of our own, never run as Python.

The grammar: whole and decimal numbers, names, ``+ - * / // % **``, comparisons, ``and or not``, ``a if condition else b``, parentheses and the
functions of `FUNCTIONS`. ``in.channels`` and the other properties of `SHAPE` speak of the first input of the block that has the formula, and
``x.channels`` of the input x of the block of blocks that it stands in. Several values with commas between them are a list. Division of whole numbers that leaves nothing over gives a whole number.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from blocks.core import Shape
from blocks.params import LARGEST, Param
from blocks.rules import size
from blocks.symbols import Symbol, divided, raised, text_of

LONGEST: Final = 200
DEEPEST: Final = 30
AUTO: Final = "auto"  # what follows from the data set
INPUT: Final = "_I"  # what "in", which is a keyword of Python, is called inside
NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
SHAPE: Final[dict[str, Callable[[Shape], int]]] = {
    "channels": lambda x: x[0],
    "features": lambda x: x[-1],
    "length": lambda x: x[-1] if len(x) == 2 else x[0],
    "height": lambda x: x[-2],
    "width": lambda x: x[-1],
    "depth": lambda x: x[-3],
    "size": size,
    "axes": len,
}
FUNCTIONS: Final = ("min", "max", "floor", "ceil", "round", "abs")
NO_NAMES: Final[Mapping[str, Any]] = {}
RESERVED: Final = frozenset(("in", "i", "n", "if", "else", "and", "or", "not", "repeat", "shared", AUTO, "true", "false", *FUNCTIONS))
ARITHMETIC: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
}  # fmt: skip
COMPARISONS: Final[dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], bool]]]] = {
    ast.Eq: ("==", operator.eq), ast.NotEq: ("!=", operator.ne), ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le), ast.Gt: (">", operator.gt), ast.GtE: (">=", operator.ge),
}  # fmt: skip


class FormulaError(ValueError):
    """A formula can't be read, or has no value. ``at`` is the character it fails at, counted from 1 without the equals sign; 0 for none."""

    def __init__(self, message: str, at: int = 0) -> None:
        super().__init__(f"character {at}: {message}" if at else message)
        self.at = at


class Truth(NamedTuple):
    """Yes or no, and how that is written where it depends on a symbol."""

    value: bool
    source: str


def is_formula(value: Any) -> bool:
    """Whether a value in a document or an editor is a formula: a text that begins with an equals sign, or "auto" alone."""
    return isinstance(value, str) and (value.startswith("=") or value == AUTO)


def wrong_name(name: str) -> str:
    """Why a parameter can't have this name; empty where it can."""
    if not NAME.fullmatch(name):
        return f"{name!r} is no name: use letters, digits and _, and begin with a letter"
    if name in RESERVED or _keyword(name):
        return f"{name} means something else in formulas: choose another name"
    return ""


def takes_formula(param: Param) -> bool:
    """Whether a parameter may be a formula: one that takes a number, or yes or no."""
    return not param.takes("=") and any(param.takes(value) for value in (1, 1.0, True, (1,)))


def _keyword(name: str) -> bool:
    import keyword

    return keyword.iskeyword(name) or keyword.issoftkeyword(name)


@lru_cache(maxsize=4096)
def parse(text: str) -> ast.expr:
    """The tree of a formula, its equals sign aside. Raises FormulaError for whatever the grammar does not know."""
    body = text.removeprefix("=")
    if not body.strip():
        raise FormulaError("the formula is empty: type one such as = 2 * width")
    if len(body) > LONGEST or not body.isascii() or not body.isprintable():
        raise FormulaError(f"a formula has at most {LONGEST} plain characters")
    if INPUT in body:
        raise FormulaError(f"{INPUT} is no name", body.index(INPUT) + 1)
    # a leading blank would be an indent to Python; in brackets it is none
    code = f"({re.sub(r'(?<![A-Za-z0-9_.])in(?=[ ]*[.])', INPUT, body)}\n)"
    try:
        tree = ast.parse(code, mode="eval").body
    except SyntaxError as error:
        at = max(1, min((error.offset or 1) - 1, len(body))) if (error.lineno or 1) == 1 else len(body)
        raise FormulaError("this is no formula", at) from None
    except (ValueError, MemoryError, RecursionError):
        raise FormulaError("this is no formula") from None
    _check(tree, 0)
    return tree


def names(text: str) -> set[str]:
    """The names that a formula uses, ``in`` and functions aside. Raises FormulaError."""
    return {node.id for node in ast.walk(parse(text)) if isinstance(node, ast.Name)} - {INPUT, *FUNCTIONS}


def uses_input(text: str) -> bool:
    """Whether a formula speaks of the input's shape. Raises FormulaError."""
    return any(isinstance(node, ast.Name) and node.id == INPUT for node in ast.walk(parse(text)))


def rename(text: str, old: str, new: str) -> str:
    """The formula with a name replaced."""
    return re.sub(rf"(?<![A-Za-z0-9_.]){re.escape(old)}(?![A-Za-z0-9_])", new, text)


def evaluate(text: str, values: Mapping[str, Any] = NO_NAMES, x: Shape | None = None) -> Any:
    """The value of a formula; ``values`` are its names, ``x`` the shape at the first input. Raises FormulaError.

    Where a value is a `Symbol`, so is the result.
    """
    tree = parse(text)
    if isinstance(tree, ast.Tuple):
        return tuple(as_int(_number(_evaluate(part, values, x), part)) for part in tree.elts)
    result = _evaluate(tree, values, x)
    return result.value if isinstance(result, Truth) else result


def _check(node: ast.expr, depth: int) -> None:
    if depth > DEEPEST:
        raise FormulaError(f"nested deeper than {DEEPEST} levels", _at(node))
    children: list[ast.expr]
    match node:
        case ast.Constant(value=value) if isinstance(value, (int, float)):
            if not isinstance(value, bool) and not (math.isfinite(value) and abs(value) <= LARGEST):
                raise FormulaError("this number is too large", _at(node))
            return
        case ast.Name():
            return
        case ast.Attribute(value=ast.Name(id=name), attr=what):
            if what not in SHAPE:
                raise FormulaError(f"{'in' if name == INPUT else name} has no {what}: known are {', '.join(SHAPE)}", _at(node))
            return
        case ast.Tuple(elts=children) if not depth and 0 < len(children) <= 16:
            pass
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not(), operand=operand):
            children = [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC or isinstance(op, (ast.Div, ast.Pow)):
            children = [left, right]
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in COMPARISONS for op in ops):
            children = [left, *others]
        case ast.BoolOp(values=children):
            pass
        case ast.IfExp(test=test, body=body, orelse=orelse):
            children = [test, body, orelse]
        case ast.Call(func=ast.Name(id=name), args=children, keywords=[]):
            if name not in FUNCTIONS:
                raise FormulaError(f"there is no function {name}: known are {', '.join(FUNCTIONS)}", _at(node))
            if not children or (len(children) != 1) != (name in ("min", "max")):
                raise FormulaError(f"{name} takes {'two things or more' if name in ('min', 'max') else 'one thing'}", _at(node))
        case _:
            raise FormulaError(
                f"only numbers, names, + - * / // % **, comparisons, if else and {', '.join(FUNCTIONS)} are known", _at(node)
            )
    for child in children:
        _check(child, depth + 1)


def _at(node: ast.expr) -> int:
    return max(1, node.col_offset)  # the bracket in front counts for one


def _evaluate(node: ast.expr, values: Mapping[str, Any], x: Shape | None) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            if name not in values:
                known = ", ".join(sorted(values)) or "none here"
                raise FormulaError(f"{name} is not known: there is {known}, and in.channels and the like", _at(node))
            return values[name]
        case ast.Attribute(value=ast.Name(id=name), attr=what):
            return _property(values.get(name) if name != INPUT else x, name, what, node)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _truth(_evaluate(operand, values, x))
            return Truth(not inner.value, inner.source and f"not ({inner.source})")
        case ast.UnaryOp(op=op, operand=operand):
            value = _number(_evaluate(operand, values, x), node)
            return -value if isinstance(op, ast.USub) else value
        case ast.BinOp(left=left, op=op, right=right):
            a, b = (_number(_evaluate(side, values, x), node) for side in (left, right))
            return _limited(_arithmetic(a, op, b, node), node)
        case ast.Compare(left=left, ops=ops, comparators=others):
            return _compare([_evaluate(side, values, x) for side in (left, *others)], ops)
        case ast.BoolOp(op=op, values=parts):
            truths = [_truth(_evaluate(part, values, x)) for part in parts]
            word, value = ("and", all(t.value for t in truths)) if isinstance(op, ast.And) else ("or", any(t.value for t in truths))
            symbolic = any(t.source for t in truths)
            return Truth(value, f" {word} ".join(f"({t.source or t.value})" for t in truths) if symbolic else "")
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _choice(_truth(_evaluate(test, values, x)), body, orelse, values, x)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _call(name, [_number(_evaluate(arg, values, x), node) for arg in args])
    raise AssertionError("parse() lets nothing else through")


def _property(shape: Any, name: str, what: str, node: ast.expr) -> int:
    if name == INPUT and shape is None:
        raise FormulaError("nothing is wired to the input yet", _at(node))
    if not isinstance(shape, tuple):
        raise FormulaError(f"{name} is no input here", _at(node))
    try:
        return SHAPE[what](shape)
    except IndexError:
        raise FormulaError(f"the input has {len(shape)} axes, so it has no {what}", _at(node)) from None


def _arithmetic(a: Any, op: ast.operator, b: Any, node: ast.expr) -> Any:
    whole = isinstance(a, int) and isinstance(b, int)
    try:
        if isinstance(op, ast.Div):
            return divided(a, b) if whole and int(a) % int(b) == 0 else float(a) / float(b)
        if isinstance(op, ast.Pow):
            if abs(float(b)) * math.log2(max(2.0, abs(float(a)))) > 64 and abs(float(a)) > 1:
                raise FormulaError("this number is too large", _at(node))
            return raised(a, b) if whole and b >= 0 else float(a) ** float(b)
        return ARITHMETIC[type(op)](a, b)
    except ZeroDivisionError:
        raise FormulaError("this divides by zero", _at(node)) from None
    except (ArithmeticError, ValueError):
        raise FormulaError("this has no value", _at(node)) from None


def _limited(value: Any, node: ast.expr) -> Any:
    if isinstance(value, complex) or not math.isfinite(value) or abs(value) > LARGEST:
        raise FormulaError("this number is too large" if not isinstance(value, complex) else "this is no real number", _at(node))
    return value


def _number(value: Any, node: ast.expr) -> Any:
    if isinstance(value, Truth):
        return int(value.value)
    if isinstance(value, (int, float)):
        return value
    raise FormulaError("this is no number: of an input, say which size of it, such as .channels", _at(node))


def _truth(value: Any) -> Truth:
    return value if isinstance(value, Truth) else Truth(bool(value), value.source if isinstance(value, Symbol) else "")


def _compare(sides: list[Any], ops: list[ast.cmpop]) -> Truth:
    sides = [int(side.value) if isinstance(side, Truth) else side for side in sides]
    value = all(COMPARISONS[type(op)][1](a, b) for a, op, b in zip(sides, ops, sides[1:], strict=False))
    if not any(isinstance(side, Symbol) for side in sides):
        return Truth(value, "")
    text = _written(sides[0])
    for op, side in zip(ops, sides[1:], strict=True):
        text += f" {COMPARISONS[type(op)][0]} {_written(side)}"
    return Truth(value, text)


def _written(value: Any) -> str:
    return value.factor() if isinstance(value, Symbol) else repr(value)


def _choice(test: Truth, body: ast.expr, orelse: ast.expr, values: Mapping[str, Any], x: Shape | None) -> Any:
    chosen = _evaluate(body if test.value else orelse, values, x)
    if not test.source or isinstance(chosen, Truth) or not isinstance(chosen, int):
        return chosen
    try:
        other = _evaluate(orelse if test.value else body, values, x)
    except FormulaError:  # it need not have a value: that is what the condition may be for
        return chosen
    if isinstance(other, Truth) or not isinstance(other, int):
        return chosen
    yes, no = (chosen, other) if test.value else (other, chosen)
    return Symbol.of(int(chosen), f"{_written(yes)} if {test.source} else {_written(no)}")


def _call(name: str, args: list[Any]) -> Any:
    if name in ("floor", "ceil", "round"):
        value = args[0]
        return (
            value
            if isinstance(value, int)
            else math.floor(value)
            if name == "floor"
            else math.ceil(value)
            if name == "ceil"
            else round(value)
        )
    result = min(args) if name == "min" else max(args) if name == "max" else abs(args[0])
    if any(isinstance(arg, Symbol) for arg in args) and all(isinstance(arg, int) for arg in args):
        return Symbol.of(int(result), f"{name}({', '.join(_written(arg) for arg in args)})")
    return result


def as_int(value: Any) -> Any:
    """A whole number as such, where a division made it 4.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


__all__ = [
    "AUTO",
    "FUNCTIONS",
    "SHAPE",
    "FormulaError",
    "as_int",
    "evaluate",
    "is_formula",
    "names",
    "parse",
    "rename",
    "takes_formula",
    "text_of",
    "wrong_name",
]
