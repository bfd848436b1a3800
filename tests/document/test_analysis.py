"""Shapes and costs: exact numbers, and an update that equals a fresh start."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.document.analysis import Analysis, analyse
from app.document.edits import connect, remove, set_params
from app.document.graph import Document, Edge, Graph, Unknown
from blocks import catalogue


def test_the_first_example(example: Document) -> None:
    analysis = analyse(example.graph)
    assert analysis.totals.params == 160 + 4640 + 32_832 + 650
    assert analysis.totals.macs == 9 * 16 * 64 + 9 * 16 * 32 * 64 + 512 * 64 + 640
    assert all(facts.outputs is not None for facts in analysis.facts.values())


def test_an_error_does_not_flood_the_graph(draw: Any) -> None:
    draw.add("Input", size=(1, 8, 8))
    bad = draw.add("Conv2d", kernel_size=20, padding=0)
    draw.add("ReLU")
    draw.add("Flatten")
    facts = analyse(draw.graph).facts
    assert [id for id, known in facts.items() if known.error] == [bad]


def test_a_label_can_not_flow_into_a_convolution(draw: Any) -> None:
    draw.add("Target", size=(3, 8, 8))
    conv = draw.add("Conv2d")
    assert analyse(draw.graph).facts[conv].code == "kind"


def test_an_unknown_block_is_told_once(draw: Any) -> None:
    from dataclasses import replace

    draw.add("Input")
    relu = draw.add("ReLU")
    draw.add("Flatten")
    node = draw.graph.nodes[relu]
    graph = replace(draw.graph, nodes={**draw.graph.nodes, relu: replace(node, block=Unknown(type_name="Foo"))})
    errors = {id: f.code for id, f in analyse(graph).facts.items() if f.error}
    assert errors == {relu: "unknown-block"}


def test_what_is_impossible_is_refused_before_anything_is_allocated(draw: Any) -> None:
    draw.add("Input", size=(10**6,))
    big = draw.add("Linear", out_features=10**7)
    facts = analyse(draw.graph).facts[big]
    assert facts.code == "too-large"
    assert "GiB" in facts.error


def same(a: Analysis, b: Analysis) -> None:
    assert dict(a.facts) == dict(b.facts)
    assert a.totals == b.totals


@given(data=st.data())
@settings(max_examples=150)
def test_an_update_equals_a_fresh_analysis(data: st.DataObject) -> None:
    from tests.conftest import Builder

    draw = Builder()
    draw.add("Input", size=(4, 16, 16))
    kinds = ["Conv2d", "ReLU", "MaxPool2d", "BatchNorm2d", "Add", "Concat", "Flatten", "Linear"]
    for _ in range(data.draw(st.integers(3, 10))):
        ids = list(draw.graph.nodes)
        kind = data.draw(st.sampled_from(kinds))
        sources = [data.draw(st.sampled_from(ids)) for _ in range(2 if kind in ("Add", "Concat") else 1)]
        draw.add(kind, *sources)
    graph: Graph = draw.graph
    analysis = analyse(graph)
    for _ in range(5):
        ids = list(graph.nodes)
        action = data.draw(st.sampled_from(["params", "wire", "cut", "remove", "add"]))
        convs = [i for i in ids if "out_channels" in graph.nodes[i].block.fields]
        if action == "params" and convs:
            graph = set_params(graph, [data.draw(st.sampled_from(convs))], out_channels=data.draw(st.sampled_from([4, 8])))
        elif action == "wire":
            a, b = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from([i for i in ids if graph.nodes[i].block.inputs] or ids))
            if graph.nodes[b].block.inputs:
                graph, _ = connect(graph, Edge(a, "y", b, "x"))
        elif action == "cut" and graph.edges:
            graph = remove(graph, edges=[data.draw(st.sampled_from(list(graph.edges)))])
        elif action == "remove" and len(ids) > 2:
            graph = remove(graph, [data.draw(st.sampled_from(ids))])
        else:
            from app.document.edits import add_node

            graph, _ = add_node(graph, catalogue.load()["ReLU"](), (0, 0))
        analysis = analyse(graph, analysis)
        same(analysis, analyse(graph))


def test_only_what_an_edit_touches_is_computed_again(example: Document, monkeypatch: Any) -> None:
    import app.document.analysis as module

    analysis = analyse(example.graph)
    touched = []
    original = module._evaluate
    monkeypatch.setattr(module, "_evaluate", lambda *args: touched.append(args[0]) or original(*args))
    analyse(set_params(example.graph, ["n2"], kernel_size=5, padding=2), analysis)
    assert len(touched) == 1  # the shape stays the same, so nothing follows
