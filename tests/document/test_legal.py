"""Where a wire may go, seen from ports of all kinds."""

from dataclasses import replace

from app.document.analysis import analyse
from app.document.edits import add_node, connect, paste, subgraph
from app.document.graph import Edge, Graph
from app.document.legal import targets
from blocks.catalogue import load


def test_a_wire_from_a_port_that_the_block_lacks_can_be_taken_up() -> None:
    kinds = load()
    graph, relu = add_node(Graph(), kinds["ReLU"](), (0.0, 0.0))
    graph, flatten = add_node(graph, kinds["Flatten"](), (0.0, 0.0))
    graph, _ = connect(graph, Edge(relu, "y", flatten, "x"))
    other = replace(graph.nodes[relu], block=kinds["CosineEmbeddingLoss"]())
    graph = replace(graph, nodes={**graph.nodes, relu: other})  # as a file written by hand may have it
    found = targets(analyse(graph), relu, "y", forward=True)
    assert found.reasons[flatten, "x"] == ""
    assert "circle" in targets(analyse(graph), relu, "gone", forward=False).reasons[flatten, "y"]


def test_a_copy_is_not_wired_to_a_port_that_is_gone() -> None:
    kinds = load()
    graph, relu = add_node(Graph(), kinds["ReLU"](), (0.0, 0.0))
    graph, flatten = add_node(graph, kinds["Flatten"](), (0.0, 0.0))
    fed = Edge(relu, "y", flatten, "x")
    piece = subgraph(graph, [flatten])
    _, (copy,) = paste(graph, piece, (0.0, 0.0), [fed])
    wired, _ = paste(graph, piece, (0.0, 0.0), [fed])
    assert [edge.target for edge in wired.edges.values()] == [copy]
    other = replace(graph, nodes={**graph.nodes, relu: replace(graph.nodes[relu], block=kinds["CosineEmbeddingLoss"]())})
    assert not paste(other, piece, (0.0, 0.0), [fed])[0].edges
