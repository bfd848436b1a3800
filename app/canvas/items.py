"""What lies in the scene: one item for a block, one for a wire. They carry ids; the truth is in the document."""

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.canvas import face as faces
from app.canvas import paint
from app.canvas.face import Face, Spot
from app.canvas.near import Seen
from app.canvas.pictures import Picture
from app.canvas.route import CLEAR, LANE, Point, label_spot, passes, path, route, running, through
from app.document.graph import EdgeId, Frame, FrameId, Node, NodeId, Place, Unknown
from app.document.placing import FULL, WIDTH
from app.look import theme
from blocks.core import Kind

MARGIN = 12.0  # ports, badge and focus ring reach over the edge
NAMES = 18.0  # and so do names of ports, above and below
SIDE_NAMES = 64.0  # or at the sides


@lru_cache(maxsize=2000)
def _from_far(alike: tuple[object, ...]) -> Picture:  # noqa: ARG001 - the key is all that counts
    """The picture that blocks share which look alike."""
    return Picture()


def zoom_of(painter: QPainter, option: QStyleOptionGraphicsItem) -> float:
    """Pixels of the screen for one of the scene. Rounded: where it equals a bound, neighbours must not fall on different sides of it."""
    return round(option.levelOfDetailFromTransform(painter.worldTransform()), 4)


class NodeItem(QGraphicsItem):
    """A block on the canvas."""

    def __init__(self, node: Node, face: Face) -> None:
        super().__init__()
        self.id: NodeId = node.id
        self.node, self.face = node, face
        self.state = paint.State()
        self.lit_ports: frozenset[str] = frozenset()
        self.quiet_ports: frozenset[str] = frozenset()  # a dot would only clutter a tight stack
        self._picture, self._bounds = Picture(), QRectF()
        self.setZValue(2)
        self.set_node(node, face)

    def set_node(self, node: Node, face: Face) -> None:
        """Show this node; wires must be laid anew after it."""
        self.node, self.face = node, face
        self.inputs = faces.inputs(node.block, face.height, face.across)
        self.outputs = faces.outputs(node.block, face.height, face.across)
        side = (
            SIDE_NAMES
            if any(len(spots) > 1 and any(spot.dx for spot in spots.values()) for spots in (self.inputs, self.outputs))
            else MARGIN
        )
        bounds = QRectF(-side, -NAMES, WIDTH + 2 * side, face.height + 2 * NAMES)
        if bounds != self._bounds:
            self.prepareGeometryChange()  # first, always: else Qt's index keeps a removed item where it lay before, and follows it to a crash
            self._bounds = bounds
        self.setPos(*node.position)
        self._picture.forget()
        self.update()

    def set_state(self, **changes: bool) -> None:
        """Change how it is drawn."""
        old = self.state
        values = {name: changes.get(name, getattr(old, name)) for name in paint.State.__slots__}
        if (new := paint.State(**values)) != old:
            self.state = new
            self.update()

    def rect(self) -> QRectF:
        """The block itself in scene coordinates."""
        return QRectF(self.pos().x(), self.pos().y(), WIDTH, self.face.height)

    def spot(self, side: str, name: str) -> Spot:
        """Where a port is, "in" or "out"; a wire that was kept for a port the block lacks is shown where the first one would be."""
        if side == "in":
            return self.inputs.get(name) or faces.inputs(Unknown(), self.face.height, self.face.across)["x"]
        return self.outputs.get(name) or faces.way_out(self.face.height, self.face.across)

    def boundingRect(self) -> QRectF:
        return self._bounds

    def shape(self) -> QPainterPath:
        outline = QPainterPath()
        outline.addRect(0, 0, WIDTH, self.face.height)
        return outline

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        zoom = zoom_of(painter, option)
        scene = self.scene()
        heaviest: tuple[int, int] = getattr(scene, "heaviest", (0, 0))
        if zoom < paint.FAR:
            self._paint(painter, zoom, heaviest)
            return
        if zoom < paint.MIDDLE:  # from far, blocks of a type look all the same
            alike = (
                self.face.group,
                self.face.glyph,
                self.face.height,
                self.face.bypassed,
                bool(self.face.error),
                self.state,
                theme.current.theme.name,
            )
            _from_far(alike).draw(painter, self._bounds, zoom, None, lambda inner: self._paint(inner, zoom, heaviest))
            return
        look = (self.state, self.lit_ports, self.quiet_ports, heaviest, theme.current.theme.name)
        self._picture.draw(
            painter, self._bounds, zoom, look, lambda inner: self._paint(inner, zoom, heaviest), keep=not getattr(scene, "hurried", False)
        )

    def _paint(self, painter: QPainter, zoom: float, heaviest: tuple[int, int]) -> None:
        seen: Seen | None = getattr(self.scene(), "seen", None)
        paint.paint_block(painter, self.face, self.state, zoom, heaviest, seen.sheet if seen else None)
        if zoom < paint.MIDDLE:
            return
        for side, spots in (("in", self.inputs), ("out", self.outputs)):
            for name, spot in spots.items():
                key = f"{side}:{name}"
                shown = key not in self.quiet_ports or key in self.lit_ports or self.state.hovered
                if shown:
                    paint.paint_port(painter, spot.x, spot.y, lit=key in self.lit_ports)
                if zoom >= paint.NEAR and (len(spots) > 1 or (shown and zoom >= paint.CLOSE)):  # which is which
                    paint.paint_port_name(painter, spot.x, spot.y, spot.dx, spot.dy, name, WIDTH / (len(spots) + 1))

    def refresh(self) -> None:
        """Its ports are elsewhere."""
        self._picture.forget()
        self.update()

    def set_ports(self, *, lit: frozenset[str] | None = None, quiet: frozenset[str] | None = None) -> None:
        """Which ports light up, and which are not drawn."""
        before = self.lit_ports, self.quiet_ports
        self.lit_ports = self.lit_ports if lit is None else lit
        self.quiet_ports = self.quiet_ports if quiet is None else quiet
        if before != (self.lit_ports, self.quiet_ports):
            self.update()

    def ports_at(self, at: QPointF, reach: float) -> list[tuple[float, tuple[str, str]]]:
        """The ports within ``reach`` of a scene point, as (distance, ("in" or "out", name))."""
        local = at - self.pos()
        return [
            (far, (side, name))
            for side, spots in (("out", self.outputs), ("in", self.inputs))
            for name, spot in spots.items()
            if (far := max(abs(local.x() - spot.x), abs(local.y() - spot.y))) <= reach
        ]


