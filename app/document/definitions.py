"""Blocks of blocks: grouping, changing one everywhere, taking one apart. Pure functions; an edit of a document gives another document."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from app.document.analysis import Analysis, picked_wire
from app.document.edits import add_node, connect, fresh_name, remove, set_block
from app.document.formulas import FormulaError, names, rename, wrong_name
from app.document.graph import Definition, Document, Edge, Graph, Instance, Node, NodeId, Parameter, used
from app.document.repeating import repetitions
from blocks import catalogue
from blocks.core import BlockError
from blocks.data import Input, Output
from blocks.merge import Switch
from blocks.params import ParamError

MOST_UNPACKED = 5000
Renamed = tuple[str, str, str]  # a definition, the old and the new name of one of its parameters
NOTHING: Renamed = ("", "", "")


# What is wrong


def wrong_definition_name(name: str) -> str:
    """Why a definition can't have this name; empty where it can."""
    if not name.strip():
        return "a block of blocks needs a name"
    return f"{name} is a block that comes with the program: choose another name" if name in catalogue.load() else ""


def wrong_definition(definition: Definition) -> str:
    """Why a definition can't be used, whatever its shapes; empty where it can."""
    for what, nodes in (("inputs", definition.entries), ("outputs", definition.exits)):
        twice = [node.name for k, node in enumerate(nodes) if node.name in [other.name for other in nodes[:k]]]
        if twice:
            return f"two of its {what} are called {twice[0]}: their names are its ports, so give each its own"
    if definition.name in definition.inner:
        return f"{definition.name} contains itself: a block of blocks can't"
    return ""


def containing(document: Document, name: str) -> set[str]:
    """The definitions in which ``name`` must not be used: itself, and those that it uses."""
    definition = document.definitions.get(name)
    return {name, *(definition.inner if definition else ())}


# Keeping a document whole


def gathered(document: Document) -> Document:
    """The document with every definition that it uses among its own; those of the document's name win."""
    graph = with_definitions(document.graph, document.definitions)
    if graph is not document.graph:
        document = replace(document, graph=graph)
    found = used(graph)
    for definition in document.definitions.values():
        found.update(definition.inner)
    missing = {name: definition for name, definition in found.items() if name not in document.definitions}
    return replace(document, definitions={**document.definitions, **missing}) if missing else document


def redefine(document: Document, new: Definition, old_name: str = "", renamed: Renamed = NOTHING) -> Document:
    """The document with a definition in the place of the one of the same name (or of ``old_name``), in every instance of it.

    ``renamed`` is a parameter that is called otherwise now.
    """
    changed = {old_name or new.name: new}
    definitions: dict[str, Definition] = {}
    for definition in _inner_first(document.definitions):
        if definition.name in changed:
            definitions[new.name] = new
            continue
        graph = with_definitions(definition.graph, changed, renamed)
        if graph is not definition.graph:
            changed[definition.name] = replace(definition, graph=graph)
        definitions[definition.name] = changed.get(definition.name, definition)
    definitions.setdefault(new.name, new)
    order = [new.name if name == old_name else name for name in document.definitions]
    ordered = {name: definitions[name] for name in dict.fromkeys([*order, new.name])}
    return replace(document, graph=with_definitions(document.graph, changed, renamed), definitions=ordered)


def _inner_first(definitions: Mapping[str, Definition]) -> Iterable[Definition]:
    found: dict[str, Definition] = {}
    for definition in definitions.values():
        for name in (*definition.inner, definition.name):
            if name in definitions:
                found[name] = definitions[name]
    return found.values()


def with_definitions(graph: Graph, changed: Mapping[str, Definition], renamed: Renamed = NOTHING) -> Graph:
    """The graph with its instances of these definitions made instances of the new ones: parameters of the same name are kept, as are wires
    to ports of the same name."""
    for id, node in graph.nodes.items():
        if isinstance(node.block, Instance) and (new := changed.get(node.block.definition.name)) and new is not node.block.definition:
            own = {renamed[1]: renamed[2]} if renamed[0] == new.name else {}
            graph = set_block(graph, id, moved(node.block, new, own))
            kept = tuple((own.get(name, name), text) for name, text in node.formulas if own.get(name, name) in new.kind.fields)
            if kept != node.formulas:
                graph = replace(graph, nodes={**graph.nodes, id: replace(graph.nodes[id], formulas=kept)})
    return graph


