"""A block of blocks in miniature: what its face shows of what is inside."""

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from app.document.graph import Definition
from app.document.placing import WIDTH, tall
from app.look import theme
from blocks.data import Input, Output

Bar = tuple[float, float, float, float, str]  # x, y, width, height between 0 and 1, and the group
Line = tuple[float, float, float, float]


@lru_cache(maxsize=512)
def outline(definition: Definition) -> tuple[tuple[Bar, ...], tuple[Line, ...]]:
    """Bars and lines between 0 and 1: the inner graph as it was drawn, lying on its side, so that data goes from left to right."""
    nodes = {id: node for id, node in definition.graph.nodes.items() if not isinstance(node.block, (Input, Output))}
    if not nodes:
        return (), ()
    across = definition.graph.across
    boxes = {}
    for id, node in nodes.items():
        x, y = node.position
        boxes[id] = (x, y, WIDTH, tall(node)) if across else (y, x, tall(node), WIDTH)
    left, top = min(b[0] for b in boxes.values()), min(b[1] for b in boxes.values())
    wide = max(b[0] + b[2] for b in boxes.values()) - left
    high = max(b[1] + b[3] for b in boxes.values()) - top
    placed = {id: ((x - left) / wide, (y - top) / high, w / wide, h / high) for id, (x, y, w, h) in boxes.items()}
    bars = tuple((*box, nodes[id].block.group) for id, box in placed.items())
    lines = tuple(
        (a[0] + a[2], a[1] + a[3] / 2, b[0], b[1] + b[3] / 2)
        for edge in definition.graph.edges.values()
        if (a := placed.get(edge.source)) and (b := placed.get(edge.target))
    )
    return bars, lines


def paint_outline(painter: QPainter, area: QRectF, definition: Definition) -> None:
    """Paint the miniature into a rectangle."""
    bars, lines = outline(definition)
    painter.save()
    painter.setPen(QPen(theme.color("wire"), 1))
    painter.setOpacity(painter.opacity() * 0.9)

    def at(x: float, y: float) -> QPointF:
        return QPointF(area.left() + x * area.width(), area.top() + y * area.height())

    for x1, y1, x2, y2 in lines:
        painter.drawLine(at(x1, y1), at(x2, y2))
    painter.setPen(QPen(theme.color("surface"), 0.5))
    for x, y, wide, high, group in bars:
        painter.setBrush(QColor(theme.current.theme.category(group)))
        thick = max(3.0, min(high * area.height(), 14.0))
        middle = area.top() + (y + high / 2) * area.height()
        painter.drawRoundedRect(QRectF(area.left() + x * area.width(), middle - thick / 2, max(2.5, wide * area.width()), thick), 1.2, 1.2)
    painter.restore()
