"""The canvas for a screen reader: a list of its blocks, in the order in which data passes them.

A QGraphicsView shows a screen reader nothing but its viewport; the interfaces here take its place.
"""

from PySide6.QtCore import QObject, QPoint, QRect, QRectF
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent, QAccessibleInterface
from shiboken6 import isValid

from app.canvas.face import Face
from app.canvas.view import CanvasView
from app.document.graph import NodeId
from app.look.text import si

NOTHING = QRect()


def sentence(face: Face, params: int) -> str:
    """What is said of a block: type, name, parameters that stand on it, output, weights, state, and what is wrong."""
    parts = [f"{face.title} {face.name}"]
    parts += [" ".join(text for text, _ in face.chips)] if face.chips else []
    parts += [f"output {face.shape}"] if face.shape and not face.error else []
    parts += [f"{si(params)} parameters"] if params else []
    parts += ["bypassed"] if face.bypassed else []
    parts += ["frozen"] if face.frozen else []
    parts += [f"error: {face.error}"] if face.error else []
    parts += [f"not connected: {face.loose}"] if face.loose else []
    return ", ".join(parts)


class BlockInterface(QAccessibleInterface):
    """One block, as an item of the list."""

    def __init__(self, canvas: "CanvasInterface", id: NodeId) -> None:
        super().__init__()
        self.canvas, self.id = canvas, id

    def isValid(self) -> bool:
        return self.canvas.isValid() and self.id in self.canvas.view.canvas.nodes

    def object(self) -> QObject | None:  # type: ignore[override]
        return None

    def parent(self) -> QAccessibleInterface:
        return self.canvas

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        return None

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        return None

    def childCount(self) -> int:
        return 0

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return -1

    def text(self, t: QAccessible.Text) -> str:
        if t != QAccessible.Text.Name or not self.isValid():
            return ""
        view = self.canvas.view
        return sentence(view.canvas.nodes[self.id].face, view.session.analysis.facts[self.id].params)

    def setText(self, t: QAccessible.Text, text: str) -> None:
        """Nothing can be set from outside."""

    def rect(self) -> QRect:
        view = self.canvas.view
        if not self.isValid():
            return NOTHING
        shown = view.mapFromScene(view.canvas.nodes[self.id].rect()).boundingRect()
        return QRect(view.viewport().mapToGlobal(shown.topLeft()), shown.size())

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.ListItem

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        session = self.canvas.view.session
        state.selectable = state.focusable = True
        state.selected = self.id in session.selection
        state.focused = session.selection == {self.id} and self.canvas.view.hasFocus()
        return state


class CanvasInterface(QAccessibleInterface):
    """The list of blocks."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__()
        self.view = view
        self._blocks: dict[NodeId, BlockInterface] = {}

    def order(self) -> list[NodeId]:
        """The blocks as data passes them; those on a circle come last."""
        wiring = self.view.session.analysis.wiring
        return [*wiring.order, *sorted(wiring.cyclic)]

    def block(self, id: NodeId) -> BlockInterface:
        """The interface of a block; the same one as long as the block is there."""
        if id not in self._blocks:
            self._blocks = {one: interface for one, interface in self._blocks.items() if interface.isValid()}
            self._blocks[id] = BlockInterface(self, id)
            _kept.append(self._blocks[id])
            QAccessible.registerAccessibleInterface(self._blocks[id])
        return self._blocks[id]

    def isValid(self) -> bool:
        return isValid(self.view)

    def object(self) -> QObject:
        return self.view

    def parent(self) -> QAccessibleInterface:
        return QAccessible.queryAccessibleInterface(self.view.parentWidget() or self.view.viewport())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        order = self.order()
        return self.block(order[index]) if 0 <= index < len(order) else None

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        item = self.view.canvas.node_at(self.view.mapToScene(self.view.viewport().mapFromGlobal(QPoint(x, y))))
        return self.block(item.id) if item is not None else None

    def childCount(self) -> int:
        return len(self.view.session.graph.nodes)

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return self.order().index(child.id) if isinstance(child, BlockInterface) and child.isValid() else -1

    def text(self, t: QAccessible.Text) -> str:
        if t == QAccessible.Text.Name:
            return self.view.accessibleName()
        if t == QAccessible.Text.Description:
            return self.view.tr("Arrows walk along the wires, Tab or Shift+A adds a block, F6 leaves")
        return ""

    def setText(self, t: QAccessible.Text, text: str) -> None:
        """Nothing can be set from outside."""

    def rect(self) -> QRect:
        shown = QRectF(self.view.viewport().rect()).toRect()
        return QRect(self.view.viewport().mapToGlobal(shown.topLeft()), shown.size())

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.List

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        state.focusable, state.focused, state.multiSelectable = True, self.view.hasFocus(), True
        return state


# Qt deletes an interface with its object, and Python must not do it again: they are never let go
_kept: list[QAccessibleInterface] = []


def _factory(_name: str, watched: QObject) -> QAccessibleInterface | None:
    if not isinstance(watched, CanvasView):
        return None
    _kept.append(CanvasInterface(watched))
    return _kept[-1]


class Spoken(QObject):
    """Tells a screen reader what happens on a canvas."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.view = view
        self._problems: frozenset[str] = frozenset()
        QAccessible.installFactory(_factory)
        view.session.selection_changed.connect(self._selected)
        view.session.problems_changed.connect(self._tell_problems)

    def announce(self, text: str) -> None:
        """Say something now."""
        if QAccessible.isActive() and text:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.view, text))

    def _selected(self) -> None:
        if not QAccessible.isActive() or len(self.view.session.selection) != 1:
            return
        interface = QAccessible.queryAccessibleInterface(self.view)
        if isinstance(interface, CanvasInterface):
            event = QAccessibleEvent(self.view, QAccessible.Event.Focus)
            event.setChild(interface.order().index(next(iter(self.view.session.selection))))
            QAccessible.updateAccessibility(event)

    def _tell_problems(self) -> None:
        now = frozenset(problem.text for problem in self.view.session.problems if problem.severity == "error")
        new, self._problems = now - self._problems, now
        if new:
            self.announce(". ".join(sorted(new)[:3]))