class WireItem(QGraphicsItem):
    """A wire between two blocks, with a pill for the shape where it changes."""

    def __init__(self, id: EdgeId) -> None:
        super().__init__()
        self.id = id
        self.corners: list[Point] = [(0.0, 0.0), (0.0, 0.0)]
        self.path_ = QPainterPath()
        self.pill = ""
        self.text = ""  # the shape, shown while hovered
        self.via: tuple[Place, ...] = ()
        self.lane = 0
        self._ends: tuple[Point, Point, Point, Point, bool, bool] | None = None
        self._clear = CLEAR
        self.diamond: QPointF | None = None  # where Ctrl and a press would make a dot
        self.kind: Kind = "real"
        self.vector = self.broken = self.selected = self.hovered = self.going = False
        self.setZValue(1)
        self._bounds, self._pill = QRectF(), QRectF()
        self._pill_picture = Picture()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)  # to be told what of it is to be painted

    def lay(self, start: NodeItem, source: Spot, end: NodeItem, target: Spot, via: tuple[Place, ...] = (), *, measure: bool = True) -> bool:
        """Lay the wire between two ports, through its dots; whether it lies otherwise now. Without ``measure``, ``describe`` must follow."""
        a = (start.pos().x() + source.x, start.pos().y() + source.y)
        b = (end.pos().x() + target.x, end.pos().y() + target.y)
        out, into = (float(source.dx), float(source.dy)), (float(target.dx), float(target.dy))
        across = end.face.across
        tight = bool(faces.aside(target, across)) and not faces.aside(source, across)
        self._ends = (a, out, b, into, tight, across)
        self._clear = CLEAR + (max(0.0, (FULL - end.face.height) / 2) if across else 0.0)  # a row is as high as its highest block
        corners = through(a, out, list(via), b, into) if via else route(*self._ends, self._clear + LANE * self.lane)
        if corners != self.corners or via != self.via:
            self.via, self.corners, self.path_ = via, corners, path(corners)
            if measure:
                self._measure()
            return True
        return False

    @property
    def runs(self) -> tuple[Point, Point] | None:
        """The column in which it runs past blocks, and from where to where; see ``Lanes``."""
        if self._ends is None or self.via:
            return None
        _, _, _, into, _, across = self._ends
        return running(self.corners, into, across, self._clear, self.lane)

    def take_lane(self, lane: int) -> None:
        """Run in another lane."""
        assert self._ends is not None
        self.lane = lane
        self.corners = route(*self._ends, self._clear + LANE * lane)
        self.path_ = path(self.corners)
        self._measure()
        self.update()

    @property
    def short(self) -> bool:
        """Whether it only joins two blocks of a tight stack."""
        (ax, ay), (bx, by) = self.corners[0], self.corners[-1]
        return len(self.corners) == 2 and abs(bx - ax) + abs(by - ay) <= 20

    def describe(self, *, pill: str, text: str, kind: Kind, vector: bool, broken: bool, moved: bool = False) -> None:
        """What flows through it."""
        if not moved and (pill, text, kind, vector, broken) == (self.pill, self.text, self.kind, self.vector, self.broken):
            return
        self.pill, self.text, self.kind, self.vector, self.broken = pill, text, kind, vector, broken
        self._stand()
        self._measure()
        self.update()

    def _stand(self) -> None:
        """What is written on a wire is not crossed out by others."""
        self.setZValue(1.5 if self.selected or self.hovered else 1.1 if self.pill else 1)

    def set_state(self, *, selected: bool | None = None, hovered: bool | None = None) -> None:
        """Change how it is drawn."""
        self.selected = self.selected if selected is None else selected
        self.hovered = self.hovered if hovered is None else hovered
        self._stand()
        self._measure()
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def _measure(self) -> None:
        """Its bounds, which Qt asks for far more often than they change."""
        self.prepareGeometryChange()
        rect = self.path_.controlPointRect().adjusted(-8, -8, 8, 8)
        if text := self._shown():
            x, y = label_spot(self.corners)
            half = paint.pill_width(text) / 2 + 2
            self._pill = QRectF(x - half, y - 11, 2 * half, 22)
            rect = rect.united(self._pill)
        self._bounds = rect

    def shape(self) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(10)
        return stroker.createStroke(self.path_)

    def _shown(self) -> str:
        return self.pill or (self.text if self.hovered or self.selected else "")

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if not (passes(self.corners, option.exposedRect) or option.exposedRect.intersects(self._pill)):
            return  # it fills very little of its bounds
        zoom = zoom_of(painter, option)
        role = "error" if self.broken else "accent" if self.selected or self.hovered else "wire"
        pen = QPen(theme.color(role), (1.2 if self.vector and not self.broken else 2) if zoom >= paint.FAR else 1)
        pen.setCosmetic(zoom < paint.MIDDLE)
        if self.broken:
            pen.setDashPattern([3, 2.5])
        elif self.kind == "index":
            pen.setStyle(Qt.PenStyle.DotLine)
            pen.setWidthF(2)
        if self.going:
            painter.setOpacity(0.25)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, zoom >= paint.FAR)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path_)
        if zoom >= paint.FAR:
            for place in self.via:
                paint.paint_port(painter, *place, lit=self.selected, hovered=self.hovered)
        if self.diamond is not None:
            painter.setPen(QPen(theme.color("canvas"), 2))
            painter.setBrush(theme.color("accent"))
            x, y = self.diamond.x(), self.diamond.y()
            painter.drawPolygon([QPointF(x, y - 7), QPointF(x + 7, y), QPointF(x, y + 7), QPointF(x - 7, y)])
        if zoom >= 0.5 and (text := self._shown()) and option.exposedRect.intersects(self._pill):
            x, y = self._pill.center().x(), self._pill.center().y()
            half = self._pill.width() / 2
            colors = "error" if self.broken else "text", role if role != "wire" else "block"
            look = (text, colors, theme.current.theme.name)
            area = QRectF(-half, -11, 2 * half, 22)
            painter.translate(x, y)
            self._pill_picture.draw(painter, area, zoom, look, lambda inner: paint.paint_pill(inner, QPointF(0, 0), text, *colors))
            painter.translate(-x, -y)


