"""Accuracy against operations, after Canziani et al. (arXiv 1605.07678): the reference networks, the Pareto line, and where the open network stands."""

from dataclasses import dataclass
from math import ceil, sqrt

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QTabBar, QToolTip, QVBoxLayout, QWidget

from app.document.gallery import Published, published, templates
from app.look import fonts, theme
from app.look.text import si
from app.look.widgets import make
from app.session.document import Session

FAMILIES = ("alexnet", "vgg", "googlenet", "inception", "resnet", "wide", "resnext", "densenet", "squeezenet", "mobilenet", "shufflenet")
COLORS = ("#D55E00", "#CC79A7", "#009E73", "#009E73", "#56B4E9", "#2E86CF", "#8EA2FF", "#E69F00", "#F0E442", "#3FB98A", "#E3B341")
LEFT, RIGHT, TOP, BOTTOM = 56, 150, 18, 44
DISC = 3.2  # pixels of radius for the root of a million parameters


@dataclass(frozen=True, slots=True)
class Disc:
    """A network in the plot: where it stands, how large it is, and its template."""

    name: str
    x: float
    y: float
    params: int
    color: str
    template: str


def reference() -> list[Published]:
    """One row a network: its first weights, which are those of the paper's recipe."""
    found: dict[str, Published] = {}
    for row in published():
        if row.top1 is not None:
            found.setdefault(row.network, row)
    return list(found.values())


def pareto(discs: list[Disc]) -> list[Disc]:
    """Those that no other beats in both: less to compute, and as good."""
    best: list[Disc] = []
    for disc in sorted(discs, key=lambda d: (d.x, -d.y)):
        if not best or disc.y > best[-1].y:
            best.append(disc)
    return best


class Complexity(QWidget):
    """The panel. ``chosen`` carries the path of a template that was clicked."""

    chosen = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 4)
        column.setSpacing(0)
        row = QHBoxLayout()
        self.views = make(QTabBar, drawBase=False, expanding=False)
        self.views.setAccessibleName(self.tr("What is compared"))
        for text in (self.tr("Accuracy and operations"), self.tr("Accuracy per parameter")):
            self.views.addTab(text)
        row.addWidget(self.views)
        row.addStretch(1)
        column.addLayout(row)
        self.plot = Plot(session)
        self.plot.chosen.connect(self.chosen.emit)
        self.views.currentChanged.connect(self.plot.show_view)
        column.addWidget(self.plot, 1)


