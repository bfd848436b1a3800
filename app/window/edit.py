"""Edits that menus and keys make to what is selected on the canvas."""

from collections.abc import Iterable
from functools import partial
from itertools import pairwise

from PySide6.QtWidgets import QMenu

from app.canvas import arranging, clipboard, walking
from app.canvas.view import CanvasView
from app.document import fixes, legal
from app.document.analysis import analyse
from app.document.edits import connect, move, remove, set_flags, subgraph
from app.document.edits import paste as paste_piece
from app.document.graph import Edge, Graph
from app.document.placing import snap

OFFSET = 32.0


def delete(view: CanvasView) -> None:
    """Delete the selected blocks and wires."""
    nodes, wires, frames = view.session.selection, view.canvas.selected_wires, view.canvas.selected_frames
    if nodes or wires or frames:
        view.session.edit(_named("Delete", view), lambda graph: remove(graph, nodes, wires, frames))


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
    if view.session.selection or view.canvas.selected_frames:
        clipboard.copy(view.session.graph, view.session.selection, view.canvas.selected_frames)


def cut(view: CanvasView) -> None:
    """Copy, then delete."""
    copy(view)
    delete(view)


def paste(view: CanvasView, *, wired: bool = False) -> None:
    """Paste at the mouse, or in the middle of the view; ``wired``: with the wires that led into the original."""
    piece = clipboard.piece()
    if piece is None or not (piece.nodes or piece.frames):
        return
    mouse = view.mapFromGlobal(view.cursor().pos())
    inside = view.rect().contains(mouse)
    point = view.mapToScene(mouse) if inside else view.mapToScene(view.viewport().rect().center())
    corners = [node.position for node in piece.nodes.values()] + [frame.position for frame in piece.frames.values()]
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    _insert(view, piece, (snap(point.x() - left), snap(point.y() - top)), "Paste", clipboard.wires() if wired else ())


def duplicate(view: CanvasView, *, wired: bool = False) -> None:
    """Copy the selected blocks beside themselves; ``wired``: with the wires that lead into them."""
    graph, ids = view.session.graph, view.session.selection
    if ids or view.canvas.selected_frames:
        wires = clipboard.fed(graph, ids) if wired else ()
        _insert(view, subgraph(graph, ids, view.canvas.selected_frames), (OFFSET, OFFSET), "Duplicate", wires)


def bypass(view: CanvasView) -> str:
    """Bypass the selected blocks, or take them in again; what forbids it is returned, for the user."""
    session = view.session
    return _flag(view, "bypassed", "Bypass", "Take in", legal.bypass(session.analysis, session.selection))


def freeze(view: CanvasView) -> str:
    """Keep the weights of the selected blocks as they are in training, or let them learn again."""
    return _flag(view, "frozen", "Freeze", "Thaw", "")


def collapse(view: CanvasView) -> str:
    """Show only the names of the selected blocks, or all of their faces."""
    return _flag(view, "collapsed", "Collapse", "Expand", "")


def _flag(view: CanvasView, flag: str, word: str, back: str, refused: str) -> str:
    nodes, ids = view.session.graph.nodes, view.session.selection
    on = any(not getattr(nodes[id], flag) for id in ids)
    if ids and not (on and refused):
        view.session.edit(_named(word if on else back, view), lambda graph: set_flags(graph, ids, **{flag: on}))
    return refused if ids and on else ""


def align(view: CanvasView, side: arranging.Side) -> None:
    """Put the selected blocks in line."""
    _arrange(view, arranging.align(view.session.graph, view.session.selection, side) if view.session.selection else {}, "Align")


def distribute(view: CanvasView, *, down: bool) -> None:
    """Put the selected blocks at even distances."""
    _arrange(view, arranging.distribute(view.session.graph, view.session.selection, down=down), "Distribute")


def straighten(view: CanvasView) -> None:
    """Put the selected blocks straight below what feeds them."""
    _arrange(view, arranging.straighten(view.session.analysis, view.session.selection), "Straighten")


def _arrange(view: CanvasView, places: arranging.Places, word: str) -> None:
    nodes = view.session.graph.nodes
    before = {id: nodes[id].position for id, place in places.items() if nodes[id].position != place}
    if before:
        view.session.edit(_named(word, view), lambda graph: move(graph, places))
        view.glide.begin(before)


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
    """Put the blocks, or those selected, into layers."""
    if only_selected:
        view.laying.lay_out(_named("Lay out", view), [id for id in view.session.graph.nodes if id in view.session.selection])
    else:
        view.laying.lay_out("Lay out all")


def turn(view: CanvasView) -> None:
    """Draw the network from left to right, or from top to bottom again: laid out anew, as one step."""
    across = not view.session.graph.across
    view.laying.lay_out("Draw from left to right" if across else "Draw from top to bottom", across=across)


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


def _insert(view: CanvasView, piece: Graph, offset: tuple[float, float], word: str, fed: Iterable[Edge] = ()) -> None:
    new: list[str] = []

    def change(graph: Graph) -> Graph:
        graph, ids = paste_piece(graph, piece, offset, fed)
        new.extend(ids)
        return graph

    view.session.edit(f"{word} {len(piece.nodes)} block{'s' * (len(piece.nodes) > 1)}", change)
    view.session.select(new)


def _named(word: str, view: CanvasView) -> str:
    ids = view.session.selection
    if len(ids) == 1:
        return f"{word} {view.session.graph.nodes[next(iter(ids))].name}"
    if ids:
        return f"{word} {len(ids)} blocks"
    return f"{word} frame" if view.canvas.selected_frames else f"{word} wire"
