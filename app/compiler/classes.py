"""The classes of blocks of blocks: each is written once, with its parameters as arguments, for all instances that they can express.

The inside of an instance is worked out with numbers that remember their expressions. Two instances whose text comes out the same share a class.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from app.compiler.body import Body
from app.compiler.compiled import Inside
from app.compiler.first_weights import first_weights
from app.compiler.names import Names, Variables, identifier
from app.compiler.plan import InnerPlan, built
from app.document.analysis import analyse
from app.document.formulas import names as names_in
from app.document.graph import Definition, Instance
from app.document.repeating import active, repetitions
from app.document.scope import Entry, Scope, inside, named
from blocks.core import Kind, Shapes
from blocks.initialization import Initialization
from blocks.source import literal
from blocks.symbols import Symbol, plain, terms_of

WIDE = 120  # characters of a line before it is broken
AXES = {1: ("features",), 2: ("channels", "length"), 3: ("channels", "height", "width"), 4: ("channels", "depth", "height", "width")}
COMMENT = re.compile(r"  # \([^)]*\)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a class: the values of its arguments, as far as its text needs them."""

    name: str
    values: tuple[tuple[str, Any], ...]

    def source(self, values: tuple[tuple[str, Any], ...] | None = None) -> str:
        """The call: what comes in by position, parameters by name."""
        parts = [literal(value) if key.startswith("in_") else f"{key}={literal(value)}" for key, value in values or self.values]
        return f"{self.name}({', '.join(parts)})"


@dataclass
class Classes:
    """All classes of one network. ``texts`` are in an order in which each stands after those that it uses."""

    initialization: Initialization
    taken: Names
    texts: list[str] = field(default_factory=list)
    _alike: dict[object, tuple[str, tuple[str, ...], Inside]] = field(default_factory=dict)
    _known: dict[tuple[str, str], tuple[str, tuple[str, ...], Inside]] = field(default_factory=dict)

    def module(self, block: Instance, shapes: Shapes, kinds: tuple[Kind, ...]) -> tuple[str, tuple[Inside, ...]]:
        steps = repetitions(block, shapes, kinds, symbolic=True)
        calls, insides = [], []
        for i, step in enumerate(steps):
            call, inner = self._call(block, i, list(step.scope.entries.values()))
            calls.append(call)
            insides.append(inner)
        feeds = block.feeds()
        if block.shared and len(calls) > 1:
            made, calls = f"*[{calls[0].source()}] * {len(calls)}", calls[:1]
        elif len(calls) == 1:
            return calls[0].source(), tuple(insides)
        else:
            made = listed(calls)
        if len(block.inputs) == len(block.outputs) == 1:
            return f"nn.Sequential({made})", tuple(insides)
        entries = [port.name for port in block.inputs]
        into = tuple(entries.index(feeds[port.name]) if port.name in feeds else None for port in block.outputs)
        return f"Repeated([{made}], feeds={into!r})", tuple(insides)

    def _call(self, block: Instance, i: int, entries: list[Entry]) -> tuple[Call, Inside]:
        """The class for one repetition, and what it must be given."""
        names = Names()
        args = {node.id: node.name if node.name in Variables.POOL else names.take(node.name, "input") for node in block.definition.entries}
        outer = inside(block, i, entries)
        values: dict[str, Any] = {}
        given: dict[str, Any] = {}
        fresh: list[Entry] = []
        for k, (shape, kind) in enumerate(entries):
            axes = AXES.get(len(shape)) or tuple(f"axis{a}" for a in range(len(shape)))
            own = [names.take(f"in{k + 1 if k else ''}_{axis}", "in_axis") for axis in axes]
            given.update(zip(own, shape, strict=True))
            fresh.append((tuple(Symbol.of(int(n), name) for n, name in zip(shape, own, strict=True)), kind))
        shapes = {port.name: entry[0] for port, entry in zip(block.inputs, fresh, strict=True)}
        for name, value in outer.values.items():
            if isinstance(value, tuple):
                values[name] = shapes[name]
                continue
            argument = names.take(name, "value")
            values[name] = named(value, argument)
            given[argument] = value
        network = tuple((name, values[name]) for name, _ in block.network if name in values)
        scope = Scope(values, network, {node.id: entry for node, entry in zip(block.definition.entries, fresh, strict=True)}, symbolic=True)
        # the text follows from the numbers alone: whatever these come to outside, and whichever repetition it is, where no formula inside asks
        alike = (
            block.definition,
            tuple(given.items()) if counts(block.definition) else tuple((k, v) for k, v in given.items() if k not in ("i", "n")),
            tuple(entries),
        )
        if alike not in self._alike:
            self._alike[alike] = self._class(block, args, names, scope, sorted(given, key=lambda key: not key.startswith("in_")))
        name, wanted, inner = self._alike[alike]
        return Call(name, tuple((key, given[key]) for key in wanted)), inner

    def _class(
        self, block: Instance, args: dict[str, str], names: Names, scope: Scope, symbols: list[str]
    ) -> tuple[str, tuple[str, ...], Inside]:
        plan = InnerPlan(built(analyse(active(block.definition), None, scope)))
        body = Body(plan, names, self)
        body.make(plan.forward)
        made = [*body.assignments(plan.forward), *first_weights(plan, body.modules, self.initialization)]
        held = {(id, 0): name for id, name in args.items()}
        run = body.statements(plan.forward, held, Variables({*args.values(), *symbols}), body.uses(plan.forward, plan.results))
        while run and run[-1].startswith("        del "):
            run.pop()
        run.append(f"        return {', '.join(held[port] for port in plan.results)}")
        kept: dict[str, None] = {}
        run = [from_self(line, frozenset(symbols), kept) for line in run]
        words = {*mentioned(made, frozenset(symbols)), *kept}
        wanted = tuple(key for key in symbols if key in words)
        text = "\n".join([
            f"    def __init__(self{''.join(f', {key}' for key in wanted)}):", "        super().__init__()",
            *(f"        self.{key} = {key}" for key in kept), *(f"        {line}" for line in made), "",
            f"    def forward(self, {', '.join(args.values())}):", *run,
        ])  # fmt: skip
        key = (block.definition.name, COMMENT.sub("", text))
        if key not in self._known:
            name = self.taken.take_class(block.definition.name)
            gives = ", ".join(identifier(node.name, "output").rstrip("_") for node in block.definition.exits)
            head = [f"class {name}(nn.Module):", f'    """Takes {", ".join(args.values())}, gives {gives}."""', ""]
            self.texts += [*head, *text.split("\n"), "", ""]
            self._known[key] = (name, wanted, Inside(dict(body.modules), dict(body.inner)))
        return self._known[key]


