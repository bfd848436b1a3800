"""Painting a block's face at four levels of detail. Plain painting: shadows and item caches cost four times as much."""

from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPaintEngine, QPainter, QPainterPath, QPen, QPixmap

from app.canvas.face import Face
from app.canvas.near import ROOM, paint_picture, picture_at, range_text
from app.canvas.outline import paint_outline
from app.document.placing import OUTLINE, WIDTH
from app.look import fonts, icons, theme

CLOSE, NEAR, MIDDLE, FAR = 1.5, 0.7, 0.35, 0.15  # zoom from which a level is drawn
PORT_RADIUS = 4.5
STRIPE = 5.0


@dataclass(frozen=True, slots=True)
class State:
    """How a block stands at the moment."""

    selected: bool = False
    hovered: bool = False
    focused: bool = False
    dimmed: bool = False  # no place for the wire that is being drawn
    lit: bool = False  # a place for it


def pixel_ratio(painter: QPainter, zoom: float) -> float:
    """The scale at which pixmaps must be made to be sharp here, in steps, so that few are made."""
    if painter.paintEngine().type() in (QPaintEngine.Type.SVG, QPaintEngine.Type.Pdf):
        return 6.0  # drawn once, and looked at from near
    exact = painter.device().devicePixelRatioF() * zoom
    return min(6.0, max(1.0, round(exact * 2 + 0.49) / 2))


