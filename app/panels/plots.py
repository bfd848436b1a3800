"""Curves over epochs. Imports pyqtgraph, which takes 300 ms: so this module is imported when the first run is shown."""

import math

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.look import fonts, theme
from app.look.widgets import make

Floats = NDArray[np.float64]
MOST_POINTS = 2000
VALUES = 250  # pixels that the figures above a plot need; the legend goes before they are cut
SMOOTH_PARTS = 150  # the weight of the slider is meant for this many parts of the axis


def smooth(values: Floats, weight: float, width: float = 1.0) -> Floats:
    """Exponential moving average without the bias towards its start (Kingma and Ba, arXiv 1412.6980, section 3).

    ``width`` is the distance of two points, where 1 is the distance over which ``weight`` is meant: many points close together
    are smoothed over the same stretch of the axis as a few far apart.
    """
    if not len(values) or weight <= 0:
        return values
    weight = min(weight**width, 0.999)  # a single point has no width
    result = np.empty_like(values)
    mean, scale = 0.0, 0.0
    for k, value in enumerate(values.tolist()):
        mean = weight * mean + (1 - weight) * value
        scale = weight * scale + (1 - weight)
        result[k] = mean / scale
    return result


def thin(x: Floats, y: Floats, most: int = MOST_POINTS) -> tuple[Floats, Floats]:
    """At most ``most`` points: the smallest and the largest of each bucket, so that no spike is lost."""
    bucket = math.ceil(len(x) / (most // 2))
    if bucket <= 1:
        return x, y
    whole = len(y) // bucket * bucket
    parts = y[:whole].reshape(-1, bucket)
    low, high = parts.argmin(1), parts.argmax(1)
    at = np.sort(np.stack([low, high], 1), 1) + np.arange(len(parts))[:, None] * bucket
    picked = np.concatenate([at.ravel(), np.arange(whole, len(y))])
    return x[picked], y[picked]


class Axis(pg.AxisItem):  # type: ignore[misc]
    """An axis in the app's font, with quiet lines."""

    def __init__(self, orientation: str, percent: bool = False) -> None:
        super().__init__(orientation)
        self.percent, self.log = percent, False
        self.setStyle(tickLength=0, tickTextOffset=8, tickFont=fonts.inter(10), hideOverlappingLabels=False, maxTickLevel=0)
        if orientation == "left":
            self.setWidth(48)

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.log:
            return [f"{10**v:.3g}" for v in values]
        if self.percent:
            return [f"{100 * v:.0f} %" if spacing >= 0.01 else f"{100 * v:.1f} %" for v in values]
        return [f"{v:.6g}" for v in values]


class Box(pg.ViewBox):  # type: ignore[misc]
    """A plot area that says when the user has moved it."""

    touched = Signal()

    def wheelEvent(self, event: QWheelEvent, axis: int | None = None) -> None:
        self.touched.emit()
        super().wheelEvent(event, axis)

    def mouseDragEvent(self, event: QMouseEvent, axis: int | None = None) -> None:
        self.touched.emit()
        super().mouseDragEvent(event, axis)


class Plot(QWidget):
    """One quantity: train raw and smoothed, validation with markers, the best epoch as a star."""

    touched = Signal()

    def __init__(self, title: str, *, percent: bool = False) -> None:
        super().__init__()
        self.percent = percent
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 6, 14, 4)
        layout.setSpacing(2)
        head = QHBoxLayout()
        self.title = make(QLabel, title, objectName="plotTitle")
        self.values = make(QLabel, objectName="caption")
        head.addWidget(self.title)
        head.addWidget(self.values)
        head.addStretch(1)
        self.legend = Legend()
        head.addWidget(self.legend)
        layout.addLayout(head)
        self.box = Box(enableMenu=False)
        self.left, self.bottom = Axis("left", percent), Axis("bottom")
        self.widget = pg.PlotWidget(viewBox=self.box, axisItems={"left": self.left, "bottom": self.bottom})
        self.widget.setAccessibleName(title)
        self.widget.hideButtons()
        layout.addWidget(self.widget, 1)
        epoch = make(QLabel, self.tr("epoch"), objectName="caption", alignment=Qt.AlignmentFlag.AlignRight)
        layout.addWidget(epoch)
        item = self.widget.getPlotItem()
        item.layout.setContentsMargins(0, 6, 10, 0)
        item.showGrid(x=False, y=True, alpha=0.6)
        self.raw = item.plot([], [])
        self.smoothed = item.plot([], [])
        self.validation = item.plot([], [])
        self.star = pg.ScatterPlotItem(size=16, symbol="star")
        item.addItem(self.star)
        self.box.touched.connect(self.touched)
        self.log = False
        self.marks: list[pg.InfiniteLine] = []
        self.restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.legend.setVisible(self.width() >= self.title.sizeHint().width() + VALUES + self.legend.width())

    def restyle(self) -> None:
        """Take the colours of the current theme."""
        c = theme.current.theme
        self.widget.setBackground(c["panel"])
        for axis in (self.left, self.bottom):
            axis.setPen(pg.mkPen(c["hairline"]))
            axis.setTextPen(pg.mkPen(c["text2"]))
        self.raw.setPen(pg.mkPen(c["plot_raw"], width=1.2))
        self.smoothed.setPen(pg.mkPen(c["plot_train"], width=2))
        self.validation.setPen(pg.mkPen(c["plot_validation"], width=2))
        self.validation.setSymbol("o")
        self.validation.setSymbolSize(8)
        self.validation.setSymbolBrush(pg.mkBrush(c["plot_validation"]))
        self.validation.setSymbolPen(pg.mkPen(c["panel"], width=1.5))
        self.star.setBrush(pg.mkBrush(c["plot_validation"]))
        self.star.setPen(pg.mkPen(c["panel"], width=1))
        for line in self.marks:
            self._style_mark(line)

    def show_curves(
        self, x: list[float], y: list[float], val_x: list[float], val_y: list[float], best: float, weight: float, until: float, follow: bool
    ) -> None:
        """Draw the run so far. ``until`` is the epoch at the right edge; ``best`` the best epoch, 0 for none."""
        count = min(len(x), len(y))
        at, values = np.asarray(x[:count]), np.asarray(y[:count])
        val_at, val_values = np.asarray(val_x), np.asarray(val_y)
        spacing = (at[-1] - at[0]) / max(len(at) - 1, 1) if len(at) else 0.0
        means = smooth(values, weight, SMOOTH_PARTS * spacing / max(until, 1e-9))
        self.values.setText(self._words(means, val_values))
        self.raw.setData(*thin(at, self._scale(values)))
        self.smoothed.setData(*thin(at, self._scale(means)))
        self.validation.setData(val_at, self._scale(val_values))
        where = np.flatnonzero(val_at == best)
        self.star.setData(val_at[where], self._scale(val_values[where]))
        if follow:
            self.widget.setXRange(0, max(until, 1) * 1.02, padding=0)
            self._fit_y(self._scale(np.concatenate([values, val_values])))

    def show_marks(self, marks: list[tuple[float, str, float]]) -> None:
        """A line where something was changed while it ran: (epoch, what, value)."""
        for epoch, what, value in marks[len(self.marks) :]:
            line = pg.InfiniteLine(epoch, label=f"{'lr' if what == 'learning_rate' else what} {value:.3g}", labelOpts={"position": 0.92})
            self.marks.append(line)
            self.widget.addItem(line)
            self._style_mark(line)
        for line in self.marks[len(marks) :]:
            self.widget.removeItem(line)
        del self.marks[len(marks) :]

    def _style_mark(self, line: pg.InfiniteLine) -> None:
        c = theme.current.theme
        line.setPen(pg.mkPen(c["warn"], width=1.2, style=Qt.PenStyle.DashLine))
        line.label.setColor(c["warn"])
        line.label.setFont(fonts.inter(10))

    def set_log(self, log: bool) -> None:
        """Logarithmic or linear; data are transformed here, pyqtgraph's own log mode is rough."""
        self.log = self.left.log = log

    def _scale(self, values: Floats) -> Floats:
        return np.log10(np.maximum(values, 1e-12)) if self.log else values

    def _fit_y(self, values: Floats) -> None:
        values = values[np.isfinite(values)]
        if not len(values):
            self.widget.setYRange(0, 1, padding=0)
            return
        low, high = np.percentile(values, [0.5, 99.5])
        if self.percent and not self.log:
            self.widget.setYRange(max(0.0, min(low - 0.02, 0.9)), 1.0, padding=0.02)
        elif self.log:
            self.widget.setYRange(low, high, padding=0.06)
        else:
            self.widget.setYRange(0.0, max(high, 1e-9) * 1.05, padding=0)

    def _words(self, train: Floats, validation: Floats) -> str:
        parts = [f"{name} {self._number(values[-1])}" for name, values in (("train", train), ("validation", validation)) if len(values)]
        return "   " + " · ".join(parts)

    def _number(self, value: float) -> str:
        return f"{100 * value:.1f} %" if self.percent else f"{value:.3g}" if value < 0.1 else f"{value:.3f}"


class Legend(QWidget):
    """train, raw, validation: line and name."""

    ENTRIES = (("train", "plot_train"), ("raw", "plot_raw"), ("validation", "plot_validation"))

    def __init__(self) -> None:
        super().__init__()
        measures = fonts.metrics(fonts.inter(11))
        self._widths = [measures.horizontalAdvance(name) + 22 + 14 for name, _ in self.ENTRIES]
        self.setFixedSize(round(sum(self._widths)), 18)
        theme.current.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(fonts.inter(11))
        x = 0.0
        for (name, role), width in zip(self.ENTRIES, self._widths, strict=True):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.current.theme[role]))
            painter.drawRoundedRect(QRectF(x, 8, 16, 2.5), 1, 1)
            if name == "validation":
                painter.drawEllipse(QRectF(x + 5, 6, 6, 6))
            painter.setPen(theme.color("text2"))
            painter.drawText(QRectF(x + 21, 0, width, 18), Qt.AlignmentFlag.AlignVCenter, name)
            x += width