@lru_cache(maxsize=1024)
def counts(definition: Definition) -> bool:
    """Whether a formula inside asks which repetition it is, or how many there are."""
    return any(not names_in(text).isdisjoint(("i", "n")) for node in definition.graph.nodes.values() for _, text in node.formulas)


def _uses(symbols: frozenset[str]) -> re.Pattern[str]:
    """Finds these names where they stand for values: not as attributes, not as the names of arguments."""
    return re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, sorted(symbols, key=len, reverse=True)))})(?!\w|\s*=(?!=))")


def mentioned(lines: Iterable[str], symbols: frozenset[str]) -> set[str]:
    """Which of the names the lines use as values."""
    return set(_uses(symbols).findall("\n".join(lines))) if symbols else set()


def from_self(line: str, symbols: frozenset[str], kept: dict[str, None]) -> str:
    """A line of ``forward`` that takes what ``__init__`` was given from ``self``; notes what it took."""
    if not symbols:
        return line
    code, mark, comment = line.partition("  # ")

    def found(match: re.Match[str]) -> str:
        kept[match[0]] = None
        return f"self.{match[0]}"

    return _uses(symbols).sub(found, code) + mark + comment


def listed(calls: list[Call]) -> str:
    """The calls one after the other; a run in which the arguments grow evenly is a comprehension."""
    parts: list[str] = []
    at = 0
    while at < len(calls):
        length, growing = _run(calls[at:])
        if length > 2 or (length == 2 and not growing):
            parts.append(f"*[{_general(calls[at:])} for {'i' if growing else '_'} in range({length})]")
            at += length
        else:
            parts.append(calls[at].source())
            at += 1
    text = ", ".join(parts)
    if len(text) <= WIDE - 40:
        return text
    return "\n" + "".join(f"    {part},\n" for part in parts)


def _general(calls: list[Call]) -> str:
    """The call of a run, with ``i`` for the repetition."""
    if len(calls) < 2:
        return calls[0].source()
    values = []
    for (key, first), (_, second) in zip(calls[0].values, calls[1].values, strict=True):
        if literal(first) != literal(second):
            first = first + (second - first) * Symbol.of(0, "i")
        values.append((key, first))
    return calls[0].source(tuple(values))


def _run(calls: list[Call]) -> tuple[int, bool]:
    """How many calls, from the first on, differ only by arguments that grow evenly, and whether any grows."""
    first = calls[0]
    if len(calls) < 2 or calls[1].name != first.name:
        return 1, False
    growing = False
    for (_, a), (_, b) in zip(first.values, calls[1].values, strict=True):
        if literal(a) != literal(b):
            if not all(isinstance(value, int) and not isinstance(value, bool) for value in (a, b)):
                return 1, False
            growing = True
    if growing and any("i" in re.findall(r"\w+", literal(value)) for _, value in first.values):
        return 1, False  # i is something else here
    length = 2
    while length < len(calls) and calls[length].name == first.name and _goes_on(calls, length):
        length += 1
    return length, growing


def _goes_on(calls: list[Call], at: int) -> bool:
    for (_, a), (_, b), (_, c) in zip(calls[0].values, calls[1].values, calls[at].values, strict=True):
        if literal(a) == literal(b):
            if literal(c) != literal(a):
                return False
        elif terms_of(c) != terms_of(plain(int(a) + (int(b) - int(a)) * at, terms_of(a + (b - a) * at))):
            return False
    return True
