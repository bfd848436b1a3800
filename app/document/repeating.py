"""What a block of blocks comes to: its inner graph, worked out once for each repetition."""

from functools import lru_cache

from app.document.analysis import Analysis, Facts, analyse
from app.document.edits import without_bypassed
from app.document.graph import Definition, Graph, Instance, NodeId
from app.document.scope import Entry, Scope, inside
from blocks.core import BlockError, Kind, Shapes
from blocks.data import Output

MOST_BLOCKS = 100_000  # inside one block of blocks: more is refused before it takes for ever
DEEPEST = 24  # blocks of blocks in one another

_depth = 0


def facts_of(block: Instance, shapes: Shapes, kinds: tuple[Kind, ...], *, symbolic: bool = False) -> Facts:
    """Facts of a block of blocks; raises BlockError for the first mistake inside."""
    steps = repetitions(block, shapes, kinds, symbolic=symbolic)
    totals = [step.totals for step in steps]
    outputs, out_kinds = results(steps[-1])
    counted = totals[:1] if block.shared else totals
    if block.shared and any(_weights(step) != _weights(steps[0]) for step in steps):
        raise BlockError(
            "its repetitions can't share weights, because these differ in size: let every repetition take and give the same shape, or "
            "let each have its own", "shared",
        )  # fmt: skip
    return Facts(
        shapes, outputs, out_kinds, sum(t.params for t in counted), sum(t.macs for t in totals), sum(t.memory for t in totals),
        blocks=sum(facts.blocks for step in steps for facts in step.facts.values()),
    )  # fmt: skip


def repetitions(block: Instance, shapes: Shapes, kinds: tuple[Kind, ...], *, symbolic: bool = False) -> list[Analysis]:
    """The inside of each repetition, for shapes at the inputs; raises BlockError for the first mistake."""
    global _depth
    definition, feeds = block.definition, block.feeds()
    if not definition.exits:
        raise BlockError("it has no Output inside: nothing would come out of it", "definition")
    entries: dict[str, Entry] = dict(zip((port.name for port in block.inputs), zip(shapes, kinds, strict=True), strict=True))
    graph = active(definition)
    if _depth >= DEEPEST:
        raise BlockError(f"blocks of blocks stand more than {DEEPEST} deep in one another", "definition")
    _depth += 1
    steps: list[Analysis] = []
    count = 0
    try:
        for i in range(int(block.repeat)):
            step = analyse(graph, None, inside(block, i, entries.values(), symbolic=symbolic))
            _refuse_errors(step, definition, f" in repetition {i + 1}" if block.repeat > 1 else "")
            steps.append(step)
            count += sum(facts.blocks for facts in step.facts.values())
            if count > MOST_BLOCKS:
                raise BlockError(f"it would come to more than {MOST_BLOCKS:,} blocks: repeat less", "too-large")
            outputs, out_kinds = results(step)
            for name, shape, kind in zip((port.name for port in block.outputs), outputs, out_kinds, strict=True):
                if name in feeds:
                    entries[feeds[name]] = (shape, kind)
    finally:
        _depth -= 1
    return steps


@lru_cache(maxsize=1024)
def active(definition: Definition) -> Graph:
    """What is inside, without what is bypassed there."""
    return without_bypassed(definition.graph)


def scope_within(block: Instance, shapes: Shapes, kinds: tuple[Kind, ...], i: int) -> Scope:
    """The scope inside one repetition; where the block has a mistake, the last that could be worked out."""
    try:
        steps = repetitions(block.replace(repeat=min(i + 1, block.repeat)).within(block.network, block.each, block.outer), shapes, kinds)
        entries = [_entry(steps[-1], node.id) for node in block.definition.entries]
    except BlockError:
        entries = list(zip(shapes, kinds, strict=True))
    return inside(block, min(i, block.repeat - 1), entries)


def _entry(step: Analysis, id: NodeId) -> Entry:
    return step.scope.entries[id]


def results(step: Analysis) -> tuple[Shapes, tuple[Kind, ...]]:
    """What flows into the Output blocks of a graph."""
    exits = [id for id, node in step.graph.nodes.items() if isinstance(node.block, Output)]
    facts = [step.facts[id] for id in exits]
    return tuple(f.inputs[0] for f in facts), tuple(_kind(step, id) for id in exits)


def _kind(step: Analysis, id: NodeId) -> Kind:
    return step.kind_at(step.wiring.incoming[id][0])


def _weights(step: Analysis) -> list[int]:
    return [facts.params for facts in step.facts.values()]


def _refuse_errors(step: Analysis, definition: Definition, where: str) -> None:
    for id, facts in step.facts.items():
        if facts.error and facts.code != "left-out":
            raise BlockError(
                f"inside it{where}, {step.graph.nodes[id].name}: {facts.error}", facts.code if facts.code == "pending" else "inside"
            )
    for node in definition.exits:
        if node.id in step.wiring.cyclic or step.facts[node.id].outputs is None:
            raise BlockError(f"inside it{where}, nothing reaches {node.name}", "inside")
