"""The kept order against networkx, over random edits."""

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from app.document.checks import digraph
from app.document.graph import Edge, Graph, Node
from app.document.wiring import Wiring, differing, rewire, wire
from blocks.merge import Add


def graph_of(count: int, pairs: list[tuple[int, int]]) -> Graph:
    nodes = {f"n{k}": Node(f"n{k}", Add(), f"n{k}") for k in range(count)}
    edges = {f"e{k}": Edge(f"n{a % count}", "y", f"n{b % count}", "x") for k, (a, b) in enumerate(pairs)}
    return Graph(nodes, edges, 10_000)


def check(wiring: Wiring, graph: Graph) -> None:
    oracle = digraph(graph)
    for edge in graph.edges.values():
        if edge.target in wiring.rank:
            assert wiring.rank[edge.source] < wiring.rank[edge.target]
    on_cycle = {id for group in nx.strongly_connected_components(oracle) for id in group if len(group) > 1 or oracle.has_edge(id, id)}
    behind = set(on_cycle)
    for id in on_cycle:
        behind |= nx.descendants(oracle, id)
    assert wiring.cyclic == behind
    assert set(wiring.rank) == set(graph.nodes) - behind
    fresh = wire(graph)
    assert dict(wiring.incoming) == dict(fresh.incoming)
    assert dict(wiring.outgoing) == dict(fresh.outgoing) or {k: sorted(map(str, v)) for k, v in wiring.outgoing.items()} == {
        k: sorted(map(str, v)) for k, v in fresh.outgoing.items()
    }


PAIRS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20)


@given(count=st.integers(1, 12), pairs=PAIRS)
@settings(max_examples=300)
def test_from_scratch(count: int, pairs: list[tuple[int, int]]) -> None:
    graph = graph_of(count, pairs)
    check(wire(graph), graph)


@given(count=st.integers(2, 12), pairs=PAIRS, data=st.data())
@settings(max_examples=300)
def test_edit_by_edit(count: int, pairs: list[tuple[int, int]], data: st.DataObject) -> None:
    graph = graph_of(count, pairs)
    wiring = wire(graph)
    for step in range(6):
        kind = data.draw(st.sampled_from(["wire", "several", "cut", "replace", "node", "remove"]))
        nodes, edges = dict(graph.nodes), dict(graph.edges)
        ids = list(nodes)
        pick = st.sampled_from(ids)
        if kind == "wire":
            edges[f"f{step}"] = Edge(data.draw(pick), "y", data.draw(pick), "x")
        elif kind == "several":  # new nodes and wires at once, as a paste brings them
            for k in range(3):
                nodes[f"p{step}{k}"] = Node(f"p{step}{k}", Add(), f"p{step}{k}")
            for k in range(data.draw(st.integers(1, 6))):
                any_of = st.sampled_from(list(nodes))
                edges[f"g{step}{k}"] = Edge(data.draw(any_of), "y", data.draw(any_of), "x")
        elif kind == "cut" and edges:
            del edges[data.draw(st.sampled_from(list(edges)))]
        elif kind == "replace" and edges:
            edges[data.draw(st.sampled_from(list(edges)))] = Edge(data.draw(pick), "y", data.draw(pick), "x")
        elif kind == "node":
            nodes[f"m{step}"] = Node(f"m{step}", Add(), "m")
        elif len(ids) > 2:
            gone = data.draw(pick)
            del nodes[gone]
            edges = {i: e for i, e in edges.items() if gone not in (e.source, e.target)}
        after = Graph(nodes, edges, 10_000)
        wiring = rewire(wiring, graph, after, differing(graph.edges, after.edges))
        graph = after
        check(wiring, graph)


@given(count=st.integers(2, 10), pairs=PAIRS, ends=st.tuples(st.integers(0, 9), st.integers(0, 9)))
def test_a_wire_that_would_close_a_circle_is_found(count: int, pairs: list[tuple[int, int]], ends: tuple[int, int]) -> None:
    graph = graph_of(count, pairs)
    source, target = (f"n{k % count}" for k in ends)
    assert wire(graph).closes_cycle(source, target) == (source == target or nx.has_path(digraph(graph), target, source))
    assert wire(graph).reach(source, up=True) == nx.ancestors(digraph(graph), source) | {source}
