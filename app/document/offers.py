"""What can be added at a place: the blocks that a search finds, with typed numbers filled in, those that fit first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.document.analysis import Analysis, infer, kind_error
from app.document.graph import label
from app.document.legal import End
from blocks import catalogue
from blocks.catalogue import Catalogue
from blocks.core import Block, Kind, Shape
from blocks.params import ParamError

Fit = Literal["fits", "adapter", "no"]
RANK: dict[Fit, int] = {"fits": 0, "adapter": 1, "no": 2}
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?|\d+(?:[x×]\d+)+")


# what people most often put behind a block of a group, in this order
USUAL: dict[str, tuple[str, ...]] = {
    "Data": ("Conv2d", "Flatten", "Linear", "Embedding"),
    "Convolution": ("BatchNorm2d", "ReLU", "MaxPool2d", "Conv2d", "Add", "Concat"),
    "Normalise": ("ReLU", "Conv2d", "Add"),
    "Activation": ("Conv2d", "MaxPool2d", "Dropout", "Linear", "GlobalAvgPool"),
    "Pooling": ("Conv2d", "Flatten", "Linear", "Dropout"),
    "Upsampling": ("Conv2d", "Concat", "ReLU"),
    "Linear": ("ReLU", "Dropout", "Linear", "CrossEntropy", "Output"),
    "Regularise": ("Linear", "Conv2d", "Add"),
    "Merge": ("ReLU", "Conv2d", "BatchNorm2d", "Linear"),
    "Reshape": ("Linear", "Conv2d"),
    "Attention": ("Add", "LayerNorm", "Linear"),
    "Recurrent": ("LastStep", "Linear", "Dropout"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A block that could be added. ``reason`` says why it would not fit as it is ("adapter"), or can't be wired at all ("no")."""

    block: Block
    fit: Fit = "fits"
    reason: str = ""


def offers(text: str, analysis: Analysis, start: End | None = None, *, forward: bool = True, kinds: Catalogue | None = None) -> list[Offer]:
    """Blocks for a search such as ``conv 64 3``, best first; with ``start``, the port of a node, those that fit there come before others."""
    words, numbers = split(text)
    usual = USUAL.get(analysis.graph.nodes[start[0]].block.group, ()) if start and forward else ()
    found = []
    for place, kind in enumerate((kinds or catalogue.load()).search(words)):
        if not words and kind.__name__ in usual:
            place = usual.index(kind.__name__) - len(usual)
        try:
            block, wrong = filled(kind, numbers), ""
        except ParamError as error:
            block, wrong = kind(), str(error)
        fit, reason = _fit(block, analysis, start, forward) if start else ("fits", "")
        found.append((RANK[fit] if not words else 0, place, RANK[fit], Offer(block, "no" if wrong else fit, wrong or reason)))
    if words:  # what was asked for stays first, unless it can't be had
        found.sort(key=lambda entry: (entry[2] == 2, entry[1]))
    else:
        found.sort(key=lambda entry: entry[:2])
    return [offer for *_, offer in found]


def split(text: str) -> tuple[str, list[Any]]:
    """The words of a search, and the numbers in it: ``conv 3x3 64`` has ``(3, 3)`` and ``64``."""
    words: list[str] = []
    numbers: list[Any] = []
    for part in text.split():
        if not words or not NUMBER.fullmatch(part):
            words.append(part)
        elif "x" in part or "×" in part:
            numbers.append(tuple(int(n) for n in re.split("[x×]", part)))
        else:
            numbers.append(float(part) if "." in part or "e" in part else int(part))
    return " ".join(words), numbers


def filled(kind: type[Block], numbers: Sequence[Any]) -> Block:
    """A block with each number in the first parameter that is still free and takes it; raises ParamError where none does."""
    values: dict[str, Any] = {}
    for number in numbers:
        free = (p for name, p in kind.fields.items() if name not in values and not p.section and p.type not in (bool, str))
        declared = next((p for p in free if p.takes(number)), None)
        if declared is None:
            raise ParamError("", f"{kind.label} has no parameter left for {number}")
        values[declared.name] = declared.coerce(number)
    return kind(**values)


def _fit(block: Block, analysis: Analysis, start: End, forward: bool) -> tuple[Fit, str]:
    node, port = start
    own, facts = analysis.graph.nodes[node], analysis.facts[node]
    if not forward:
        entry = next(p for p in own.block.inputs if p.name == port)
        if not block.outputs:
            return "no", f"{label(block)} gives nothing"
        reasons = [kind_error(out.kind, entry, label(own.block)) for out in block.outputs]
        return ("no", reasons[0]) if all(reasons) else ("fits", "")
    if not block.inputs:
        return "no", f"{label(block)} takes nothing in"
    names = [p.name for p in own.block.outputs]
    at = names.index(port) if port in names else 0
    kind: Kind = facts.kinds[at] if len(facts.kinds) > at else own.block.outputs[at].kind
    reasons = [kind_error(kind, entry, label(block)) for entry in block.inputs]
    if all(reasons):
        return "no", reasons[0]
    shape: Shape | None = facts.outputs[at] if facts.outputs is not None and len(facts.outputs) > at else None
    if shape is None or sum(not p.optional for p in block.inputs) > 1 or block.inputs[0].many:
        return "fits", ""
    trouble = infer(block, (shape,), (kind,))
    return ("adapter", trouble.error) if trouble.error and trouble.code != "pending" else ("fits", "")


def first_port(block: Block, kind: Kind, side: Literal["inputs", "outputs"]) -> str:
    """The first port of ``block`` that takes, or gives, what flows."""
    ports = block.inputs if side == "inputs" else block.outputs
    return next((p.name for p in ports if kind in ("any", p.kind) or p.kind == "any"), ports[0].name)
