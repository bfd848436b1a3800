"""Formulas that people type, such as ``a * sigmoid(b) + 0.5``: read by a small grammar of our own, never evaluated as Python.

The grammar: numbers, names, ``+ - * / **``, signs, parentheses and the functions of `FUNCTIONS`. Everything else is refused, with the place.
"""

import ast
import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from blocks.onnx import Nodes

LONGEST: Final = 400
DEEPEST: Final = 40

# function: torch's name, ONNX's operator, and its value for a plain number
FUNCTIONS: Final[dict[str, tuple[str, str, Callable[[float], float]]]] = {
    "sigmoid": ("torch.sigmoid", "Sigmoid", lambda x: 1 / (1 + math.exp(-x))),
    "tanh": ("torch.tanh", "Tanh", math.tanh),
    "relu": ("F.relu", "Relu", lambda x: max(0.0, x)),
    "softplus": ("F.softplus", "Softplus", lambda x: math.log1p(math.exp(x))),
    "exp": ("torch.exp", "Exp", math.exp),
    "log": ("torch.log", "Log", math.log),
    "sqrt": ("torch.sqrt", "Sqrt", math.sqrt),
    "abs": ("torch.abs", "Abs", abs),
    "sin": ("torch.sin", "Sin", math.sin),
    "cos": ("torch.cos", "Cos", math.cos),
    "erf": ("torch.erf", "Erf", math.erf),
    "sign": ("torch.sign", "Sign", lambda x: math.copysign(1.0, x) if x else 0.0),
    "floor": ("torch.floor", "Floor", lambda x: float(math.floor(x))),
}
OPERATORS: Final[dict[type[ast.operator], tuple[str, Callable[[float, float], float]]]] = {
    ast.Add: ("Add", lambda a, b: a + b),
    ast.Sub: ("Sub", lambda a, b: a - b),
    ast.Mult: ("Mul", lambda a, b: a * b),
    ast.Div: ("Div", lambda a, b: a / b),
    ast.Pow: ("Pow", lambda a, b: a**b),
}


class FormulaError(ValueError):
    """A formula can't be read. The text names the place."""


@lru_cache(maxsize=1024)
def parse(text: str) -> ast.expr:
    """The formula as a tree in which every part without a name has become a number. Raises FormulaError."""
    if not text.strip():
        raise FormulaError("the formula is empty: type one such as a * sigmoid(b)")
    if len(text) > LONGEST or not text.isascii():
        raise FormulaError(f"a formula has at most {LONGEST} plain characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise FormulaError(f"character {error.offset or len(text.strip()) + 1}: this is no formula") from None
    except (ValueError, MemoryError, RecursionError):
        raise FormulaError("this is no formula") from None
    return _checked(tree, 0)


def names(text: str) -> list[str]:
    """The inputs of a formula, in the order in which they first stand in it."""
    found = [node for node in ast.walk(parse(text)) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store)]
    inputs = [node for node in found if node.id not in FUNCTIONS and node.id not in ("min", "max")]
    return list(dict.fromkeys(node.id for node in sorted(inputs, key=lambda node: node.col_offset)))


def wrong(text: str) -> str:
    """What is wrong with a formula, in a sentence; empty where nothing is."""
    try:
        return "" if names(text) else "the formula uses no input: write a for the first one"
    except FormulaError as error:
        return str(error)


def to_torch(text: str, args: Mapping[str, str]) -> str:
    """Source that computes a formula from variables."""
    return ast.unparse(_torch(parse(text), args))


def to_onnx(text: str, g: Nodes, args: Mapping[str, str]) -> str:
    """Nodes that compute a formula; returns the name of the result."""
    return _onnx(parse(text), g, args)


