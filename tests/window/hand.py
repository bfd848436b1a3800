"""A hand on the mouse: what the tests of the canvas do with real events."""

from typing import Any

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from app.canvas.view import CanvasView

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
NONE, SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier,
)  # fmt: skip


class Hand:
    """Works on one view."""

    def __init__(self, view: CanvasView) -> None:
        self.view, self.session, self.scene = view, view.session, view.canvas

    def id(self, name: str) -> str:
        """The block of a name."""
        return next(i for i, n in self.session.graph.nodes.items() if n.name == name)

    def node(self, name: str) -> Any:
        return self.session.graph.nodes[self.id(name)]

    def block(self, name: str) -> Any:
        return self.node(name).block

    def feeds(self) -> set[tuple[str, str]]:
        """All wires as pairs of names."""
        nodes = self.session.graph.nodes
        return {(nodes[e.source].name, nodes[e.target].name) for e in self.session.graph.edges.values()}

    def wire(self, source: str, target: str) -> str:
        a, b = self.id(source), self.id(target)
        return next(i for i, e in self.session.graph.edges.items() if (e.source, e.target) == (a, b))

    def at(self, name: str, dx: float = 0.0, dy: float = 0.0) -> QPoint:
        """A point relative to the middle of a block."""
        return self.view.mapFromScene(self.scene.nodes[self.id(name)].rect().center() + QPointF(dx, dy))

    def port(self, name: str, side: str, port: str = "") -> QPoint:
        item = self.scene.nodes[self.id(name)]
        spots = item.outputs if side == "out" else item.inputs
        spot = spots[port] if port else next(iter(spots.values()))
        return self.view.mapFromScene(item.pos() + QPointF(spot.x, spot.y))

    def on_wire(self, source: str, target: str, share: float = 0.5) -> QPoint:
        return self.view.mapFromScene(self.scene.wires[self.wire(source, target)].path_.pointAtPercent(share))

    def empty(self) -> QPoint:
        """A place where there is nothing, and where nothing floats."""
        view = self.view
        for x in range(view.viewport().width() - 60, 40, -30):
            for y in range(80, view.viewport().height() - 160, 30):
                if view._under(QPoint(x, y)) is None and view.childAt(QPoint(x, y)) is view.viewport():
                    return QPoint(x, y)
        raise AssertionError("there is no empty place")

    def click(self, at: QPoint, keys: Any = NONE, button: Any = LEFT) -> None:
        QTest.mouseClick(self.view.viewport(), button, keys, at)

    def double_click(self, at: QPoint) -> None:
        QTest.mouseDClick(self.view.viewport(), LEFT, NONE, at)

    def press(self, at: QPoint, keys: Any = NONE, button: Any = LEFT) -> None:
        QTest.mousePress(self.view.viewport(), button, keys, at)

    def move(self, *points: QPoint) -> None:
        for point in points:
            QTest.mouseMove(self.view.viewport(), point)

    def release(self, at: QPoint, keys: Any = NONE, button: Any = LEFT) -> None:
        QTest.mouseRelease(self.view.viewport(), button, keys, at)

    def drag(self, start: QPoint, end: QPoint, keys: Any = NONE, button: Any = LEFT) -> None:
        self.press(start, keys, button)
        self.move(*(start + (end - start) * k / 6 for k in range(1, 7)))
        self.release(end, keys, button)

    def key(self, key: Any, keys: Any = NONE) -> None:
        QTest.keyClick(self.view, key, keys)

    def select(self, *names: str) -> None:
        """Select by clicks."""
        for k, name in enumerate(names):
            self.click(self.at(name, 0, -4), SHIFT if k else NONE)
        assert self.session.selection == {self.id(name) for name in names}

    def show(self, name: str, zoom: float = 1.0) -> None:
        """Bring a block to the middle of the view."""
        self.view.set_zoom(zoom)
        self.view.centerOn(self.scene.nodes[self.id(name)].rect().center())
        QTest.qWait(1)

    def quick_add(self, text: str, keys: Any = NONE) -> Any:
        """Type into quick-add, which must be open, and accept; the new block."""
        search = self.view.adding.quick.search
        for _ in range(100):
            if self.view.adding.quick.isVisible():
                break
            QTest.qWait(20)
        assert self.view.adding.quick.isVisible()
        QTest.keyClicks(search, text)
        QTest.keyClick(search, Qt.Key.Key_Return, keys)
        (id,) = self.session.selection
        return self.session.graph.nodes[id]
