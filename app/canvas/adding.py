"""Adding blocks: dropped from the palette, asked for by quick-add, or at the end of a wire that was let go."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from app.canvas.quickadd import Question, QuickAdd
from app.document import placing
from app.document.edits import swap
from app.document.graph import Graph
from app.document.legal import End
from app.document.offers import Offer
from app.document.placing import WIDTH
from app.look import fonts, theme
from blocks.core import Block

if TYPE_CHECKING:
    from app.canvas.view import CanvasView

BLOCK_MIME = "application/x-netwright-block"


class Adding(QObject):
    """All the ways in which a block comes onto the canvas of ``view``."""

    def __init__(self, view: "CanvasView") -> None:
        super().__init__(view)
        self.view, self.session, self.scene = view, view.session, view.canvas
        self.quick = QuickAdd(view)
        self.quick.chosen.connect(self._add_offer)
        self._ghost: tuple[Block, QPointF, str, str] | None = None  # what is dragged, and the wire or the block under it

    def ask(self, at: QPoint | None = None, *, wire: str = "", instead: str = "") -> None:
        """Open quick-add at a point of the view: for a wire, in place of a block, after the selected one, or just there."""
        chosen = next(iter(self.session.selection)) if len(self.session.selection) == 1 else ""
        graph = self.session.graph
        start = None
        if wire:
            start = (graph.edges[wire].source, graph.edges[wire].source_port)
        elif chosen and not instead and graph.nodes[chosen].block.outputs:
            start = (chosen, graph.nodes[chosen].block.outputs[0].name)
        if at is None:
            below = self.scene.nodes[chosen].rect().bottomLeft() if chosen else None
            at = self.view.mapFromScene(below) if below is not None else self.view.viewport().rect().center() - QPoint(190, 200)
        point = self.view.mapToScene(at)
        self.quick.ask(self.session.analysis, self.session.kinds, Question((point.x(), point.y()), start, wire=wire, instead=instead), at)

    def ask_for_end(self, at: QPoint, start: End, forward: bool) -> None:
        """Open quick-add where a wire was let go over nothing."""
        point = self.view.mapToScene(at)
        self.quick.ask(self.session.analysis, self.session.kinds, Question((point.x(), point.y()), start, forward, dropped=True), at)

    def _add_offer(self, offer: Offer, question: Question, keys: Qt.KeyboardModifier) -> None:
        block, start = offer.block, question.start
        shift, ctrl = (bool(keys & key) for key in (Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier))
        if question.instead or (start and ctrl and not shift and not question.dropped and not question.wire):
            self.swap(question.instead or (start[0] if start else ""), block)
        elif question.wire and question.wire in self.session.graph.edges and block.inputs and block.outputs:
            self.place(placing.on_wire(block, question.wire), block)
        elif start and question.dropped:
            self.place(placing.branch(block, start, question.forward, question.at), block)
        elif start and shift and not ctrl:
            self.place(placing.branch(block, start, forward=True), block)
        elif start and not ctrl:
            self.place(placing.after(block, start[0], question.at), block)
        else:
            self.place(placing.at(block, *question.at), block)

    def swap(self, id: str, block: Block) -> None:
        """Put a block of another type in the place of one; wires and parameters of the same names stay."""
        name = self.session.graph.nodes[id].name
        self.session.edit(f"Make {name} a {block.label}", lambda graph: swap(graph, id, block))
        self.session.select([id])

    def place(self, change: placing.Change, block: Block) -> None:
        """Add a block and select it, as one step."""
        new = ""

        def edit(graph: Graph) -> Graph:
            nonlocal new
            graph, new = change(graph)
            return graph

        self.session.edit(f"Add {block.label}", edit)
        self.session.select([new])
        self.view.reveal(new)

    def add(self, kind: type[Block]) -> None:
        """Add a block after the selected one, or in the middle of the view."""
        block = kind()
        selected = next(iter(self.session.selection)) if len(self.session.selection) == 1 else None
        self.place(placing.after(block, selected, self.view.middle()), block)

    # Dragged from the palette

    def drag(self, name: str, at: QPoint) -> bool:
        """A block of type ``name`` is over the canvas; False if there is no such type."""
        kind = self.session.kinds.get(name)
        if kind is None:
            return False
        block, point = kind(), self.view.mapToScene(at)
        under = self.scene.node_at(point)
        wire = self.scene.wire_at(point, 8 / self.view.zoom) if block.inputs and block.outputs and under is None else None
        self.view.hover(wire or under)
        self._ghost = (block, point, wire.id if wire else "", under.id if under else "")
        self.view.viewport().update()
        return True

    def end_drag(self) -> None:
        """It left again."""
        self._ghost = None
        self.view.hover(None)
        self.view.viewport().update()

    def drop(self) -> bool:
        """It was let go: into the wire or in place of the block under it, or where it is."""
        if self._ghost is None:
            return False
        block, point, wire, under = self._ghost
        self.end_drag()
        if under:
            self.swap(under, block)
        else:
            self.place(placing.on_wire(block, wire) if wire else placing.at(block, point.x(), point.y()), block)
        return True

    def paint(self, painter: QPainter) -> None:
        """The outline of what is dragged."""
        if self._ghost is None:
            return
        block, point, wire, under = self._ghost
        tall = placing.tall(block)
        area = QRectF(point.x() - WIDTH / 2, point.y() - tall / 2, WIDTH, tall)
        painter.setPen(QPen(theme.color("accent"), 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(theme.color("accent_soft"))
        painter.setOpacity(0.85)
        painter.drawRoundedRect(area, 8, 8)
        painter.setPen(theme.color("text"))
        painter.setFont(fonts.inter(13, 600))
        text = f"{block.label}, into the wire" if wire else f"{block.label} instead" if under else block.label
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
