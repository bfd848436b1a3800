"""Finding blocks by words and by facts: ``conv``, ``shape:512``, ``k=3``, ``params>1M``, ``error``. All that is typed must hold."""

import re
from collections.abc import Callable
from typing import Any, Final

from app.document.analysis import Analysis, Facts
from app.document.graph import Node, NodeId, label, type_name
from blocks.rules import dims

SHORT: Final = {
    "k": "kernel_size",
    "s": "stride",
    "d": "dilation",
    "g": "groups",
    "out": "out_channels",
    "filters": "out_channels",
    "units": "hidden_size",
}
SCALE: Final = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9}
TERM: Final = re.compile(r"(\w+)(>=|<=|>|<|=|:)(.+)")
COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": lambda a, b: a > b, "<": lambda a, b: a < b, ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b, "=": lambda a, b: a == b,
    ":": lambda a, b: a == b,
}  # fmt: skip


def find(analysis: Analysis, text: str) -> list[NodeId]:
    """The blocks for which every term holds, in the order of the stream; none for an empty text."""
    terms = text.split()
    if not terms:
        return []
    order = [*analysis.wiring.order, *analysis.wiring.cyclic]
    return [id for id in order if all(_holds(term, analysis.graph.nodes[id], analysis.facts[id]) for term in terms)]


def _holds(term: str, node: Node, facts: Facts) -> bool:
    parts = TERM.fullmatch(term)
    if parts is None:
        word = term.lower()
        names = (node.name.lower(), label(node.block).lower(), type_name(node.block).lower())
        return any(word in name for name in names) or (word == "error" and bool(facts.error)) or word == node.block.group.lower()
    key, sign, wanted = parts[1].lower(), parts[2], parts[3]
    if key == "shape":
        return any(_shape(shape, wanted) for shape in facts.outputs or ())
    if key in ("params", "macs", "memory"):
        return _number(getattr(facts, key), sign, wanted)
    if key in ("name", "type"):
        return wanted.lower() in (node.name if key == "name" else f"{label(node.block)} {type_name(node.block)}").lower()
    name = SHORT.get(key, key)
    return name in node.block.fields and _value(getattr(node.block, name), sign, wanted)


def _shape(shape: tuple[int, ...], wanted: str) -> bool:
    """A size among the axes, or several in a row: 512, 64×7×7."""
    sizes = re.split(r"[x×,]", wanted.lower())
    return f"×{'×'.join(sizes)}×" in f"×{dims(shape)}×"


def _value(value: Any, sign: str, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted.lower() in (("true", "yes", "on") if value else ("false", "no", "off"))
    if isinstance(value, tuple):
        sizes = re.split(r"[x×,]", wanted.lower())
        if len(sizes) > 1:
            return [str(n) for n in value] == sizes
        return bool(value) and all(_number(n, sign, wanted) for n in value)
    return _number(value, sign, wanted) if isinstance(value, (int, float)) else str(value).lower() == wanted.lower()


def _number(value: float, sign: str, wanted: str) -> bool:
    parts = re.fullmatch(r"(-?\d+(?:\.\d+)?(?:e-?\d+)?)([kmg]?)", wanted.lower())
    return parts is not None and COMPARE[sign](value, float(parts[1]) * SCALE[parts[2]])
