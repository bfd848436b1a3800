"""Edits and history: pure, named, and back to the start byte by byte."""

import random
from dataclasses import replace
from typing import Any

import pytest

from app.document.edits import add_node, connect, insert_on_edge, move, paste, remove, rename, set_params, subgraph
from app.document.graph import Document, Edge, Graph
from app.document.history import History
from app.document.storage import dumps
from blocks import catalogue
from blocks.activation import ReLU


def test_an_edit_shares_what_it_does_not_touch(example: Document) -> None:
    before = example.graph
    after = set_params(before, ["n2"], out_channels=99)
    assert before.nodes["n2"] is not after.nodes["n2"]
    assert all(after.nodes[id] is node for id, node in before.nodes.items() if id != "n2")
    assert after.edges is before.edges


def test_an_input_that_takes_one_wire_gets_the_new_one(example: Document) -> None:
    graph, id = connect(example.graph, Edge("n1", "y", "n6", "x"))
    assert [e.source for e in graph.edges.values() if e.target == "n6"] == ["n1"]
    assert id in graph.edges


def test_a_many_port_keeps_its_wires_in_order(draw: Any) -> None:
    a = draw.add("Input")
    b = draw.add("Conv2d", a)
    c = draw.add("Conv2d", a)
    concat = draw.add("Concat", c, b, a)
    assert [e.source for e in draw.graph.edges.values() if e.target == concat] == [c, b, a]
    first = next(i for i, e in draw.graph.edges.items() if e.target == concat)
    graph, relu = insert_on_edge(draw.graph, first, ReLU(), (0, 0))
    assert [e.source for e in graph.edges.values() if e.target == concat] == [relu, b, a]


def test_names_are_free_and_short(draw: Any) -> None:
    ids = [draw.add(kind) for kind in ("Input", "Conv2d", "Conv2d", "Linear", "Target", "CrossEntropy", "CrossEntropy")]
    assert [draw.graph.nodes[i].name for i in ids] == ["input", "conv1", "conv2", "fc1", "target", "loss", "loss1"]


def test_paste_makes_new_ids_and_keeps_inner_wires(example: Document) -> None:
    piece = subgraph(example.graph, ["n2", "n4", "n6"])
    graph, ids = paste(example.graph, piece, (300, 0))
    assert len(graph.nodes) == len(example.graph.nodes) + 3
    assert not set(ids) & set(example.graph.nodes)
    assert len(graph.edges) == len(example.graph.edges) + 2


def test_history_merges_until_it_is_sealed(example: Document) -> None:
    history = History(example)
    for size in (3, 5, 7):
        history.push(
            replace(history.document, graph=set_params(history.document.graph, ["n2"], kernel_size=size, padding=0)), f"size {size}", "size"
        )
    assert len(history.steps) == 2
    history.seal()
    history.push(replace(history.document, graph=rename(history.document.graph, "n2", "first")), "Rename", "size")
    assert len(history.steps) == 3
    assert history.undo_name == "Rename"
    history.undo()
    history.undo()
    assert history.document is example
    assert history.redo_name == "size 7"


def test_an_edit_that_changes_nothing_is_no_step(example: Document) -> None:
    history = History(example)
    history.push(replace(example, graph=move(example.graph, {"n2": example.graph.nodes["n2"].position})), "Move")
    assert len(history.steps) == 1


@pytest.mark.parametrize("seed", range(5))
def test_undo_to_the_start_and_redo_to_the_end_are_byte_identical(example: Document, seed: int) -> None:
    chance = random.Random(seed)
    history = History(example)
    counts: dict[str, int] = {}
    blocks = list(catalogue.load().values())

    def some(graph: Graph) -> str:
        return chance.choice(list(graph.nodes))

    for _ in range(600):
        graph = history.document.graph
        kind = chance.choice(["add", "remove", "connect", "cut", "move", "rename", "paste", "params"])
        counts[kind] = counts.get(kind, 0) + 1
        if kind == "add" or len(graph.nodes) < 3:
            graph, _ = add_node(graph, chance.choice(blocks)(), (chance.randrange(999), 0))
        elif kind == "remove":
            graph = remove(graph, [some(graph)])
        elif kind == "connect":
            a, b = some(graph), some(graph)
            if graph.nodes[a].block.outputs and graph.nodes[b].block.inputs:
                graph, _ = connect(graph, Edge(a, graph.nodes[a].block.outputs[0].name, b, graph.nodes[b].block.inputs[0].name))
        elif kind == "cut" and graph.edges:
            graph = remove(graph, edges=[chance.choice(list(graph.edges))])
        elif kind == "move":
            graph = move(graph, {some(graph): (chance.randrange(999), chance.randrange(999))})
        elif kind == "rename":
            graph = rename(graph, some(graph), str(chance.random()))
        elif kind == "paste":
            graph, _ = paste(graph, subgraph(graph, [some(graph), some(graph)]), (8, 8))
        else:
            convs = [i for i, n in graph.nodes.items() if "out_channels" in n.block.fields]
            graph = set_params(graph, convs[:2], out_channels=chance.randrange(1, 99))
        history.push(replace(history.document, graph=graph), kind)
    assert min(counts.values()) > 40, counts
    texts = [dumps(step.document) for step in history.steps]
    for text in reversed(texts[:-1]):
        assert dumps(history.undo()) == text
    assert dumps(history.document) == dumps(example)
    for text in texts[1:]:
        assert dumps(history.redo()) == text