def moved(block: Instance, new: Definition, renamed: Mapping[str, str] = {}) -> Instance:
    """The instance of another definition with the same values, as far as they fit."""
    values: dict[str, Any] = {}
    for old, value in block.values().items():
        name = renamed.get(old, old)
        if name in new.kind.fields:
            try:
                values[name] = new.kind.fields[name].coerce(value)
            except ParamError:
                continue
    return new.kind(**values)


def make_unique(document: Document, graph: Graph, id: NodeId) -> tuple[Document, Graph]:
    """The instance gets a definition of its own, equal to the one it shared. Returns the document with it and the graph with the instance."""
    block = graph.nodes[id].block
    assert isinstance(block, Instance)
    new = replace(block.definition, name=free_name(document, block.definition.name), shipped=False)
    graph = set_block(graph, id, moved(block, new))
    return replace(document, definitions={**document.definitions, new.name: new}), graph


def free_name(document: Document, name: str) -> str:
    """A name for a definition that nothing else has: ``Block 2``."""
    taken = {*document.definitions, *catalogue.load()}
    base = name.rstrip("0123456789 ") or "Block"
    k, result = 2, name
    while result in taken:
        result, k = f"{base} {k}", k + 1
    return result


# Grouping


def group(graph: Graph, ids: Iterable[NodeId], name: str, analysis: Analysis) -> tuple[Definition, Graph, NodeId]:
    """A definition made of these nodes, and the graph with one instance in their place. Free wires become ports, in reading order.

    Raises BlockError where that would close a circle, or where a loss or a target is among them.
    """
    chosen = [id for id in graph.nodes if id in set(ids)]
    for id in chosen:
        block = graph.nodes[id].block
        if block.loss or not block.inputs or not block.outputs:
            raise BlockError(f"{graph.nodes[id].name} stays outside: inputs, targets, losses and outputs are the network's own", "group")
    _refuse_circle(graph, set(chosen), analysis)
    inner = Graph(across=graph.across)
    places = {id: graph.nodes[id].position for id in chosen}
    left, top = min(x for x, _ in places.values()), min(y for _, y in places.values())
    renamed: dict[NodeId, NodeId] = {}
    coming = _reading([e for e in graph.edges.values() if e.target in places and e.source not in places], graph)
    sources = list(dict.fromkeys((e.source, e.source_port) for e in coming))
    going = _reading([e for e in graph.edges.values() if e.source in places and e.target not in places], graph)
    ends = list(dict.fromkeys((e.source, e.source_port) for e in going)) or _open_ends(graph, chosen)
    entries: dict[tuple[NodeId, str], NodeId] = {}
    for k, source in enumerate(sources):
        shape = next((analysis.shape_at(e) for e in coming if (e.source, e.source_port) == source), None)
        kind = next((analysis.kind_at(e) for e in coming if (e.source, e.source_port) == source), "real")
        block = Input(column="", size=shape or (1,), kind="index" if kind == "index" else "values")
        inner, entries[source] = add_node(inner, block, (left + 220.0 * k, top - 130.0), "x" if len(sources) == 1 else f"x{k + 1}")
    for id in chosen:
        node = graph.nodes[id]
        inner, renamed[id] = add_node(inner, node.block, node.position, node.name)
        inner = replace(inner, nodes={**inner.nodes, renamed[id]: replace(node, id=renamed[id])})
    for edge in graph.edges.values():
        if edge.source in renamed and edge.target in renamed:
            inner, _ = connect(inner, replace(edge, source=renamed[edge.source], target=renamed[edge.target]))
        elif edge.target in renamed:
            inner, _ = connect(inner, Edge(entries[edge.source, edge.source_port], "y", renamed[edge.target], edge.target_port))
    bottom = max(y for _, y in places.values())
    for k, (source_id, port) in enumerate(ends):
        inner, exit = add_node(inner, Output(), (places[source_id][0], bottom + 130.0), "y" if len(ends) == 1 else f"y{k + 1}")
        inner, _ = connect(inner, Edge(renamed[source_id], port, exit, "x"))
    definition = Definition(name, inner)
    outer = _in_place(graph, chosen, definition, sources, ends, (left, top))
    return definition, *outer


