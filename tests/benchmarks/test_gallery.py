"""Blocks of blocks against the same network unpacked: opening, analysing, compiling; and making the network."""

from collections.abc import Callable
from typing import Any

import pytest

from app.compiler import compile_document
from app.document.analysis import analyse_document, infer
from app.document.definitions import unpack
from app.document.gallery import templates
from app.document.graph import Document, Instance
from app.document.storage import dumps, load, loads
from app.engine.build import instantiate


def unpacked(document: Document) -> Document:
    """The document without blocks of blocks."""
    from dataclasses import replace

    graph = document.graph
    for id in [id for id, node in graph.nodes.items() if isinstance(node.block, Instance)]:
        graph, _ = unpack(graph, id, analyse_document(replace(document, graph=graph)))
    return replace(document, graph=graph, definitions={})


@pytest.mark.parametrize("what", ["read and analyse", "compile", "make"])
@pytest.mark.parametrize("name", ["resnet-152", "densenet-201", "googlenet"])
def test_folded_against_unpacked(name: str, what: str, compare: Callable[..., Any]) -> None:
    path = templates()[name].path
    document = load(path)
    whole = unpacked(document)
    text = dumps(whole)
    sources = compile_document(whole).source, compile_document(document).source

    def read(again: Callable[[], Document]) -> None:
        infer.cache_clear()
        analyse_document(again())

    flat, folded = {
        "read and analyse": (lambda: read(lambda: loads(text)), lambda: read(lambda: load(path))),
        "compile": (lambda: compile_document(whole), lambda: compile_document(document)),
        "make": (lambda: instantiate(sources[0]), lambda: instantiate(sources[1])),
    }[what]
    lines = " against ".join(str(len(source.splitlines())) for source in sources)
    compare(
        f"{name}, {len(document.graph.nodes)} blocks against {len(whole.graph.nodes)}, {lines} lines flat and folded: {what}",
        5,
        flat=flat,
        folded=folded,
    )