class Plot(QWidget):
    """Discs whose area is the number of parameters."""

    chosen = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.view = 0
        self.hovered: Disc | None = None
        self.setMouseTracking(True)
        self.setMinimumHeight(120)
        names = {template.reference: template.name for template in templates().values()}
        self.rows = [(row, names.get(row.network, ""), _color(row.network)) for row in reference()]
        session.analysed.connect(self.update)
        theme.current.changed.connect(self.update)
        best = max(self.rows, key=lambda entry: entry[0].top1 or 0)[0]
        self.setAccessibleName(
            self.tr("Accuracy against operations of {0} networks; the best is {1} with {2} %").format(
                len(self.rows), best.network, best.top1
            )
        )

    def sizeHint(self) -> QSize:
        return QSize(600, 220)

    def show_view(self, view: int) -> None:
        """Accuracy against operations (0), or per million parameters (1)."""
        self.view, self.hovered = view, None
        self.update()

    def discs(self) -> list[Disc]:
        """What is shown."""
        return [
            Disc(row.network, row.gmacs, row.top1 if not self.view else row.top1 / (row.params / 1e6), row.params, color, name)
            for row, name, color in self.rows
            if row.top1 is not None
        ]

    def _area(self) -> QRectF:
        return QRectF(LEFT, TOP, max(50, self.width() - LEFT - RIGHT), max(40, self.height() - TOP - BOTTOM))

    def _limits(self) -> tuple[float, float, float]:
        """The most operations, the least and the most on the other axis."""
        discs = self.discs()
        own = self.session.analysis.totals.macs / 1e9
        most = max(max(d.x for d in discs), min(own, 60.0))
        low, high = min(d.y for d in discs), max(d.y for d in discs)
        return most * 1.06, (50.0 if not self.view else 0.0), (88.0 if not self.view else ceil(high / 10) * 10) if low >= 0 else high

    def at(self, disc: Disc) -> QPointF:
        """Where a disc stands, in pixels."""
        area = self._area()
        most, low, high = self._limits()
        return QPointF(area.left() + disc.x / most * area.width(), area.bottom() - (disc.y - low) / (high - low) * area.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area, (most, low, high) = self._area(), self._limits()
        discs = self.discs()
        self._grid(painter, area, most, low, high)
        line = [self.at(disc) for disc in pareto(discs)]
        painter.setPen(QPen(theme.color("accent"), 1.5, Qt.PenStyle.DashLine))
        painter.drawPolyline(line)
        for disc in sorted(discs, key=lambda d: -d.params):
            radius, color = _radius(disc.params), QColor(disc.color)
            color.setAlpha(90)
            painter.setBrush(color)
            painter.setPen(QPen(QColor(disc.color), 2.5 if disc is self.hovered or disc == self.hovered else 1.2))
            painter.drawEllipse(self.at(disc), radius, radius)
        self._names(painter, discs)
        self._own(painter, area, most)
        self._legend(painter)

    def _grid(self, painter: QPainter, area: QRectF, most: float, low: float, high: float) -> None:
        painter.setFont(fonts.inter(11))
        step = next(s for s in (0.5, 1, 2, 5, 10, 20) if most / s <= 10)
        for k in range(int(most / step) + 1):
            x = area.left() + k * step / most * area.width()
            painter.setPen(QPen(theme.color("hairline"), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(theme.color("text2"))
            painter.drawText(QRectF(x - 30, area.bottom() + 4, 60, 16), Qt.AlignmentFlag.AlignHCenter, f"{k * step:g}")
        for k in range(int(low), int(high) + 1, 10):
            y = area.bottom() - (k - low) / (high - low) * area.height()
            painter.setPen(QPen(theme.color("hairline"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.color("text2"))
            painter.drawText(QRectF(0, y - 8, LEFT - 8, 16), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(k))
        painter.drawText(
            QRectF(area.left(), area.bottom() + 22, area.width(), 16),
            Qt.AlignmentFlag.AlignHCenter,
            self.tr("billions of multiply-accumulates for one image"),
        )
        painter.save()
        painter.translate(12, area.center().y())
        painter.rotate(-90)
        what = self.tr("top-1, %") if not self.view else self.tr("top-1 points per million parameters")
        painter.drawText(QRectF(-area.height() / 2, -8, area.height(), 16), Qt.AlignmentFlag.AlignCenter, what)
        painter.restore()

    def _names(self, painter: QPainter, discs: list[Disc]) -> None:
        """Names where there is room: those of the Pareto line first, then the others."""
        painter.setFont(fonts.inter(11))
        taken: list[QRectF] = []
        first = pareto(discs)
        room = QRectF(LEFT, 0, self.width() - LEFT, self._area().bottom() - 18)
        for disc in dict.fromkeys([*([self.hovered] if self.hovered else []), *first, *discs]):
            width = painter.fontMetrics().horizontalAdvance(disc.name) + 4
            at = self.at(disc)
            radius = _radius(disc.params)
            for box in (
                QRectF(at.x() + radius + 3, at.y() - 8, width, 16), QRectF(at.x() - width / 2, at.y() - radius - 17, width, 16),
                QRectF(at.x() - width / 2, at.y() + radius + 1, width, 16),
            ):  # fmt: skip
                if not any(box.intersects(other) for other in taken) and room.contains(box):
                    painter.setPen(theme.color("text" if disc == self.hovered else "text2"))
                    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, disc.name)
                    taken.append(box)
                    break

    def _own(self, painter: QPainter, area: QRectF, most: float) -> None:
        """The open network: a line at its operations, a disc of its parameters on the axis."""
        totals = self.session.analysis.totals
        if not totals.macs:
            return
        x = area.left() + min(totals.macs / 1e9 / most, 1.0) * area.width()
        painter.setPen(QPen(theme.color("accent"), 1.5))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        radius = max(3.0, _radius(totals.params))
        painter.setBrush(theme.color("accent"))
        painter.drawEllipse(QPointF(x, area.bottom()), min(radius, 10), min(radius, 10))
        text = f"{self.session.name}: {si(totals.macs)} MACs, {si(totals.params)}"
        width = painter.fontMetrics().horizontalAdvance(text) + 6
        left = min(x + 5, self.width() - width - 2)
        painter.setPen(theme.color("accent"))
        painter.drawText(QRectF(left, area.bottom() - 17, width, 16), Qt.AlignmentFlag.AlignLeft, text)

    def _legend(self, painter: QPainter) -> None:
        """What the areas mean."""
        x, y = self.width() - RIGHT + 24.0, float(TOP)
        painter.setFont(fonts.inter(11))
        painter.setPen(theme.color("text2"))
        painter.drawText(QRectF(x, y - 2, RIGHT, 16), Qt.AlignmentFlag.AlignLeft, self.tr("Parameters"))
        y += 20
        for millions in (5, 50, 140):
            radius = _radius(millions * 10**6)
            painter.setPen(QPen(theme.color("text2"), 1.2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(x + 36, y + radius), radius, radius)
            painter.drawText(
                QRectF(x + 80, y + radius - 8, 60, 16), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, f"{millions} M"
            )
            y += 2 * radius + 6
            if y > self.height() - 50:
                break

    def under(self, at: QPointF) -> Disc | None:
        """The smallest disc at a point."""
        near = [disc for disc in self.discs() if (self.at(disc) - at).manhattanLength() <= 1.3 * max(8.0, _radius(disc.params))]
        return min(near, key=lambda disc: disc.params, default=None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        disc = self.under(event.position())
        if disc != self.hovered:
            self.hovered = disc
            self.setCursor(Qt.CursorShape.PointingHandCursor if disc and disc.template else Qt.CursorShape.ArrowCursor)
            self.update()
            if disc:
                row = next(row for row, _, _ in self.rows if row.network == disc.name)
                text = f"{disc.name}: {row.top1} % top-1, {row.gmacs} GMACs, {si(row.params)} {self.tr('parameters')}"
                QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        disc = self.under(event.position())
        if disc and disc.template and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(templates()[disc.template].path)


def _radius(params: int) -> float:
    return DISC * sqrt(params / 1e6)


def _color(network: str) -> str:
    family = next(
        (k for k, name in enumerate(FAMILIES) if network.startswith(name) and not (name == "resnet" and network.startswith("resnext"))), 0
    )
    return COLORS[family]