class FrameItem(QGraphicsItem):
    """A comment frame behind the blocks. It is taken by its title or its edge, so that the canvas inside stays free."""

    TITLE, EDGE = 30.0, 8.0

    def __init__(self, id: FrameId, frame: Frame) -> None:
        super().__init__()
        self.id, self.frame = id, frame
        self.selected = self.hovered = False
        self.setZValue(-1)
        self.set_frame(frame)

    def set_frame(self, frame: Frame) -> None:
        """Show this frame."""
        self.prepareGeometryChange()
        self.frame = frame
        self.setPos(*frame.position)
        self.update()

    def set_state(self, *, selected: bool | None = None, hovered: bool | None = None) -> None:
        """Change how it is drawn."""
        self.selected = self.selected if selected is None else selected
        self.hovered = self.hovered if hovered is None else hovered
        self.update()

    def rect(self) -> QRectF:
        """The frame in scene coordinates."""
        return QRectF(self.pos().x(), self.pos().y(), *self.frame.size)

    def corner_at(self, point: QPointF, reach: float) -> tuple[bool, bool]:
        """Whether a scene point is at the right and at the lower edge."""
        rect = self.rect()
        return abs(point.x() - rect.right()) <= reach, abs(point.y() - rect.bottom()) <= reach

    def boundingRect(self) -> QRectF:
        return QRectF(-2, -2, self.frame.size[0] + 4, self.frame.size[1] + 4)

    def shape(self) -> QPainterPath:
        wide, high = self.frame.size
        outline = QPainterPath()
        outline.addRect(-2, -2, wide + 4, high + 4)
        inner = QPainterPath()
        inner.addRect(self.EDGE, self.TITLE, wide - 2 * self.EDGE, high - self.TITLE - self.EDGE)
        return outline.subtracted(inner)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        zoom = zoom_of(painter, option)
        paint.paint_frame(painter, QRectF(0, 0, *self.frame.size), self.frame.text, zoom, selected=self.selected, hovered=self.hovered)