def paint_block(painter: QPainter, face: Face, state: State, zoom: float, heaviest: tuple[int, int], sheet: QPixmap | None = None) -> None:
    """Paint a block with its corner at the origin.

    ``heaviest`` is which of the costs its bar shows, and that of the costliest block; ``sheet`` holds the pictures of what was seen.
    """
    if state.dimmed or face.bypassed or face.left_out:
        painter.setOpacity(0.38 if state.dimmed else 0.45)
    if zoom < FAR:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(QRectF(0, 0, WIDTH, face.height), QColor(theme.current.theme.category(face.group)))
        if state.selected or face.error:
            painter.setPen(_cosmetic("accent" if state.selected else "error", 2))
            painter.drawRect(QRectF(0, 0, WIDTH, face.height))
        return
    rect = QRectF(0, 0, WIDTH, face.height)
    outline = QPainterPath()
    outline.addRoundedRect(rect, 8, 8)
    if zoom < MIDDLE:
        _paint_far(painter, face, state, outline, zoom)
        return
    painter.fillPath(outline, theme.color("hover" if state.hovered and not state.selected else "surface"))
    _paint_stripe(painter, face, outline, heaviest)
    if zoom < NEAR:
        _paint_middle(painter, face, zoom)
    elif face.slim:
        _paint_slim(painter, face, zoom, sheet)
    else:
        _paint_full(painter, face, zoom, sheet)
    _paint_outline(painter, face, state, rect)
    if face.error:
        _paint_badge(painter)
    elif face.frozen:
        _paint_snowflake(painter, pixel_ratio(painter, zoom))
    if face.inside is not None:
        painter.setPen(QPen(theme.color("accent" if state.selected else "block"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect.adjusted(3, 3, -3, -3), 6, 6)
    if face.repeat > 1:
        _paint_repeat(painter, face, zoom)
    if face.bypassed:
        painter.setOpacity(1.0)
        painter.setPen(QPen(theme.color("wire"), 2))  # the data goes straight through
        middle = face.height / 2
        painter.drawLine(
            *((QPointF(0, middle), QPointF(WIDTH, middle)) if face.across else (QPointF(WIDTH / 2, 0), QPointF(WIDTH / 2, face.height)))
        )


def _paint_stripe(painter: QPainter, face: Face, outline: QPainterPath, heaviest: tuple[int, int]) -> None:
    painter.save()
    painter.setClipPath(outline, Qt.ClipOperation.IntersectClip)
    painter.fillRect(QRectF(0, 0, STRIPE, face.height), QColor(theme.current.theme.category(face.group)))
    metric, most = heaviest
    if not face.slim and (spent := face.spent[metric]) and not face.loose:
        painter.fillRect(QRectF(STRIPE, face.height - 4, WIDTH - STRIPE, 4), theme.color("raised"))
        painter.fillRect(
            QRectF(STRIPE, face.height - 4, max(3.0, (WIDTH - STRIPE) * spent / max(most, spent)), 4),
            QColor(theme.current.theme.category(face.group)),
        )
    painter.restore()


def _seen(face: Face, zoom: float, sheet: QPixmap | None) -> tuple[str, QRectF | None]:
    """What is shown from near of what flowed through: its range, and where its picture is."""
    if face.seen is None or zoom < CLOSE or face.error:
        return "", None
    at = picture_at(face.height, face.slim, face.inside is not None)
    return range_text(face.seen), at if sheet is not None and face.seen.picture >= 0 else None


def _paint_full(painter: QPainter, face: Face, zoom: float, sheet: QPixmap | None) -> None:
    values, picture = _seen(face, zoom, sheet)
    end = ROOM if picture is not None and face.inside is None else WIDTH - 8
    icons.tile(painter, QRectF(14, 9, 24, 24), face.group, face.glyph, pixel_ratio(painter, zoom))
    title = fonts.inter(13, 600)
    name = fonts.inter(11)
    name_width = min(fonts.metrics(name).horizontalAdvance(face.name), 74.0) if face.name else 0.0
    right = ROOM if picture is not None and picture.top() < 33 else WIDTH - 12
    _text(painter, QRectF(46, 9, right - 48 - name_width, 24), face.title, title, "text")
    _text(painter, QRectF(right - name_width, 9, name_width + 2, 24), face.name, name, "text2", Qt.AlignmentFlag.AlignRight)
    x = 14.0
    for text, bold in face.chips:
        font = fonts.inter(11, 600 if bold else 400)
        width = fonts.metrics(font).horizontalAdvance(text) + 12
        if x + width > end:
            break
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("raised"))
        painter.drawRoundedRect(QRectF(x, 39, width, 18), 4, 4)
        _text(painter, QRectF(x, 39, width, 18), text, font, "text" if bold else "text2", Qt.AlignmentFlag.AlignHCenter)
        x += width + 5
    if face.inside is not None:
        paint_outline(painter, QRectF(16, 64, (ROOM if picture is not None else WIDTH - 16) - 16, OUTLINE - 6), face.inside)
    if picture is not None and face.seen is not None and sheet is not None:
        paint_picture(painter, picture, face.seen, sheet)
    if values:
        _paint_foot_near(painter, face, values, ROOM if picture is not None and face.inside is None else WIDTH - 12)
        return
    foot = QRectF(14, face.height - 28, WIDTH - 26, 22)
    shape = "not connected" if face.loose else face.shape or "?"
    role = "error" if face.error else "text" if face.current and face.shape else "text3"
    _text(painter, foot, "does not fit" if face.error else shape, fonts.inter(12, 400 if face.loose else 600), role)
    if not face.error:
        _text(painter, foot, face.costs, fonts.inter(11), "text2", Qt.AlignmentFlag.AlignRight)


def _paint_foot_near(painter: QPainter, face: Face, values: str, end: float) -> None:
    """Shape and range, and the costs where there is room: beside the shape, else between the two."""
    shape, small = fonts.inter(11, 600), fonts.inter(9)
    width = end - 14
    beside = fonts.metrics(shape).horizontalAdvance(face.shape) + fonts.metrics(small).horizontalAdvance(face.costs) + 8 <= width
    lines = 2 if beside or not face.costs else 3
    top = face.height - 7 - 11 * lines
    _text(painter, QRectF(14, top, width, 12), face.shape, shape, "text" if face.current else "text3")
    costs = QRectF(14, top if beside else top + 11.5, width, 12)
    _text(painter, costs, face.costs, small, "text2", Qt.AlignmentFlag.AlignRight if beside else Qt.AlignmentFlag.AlignLeft)
    _text(painter, QRectF(14, face.height - 18, width, 12), values, small, "text2")


def _paint_slim(painter: QPainter, face: Face, zoom: float, sheet: QPixmap | None) -> None:
    values, picture = _seen(face, zoom, sheet)
    end = picture.left() - 6 if picture is not None else WIDTH - 14
    if picture is not None and face.seen is not None and sheet is not None:
        paint_picture(painter, picture, face.seen, sheet)
    middle = face.height / 2
    icons.tile(painter, QRectF(14, middle - 10, 20, 20), face.group, face.glyph, pixel_ratio(painter, zoom))
    right = "does not fit" if face.error else "not connected" if face.loose else face.shape
    font = fonts.inter(11, 500)
    width = fonts.metrics(font).horizontalAdvance(right) if right else 0.0
    high = face.height - 11 if values else face.height
    _text(painter, QRectF(42, 0, end - 44 - width, high), face.title, fonts.inter(13, 600), "text")
    role = "error" if face.error else "text2" if face.current and not face.loose else "text3"
    _text(painter, QRectF(end - width, 0, width + 2, high), right, font, role, Qt.AlignmentFlag.AlignRight)
    _text(painter, QRectF(42, face.height - 15, end - 42, 12), values, fonts.inter(9), "text2")


def _paint_middle(painter: QPainter, face: Face, zoom: float) -> None:
    """Type and shape, at a size that stays readable on screen."""
    big, small = fonts.inter(round(10.5 / zoom), 600), fonts.inter(round(10 / zoom))
    if face.slim:
        _text(painter, QRectF(14, 0, WIDTH - 20, face.height), face.title, big, "text")
        return
    if face.inside is not None:
        line = 15 / zoom
        _text(painter, QRectF(14, 4, WIDTH - 20, line), face.title, big, "text")
        if face.height > 2 * line + 24:
            paint_outline(painter, QRectF(16, line + 8, WIDTH - 32, face.height - 2 * line - 18), face.inside)
        _text(
            painter,
            QRectF(14, face.height - line - 6, WIDTH - 20, line),
            "does not fit" if face.error else face.shape,
            small,
            "error" if face.error else "text2",
        )
        return
    _text(painter, QRectF(14, 0, WIDTH - 20, face.height / 2 + 2), face.title, big, "text")
    role = "error" if face.error else "text2"
    _text(
        painter,
        QRectF(14, face.height / 2 - 4, WIDTH - 20, face.height / 2 - 2),
        "does not fit" if face.error else face.shape,
        small,
        role,
    )


def _paint_far(painter: QPainter, face: Face, state: State, outline: QPainterPath, zoom: float) -> None:
    """The colour of the category and a large glyph."""
    painter.fillPath(outline, QColor(theme.current.theme.category(face.group)))
    size = min(face.height - 6, 56.0)
    glyph = icons.pixmap(f"blocks/{face.glyph}", theme.GLYPH, round(size), pixel_ratio(painter, zoom))
    painter.drawPixmap(QRectF(WIDTH / 2 - size / 2, face.height / 2 - size / 2, size, size), glyph, QRectF(glyph.rect()))
    role = "error" if face.error else "accent" if state.selected or state.lit else "block"
    painter.setPen(_cosmetic(role, 2 if role != "block" else 1))
    painter.drawPath(outline)


def _paint_outline(painter: QPainter, face: Face, state: State, rect: QRectF) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if state.selected or state.lit:
        painter.setPen(QPen(theme.color("accent"), 2))
        painter.drawRoundedRect(rect, 8, 8)
    else:
        painter.setPen(QPen(theme.color("error" if face.error else "block"), 2 if face.error else 1))
        inset = 0.5 if not face.error else 0.0
        painter.drawRoundedRect(rect.adjusted(inset, inset, -inset, -inset), 7.5, 7.5)
    if state.focused:
        painter.setPen(QPen(theme.color("accent"), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(rect.adjusted(-5, -5, 5, 5), 12, 12)


def _paint_repeat(painter: QPainter, face: Face, zoom: float) -> None:
    """How often it repeats, on its lower edge at the right."""
    text = f"×{face.repeat}"
    pixels = 11 if zoom >= NEAR else min(20, round(9.5 / zoom))
    font = fonts.inter(pixels, 600)
    width = max(2.2 * pixels, fonts.metrics(font).horizontalAdvance(text) + pixels)
    box = QRectF(WIDTH - width - 8, -0.8 * pixels, width, 1.6 * pixels)
    painter.setPen(QPen(theme.color("accent"), 1.2))
    painter.setBrush(theme.color("surface"))
    painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
    _text(painter, box, text, font, "accent", Qt.AlignmentFlag.AlignHCenter)


def _paint_badge(painter: QPainter) -> None:
    center = QPointF(WIDTH - 4, 2)
    painter.setPen(QPen(theme.color("canvas"), 2))
    painter.setBrush(theme.color("error"))
    painter.drawEllipse(center, 9, 9)
    painter.setFont(fonts.inter(12, 600))
    painter.setPen(theme.color("canvas"))
    painter.drawText(QRectF(center.x() - 9, center.y() - 9, 18, 18), Qt.AlignmentFlag.AlignCenter, "!")


def _paint_snowflake(painter: QPainter, ratio: float) -> None:
    """Frozen weights: a sign at the corner."""
    center = QPointF(WIDTH - 4, 2)
    painter.setPen(QPen(theme.color("block"), 1))
    painter.setBrush(theme.color("surface"))
    painter.drawEllipse(center, 9, 9)
    image = icons.pixmap("freeze", theme.current.theme["accent"], 13, ratio)
    painter.drawPixmap(QRectF(center.x() - 6.5, center.y() - 6.5, 13, 13), image, QRectF(image.rect()))


def paint_frame(painter: QPainter, rect: QRectF, text: str, zoom: float, *, selected: bool, hovered: bool) -> None:
    """A comment frame with its corner at the origin of ``rect``; its title stays readable when far."""
    painter.setBrush(theme.color("frame_fill"))
    painter.setPen(_cosmetic("accent" if selected else "control" if hovered else "hairline", 2 if selected else 1))
    painter.drawRoundedRect(rect, 10, 10)
    size = max(12, round(11 / max(zoom, 0.1)))
    tall = max(28.0, size * 1.6)
    _text(painter, QRectF(rect.left() + 14, rect.top() + 2, rect.width() - 24, tall), text, fonts.inter(size, 600), "text")


def paint_port_name(painter: QPainter, x: float, y: float, dx: int, dy: int, name: str, room: float) -> None:
    """The name of a port beside it, outside the block and clear of its wire."""
    if dx:
        at = QRectF(x + 8 if dx > 0 else x - 60, y - 15, 52, 12)
        side = Qt.AlignmentFlag.AlignLeft if dx > 0 else Qt.AlignmentFlag.AlignRight
    else:
        at, side = QRectF(x + 7, y + 0.5 if dy > 0 else y - 9.5, room - 10, 9), Qt.AlignmentFlag.AlignLeft
    _text(painter, at, name, fonts.inter(8), "text3", side)


def paint_port(painter: QPainter, x: float, y: float, *, lit: bool = False, hovered: bool = False) -> None:
    """A dot ringed in the canvas colour; larger where a wire may end."""
    radius = PORT_RADIUS + (2 if lit or hovered else 0)
    painter.setPen(QPen(theme.color("canvas"), 2))
    painter.setBrush(theme.color("accent" if lit or hovered else "wire"))
    painter.drawEllipse(QPointF(x, y), radius, radius)


def paint_pill(painter: QPainter, center: QPointF, text: str, role: str = "text2", line: str = "control") -> None:
    """A small opaque label on a wire."""
    font = fonts.inter(10, 500)
    width = fonts.metrics(font).horizontalAdvance(text) + 16
    rect = QRectF(center.x() - width / 2, center.y() - 9, width, 18)
    painter.setPen(QPen(theme.color(line), 1))
    painter.setBrush(theme.color("canvas"))
    painter.drawRoundedRect(rect, 9, 9)
    _text(painter, rect, text, font, role, Qt.AlignmentFlag.AlignHCenter)


@cache
def pill_width(text: str) -> float:
    """How wide a pill for this text is."""
    return fonts.metrics(fonts.inter(10, 500)).horizontalAdvance(text) + 16


def _text(painter: QPainter, rect: QRectF, text: str, font: QFont, role: str, align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft) -> None:
    if not text or rect.width() <= 4:
        return
    measures = fonts.metrics(font)
    if measures.horizontalAdvance(text) > rect.width() + 0.5:
        text = measures.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.setFont(font)
    painter.setPen(theme.color(role))
    painter.drawText(rect, align | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)


def _cosmetic(role: str, width: float) -> QPen:
    pen = QPen(theme.color(role), width)
    pen.setCosmetic(True)
    return pen
