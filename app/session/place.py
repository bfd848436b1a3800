"""Where in a document one is: in its own graph, or inside of a block of blocks, come through one of its instances."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.document.analysis import Analysis, analyse, analyse_document
from app.document.graph import Document, Graph, Instance, NodeId
from app.document.problem import Column
from app.document.repeating import scope_within
from app.document.scope import Scope, inside, of_document


@dataclass(frozen=True, slots=True)
class Step:
    """One step inward: into a definition, through a node of the graph one comes from (empty where it was opened by its name)."""

    definition: str
    node: NodeId = ""
    repetition: int = 0


Place = tuple[Step, ...]


def graph_at(document: Document, place: Place) -> Graph:
    """The graph that is shown there, as it was drawn."""
    return document.definitions[place[-1].definition].graph if place else document.graph


def valid(document: Document, place: Place) -> Place:
    """As much of the way as the document still has."""
    graph, kept = document.graph, 0
    for step in place:
        node = graph.nodes.get(step.node)
        through = node is not None and isinstance(node.block, Instance) and node.block.definition.name == step.definition
        if step.definition not in document.definitions or not (through or not step.node):
            break
        graph, kept = document.definitions[step.definition].graph, kept + 1
    return place[:kept]


def analysis_at(document: Document, place: Place, before: Analysis | None = None, columns: Mapping[str, Column] | None = None) -> Analysis:
    """What follows from the graph that is shown there, with the shapes and the parameters of the instance one came through."""
    if not place:
        return analyse_document(document, before, columns)
    scope = _scope(document, place, columns)
    graph = graph_at(document, place)
    return analyse(graph, before if before is not None and before.scope == scope else None, scope)


def _scope(document: Document, place: Place, columns: Mapping[str, Column] | None) -> Scope:
    *outer, step = place
    definition = document.definitions[step.definition]
    network = of_document(document).network
    if step.node:
        around = analysis_at(document, tuple(outer), None, columns)
        block, facts = around.graph.nodes[step.node].block, around.facts[step.node]
        if isinstance(block, Instance) and not around.graph.nodes[step.node].bypassed and len(facts.inputs) == len(block.inputs):
            kinds = around.kinds_into(step.node)
            return scope_within(block, facts.inputs, kinds, step.repetition)
    block = definition.kind().within(network)
    entries = [(node.block.size, port.kind) for node, port in zip(definition.entries, block.inputs, strict=True)]  # type: ignore[attr-defined]
    return inside(block, 0, entries)