def _in_place(
    graph: Graph, chosen: list[NodeId], definition: Definition, sources: list[tuple[NodeId, str]], ends: list[tuple[NodeId, str]],
    at: tuple[float, float],
) -> tuple[Graph, NodeId]:  # fmt: skip
    going = [e for e in graph.edges.values() if e.source in chosen and e.target not in chosen]
    graph = remove(graph, chosen)
    graph, id = add_node(graph, definition.kind(), at)
    for k, (source, port) in enumerate(sources):
        graph, _ = connect(graph, Edge(source, port, id, definition.kind.inputs[k].name))
    for edge in going:
        out = definition.kind.outputs[ends.index((edge.source, edge.source_port))].name
        graph, _ = connect(graph, replace(edge, source=id, source_port=out, via=()))
    return graph, id


def _open_ends(graph: Graph, chosen: list[NodeId]) -> list[tuple[NodeId, str]]:
    feeding = {e.source for e in graph.edges.values()}
    return [(id, graph.nodes[id].block.outputs[0].name) for id in chosen if id not in feeding]


def _reading(edges: list[Edge], graph: Graph) -> list[Edge]:
    """Wires in the order in which one reads the blocks that they leave: rows from above, each from the left."""
    return sorted(edges, key=lambda e: (graph.nodes[e.source].position[1], graph.nodes[e.source].position[0]))


def _refuse_circle(graph: Graph, chosen: set[NodeId], analysis: Analysis) -> None:
    for edge in graph.edges.values():
        if edge.source in chosen and edge.target not in chosen:
            back = analysis.wiring.reach(edge.target, up=False) & chosen
            if back:
                names = graph.nodes[edge.target].name
                raise BlockError(f"{names} lies between them, so the group would feed itself: select it too", "group")


# Taking apart


def unpack(graph: Graph, id: NodeId, analysis: Analysis) -> tuple[Graph, list[NodeId]]:
    """The graph with what is inside an instance in its place, once for each repetition, with what its formulas are worth. Returns the new nodes.

    Raises BlockError where that is not known, or is too much.
    """
    node, facts = analysis.graph.nodes[id], analysis.facts[id]
    block = node.block
    assert isinstance(block, Instance)
    if facts.outputs is None:
        raise BlockError(facts.error or "its shapes are not known: wire its inputs first", "unpack")
    if node.bypassed:
        raise BlockError("it is bypassed: let it work again first", "unpack")
    if block.shared and block.repeat > 1:
        raise BlockError("its repetitions share their weights, which separate blocks can't: switch that off first", "unpack")
    steps = repetitions(block, facts.inputs, analysis.kinds_into(id))
    if sum(len(step.graph.nodes) for step in steps) > MOST_UNPACKED:
        raise BlockError(f"that would be more than {MOST_UNPACKED:,} blocks", "unpack")
    feeds = block.feeds()
    flows: dict[str, tuple[NodeId, str]] = {e.target_port: (e.source, e.source_port) for e in analysis.wiring.incoming.get(id, ())}
    outgoing = [(key, e) for key, e in graph.edges.items() if e.source == id]
    graph = remove(graph, [id], [key for key, _ in outgoing])
    added: list[NodeId] = []
    top = node.position[1]
    for step in steps:
        graph, new, flows, top = _poured(graph, step, block, flows, feeds, (node.position[0], top))
        added += new
    for _, edge in outgoing:
        source, port = flows[f"out:{edge.source_port}"]
        graph, _ = connect(graph, replace(edge, source=source, source_port=port, via=()))
    return graph, added


