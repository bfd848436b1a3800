"""What each place of a result can see of the input image (Dumoulin and Visin, arXiv 1603.07285; Araujo et al., Distill 2019).

Worked out from windows, strides and shapes; blocks of blocks are followed inside, repetition by repetition.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.document.analysis import Analysis, arrange
from app.document.graph import Instance, Node, NodeId
from app.document.repeating import repetitions
from app.document.wiring import NO_EDGES
from blocks.convolution import Conv, DeformConv2d
from blocks.core import Block, BlockError, Shape
from blocks.data import Input, Target
from blocks.merge import MatMul, Switch
from blocks.pooling import Pool
from blocks.rules import spread
from blocks.transposed import ConvTranspose


@dataclass(frozen=True, slots=True)
class Axis:
    """Along one axis, in pixels of the input: how many a place sees, how far the next place looks, and where the first one looks (its middle)."""

    size: float
    stride: float
    start: float


Field = tuple[Axis, ...]
PIXEL: Final = Axis(1, 1, 0.5)
EVERYTHING: Final[Field] = ()  # it sees the whole input


@dataclass(frozen=True, slots=True)
class Seen:
    """The field of a node's results, and the input that it looks at; a field without axes is the whole input."""

    field: Field
    input: Shape

    def text(self) -> str:
        """``7×7`` of the input, or all of it."""
        if not self.field or all(axis.size >= n for axis, n in zip(self.field, self.input[1:], strict=True)):
            return "all"
        return "×".join(f"{axis.size:g}" for axis in self.field)


def receptive_fields(analysis: Analysis) -> dict[NodeId, Seen]:
    """What each node sees of the image that it depends on; nodes that see no image are left out."""
    return _through(analysis, {})


def _through(analysis: Analysis, entries: Mapping[NodeId, Seen]) -> dict[NodeId, Seen]:
    found: dict[NodeId, Seen] = {}
    for id in analysis.wiring.order:
        node, facts = analysis.graph.nodes[id], analysis.facts[id]
        if facts.outputs is None or isinstance(node.block, Target):
            continue
        if isinstance(node.block, Input):
            shape = facts.outputs[0]
            own = entries.get(id) or (Seen((PIXEL,) * (len(shape) - 1), shape) if len(shape) > 2 and not analysis.scope.entries else None)
            if own:
                found[id] = own
            continue
        edges, _ = arrange(node.block.inputs, analysis.wiring.incoming.get(id, NO_EDGES))
        if isinstance(node.block, Switch):
            edges = edges[node.block.which : node.block.which + 1]
        seen = [found[edge.source] for edge in edges if edge.source in found]
        if seen:
            found[id] = _after(node, seen, facts.inputs, facts.outputs or ((),), analysis)
    return found


def _after(node: Node, seen: list[Seen], inputs: tuple[Shape, ...], outputs: tuple[Shape, ...], analysis: Analysis) -> Seen:
    image = seen[0].input
    if node.bypassed:
        return seen[0]
    if isinstance(node.block, Instance):
        return _inside(node.block, seen, inputs, analysis, node.id)
    field = _joined([one.field for one in seen])
    result = outputs[0] if outputs else inputs[0]
    return Seen(_moved(node.block, field, inputs[0], result), image)


def _inside(block: Instance, seen: list[Seen], inputs: tuple[Shape, ...], analysis: Analysis, id: NodeId) -> Seen:
    kinds = analysis.kinds_into(id)
    try:
        steps = repetitions(block, inputs, kinds)
    except BlockError:
        return seen[0]
    flows = {port.name: one for port, one in zip(block.inputs, seen, strict=False)}
    last = seen[0]
    for step in steps:
        held = {node.id: flows[node.name] for node in block.definition.entries if node.name in flows}
        found = _through(step, held)
        for node in block.definition.exits:
            if node.id in found:
                last = found[node.id]
                if node.name in block.feeds():
                    flows[block.feeds()[node.name]] = last
    return last


def _joined(fields: list[Field]) -> Field:
    """What several see together."""
    if not all(fields) or len({len(field) for field in fields}) > 1:
        return EVERYTHING
    axes = []
    for several in zip(*fields, strict=True):
        low, high = min(a.start - a.size / 2 for a in several), max(a.start + a.size / 2 for a in several)
        axes.append(Axis(high - low, max(a.stride for a in several), (low + high) / 2))
    return tuple(axes)


def _moved(block: Block, field: Field, before: Shape, after: Shape) -> Field:
    """The field behind a block."""
    rank = len(field)
    if not field or len(before) != rank + 1 or len(after) != rank + 1 or isinstance(block, MatMul):
        return EVERYTHING
    if isinstance(block, DeformConv2d):
        return EVERYTHING  # it may look anywhere
    if isinstance(block, ConvTranspose):
        kernel, stride, padding = (spread(getattr(block, name), rank) for name in ("kernel_size", "stride", "padding"))
        return tuple(_transposed(a, k, s, p) for a, k, s, p in zip(field, kernel, stride, padding, strict=True))
    if isinstance(block, (Conv, Pool)):
        kernel, stride = spread(block.kernel_size, rank), spread(block.stride, rank)
        dilation = spread(getattr(block, "dilation", None) or 1, rank)
        pads = block.pads()[0] if isinstance(block, Conv) else spread(block.padding, rank)
        return tuple(
            Axis(a.size + (k - 1) * d * a.stride, a.stride * s, a.start + ((k - 1) * d / 2 - p) * a.stride)
            for a, k, s, d, p in zip(field, kernel, stride, dilation, pads, strict=True)
        )
    if before[1:] == after[1:]:
        return field
    if any(n == 1 and m > 1 for n, m in zip(after[1:], before[1:], strict=True)):
        return EVERYTHING
    scales = [m / n for n, m in zip(before[1:], after[1:], strict=True)]
    return tuple(Axis(a.size, a.stride / s, a.start + a.stride * (1 / s - 1) / 2) for a, s in zip(field, scales, strict=True))


def _transposed(a: Axis, kernel: int, stride: int, padding: int) -> Axis:
    """Each place of the result is fed by at most ceil(k / s) places before it."""
    fed = -(-kernel // stride)
    step = a.stride / stride
    return Axis(a.size + (fed - 1) * a.stride, step, a.start + (padding - (kernel - 1) / 2) * step)
