"""Where new blocks go: the sizes of faces, and edits that make room, so that nothing ever lies on something else."""

from collections.abc import Callable

from app.document.analysis import analyse
from app.document.edits import add_node, connect, insert_on_edge, move
from app.document.graph import Edge, EdgeId, Graph, Instance, Node, NodeId
from app.document.legal import End, targets
from app.document.wiring import NO_EDGES
from blocks.core import Block

WIDTH = 192.0
OUTLINE = 40.0  # what a block of blocks is higher, for the miniature of its inside
FULL, PLAIN, SLIM = 88.0, 64.0, 32.0  # with chips, without, and one-to-one operations
TIGHT, LOOSE = 12.0, 40.0  # the gap above a block: above a slim one that belongs to what stands over it, and above others
GRID = 8

Placed = tuple[Graph, NodeId]
Change = Callable[[Graph], Placed]


def snap(value: float) -> float:
    """To the grid."""
    return round(value / GRID) * GRID


def height(block: Block, chips: bool) -> float:
    """The height of a face that shows chips, or none."""
    if isinstance(block, Instance):
        return FULL + OUTLINE
    return SLIM if block.slim else FULL if chips else PLAIN


def tall(thing: Block | Node) -> float:
    """The height of the face of a block, or of a node, which may be collapsed."""
    if isinstance(thing, Node):
        return SLIM if thing.collapsed else tall(thing.block)
    return height(thing, bool(thing.chips()))


def gap(block: Block) -> float:
    """The gap above a block."""
    return TIGHT if block.slim else LOOSE


def behind(graph: Graph, node: Node, block: Block) -> tuple[float, float]:
    """The place for a block right behind a node: below it, or at its right."""
    x, y = node.position
    if graph.across:
        return snap(x + WIDTH + LOOSE), snap(y + (tall(node) - tall(block)) / 2)
    return x, snap(y + tall(node) + gap(block))


def at(block: Block, x: float, y: float) -> Change:
    """A block with its middle at a point."""
    return lambda graph: add_node(graph, block, (snap(x - WIDTH / 2), snap(y - tall(block) / 2)))


def on_wire(block: Block, edge: EdgeId) -> Change:
    """A block spliced into a wire: below its source, where what follows makes room; beside the main line, if the wire is a branch."""

    def change(graph: Graph) -> Placed:
        wire = graph.edges[edge]
        source, target = graph.nodes[wire.source], graph.nodes[wire.target]
        x, y = behind(graph, source, block)
        if graph.across:
            if target.position[0] > source.position[0]:
                graph = _make_room_across(graph, wire.target, x + WIDTH + LOOSE, keep=wire.source)
            return insert_on_edge(graph, edge, block, free(graph, block, x, y))
        below = abs(target.position[0] - x) < WIDTH and target.position[1] > source.position[1]
        between = any(
            node.id not in (wire.source, wire.target)
            and abs(node.position[0] - x) < WIDTH
            and source.position[1] < node.position[1] < target.position[1]
            for node in graph.nodes.values()
        )
        if below and not between:
            graph = _make_room(graph, wire.target, y + tall(block) + gap(target.block), keep=wire.source)
        elif below:
            x, y = free(graph, block, x + WIDTH + 56, snap((source.position[1] + target.position[1]) / 2))
        else:
            x, y = free(graph, block, x, y)
        return insert_on_edge(graph, edge, block, (x, y))

    return change


def after(block: Block, selected: NodeId | None, fallback: tuple[float, float]) -> Change:
    """A block below the selected one, wired to it where that is legal; into its wire if it has just one. Else free, near ``fallback``."""

    def change(graph: Graph) -> Placed:
        if selected is None or not graph.nodes[selected].block.outputs:
            x, y = free(graph, block, snap(fallback[0] - WIDTH / 2), snap(fallback[1] - tall(block) / 2))
            return add_node(graph, block, (x, y))
        node = graph.nodes[selected]
        following = [id for id, edge in graph.edges.items() if edge.source == selected]
        if len(following) == 1 and block.inputs and block.outputs and not block.inputs[0].many:
            return on_wire(block, following[0])(graph)
        place = free(graph, block, *behind(graph, node, block))
        graph, new = add_node(graph, block, place)
        if block.inputs:
            out, port = node.block.outputs[0].name, block.inputs[0].name
            if not targets(analyse(graph), selected, out, forward=True).reasons.get((new, port), "no such port"):
                graph, _ = connect(graph, Edge(selected, out, new, port))
        return graph, new

    return change


def branch(block: Block, start: End, forward: bool, place: tuple[float, float] | None = None) -> Change:
    """A block wired to a port: at ``place``, or below the block it comes from, beside what is there already."""

    def change(graph: Graph) -> Placed:
        node = graph.nodes[start[0]]
        if place is not None:
            back = 0.0 if forward else 1.0
            corner = (back * WIDTH, tall(block) / 2) if graph.across else (WIDTH / 2, back * tall(block))
            spot = free(graph, block, snap(place[0] - corner[0]), snap(place[1] - corner[1]))
        else:
            spot = free(graph, block, *behind(graph, node, block))
        graph, new = add_node(graph, block, spot)
        found = targets(analyse(graph), *start, forward=forward)
        end, reason = found.at(new, analyse(graph))
        if end is not None and not reason:
            graph, _ = connect(graph, found.edge(end))
        return graph, new

    return change


def free(graph: Graph, block: Block, x: float, y: float) -> tuple[float, float]:
    """The first place from (x, y) aside, to the right or downwards, where a block covers no other."""
    own = tall(block)
    while hit := next((n for n in graph.nodes.values() if _overlap(x, y, own, n.position[0], n.position[1], tall(n))), None):
        if graph.across:
            y = snap(hit.position[1] + tall(hit) + LOOSE)
        else:
            x = snap(hit.position[0] + WIDTH + LOOSE)
    return x, y


def _overlap(x: float, y: float, own: float, left: float, top: float, other: float) -> bool:
    return abs(x - left) < WIDTH and top - own < y < top + other


def _make_room(graph: Graph, target: NodeId, y: float, keep: NodeId) -> Graph:
    """Move what stands at and below ``target`` in its column down to ``y``, with the sources that stand beside it."""
    left, top = graph.nodes[target].position
    room = snap(y - top)
    if room <= 0:
        return graph
    column = {n.id for n in graph.nodes.values() if abs(n.position[0] - left) < WIDTH and n.position[1] >= top}
    wiring = analyse(graph).wiring
    beside = {e.source for id in column for e in wiring.incoming.get(id, NO_EDGES) if e.source not in wiring.incoming}
    moved = (column | {id for id in beside if graph.nodes[id].position[1] >= top}) - {keep}
    return move(graph, {id: (graph.nodes[id].position[0], graph.nodes[id].position[1] + room) for id in moved})


def _make_room_across(graph: Graph, target: NodeId, x: float, keep: NodeId) -> Graph:
    """Move all that stands at and right of ``target`` to the right, so that it begins at ``x``."""
    left = graph.nodes[target].position[0]
    room = snap(x - left)
    if room <= 0:
        return graph
    moved = {n.id for n in graph.nodes.values() if n.position[0] >= left} - {keep}
    return move(graph, {id: (graph.nodes[id].position[0] + room, graph.nodes[id].position[1]) for id in moved})
