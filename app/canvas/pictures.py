"""Painted once, shown often: what does not change from frame to frame is kept as pixels, at exactly the size it has on screen."""

from collections.abc import Callable, Hashable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPaintEngine, QPainter, QPixmap, QPixmapCache, QTransform

KILOBYTES = 96 * 1024
VECTORS = (QPaintEngine.Type.SVG, QPaintEngine.Type.Pdf)

QPixmapCache.setCacheLimit(KILOBYTES)


class Picture:
    """The pixels of one thing, as long as Qt's cache has room for them."""

    __slots__ = ("_key", "_made_for")

    def __init__(self) -> None:
        self._made_for: Hashable = None
        self._key: QPixmapCache.Key | None = None  # most things are never seen

    def forget(self) -> None:
        """It looks otherwise now."""
        self._made_for = None

    def draw(
        self, painter: QPainter, bounds: QRectF, zoom: float, look: Hashable, paint: Callable[[QPainter], None], *, keep: bool = True
    ) -> None:
        """Draw what ``paint`` paints within ``bounds``; ``look`` is all that it depends on. Without ``keep`` it is painted, at the same pixels.

        In a drawing made of vectors it is painted where it is.
        """
        if painter.paintEngine().type() in VECTORS:
            paint(painter)
            return
        ratio = painter.device().devicePixelRatioF()
        transform = painter.worldTransform()
        corner = transform.map(bounds.topLeft()) * ratio
        place = QPointF(round(corner.x()), round(corner.y())) / ratio
        if not keep:
            painter.setWorldTransform(QTransform.fromTranslate(place.x(), place.y()).scale(zoom, zoom).translate(-bounds.x(), -bounds.y()))
            paint(painter)
            painter.setWorldTransform(transform)
            return
        wanted = (look, zoom, ratio)
        picture = QPixmap()
        if self._key is None or wanted != self._made_for or not QPixmapCache.find(self._key, picture):
            picture = self._paint(bounds, zoom, ratio, paint)
            self._key, self._made_for = QPixmapCache.insert(picture), wanted
        painter.resetTransform()
        painter.drawPixmap(place, picture)
        painter.setWorldTransform(transform)

    def _paint(self, bounds: QRectF, zoom: float, ratio: float, paint: Callable[[QPainter], None]) -> QPixmap:
        scale = zoom * ratio
        picture = QPixmap(int(bounds.width() * scale) + 2, int(bounds.height() * scale) + 2)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        painter.scale(zoom, zoom)
        painter.translate(-bounds.topLeft())
        try:
            paint(painter)
        finally:
            painter.end()  # a picture that goes while it is painted on ends the process
        return picture