def _poured(
    graph: Graph, step: Analysis, block: Instance, flows: dict[str, tuple[NodeId, str]], feeds: dict[str, str], at: tuple[float, float]
) -> tuple[Graph, list[NodeId], dict[str, tuple[NodeId, str]], float]:
    """One repetition's nodes, wired to what flows in. Returns what flows on, too."""
    inside = [
        n for n in step.graph.nodes.values() if not isinstance(n.block, (Input, Output, Switch)) and step.facts[n.id].code != "left-out"
    ]
    left, top = min((n.position[0] for n in inside), default=0.0), min((n.position[1] for n in inside), default=0.0)
    held = {(n.id, "y"): flows[n.name] for n in block.definition.entries if n.name in flows}
    new: list[NodeId] = []
    names_: dict[NodeId, NodeId] = {}
    for n in inside:
        position = (n.position[0] - left + at[0], n.position[1] - top + at[1])
        taken = any(other.name == n.name for other in graph.nodes.values())
        graph, names_[n.id] = add_node(graph, n.block, position, fresh_name(graph, n.block) if taken else n.name)
        fresh = replace(graph.nodes[names_[n.id]], frozen=n.frozen, collapsed=n.collapsed)
        graph = replace(graph, nodes={**graph.nodes, names_[n.id]: fresh})
        new.append(names_[n.id])
        held.update({(n.id, port.name): (names_[n.id], port.name) for port in n.block.outputs})
    for id in step.wiring.order:  # a switch is what it picks
        switch = step.graph.nodes[id].block
        picked = picked_wire(switch, step.wiring.incoming[id]) if isinstance(switch, Switch) else None
        if picked is not None and (picked.source, picked.source_port) in held:
            held[id, "y"] = held[picked.source, picked.source_port]
    on = dict(flows)
    for edge in step.graph.edges.values():
        source = held.get((edge.source, edge.source_port))
        if source is None:
            continue
        if edge.target in names_:
            graph, _ = connect(graph, Edge(*source, names_[edge.target], edge.target_port))
        elif isinstance(step.graph.nodes[edge.target].block, Output):
            name = step.graph.nodes[edge.target].name
            on[f"out:{name}"] = source
            if name in feeds:
                on[feeds[name]] = source
    return graph, new, on, at[1] + max((n.position[1] for n in inside), default=0.0) - top + 110.0


# Parameters


def expose(document: Document, name: str, node: NodeId, param: str) -> tuple[Document, str]:
    """A parameter of a block inside a definition becomes one of the definition, with the value it has now. Returns its name, too."""
    definition = document.definitions[name]
    value = getattr(definition.graph.nodes[node].block, param)
    single = value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value
    if isinstance(single, (tuple, str)) or single is None:
        raise BlockError(f"{param} is {value!r}: only a number, or yes or no, can become a parameter", "expose")
    taken = {p.name for p in definition.parameters}
    own = param if not wrong_name(param) else f"{param}_"
    k, result = 2, own
    while result in taken:
        result, k = f"{own}{k}", k + 1
    more = (*definition.parameters, Parameter(result, single, f"{param} of {definition.graph.nodes[node].name}"))
    graph = set_formula(definition.graph, [node], param, f"= {result}")
    return redefine(document, replace(definition, graph=graph, parameters=more)), result


def set_formula(graph: Graph, ids: Iterable[NodeId], param: str, text: str) -> Graph:
    """The graph with a formula for a parameter of these nodes; an empty text lets the value stand that it is worth."""
    nodes = dict(graph.nodes)
    for id in ids:
        others = tuple((name, own) for name, own in nodes[id].formulas if name != param)
        nodes[id] = replace(nodes[id], formulas=(*others, (param, text)) if text else others)
    return replace(graph, nodes=nodes)


def rename_parameter(graph: Graph, old: str, new: str) -> Graph:
    """The graph with a name in its formulas replaced."""
    nodes: dict[NodeId, Node] = {}
    for id, node in graph.nodes.items():
        formulas = tuple((name, rename(text, old, new) if _uses(text, old) else text) for name, text in node.formulas)
        nodes[id] = node if formulas == node.formulas else replace(node, formulas=formulas)
    return replace(graph, nodes=nodes)


def with_parameters(
    document: Document, definition: Definition | None, parameters: tuple[Parameter, ...], old: str = "", new: str = ""
) -> Document:
    """The document with other parameters, of a definition or else of the network; one of them may have become ``new``, in all formulas too."""
    if definition is not None:
        graph = rename_parameter(definition.graph, old, new) if old else definition.graph
        return redefine(
            document, replace(definition, graph=graph, parameters=parameters, shipped=False), renamed=(definition.name, old, new)
        )
    document = replace(document, parameters=parameters)
    if not old:
        return document
    for inner in list(document.definitions.values()):
        graph = inner.graph if any(p.name == old for p in inner.parameters) else rename_parameter(inner.graph, old, new)
        if any(graph.nodes[id] is not node for id, node in inner.graph.nodes.items()):
            document = redefine(document, replace(document.definitions[inner.name], graph=graph))
    return replace(document, graph=rename_parameter(document.graph, old, new))


def _uses(text: str, name: str) -> bool:
    try:
        return name in names(text)
    except FormulaError:
        return False
