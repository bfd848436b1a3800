"""The face of a block: its size, where its ports are, and the texts on it. Geometry only; nothing is painted here."""

from dataclasses import dataclass

from app.document.activations import Activation
from app.document.analysis import Facts
from app.document.graph import Definition, Instance, Node, Unknown, label
from app.document.placing import SLIM, WIDTH, height
from app.look import shapes
from app.look.text import si
from blocks.core import Block, Shapes
from blocks.data import Target

MOST_CHIPS = 4
METRICS = ("MACs", "parameters", "memory")  # what a cost bar can show


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
    spent: tuple[int, int, int]  # MACs, parameters, bytes of results; the cost bar shows one of them beside that of the heaviest block
    error: str
    loose: str  # why it is not part of the network yet, which is no mistake
    current: bool  # else the shape is the last one that was known
    bypassed: bool = False
    frozen: bool = False
    across: bool = False  # data goes from left to right
    left_out: bool = False  # a switch picks something else
    repeat: int = 1
    inside: Definition | None = None  # of a block of blocks
    seen: Activation | None = None  # what flowed through it after the last run


def face(node: Node, facts: Facts, current: bool, across: bool = False, seen: Activation | None = None) -> Face:
    """The face of a node for what is known about it."""
    block = node.block
    slim = block.slim or node.collapsed
    chips = [] if slim else block.chips(*facts.inputs)
    inside = block.definition if isinstance(block, Instance) else None
    if inside is not None:  # what is unusual first; how often it repeats stands in the corner
        chips = sorted((chip for chip in chips if not chip[0].startswith("×")), key=lambda chip: not chip[1])
    if block.no_onnx:
        chips = [*chips, ("no ONNX", True)]
    shown = chips[:MOST_CHIPS] if len(chips) <= MOST_CHIPS else [*chips[: MOST_CHIPS - 1], (f"+{len(chips) - MOST_CHIPS + 1}", False)]
    shape = ""
    if facts.outputs:
        same = slim and not across and facts.inputs[:1] == facts.outputs[:1]
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
        (facts.macs, facts.params, facts.memory), "" if facts.code == "unconnected" else facts.error, facts.error if facts.code == "unconnected" else "", current, node.bypassed, node.frozen, across,
        facts.code == "left-out", block.repeat if isinstance(block, Instance) else 1, inside, seen,
    )  # fmt: skip


def _shapes(outputs: Shapes) -> str:
    """All shapes where there is room, else what they have in common."""
    if len(outputs) < 3:
        return ", ".join(map(shapes.text, outputs))
    return f"{len(outputs)} × {shapes.text(outputs[0])}" if len(set(outputs)) == 1 else f"{shapes.text(outputs[0])}, +{len(outputs) - 1}"


def inputs(block: Block, tall: float, across: bool = False) -> dict[str, Spot]:
    """Where wires come in: at the top, or at the left, side by side; the target of a loss from aside."""
    if isinstance(block, Unknown):
        return {"x": _entry(1, 1, tall, across)}
    ports = [port.name for port in block.inputs]
    if block.loss and len(ports) > 1:
        aside = {
            name: Spot(WIDTH * (k + 1) / len(ports), tall, dy=1) if across else Spot(0, tall * (k + 1) / len(ports), dx=-1)
            for k, name in enumerate(ports[1:])
        }
        return {ports[0]: _entry(1, 1, tall, across), **aside}
    return {name: _entry(k + 1, len(ports), tall, across) for k, name in enumerate(ports)}


def _entry(k: int, count: int, tall: float, across: bool) -> Spot:
    return Spot(0, tall * k / (count + 1), dx=-1) if across else Spot(WIDTH * k / (count + 1), 0, dy=-1)


def outputs(block: Block, tall: float, across: bool = False) -> dict[str, Spot]:
    """Where wires leave: at the bottom, or at the right; a target's towards the loss."""
    ports = [port.name for port in block.outputs]
    if isinstance(block, Target):
        return {name: Spot(WIDTH / 2, 0, dy=-1) if across else Spot(WIDTH, tall / 2, dx=1) for name in ports}
    if across:
        return {name: Spot(WIDTH, tall * (k + 1) / (len(ports) + 1), dx=1) for k, name in enumerate(ports)}
    return {name: Spot(WIDTH * (k + 1) / (len(ports) + 1), tall, dy=1) for k, name in enumerate(ports)}


def way_out(tall: float, across: bool) -> Spot:
    """Where a wire leaves that no declared port has: of a block that is not known here."""
    return Spot(WIDTH, tall / 2, dx=1) if across else Spot(WIDTH / 2, tall, dy=1)


def aside(spot: Spot, across: bool) -> int:
    """Which way a port looks that looks across the stream; 0 for one along it."""
    return spot.dy if across else spot.dx


def mirrored(spot: Spot, tall: float) -> Spot:
    """The same place at the other side."""
    return Spot(WIDTH - spot.x, spot.y, -spot.dx, 0) if spot.dx else Spot(spot.x, tall - spot.y, 0, -spot.dy)


def beside(k: int, before: bool, tall: float, across: bool) -> Spot:
    """A further wire of a Many port ends aside, at the left or the top (``before``) or opposite; the k-th a little further."""
    if across:
        x = WIDTH / 2 + 8 * k
        return Spot(x, 0, dy=-1) if before else Spot(x, tall, dy=1)
    y = tall / 2 + 8 * k
    return Spot(0, y, dx=-1) if before else Spot(WIDTH, y, dx=1)
