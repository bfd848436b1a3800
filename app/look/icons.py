"""Icons: SVG files in one stroke colour, tinted and sized on demand."""

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap

from app.look import theme
from resources import resource


@cache
def _source(name: str) -> str:
    file = resource("icons", f"{name}.svg")
    return (file if file.exists() else resource("icons", "blocks", "plugin.svg")).read_text()


@cache
def pixmap(name: str, color: str, size: int, ratio: float = 1.0) -> QPixmap:
    """The icon ``name`` in ``color``, ``size`` logical pixels wide, sharp at the device's pixel ratio."""
    from PySide6.QtSvg import QSvgRenderer

    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", color).encode()))
    result = QPixmap(round(size * ratio), round(size * ratio))
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    renderer.render(painter, QRectF(0, 0, result.width(), result.height()))
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result


def icon(name: str, role: str = "text2", size: int = 20) -> QIcon:
    """An icon for a button or an action, in the colours of the current theme."""
    result = QIcon()
    for ratio in (1.0, 2.0):
        result.addPixmap(pixmap(name, theme.current.theme[role], size, ratio))
        result.addPixmap(pixmap(name, theme.current.theme["control"], size, ratio), QIcon.Mode.Disabled)
    return result


def tile(painter: QPainter, rect: QRectF, group: str, glyph: str, ratio: float) -> None:
    """The coloured tile of a block with its glyph."""
    from PySide6.QtGui import QColor

    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.current.theme.category(group)))
    painter.drawRoundedRect(rect, 6, 6)
    glyph_size = round(rect.width() * 0.75)
    at = rect.center()
    color = "#FFFFFF" if group == "Upsampling" else theme.GLYPH
    painter.drawPixmap(
        QRectF(at.x() - glyph_size / 2, at.y() - glyph_size / 2, glyph_size, glyph_size),
        image := pixmap(f"blocks/{glyph}", color, glyph_size, ratio),
        QRectF(image.rect()),
    )
