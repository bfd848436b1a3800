"""Where new blocks go: under the mouse, into a wire, or after the selected block."""

from collections.abc import Callable

from app.canvas.face import WIDTH, height
from app.canvas.gestures import snap
from app.document.analysis import analyse
from app.document.edits import add_node, connect, insert_on_edge, move
from app.document.graph import Edge, Graph, NodeId
from app.document.legal import targets
from app.document.wiring import NO_EDGES
from blocks.core import Block

TIGHT, LOOSE = 12.0, 40.0  # below a block: for what belongs to it, and for what is new

Placed = tuple[Graph, NodeId]
Change = Callable[[Graph], Placed]


def tall(block: Block) -> float:
    """The height of a block's face."""
    return height(block, bool(block.chips()))


def at(block: Block, x: float, y: float) -> Change:
    """A block with its middle at a point."""
    return lambda graph: add_node(graph, block, (snap(x - WIDTH / 2), snap(y - tall(block) / 2)))


def on_wire(block: Block, edge: str) -> Change:
    """A block spliced into a wire; what follows makes room."""

    def change(graph: Graph) -> Placed:
        wire = graph.edges[edge]
        return _splice(graph, edge, block, wire.source)

    return change


def after(block: Block, selected: NodeId | None, fallback: tuple[float, float]) -> Change:
    """A block below the selected one, wired to it where that is legal; into its wire if it has just one. Else free, at ``fallback``."""

    def change(graph: Graph) -> Placed:
        if selected is None or not graph.nodes[selected].block.outputs:
            return at(block, *fallback)(graph)
        node = graph.nodes[selected]
        out = node.block.outputs[0].name
        following = [(i, e) for i, e in graph.edges.items() if e.source == selected]
        if len(following) == 1 and block.inputs and block.outputs and not block.inputs[0].many:
            return _splice(graph, following[0][0], block, selected)
        graph, new = add_node(graph, block, (node.position[0], snap(node.position[1] + tall(node.block) + _gap(block))))
        if block.inputs:
            port = block.inputs[0].name
            legal = targets(analyse(graph), selected, out, forward=True).reasons
            if not legal.get((new, port), "no such port"):
                graph, _ = connect(graph, Edge(selected, out, new, port))
        return graph, new

    return change


def _gap(block: Block) -> float:
    return TIGHT if block.slim else LOOSE


def _splice(graph: Graph, edge: str, block: Block, source: NodeId) -> Placed:
    above = graph.nodes[source]
    y = snap(above.position[1] + tall(above.block) + _gap(block))
    wiring = analyse(graph).wiring
    below = wiring.reach(graph.edges[edge].target, up=False)
    room = y + tall(block) + _gap(graph.nodes[graph.edges[edge].target].block) - graph.nodes[graph.edges[edge].target].position[1]
    if room > 0:
        beside = {e.source for id in below for e in wiring.incoming.get(id, NO_EDGES) if not wiring.incoming.get(e.source)} - {source}
        moved = below | {id for id in beside if graph.nodes[id].position[1] >= above.position[1]}
        graph = move(graph, {id: (graph.nodes[id].position[0], snap(graph.nodes[id].position[1] + room)) for id in moved})
    return insert_on_edge(graph, edge, block, (above.position[0], y))