def _checked(node: ast.expr, depth: int) -> ast.expr:
    def refuse(what: str) -> FormulaError:
        return FormulaError(f"character {node.col_offset + 1}: {what}")

    if depth > DEEPEST:
        raise refuse(f"nested deeper than {DEEPEST} levels")
    match node:
        case ast.Constant(value=value) if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _number(lambda: float(value), node, refuse)
        case ast.Name(id=name):
            if name in FUNCTIONS or name in ("min", "max"):
                raise refuse(f"{name} is a function: write {name}(a)")
            return node
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            inner = _checked(operand, depth + 1)
            if isinstance(node.op, ast.UAdd):
                return inner
            known = _value(inner)
            return ast.copy_location(ast.UnaryOp(ast.USub(), inner), node) if known is None else _number(lambda: -known, node, refuse)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            a, b = _checked(left, depth + 1), _checked(right, depth + 1)
            x, y = _value(a), _value(b)
            if x is not None and y is not None:
                return _number(lambda: OPERATORS[type(op)][1](x, y), node, refuse)
            return ast.copy_location(ast.BinOp(a, op, b), node)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return _call(node, name, [_checked(arg, depth + 1) for arg in args], refuse)
        case _:
            raise refuse(f"only numbers, names, + - * / ** and {', '.join([*FUNCTIONS, 'min', 'max'])} are known")


def _call(node: ast.Call, name: str, args: list[ast.expr], refuse: Callable[[str], FormulaError]) -> ast.expr:
    values = [_value(arg) for arg in args]
    known = [value for value in values if value is not None]
    if name in ("min", "max"):
        if len(args) != 2:
            raise refuse(f"{name} takes two things, got {len(args)}")
        if len(known) == 2:
            return _number(lambda: min(known) if name == "min" else max(known), node, refuse)
    elif name not in FUNCTIONS:
        raise refuse(f"there is no function {name}: known are {', '.join([*FUNCTIONS, 'min', 'max'])}")
    elif len(args) != 1:
        raise refuse(f"{name} takes one thing, got {len(args)}")
    elif known:
        return _number(lambda: FUNCTIONS[name][2](known[0]), node, refuse)
    return ast.copy_location(ast.Call(ast.Name(name, ast.Load()), args, []), node)


def _number(compute: Callable[[], float], node: ast.expr, refuse: Callable[[str], FormulaError]) -> ast.expr:
    try:
        value = compute()
    except (ArithmeticError, ValueError):
        raise refuse("this has no value") from None
    if isinstance(value, complex) or not math.isfinite(value):
        raise refuse("this is no real number")
    return ast.copy_location(ast.Constant(value), node)


def _value(node: ast.expr) -> float | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, float) else None


def _torch(node: ast.expr, args: Mapping[str, str]) -> ast.expr:
    match node:
        case ast.Name(id=name):
            return ast.Name(args[name], ast.Load())
        case ast.UnaryOp(op=op, operand=operand):
            return ast.UnaryOp(op, _torch(operand, args))
        case ast.BinOp(left=left, op=op, right=right):
            return ast.BinOp(_torch(left, args), op, _torch(right, args))
        case ast.Call(func=ast.Name(id=name), args=[a, b]):
            limit = next((v for v in (_value(a), _value(b)) if v is not None), None)
            if limit is None:
                return ast.Call(ast.Name(f"torch.{name}imum", ast.Load()), [_torch(a, args), _torch(b, args)], [])
            tensor = _torch(b if _value(a) is not None else a, args)
            side = ast.keyword("max" if name == "min" else "min", ast.Constant(limit))
            return ast.Call(ast.Name("torch.clamp", ast.Load()), [tensor], [side])
        case ast.Call(func=ast.Name(id=name), args=[a]):
            return ast.Call(ast.Name(FUNCTIONS[name][0], ast.Load()), [_torch(a, args)], [])
    return node


def _onnx(node: ast.expr, g: Nodes, args: Mapping[str, str]) -> str:
    match node:
        case ast.Constant(value=float(value)):
            return g.real(value)
        case ast.Name(id=name):
            return args[name]
        case ast.UnaryOp(operand=operand):
            return g.add("Neg", _onnx(operand, g, args))
        case ast.BinOp(left=left, op=op, right=right):
            return g.add(OPERATORS[type(op)][0], _onnx(left, g, args), _onnx(right, g, args))
        case ast.Call(func=ast.Name(id=name), args=inner):
            onnx = FUNCTIONS[name][1] if name in FUNCTIONS else name.capitalize()
            return g.add(onnx, *(_onnx(arg, g, args) for arg in inner))
    raise AssertionError("parse() lets nothing else through")
