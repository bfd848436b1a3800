"""Edits that menus and keys make to what is selected on the canvas."""

from functools import partial
from itertools import pairwise

from PySide6.QtWidgets import QMenu

from app.canvas import clipboard, walking
from app.canvas.view import CanvasView
from app.document import fixes, layout, legal
from app.document.analysis import analyse
from app.document.edits import connect, move, remove, subgraph
from app.document.edits import paste as paste_piece
from app.document.graph import Edge, Graph
from app.document.placing import snap

OFFSET = 32.0


def delete(view: CanvasView) -> None:
    """Delete the selected blocks and wires."""
    nodes, wires = view.session.selection, view.canvas.selected_wires
    if nodes or wires:
        view.session.edit(_named("Delete", view), lambda graph: remove(graph, nodes, wires))


def delete_and_heal(view: CanvasView) -> None:
    """Delete the selected blocks and join what they stood between."""
    nodes = view.session.selection

    def change(graph: Graph) -> Graph:
        for id in nodes:
            graph = fixes.bypass(graph, id).edit(graph)
        return graph

    if nodes:
        view.session.edit(_named("Delete and join", view), change)


def copy(view: CanvasView) -> None:
    """Copy the selected blocks as text."""
    if view.session.selection:
        clipboard.copy(view.session.graph, view.session.selection)


def cut(view: CanvasView) -> None:
    """Copy, then delete."""
    copy(view)
    delete(view)


def paste(view: CanvasView) -> None:
    """Paste at the mouse, or in the middle of the view."""
    piece = clipboard.piece()
    if piece is None or not piece.nodes:
        return
    mouse = view.mapFromGlobal(view.cursor().pos())
    inside = view.rect().contains(mouse)
    point = view.mapToScene(mouse) if inside else view.mapToScene(view.viewport().rect().center())
    left = min(node.position[0] for node in piece.nodes.values())
    top = min(node.position[1] for node in piece.nodes.values())
    _insert(view, piece, (snap(point.x() - left), snap(point.y() - top)), "Paste")


def duplicate(view: CanvasView) -> None:
    """Copy the selected blocks beside themselves."""
    if view.session.selection:
        _insert(view, subgraph(view.session.graph, view.session.selection), (OFFSET, OFFSET), "Duplicate")


def nudge(view: CanvasView, x: float, y: float) -> None:
    """Move the selected blocks by a step."""
    ids = view.session.selection
    if ids:
        view.session.edit(
            _named("Move", view),
            lambda graph: move(graph, {i: (graph.nodes[i].position[0] + x, graph.nodes[i].position[1] + y) for i in ids}),
            merge="nudge " + " ".join(sorted(ids)),
        )


def lay_out(view: CanvasView, only_selected: bool) -> None:
    """Put the blocks, or those selected, into layers from top to bottom."""
    graph = view.session.graph
    ids = [id for id in graph.nodes if id in view.session.selection] if only_selected else None
    places = layout.lay_out(graph, ids)
    before = {id: graph.nodes[id].position for id in places}
    if all(before[id] == place for id, place in places.items()):
        return
    view.session.edit(_named("Lay out", view) if only_selected else "Lay out all", lambda graph: move(graph, places))
    if not only_selected:
        view.fit()
    view.glide.begin(before)


def select_stream(view: CanvasView, *, up: bool) -> None:
    """Select all that the selected blocks depend on, or all that depends on them."""
    view.session.select(walking.stream(view.session.analysis, view.session.selection, up=up))


def connect_in_order(view: CanvasView) -> None:
    """Wire the selected blocks one after the other, from top to bottom, where that is legal."""
    graph = view.session.graph
    order = sorted(view.session.selection, key=lambda id: (graph.nodes[id].position[1], graph.nodes[id].position[0]))
    count = 0

    def change(graph: Graph) -> Graph:
        nonlocal count
        for above, below in pairwise(order):
            analysis = analyse(graph)
            for out in graph.nodes[above].block.outputs[:1]:
                found = legal.targets(analysis, above, out.name, forward=True)
                end, reason = found.at(below, analysis)
                if end is not None and not reason and found.edge(end) not in graph.edges.values():
                    graph, _ = connect(graph, found.edge(end))
                    count += 1
        return graph

    after = change(graph)
    if count:
        view.session.edit(f"Connect {len(order)} blocks", lambda _: after)


def connect_to(view: CanvasView) -> QMenu | None:
    """A list of the places where the result of the selected block may go; for hands on the keyboard."""
    session = view.session
    chosen = next(iter(session.selection)) if len(session.selection) == 1 else None
    if chosen is None or not session.graph.nodes[chosen].block.outputs:
        return None
    menu = QMenu(view)
    order = {id: k for k, id in enumerate(session.analysis.wiring.order)}
    for out in session.graph.nodes[chosen].block.outputs:
        found = legal.targets(session.analysis, chosen, out.name, forward=True)
        ends = sorted((end for end, reason in found.reasons.items() if not reason), key=lambda end: order.get(end[0], 0))
        for end in ends:
            edge = found.edge(end)
            if edge in session.graph.edges.values():
                continue
            node = session.graph.nodes[end[0]]
            several = len(node.block.inputs) > 1
            text = f"{node.name} · {end[1]}" if several else node.name
            prefix = f"{out.name} → " if len(session.graph.nodes[chosen].block.outputs) > 1 else ""
            action = menu.addAction(f"{prefix}{text}".replace("&", "&&"))
            name = f"Connect {session.graph.nodes[chosen].name} to {node.name}"
            action.triggered.connect(partial(session.edit, name, partial(_connected, edge=edge)))
    if not menu.actions():
        menu.addAction(view.tr("There is no place for this wire")).setEnabled(False)
    menu.popup(view.mapToGlobal(view.mapFromScene(view.canvas.nodes[chosen].rect().bottomLeft())))
    return menu


def _connected(graph: Graph, edge: Edge) -> Graph:
    return connect(graph, edge)[0]


def _insert(view: CanvasView, piece: Graph, offset: tuple[float, float], word: str) -> None:
    new: list[str] = []

    def change(graph: Graph) -> Graph:
        graph, ids = paste_piece(graph, piece, offset)
        new.extend(ids)
        return graph

    view.session.edit(f"{word} {len(piece.nodes)} block{'s' * (len(piece.nodes) > 1)}", change)
    view.session.select(new)


def _named(word: str, view: CanvasView) -> str:
    ids = view.session.selection
    if len(ids) == 1:
        return f"{word} {view.session.graph.nodes[next(iter(ids))].name}"
    return f"{word} {len(ids)} blocks" if ids else f"{word} wire"
