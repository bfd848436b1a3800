"""The drawing as a file: SVG and PDF as vectors, PNG at twice the size; in the light theme, for print."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QMarginsF, QRectF, QSize, QSizeF
from PySide6.QtGui import QImage, QPageSize, QPainter, QPdfWriter

from app.canvas.scene import CanvasScene
from app.document import atomic
from app.look import theme

MARGIN: Final = 32.0
SHARP: Final = 2  # pixels a logical pixel in a PNG
MOST: Final = 16_000  # pixels a side; a larger PNG is drawn smaller
SUFFIXES: Final = (".svg", ".png", ".pdf")


def write(scene: CanvasScene, path: Path) -> None:
    """Write the whole drawing; the suffix says as what. Raises OSError, and ValueError for another suffix or an empty canvas."""
    area = scene.content()
    if area.isEmpty():
        raise ValueError("the canvas is empty: there is nothing to draw")
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"a drawing ends in {', '.join(SUFFIXES)}, not {path.suffix or 'nothing'}")
    area = area.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
    draw = {".svg": _svg, ".png": _png, ".pdf": _pdf}[path.suffix.lower()]
    chosen, before = scene.session.selection, theme.current.theme
    scene.session.select(())
    theme.current.theme = theme.load("light")  # for the moment of painting; nobody is told
    try:
        atomic.write_with(path, lambda temporary: draw(scene, area, temporary))
    finally:
        theme.current.theme = before
        scene.session.select(chosen)


def _svg(scene: CanvasScene, area: QRectF, path: Path) -> None:
    from PySide6.QtSvg import QSvgGenerator

    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(area.size().toSize())
    generator.setViewBox(QRectF(0, 0, area.width(), area.height()))
    generator.setTitle(scene.session.name)
    generator.setDescription("Drawn with Netwright")
    _render(scene, area, QPainter(generator))


def _pdf(scene: CanvasScene, area: QRectF, path: Path) -> None:
    writer = QPdfWriter(str(path))
    writer.setResolution(72)
    writer.setTitle(scene.session.name)
    writer.setCreator("Netwright")
    writer.setPageSize(QPageSize(QSizeF(area.width(), area.height()), QPageSize.Unit.Point))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    _render(scene, area, QPainter(writer))


def _png(scene: CanvasScene, area: QRectF, path: Path) -> None:
    scale = min(SHARP, MOST / max(area.width(), area.height()))
    image = QImage(QSize(round(area.width() * scale), round(area.height() * scale)), QImage.Format.Format_ARGB32)
    image.fill(theme.color("canvas"))
    _render(scene, area, QPainter(image))
    if not image.save(str(path), "PNG"):  # type: ignore[call-overload]
        raise OSError(f"{path} could not be written")


def _render(scene: CanvasScene, area: QRectF, painter: QPainter) -> None:
    if not painter.isActive():
        raise OSError("the file could not be opened for drawing")
    painter.setRenderHints(
        QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing | QPainter.RenderHint.SmoothPixmapTransform
    )
    scene.render(painter, QRectF(), area)
    painter.end()
