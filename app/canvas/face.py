"""The face of a block: its size, where its ports are, and the texts on it. Geometry only; nothing is painted here."""

from dataclasses import dataclass

from app.document.analysis import Facts
from app.document.graph import Node, Unknown, label
from app.document.placing import SLIM, WIDTH, height
from app.look.text import si
from blocks.core import Block, Shapes
from blocks.data import Target
from blocks.rules import dims

MOST_CHIPS = 4


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a wire ends on a block, relative to its corner, and the direction in which it leaves."""

    x: float
    y: float
    dx: int = 0
    dy: int = 0


@dataclass(frozen=True, slots=True)
class Face:
    """What a block shows. ``shape`` is empty on a slim block that does not change it."""

    title: str
    name: str
    group: str
    glyph: str
    height: float
    slim: bool
    chips: tuple[tuple[str, bool], ...]
    shape: str
    costs: str
    macs: int  # the cost bar shows them beside those of the heaviest block
    error: str
    loose: str  # why it is not part of the network yet, which is no mistake
    current: bool  # else the shape is the last one that was known
    bypassed: bool = False
    frozen: bool = False


def face(node: Node, facts: Facts, current: bool) -> Face:
    """The face of a node for what is known about it."""
    block = node.block
    slim = block.slim or node.collapsed
    chips = [] if slim else block.chips(*facts.inputs)
    if block.no_onnx and not slim:
        chips = [*chips, ("no ONNX", True)]
    shown = chips[:MOST_CHIPS] if len(chips) <= MOST_CHIPS else [*chips[: MOST_CHIPS - 1], (f"+{len(chips) - MOST_CHIPS + 1}", False)]
    shape = ""
    if facts.outputs:
        same = slim and facts.inputs[:1] == facts.outputs[:1]
        shape = "" if same else _shapes(facts.outputs)
    if isinstance(block, Target) and block.kind == "class" and not block.size and shape:
        shape = f"class 0–{block.classes - 1}"
    if block.loss:
        costs = "mean"
    elif not block.inputs:
        costs = "int64" if facts.kinds[:1] == ("index",) else "float32"
    else:
        costs = f"{si(facts.params)} · {si(facts.macs)}" if facts.params or facts.macs else ""
    return Face(
        label(block), node.name, block.group, block.glyph, SLIM if slim else height(block, bool(chips)), slim, tuple(shown), shape, costs,
        facts.macs, "" if facts.code == "unconnected" else facts.error, facts.error if facts.code == "unconnected" else "", current, node.bypassed, node.frozen,
    )  # fmt: skip


def _shapes(outputs: Shapes) -> str:
    """All shapes where there is room, else what they have in common."""
    if len(outputs) < 3:
        return ", ".join(map(dims, outputs))
    return f"{len(outputs)} × {dims(outputs[0])}" if len(set(outputs)) == 1 else f"{dims(outputs[0])}, +{len(outputs) - 1}"


def inputs(block: Block, tall: float) -> dict[str, Spot]:
    """Where wires come in: at the top, side by side; the target of a loss at its left side."""
    if isinstance(block, Unknown):
        return {"x": Spot(WIDTH / 2, 0, dy=-1)}
    ports = [port.name for port in block.inputs]
    if block.loss and len(ports) > 1:
        return {
            ports[0]: Spot(WIDTH / 2, 0, dy=-1),
            **{name: Spot(0, tall * (k + 1) / len(ports), dx=-1) for k, name in enumerate(ports[1:])},
        }
    return {name: Spot(WIDTH * (k + 1) / (len(ports) + 1), 0, dy=-1) for k, name in enumerate(ports)}


def outputs(block: Block, tall: float) -> dict[str, Spot]:
    """Where wires leave: at the bottom; a target's at its right side, towards the loss."""
    ports = [port.name for port in block.outputs]
    if isinstance(block, Target):
        return {name: Spot(WIDTH, tall / 2, dx=1) for name in ports}
    return {name: Spot(WIDTH * (k + 1) / (len(ports) + 1), tall, dy=1) for k, name in enumerate(ports)}


def mirrored(spot: Spot) -> Spot:
    """The same place at the other side."""
    return Spot(WIDTH - spot.x, spot.y, -spot.dx, spot.dy)


def beside(k: int, left: bool, tall: float) -> Spot:
    """A further wire of a Many port ends at the side; the k-th a little lower."""
    y = tall / 2 + 8 * k
    return Spot(0, y, dx=-1) if left else Spot(WIDTH, y, dx=1)
