"""A network and its data: which column a block means, and the sizes that a document leaves open ("auto"), which follow from the data."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.document.formulas import AUTO, names
from app.document.graph import Document, Edge, Graph, Node, NodeId
from app.document.problem import Column
from app.document.scope import Scope, of_document, worked_out
from blocks.core import Block
from blocks.data import Input, Target
from blocks.linear import Embedding, Linear

Columns = Mapping[str, Column]
Open = Mapping[NodeId, Mapping[str, Any]]
GENERAL = frozenset((
    "auto", "image", "features", "text", "sound", "point", "x", "input", "data", "label", "labels", "target", "next", "y", "class", "mask",
))  # fmt: skip


def column_of(block: Input | Target, columns: Columns) -> Column | None:
    """The column that a block means: the one of that name; or, for a general name such as "image" or "label", what this data set has of the sort."""
    if block.column in columns:
        return columns[block.column]
    if block.column.lower() not in GENERAL:
        return None
    role = "input" if isinstance(block, Input) else "target"
    return next((column for column in columns.values() if column.role == role), None)


def is_open(node: Node, name: str) -> bool:
    """Whether a parameter waits for the data."""
    text = dict(node.formulas).get(name)
    return text is not None and AUTO in names(text)


def leaves_open(graph: Graph) -> bool:
    """Whether anything in a graph waits for the data."""
    return any(is_open(node, name) for node in graph.nodes.values() for name, _ in node.formulas)


def opened(graph: Graph, columns: Columns) -> Open:
    """For each node that leaves something open: what it is with this data, by the name of the parameter. What can't be told is not there."""
    found: dict[NodeId, dict[str, Any]] = {}
    for id, node in graph.nodes.items():
        for name, _ in node.formulas:
            if is_open(node, name) and (value := _value(graph, id, name, columns)) is not None:
                found.setdefault(id, {})[name] = value
    return found


def scope_with(document: Document, columns: Columns | None) -> Scope:
    """The scope of a document's own graph, with what it leaves open filled in from the data."""
    scope = of_document(document)
    if columns is None or not any(node.formulas for node in document.graph.nodes.values()):
        return scope
    found = opened(document.graph, columns)
    return replace(scope, open=found) if found else scope


def fitted(document: Document, columns: Columns) -> Document:
    """The document with all that it leaves open, and general names of columns, replaced by what they are with this data. Raises BlockError."""
    found, scope = opened(document.graph, columns), scope_with(document, columns)
    nodes = dict(document.graph.nodes)
    for id, node in document.graph.nodes.items():
        block, formulas = node.block, node.formulas
        if isinstance(block, (Input, Target)) and (column := column_of(block, columns)) is not None and column.name != block.column:
            block = block.replace(column=column.name)
        if id in found:
            now = tuple(pair for pair in formulas if pair[0] in found[id])
            block = worked_out(block, now, scope.values, None, found[id])
            formulas = tuple(pair for pair in formulas if pair[0] not in found[id])
        if block is not node.block or formulas is not node.formulas:
            nodes[id] = replace(node, block=block, formulas=formulas)
    if all(node is document.graph.nodes[id] for id, node in nodes.items()):
        return document
    return replace(document, graph=replace(document.graph, nodes=nodes))


def _value(graph: Graph, id: NodeId, name: str, columns: Columns) -> Any:
    block = graph.nodes[id].block
    if isinstance(block, (Input, Target)):
        column = column_of(block, columns)
        if column is None:
            return None
        return column.shape if name == "size" else (len(column.classes) or None)
    if isinstance(block, Embedding):
        widths = {_classes(graph.nodes[source].block, columns) for source in _reach(graph, id, up=True)} - {None}
        return widths.pop() if len(widths) == 1 else None
    widths = {_width(graph.nodes[answer].block, block, columns) for answer in _answers(graph, id)} - {None}
    return widths.pop() if len(widths) == 1 else None


def _classes(block: Block, columns: Columns) -> int | None:
    column = column_of(block, columns) if isinstance(block, Input) and block.kind == "index" else None
    return (len(column.classes) or None) if column else None


def _width(answer: Block, layer: Block, columns: Columns) -> int | None:
    """How many numbers a layer must give for an answer: one for each class, or as many as the answer has."""
    if not isinstance(answer, (Input, Target)) or (column := column_of(answer, columns)) is None:
        return None
    if column.kind == "index":
        return len(column.classes) or None
    if not column.shape:
        return 1
    return column.shape[-1] if isinstance(layer, Linear) else column.shape[0]


def _answers(graph: Graph, id: NodeId) -> set[NodeId]:
    """What the losses below a node compare with."""
    below = _reach(graph, id, up=False)
    wanted = {
        edge.source
        for edge in graph.edges.values()
        if edge.target_port == "target" and edge.target in below and graph.nodes[edge.target].block.loss
    }
    return set().union(*({node, *_reach(graph, node, up=True)} for node in wanted)) if wanted else set()


def _reach(graph: Graph, start: NodeId, *, up: bool) -> set[NodeId]:
    near: dict[NodeId, list[NodeId]] = {}
    edge: Edge
    for edge in graph.edges.values():
        here, there = (edge.target, edge.source) if up else (edge.source, edge.target)
        near.setdefault(here, []).append(there)
    found: set[NodeId] = set()
    todo = [start]
    while todo:
        for node in near.get(todo.pop(), ()):
            if node not in found:
                found.add(node)
                todo.append(node)
    return found
