"""The dot grid behind the blocks: one small picture of it for each zoom, laid out as tiles."""

from functools import lru_cache

from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from app.look import theme

STEP = 24  # scene units between two dots
FADES_FROM = 0.5  # zoom; below there are none
MOST_CELLS = 16


def paint(painter: QPainter, area: QRect, origin: QPointF, zoom: float, ratio: float) -> None:
    """Fill ``area`` of the view; ``origin`` is where the scene's is, in view pixels."""
    if zoom < FADES_FROM:
        painter.fillRect(area, theme.color("canvas"))
        return
    step = STEP * zoom * ratio
    cells = min(range(1, MOST_CELLS + 1), key=lambda n: abs(n * step - round(n * step)) / n)  # so that tiles end on a whole pixel
    side = round(cells * step)
    tile = _tile(theme.current.theme.name, cells, side, min(1.0, (zoom - FADES_FROM) * 4), ratio)
    shift = QPoint(round(origin.x() * ratio) % side, round(origin.y() * ratio) % side) / ratio
    painter.drawTiledPixmap(area, tile, area.topLeft() - shift)


@lru_cache(maxsize=16)
def _tile(name: str, cells: int, side: int, strength: float, ratio: float) -> QPixmap:  # noqa: ARG001 - the theme is part of the key
    tile = QPixmap(side, side)
    tile.fill(theme.color("canvas"))
    painter = QPainter(tile)
    color = QColor(theme.current.theme["grid"])
    color.setAlphaF(strength)
    painter.setPen(Qt.PenStyle.NoPen)
    dot = round(2 * ratio)
    for x in range(cells):
        for y in range(cells):
            painter.fillRect(round(x * side / cells) % side, round(y * side / cells) % side, dot, dot, color)
    painter.end()
    tile.setDevicePixelRatio(ratio)
    return tile
