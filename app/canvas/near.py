"""What a block shows from near after a run: a picture of what it gave, and the range of its values."""

from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPixmap

from app.document.activations import SIDE, Activation
from app.document.analysis import Facts
from app.document.graph import Graph, Node, NodeId
from app.document.placing import WIDTH
from app.look import theme

PICTURE, SLIM_PICTURE = 46.0, 26.0
ROOM = WIDTH - 12 - PICTURE - 8  # where texts beside a picture end


@dataclass(frozen=True)
class Seen:
    """The activations of a run, and the graph that was trained. ``sheet`` holds the pictures."""

    graph: Graph = field(default_factory=Graph)
    found: dict[NodeId, Activation] = field(default_factory=dict)
    sheet: QPixmap | None = None

    def of(self, node: Node, facts: Facts) -> Activation | None:
        """What the run says of this block, if it is still the one that was trained."""
        found, trained = self.found.get(node.id), self.graph.nodes.get(node.id)
        if found is None or trained is None or (trained.block, trained.bypassed) != (node.block, node.bypassed):
            return None
        return found if facts.outputs and facts.outputs[0] == found.shape else None


def range_text(seen: Activation) -> str:
    """ "−0.52 … 3.1 · 48 % zero": the smallest and the largest value, and how many are exactly 0, where it is more than a few."""
    if not (seen.low <= seen.high and abs(seen.low) + abs(seen.high) < float("inf")):
        return "not finite"
    zeros = f" · {100 * seen.zeros:.0f} % zero" if seen.zeros >= 0.005 else ""
    return f"{_number(seen.low)} … {_number(seen.high)}{zeros}"


def picture_at(height: float, slim: bool, outlined: bool) -> QRectF:
    """Where the picture is on a block."""
    if slim:
        return QRectF(WIDTH - 12 - SLIM_PICTURE, (height - SLIM_PICTURE) / 2, SLIM_PICTURE, SLIM_PICTURE)
    if height < 80:  # no chips
        return QRectF(WIDTH - 10 - PICTURE, (height - PICTURE) / 2, PICTURE, PICTURE)
    return QRectF(WIDTH - 12 - PICTURE, 37 if not outlined else height - 28 - PICTURE, PICTURE, PICTURE)


def paint_picture(painter: QPainter, at: QRectF, seen: Activation, sheet: QPixmap) -> None:
    """The picture, with rounded corners and a fine edge."""
    outline = QPainterPath()
    outline.addRoundedRect(at, 4, 4)
    painter.save()
    painter.setClipPath(outline, Qt.ClipOperation.IntersectClip)
    painter.drawPixmap(at, sheet, QRectF(*seen.corner, SIDE, SIDE))
    painter.restore()
    painter.setPen(QPen(theme.color("block"), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(at, 4, 4)


def _number(value: float) -> str:
    return f"{value:.2g}".replace("-", "−") if abs(value) < 100 else f"{value:.0f}".replace("-", "−")
