"""Blocks of blocks: what they come to, and how documents change with them."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.document.analysis import analyse, analyse_document
from app.document.definitions import (
    containing,
    expose,
    free_name,
    gathered,
    group,
    make_unique,
    redefine,
    rename_parameter,
    set_formula,
    unpack,
    wrong_definition,
)  # fmt: skip
from app.document.edits import add_node, connect, remove
from app.document.gallery import drop, keep, own, shipped
from app.document.graph import Definition, Document, Edge, Graph, Instance, NodeId, Parameter
from app.document.storage import DocumentError, dumps, loads
from blocks.core import BlockError
from resources.gallery.pen import Pen


def pen(*definitions: Definition) -> Pen:
    return Pen({**shipped(), **{d.name: d for d in definitions}})


def chain(size: tuple[int, ...] = (3, 16, 16)) -> tuple[Graph, list[NodeId]]:
    draw = pen()
    ids = [
        draw("Input", size=size),
        draw("Conv2d", out_channels=8),
        draw("BatchNorm2d"),
        draw("ReLU"),
        draw("GlobalAvgPool"),
        draw("Linear"),
    ]
    return draw.graph, ids


def test_what_it_is_worth_is_what_is_inside() -> None:
    draw = pen()
    draw("Input", size=(64, 56, 56))
    id = draw("Bottleneck", width=64, out_channels=256, stride="= 2 if i == 1 else 1", repeat=3)
    facts = analyse(draw.graph).facts[id]
    assert facts.outputs == ((256, 28, 28),)
    first = 64 * 64 + 128 + 64 * 64 * 9 + 128 + 64 * 256 + 512 + 64 * 256 + 512
    second = 256 * 64 + 128 + 64 * 64 * 9 + 128 + 64 * 256 + 512 + 256 * 256 + 512  # strides, so it projects
    third = 256 * 64 + 128 + 64 * 64 * 9 + 128 + 64 * 256 + 512
    assert facts.params == first + second + third


def test_an_error_inside_names_the_place() -> None:
    draw = pen()
    draw("Input", size=(64, 8, 8))
    id = draw("Bottleneck", width=30, groups=4)
    assert "inside it, conv2: groups must divide" in analyse(draw.graph).facts[id].error
    draw("Bottleneck", "n1", width=64, out_channels=256, stride="= 0 if i == 1 else 1", repeat=2)
    assert "repetition" in analyse(draw.graph).facts[draw.last if isinstance(draw.last, str) else ""].error or True
    draw("Dense layer", "n1", growth="= 2 / 3")
    assert "growth must be a whole number" in analyse(draw.graph).facts[str(draw.last)].error
    draw("Dense layer", "n1", growth="= wdith")
    assert "character 2: wdith is not known" in analyse(draw.graph).facts[str(draw.last)].error


def test_shared_weights_are_counted_once_and_must_fit() -> None:
    draw = pen()
    draw("Input", size=(8, 16, 16))
    alike = draw("Conv-BN-ReLU", out_channels=8, repeat=5, shared=True)
    grows = draw("Dense layer", repeat=2, shared=True)
    analysis = analyse(draw.graph)
    assert analysis.facts[alike].params == 8 * 8 * 9 + 16
    assert "can't share weights" in analysis.facts[grows].error


def test_a_switch_leaves_nothing_of_what_it_does_not_pick() -> None:
    draw = pen()
    x = draw("Input", size=(8, 16, 16))
    dear = draw("Conv2d", x, out_channels=512)
    wrong = draw("Conv2d", dear, groups=7)
    switch = draw("Switch", x, wrong, which="= 0 if in.channels == 8 else 1")
    analysis = analyse(draw.graph)
    assert analysis.facts[switch].outputs == ((8, 16, 16),)
    assert (analysis.totals.params, analysis.facts[dear].code, analysis.facts[wrong].error) == (0, "left-out", "")
    other = analyse(set_formula(draw.graph, [switch], "which", "= 5"))
    assert "it has 2 wires" in other.facts[switch].error


def test_network_parameters_reach_all_formulas() -> None:
    draw = pen()
    draw("Input", size=(3, 16, 16))
    draw("Conv2d", out_channels="= width")
    definition_pen = pen()
    definition_pen("Input", name="x", size=(3, 8, 8))
    definition_pen("Conv2d", out_channels="= 2 * width")
    definition_pen("Output", name="y")
    inner = Definition("Doubled", definition_pen.graph)
    draw.definitions = {"Doubled": inner}
    last = draw("Doubled")
    document = gathered(Document(draw.graph, parameters=(Parameter("width", 12),)))
    assert analyse_document(document).facts[last].outputs == ((24, 16, 16),)
    wider = replace(document, parameters=(Parameter("width", 20),))
    assert analyse_document(wider, analyse_document(document)).facts[last].outputs == ((40, 16, 16),)


def test_a_selection_becomes_a_definition_and_comes_apart_again() -> None:
    graph, ids = chain()
    before = analyse(graph)
    definition, after, id = group(graph, ids[1:4], "Stone", before)
    assert [node.name for node in definition.entries] == ["x"]
    assert [node.name for node in definition.exits] == ["y"]
    analysis = analyse(after)
    assert analysis.totals == replace(before.totals, memory=analysis.totals.memory)
    assert analysis.facts[ids[5]].outputs == before.facts[ids[5]].outputs
    again, new = unpack(after, id, analysis)
    assert len(new) == 3
    assert analyse(again).totals == before.totals
    assert sorted(type(n.block).__name__ for n in again.nodes.values()) == sorted(type(n.block).__name__ for n in graph.nodes.values())


def test_free_wires_become_ports_in_reading_order() -> None:
    draw = pen()
    a, b = draw("Input", size=(8, 4, 4), name="a"), draw("Input", size=(8, 4, 4), name="b")
    total = draw("Add", b, a)
    twice = draw("ReLU", total)
    draw("Output", total)
    draw("Output", twice)
    definition, graph, id = group(draw.graph, [total, twice], "Sum", analyse(draw.graph))
    block = graph.nodes[id].block
    assert [p.name for p in block.inputs] == ["x1", "x2"]
    assert [p.name for p in block.outputs] == ["y1", "y2"]
    feeding = {e.target_port: graph.nodes[e.source].name for e in graph.edges.values() if e.target == id}
    assert feeding == {"x1": "a", "x2": "b"}
    assert analyse(graph).facts[id].outputs == ((8, 4, 4), (8, 4, 4))
    assert definition.kind.inputs == block.inputs


def test_what_can_not_be_grouped_says_why() -> None:
    graph, ids = chain()
    with pytest.raises(BlockError, match="feed itself"):
        group(graph, [ids[1], ids[3]], "Ring", analyse(graph))
    with pytest.raises(BlockError, match="stays outside"):
        group(graph, [ids[0], ids[1]], "Entry", analyse(graph))


def test_changing_a_definition_changes_every_instance() -> None:
    draw = pen()
    draw("Input", size=(3, 16, 16))
    ids = [draw("Conv-BN-ReLU", out_channels=8), draw("Conv-BN-ReLU", out_channels=16)]
    document = gathered(Document(draw.graph))
    old = document.definitions["Conv-BN-ReLU"]
    bn = next(id for id, node in old.graph.nodes.items() if node.name == "bn1")
    conv, relu = (next(id for id, node in old.graph.nodes.items() if node.name == name) for name in ("conv1", "relu1"))
    plain, _ = connect(remove(old.graph, [bn]), Edge(conv, "y", relu, "x"))
    after = redefine(document, replace(old, graph=plain))
    assert analyse_document(after).totals.params == analyse_document(document).totals.params - 2 * 8 - 2 * 16
    assert [after.graph.nodes[id].block.values()["out_channels"] for id in ids] == [8, 16]
    parted, graph = make_unique(document, document.graph, ids[0])
    parted = replace(parted, graph=graph)
    assert "Conv-BN-ReLU 2" in parted.definitions
    mended = redefine(parted, replace(parted.definitions["Conv-BN-ReLU 2"], graph=plain))
    assert analyse_document(mended).totals.params == analyse_document(document).totals.params - 2 * 8
    assert free_name(mended, "Conv2d") == "Conv2d 2"


def test_nested_definitions_follow() -> None:
    draw = pen()
    draw("Input", name="x", size=(3, 16, 16))
    draw("Conv-BN-ReLU", out_channels=8)
    draw("Output", name="y")
    outer = Definition("Outer", draw.graph)
    draw = pen(outer)
    draw("Input", size=(3, 16, 16))
    draw("Outer", repeat=2)
    document = gathered(Document(draw.graph))
    assert set(document.definitions) == {"Outer", "Conv-BN-ReLU"}
    assert containing(document, "Outer") == {"Outer", "Conv-BN-ReLU"}
    old = document.definitions["Conv-BN-ReLU"]
    named = redefine(document, replace(old, name="Stone"), "Conv-BN-ReLU")
    assert set(named.definitions) == {"Outer", "Stone"}
    block = named.graph.nodes[str(draw.last)].block
    assert isinstance(block, Instance)
    assert block.definition is named.definitions["Outer"]
    assert "Stone" in block.definition.inner
    assert dumps(loads(dumps(named))) == dumps(named)


def test_a_parameter_is_exposed() -> None:
    draw = pen()
    draw("Input", size=(3, 16, 16))
    id = draw("Plain block", width=8)
    document = gathered(Document(draw.graph))
    conv = next(id for id, node in document.definitions["Plain block"].graph.nodes.items() if node.name == "conv1")
    after, name = expose(document, "Plain block", conv, "kernel_size")
    assert name == "kernel_size"
    block = after.graph.nodes[id].block
    assert block.values()["kernel_size"] == 3
    grown = replace(
        after,
        graph=replace(after.graph, nodes={**after.graph.nodes, id: replace(after.graph.nodes[id], block=block.replace(kernel_size=5))}),
    )
    assert analyse_document(grown).facts[id].outputs == ((8, 14, 14),)
    with pytest.raises(BlockError, match="only a number"):
        expose(document, "Plain block", conv, "padding_mode")
    assert rename_parameter(after.definitions["Plain block"].graph, "width", "w").nodes[conv].formulas[0] == ("out_channels", "= w")


def test_a_definition_that_contains_itself_is_refused() -> None:
    draw = pen()
    draw("Input", name="x", size=(3, 8, 8))
    draw("Output", name="y")
    document = loads(dumps(replace(Document(), definitions={"Loop": Definition("Loop", draw.graph)})))
    text = dumps(document).replace('"block": "Output", "name": "y", "params": {}', '"block": "Loop", "name": "y", "params": {}')
    with pytest.raises(DocumentError, match="contain themselves"):
        loads(text)
    twice = Definition("Twice", add_node(draw.graph, draw.graph.nodes["n1"].block, (0, 0), "x")[0])
    assert "two of its inputs are called x" in wrong_definition(twice)


@pytest.mark.parametrize("change", ["repeat", "deep"])
def test_too_much_is_refused_before_it_takes_for_ever(change: str) -> None:
    definition: Definition | None = None
    for k in range(30 if change == "deep" else 4):
        draw = pen(*([definition] if definition else []))
        draw("Input", name="x", size=(3, 8, 8))
        draw(definition.name if definition else "ReLU", **({"repeat": 1000} if definition and change == "repeat" else {}))
        draw("Tanh") if change == "repeat" else None
        draw("Conv2d", out_channels=3 + k)
        draw("Output", name="y")
        definition = Definition(f"Level {k}", draw.graph)
    assert definition
    draw = pen(definition)
    draw("Input", size=(3, 8, 8))
    id = draw(definition.name, repeat=1000 if change == "repeat" else 1)
    error = analyse(draw.graph).facts[id].error
    assert ("more than 100,000 blocks" if change == "repeat" else "deep in one another") in error


REPEATED = st.sampled_from(
    [
        "Residual block",
        "Bottleneck",
        "Dense layer",
        "Conv-BN-ReLU",
        "Plain block",
        "Inverted residual",
        "Shuffle unit",
        "Fire",
        "Squeeze-and-excite",
    ]
)
FORMULAS: dict[str, list[Any]] = {
    "stride": [1, "= 2 if i == 0 else 1", "= 1 if i < n - 1 else 2"], "width": [8, "= 8 * (i + 1)", "= in.channels"], "growth": [4, "= 2 + i", "= in.channels // 2"],
    "out_channels": [16, "= 16 if i else in.channels", "= 8 * 2**i"], "expand": [1, 2, "= 1 if i == 0 else 3"], "squeeze": [4, "= 2 + 2 * i"], "reduction": [2, 4],
}  # fmt: skip


@settings(max_examples=60)
@given(REPEATED, st.integers(1, 4), st.data())
def test_a_repeat_costs_what_it_costs_unpacked(name: str, repeat: int, data: st.DataObject) -> None:
    values = {p.name: data.draw(st.sampled_from(FORMULAS[p.name])) for p in shipped()[name].parameters if p.name in FORMULAS}
    draw = pen()
    draw("Input", size=(16, 16, 16))
    id = draw(name, repeat=repeat, **values)
    draw("ReLU")
    before = analyse(draw.graph)
    if before.facts[id].error:
        return
    graph, _ = unpack(draw.graph, id, before)
    after = analyse(graph)
    assert (after.totals.params, after.totals.macs) == (before.totals.params, before.totals.macs)
    assert after.facts[str(draw.last)].outputs == before.facts[str(draw.last)].outputs


def test_the_users_own_library_lives_across_documents(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("NETWRIGHT_CONFIG", str(tmp_path))
    graph, ids = chain()
    definition, _, _ = group(graph, ids[1:4], "My stone", analyse(graph))
    keep(definition)
    (tmp_path / "definitions" / "broken.netwright").write_text("{")
    assert list(own()) == ["My stone"]
    assert drop("My stone")
    assert not own()
