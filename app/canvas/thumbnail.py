"""A network in a few strokes, as papers draw it: from left to right, each block a bar as high as its picture is large."""

from math import log2

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from app.document.analysis import Analysis
from app.document.graph import NodeId
from app.document.layout import lay_out
from app.document.placing import tall
from app.look import theme
from blocks.data import Target

MOST = 1500  # blocks; of more, every so many is drawn, where it stands
THICK, THIN = 9.0, 4.0


def thumbnail(analysis: Analysis, size: QSize, ratio: float = 1.0) -> QPixmap:
    """A picture of ``size`` logical pixels, on a transparent ground."""
    picture = QPixmap(size * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    rects = _bars(analysis, QSize(size.width() - 24, size.height() - 24))
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(12, 12)
    pen = QPen(theme.color("block"), 1)
    painter.setPen(pen)
    for edge in analysis.graph.edges.values():
        if edge.source in rects and edge.target in rects:
            a, b = rects[edge.source], rects[edge.target]
            painter.drawLine(QPointF(a.right(), a.center().y()), QPointF(b.left(), b.center().y()))
    painter.setPen(Qt.PenStyle.NoPen)
    for id, rect in rects.items():
        painter.setBrush(QColor(theme.current.theme.category(analysis.graph.nodes[id].block.group)))
        painter.drawRoundedRect(rect, 1.5, 1.5)
    painter.end()
    return picture


def _bars(analysis: Analysis, size: QSize) -> dict[NodeId, QRectF]:
    """Where each block's bar is: the layout, lying on its side."""
    graph = analysis.graph
    ids = [id for id, node in graph.nodes.items() if not isinstance(node.block, Target)]
    if len(ids) > MOST:
        ids = ids[:: len(ids) // MOST + 1]
    if not ids:
        return {}
    places = lay_out(graph, ids) if len(ids) == len(graph.nodes) or len(ids) <= MOST else {id: graph.nodes[id].position for id in ids}
    columns = sorted({y for _, y in places.values()})
    lanes = sorted({x for x, _ in places.values()})
    weight = dict.fromkeys(columns, THIN)
    for id in ids:
        if not graph.nodes[id].block.slim and tall(graph.nodes[id]) > 60:
            weight[places[id][1]] = THICK
    gap = 5.0 if len(lanes) > 1 else 3.0
    whole = sum(weight.values()) + gap * (len(columns) - 1)
    across = min(2.2, size.width() / whole)
    step = size.height() / max(1, len(lanes))
    left: dict[float, float] = {}
    at = (size.width() - whole * across) / 2
    for y in columns:
        left[y] = at
        at += (weight[y] + gap) * across
    spatial = {id: _extent(analysis, id) for id in ids}
    largest = max(spatial.values())
    bars = {}
    for id in ids:
        x, y = places[id]
        high = min(step * (0.9 if len(lanes) == 1 else 0.75), 80.0) * (0.18 + 0.82 * spatial[id] / largest)
        middle = step * (lanes.index(x) + 0.5)
        wide = (THIN if graph.nodes[id].block.slim else weight[y]) * across
        bars[id] = QRectF(left[y], middle - high / 2, max(1.0, wide), max(2.0, high))
    return bars


def _extent(analysis: Analysis, id: NodeId) -> float:
    """How large a block's result is drawn: by the height of a picture, else by how long a vector is."""
    outputs = analysis.facts[id].outputs
    if not outputs or not outputs[0]:
        return 1.0
    shape = outputs[0]
    return 1.0 + log2(1 + shape[-1]) if len(shape) > 1 else 1.0 + log2(1 + shape[0]) / 2.5
