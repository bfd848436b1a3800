"""Zooming through a large network without a wait: the picture there is, larger or smaller at once, then sharp again square by square.

A frame must not take longer than about 8 ms, but a network of 5,000 blocks takes many times that to paint. So after a zoom or a jump the old
picture is shown where it would be, and squares are painted anew, from the middle outwards, for a few milliseconds at a time.
"""

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QRegion, QTransform
from PySide6.QtWidgets import QWidget

from app.document.placing import FULL, WIDTH
from app.look import theme
from app.session.timers import timer

if TYPE_CHECKING:
    from app.canvas.view import CanvasView

HEAVY = 150  # blocks; fewer are painted at once
SLICE_SECONDS = 0.004
FIRST_MS = 12  # after the old picture; another turn of the wheel may come first
MOST_BLOCKS = 60  # in a square, about
MOST_STRIP = 8  # blocks that a scroll may uncover and have painted at once
LEAST_SIDE, MOST_SIDE = 32, 256


class Sharpening(QObject):
    """The old picture of a view, and the squares that are still to be painted."""

    def __init__(self, view: "CanvasView") -> None:
        super().__init__(view)
        self.view = view
        self._kept = QImage()  # its memory is used again and again: new pages would cost more than the picture
        self._fresh = False  # whether that is what is on screen
        self._picture: QImage | None = None  # until it has been shown
        self._drawn_with = QTransform()
        self._waiting: list[QRect] = []
        self.scrolled = self._slicing = False
        self._cut = True  # whether what waits is in squares
        self._next = timer(self, 0, self._slice, once=True)

    @property
    def busy(self) -> bool:
        """Whether something on screen is not sharp yet."""
        return bool(self._waiting) or self._picture is not None

    def begin(self) -> None:
        """Keep the picture that is on screen: the view is about to show something else."""
        view = self.view
        if len(view.session.graph.nodes) < HEAVY or not view.isVisible() or self._picture is not None:
            return
        if self._fresh or self._keep():
            self._picture, self._fresh = self._kept, False
            self._drawn_with = view.viewportTransform()

    def _keep(self) -> bool:
        """Copy what is on screen; False where there is no picture to be had: then all is painted at once."""
        view, viewport = self.view, self.view.viewport()
        store = viewport.backingStore()
        image = store.paintDevice() if store is not None else None
        if not isinstance(image, QImage):
            return False
        ratio = image.devicePixelRatio()
        corner, size = viewport.mapTo(viewport.window(), QPoint(0, 0)) * ratio, viewport.size() * ratio
        if self._kept.size() != size or self._kept.format() != image.format():
            self._kept = QImage(size, image.format())
        self._kept.setDevicePixelRatio(1.0)
        painter = QPainter(self._kept)
        painter.drawImage(QPoint(0, 0), image, QRect(corner, size))
        painter.scale(ratio, ratio)
        for child in view.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if child is not viewport and child.isVisible():  # what floats over the canvas is no part of it
                painter.fillRect(child.geometry().translated(-viewport.pos()), theme.color("canvas"))
        painter.end()
        self._kept.setDevicePixelRatio(ratio)
        return True

    def forget(self) -> None:
        """Something was painted: what was kept is not on screen any more."""
        self._fresh = False

    def paint(self) -> bool:
        """All is to be painted: show the old picture where it would be now; False if there is none."""
        picture, view = self._picture, self.view
        whole = view.viewport().rect()
        self._picture, self.scrolled = None, False
        if picture is None:
            return False
        change = self._drawn_with.inverted()[0] * view.viewportTransform()
        size = picture.deviceIndependentSize()
        place = change.mapRect(QRectF(0, 0, size.width(), size.height()))
        painter = QPainter(view.viewport())
        for uncovered in QRegion(whole) - QRegion(place.toAlignedRect().adjusted(1, 1, -1, -1)):  # type: ignore[attr-defined]
            painter.fillRect(uncovered, theme.color("canvas"))
        painter.drawImage(place, picture)
        painter.end()
        self._waiting = [whole]
        self._cut = False
        self._next.start(FIRST_MS)
        return True

    def strips(self, rects: list[QRect]) -> bool:
        """Leave what a scroll has uncovered for later, where it holds many blocks; False where it is better painted now."""
        if not self.scrolled or self._slicing:
            return False
        self.scrolled = False
        if sum(map(self._blocks, rects)) < MOST_STRIP:
            return False
        painter = QPainter(self.view.viewport())
        for rect in rects:
            painter.fillRect(rect, theme.color("canvas"))
            self._waiting += self._squares(rect)
        painter.end()
        self._next.start(0)
        return True

    def _blocks(self, area: QRect) -> float:
        """About how many blocks there are in a part of the view."""
        content, seen = self.view.canvas.sceneRect(), self.view.mapToScene(area).boundingRect().adjusted(-WIDTH, -FULL, 0, 0)
        shared = content.intersected(seen)
        return len(self.view.session.graph.nodes) * shared.width() * shared.height() / max(1.0, content.width() * content.height())

    def _squares(self, whole: QRect) -> list[QRect]:
        """An area in squares, those in the middle last: they are taken from the end."""
        content, count = self.view.canvas.sceneRect(), max(1, len(self.view.session.graph.nodes))
        room = content.width() * content.height() * self.view.zoom**2 / count  # pixels a block has to itself
        side = round(min(MOST_SIDE, max(LEAST_SIDE, (MOST_BLOCKS * room) ** 0.5)))
        left, top = range(whole.left(), whole.right() + 1, side), range(whole.top(), whole.bottom() + 1, side)
        squares = [QRect(x, y, side, side) & whole for x in left for y in top]
        middle = whole.center()
        return sorted(squares, key=lambda square: -(square.center() - middle).manhattanLength())

    def shift(self, by: QPoint) -> None:
        """The picture was scrolled."""
        self.scrolled = len(self.view.session.graph.nodes) >= HEAVY
        whole = self.view.viewport().rect()
        self._waiting = [moved for square in self._waiting if not (moved := square.translated(by) & whole).isEmpty()]

    def finish(self) -> None:
        """Paint all that is still to be painted."""
        self._slicing = self.view.canvas.hurried = True
        while self._waiting:
            self.view.viewport().repaint(self._waiting.pop())
        self._slicing = self.view.canvas.hurried = False

    def _slice(self) -> None:
        end = time.perf_counter() + SLICE_SECONDS
        if not self._cut:
            self._waiting, self._cut = [square for area in self._waiting for square in self._squares(area)], True
        self._slicing = self.view.canvas.hurried = True
        while self._waiting and time.perf_counter() < end:
            self.view.viewport().repaint(self._waiting.pop())
        self._slicing = self.view.canvas.hurried = False
        if self._waiting:
            self._next.start(0)
        else:
            self._fresh = self._keep()
