"""Edits that menus and keys make to what is selected on the canvas."""

from app.canvas import clipboard
from app.canvas.view import CanvasView
from app.document import fixes, layout
from app.document.edits import move, remove, subgraph
from app.document.edits import paste as paste_piece
from app.document.graph import Graph
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
