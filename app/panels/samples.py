"""Pictures of data: samples in a grid, points on a plane, bars for the counts of classes."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.look import fonts, theme
from app.look.text import si

TILE, GAP, CAPTION = 56, 8, 16
COLORS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#F0E442", "#0072B2", "#8EA2FF")
ROW = 20


class Samples(QWidget):
    """Some samples: images with their labels under them, or points on a plane. A picture, where one is given, stands in their place."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[QImage] = []
        self.labels: tuple[str, ...] = ()
        self.points: Any = None
        self.picture: QPixmap | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.current.changed.connect(self.update)

    def show_samples(self, images: Any, labels: tuple[str, ...], points: Any) -> None:
        """N×C×H×W as bytes, or N×2 and their classes."""
        self.images = [] if images is None else [_image(sample) for sample in images]
        self.labels, self.points, self.picture = labels, points, None
        count = len(self.images) or (len(points[0]) if points is not None else 0)
        self.setAccessibleName(self.tr("{0} samples").format(count) if count else self.tr("No samples to be seen"))
        self.update()

    def show_picture(self, picture: QPixmap | None) -> None:
        """A contact sheet that someone else has drawn."""
        self.picture = picture
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, 180)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.picture is not None:
            self._paint_picture(painter, self.picture)
        elif self.points is not None:
            self._paint_points(painter)
        elif self.images:
            self._paint_images(painter)
        else:
            painter.setPen(theme.color("text2"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("No images to be seen"))

    def _paint_picture(self, painter: QPainter, picture: QPixmap) -> None:
        factor = min(self.width() / picture.width(), self.height() / picture.height())
        width, height = picture.width() * factor, picture.height() * factor
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, factor < 1)
        painter.drawPixmap(QRectF(0, 0, width, height), picture, QRectF(picture.rect()))

    def _paint_images(self, painter: QPainter) -> None:
        painter.setFont(fonts.inter(11))
        columns = max(1, (self.width() + GAP) // (TILE + GAP))
        measures = fonts.metrics(fonts.inter(11))
        for k, image in enumerate(self.images):
            x, y = k % columns * (TILE + GAP), k // columns * (TILE + CAPTION + GAP)
            if y + TILE > self.height():
                break
            factor = min(TILE / image.width(), TILE / image.height())
            width, height = image.width() * factor, image.height() * factor
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, factor < 1)
            painter.drawImage(QRectF(x + (TILE - width) / 2, y + (TILE - height) / 2, width, height), image)
            if k < len(self.labels) and y + TILE + CAPTION <= self.height():
                painter.setPen(theme.color("text2"))
                text = measures.elidedText(self.labels[k], Qt.TextElideMode.ElideMiddle, TILE)
                painter.drawText(QRectF(x, y + TILE, TILE, CAPTION), Qt.AlignmentFlag.AlignCenter, text)

    def _paint_points(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        points, classes = self.points
        low, high = points.min(0), points.max(0)
        scale = min((self.width() - 16) / max(1e-9, high[0] - low[0]), (self.height() - 16) / max(1e-9, high[1] - low[1]))
        painter.setPen(Qt.PenStyle.NoPen)
        for point, label in zip(points.tolist(), classes.tolist(), strict=True):
            painter.setBrush(QColor(COLORS[label % len(COLORS)]))
            place = QPointF(8 + (point[0] - low[0]) * scale, self.height() - 8 - (point[1] - low[1]) * scale)
            if label % 2:  # the form says it too, for those who don't see the colours
                painter.drawRect(QRectF(place.x() - 2, place.y() - 2, 4, 4))
            else:
                painter.drawEllipse(place, 2.4, 2.4)


def _image(sample: Any) -> QImage:
    import numpy as np

    channels, height, width = sample.shape
    if channels == 3 or channels > 3:
        data = np.ascontiguousarray(sample[:3].transpose(1, 2, 0))
        return QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    data = np.ascontiguousarray(sample[0])
    return QImage(data.data, width, height, width, QImage.Format.Format_Grayscale8).copy()


class Counts(QWidget):
    """A bar for each class: how many samples there are of it."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}
        theme.current.changed.connect(self.update)

    def show_counts(self, counts: Mapping[str, int]) -> None:
        """By the name of the class."""
        self.counts = dict(counts)
        self.setFixedHeight(max(1, len(self.counts)) * ROW)
        self.setAccessibleName(", ".join(f"{name}: {count}" for name, count in list(self.counts.items())[:20]))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(fonts.inter(11))
        measures = fonts.metrics(fonts.inter(11))
        names = min(110.0, max((measures.horizontalAdvance(repr(name)[1:-1]) for name in self.counts), default=0) + 10)
        most = max(self.counts.values(), default=1) or 1
        wide = max(10.0, self.width() - names - 52)
        first, last = event.rect().top() // ROW, event.rect().bottom() // ROW + 1
        for k, (name, count) in enumerate(self.counts.items()):
            if not first <= k <= last:
                continue
            y = k * ROW
            painter.setPen(theme.color("text2"))
            shown = measures.elidedText(repr(name)[1:-1], Qt.TextElideMode.ElideMiddle, round(names - 8))
            painter.drawText(QRectF(0, y, names - 8, ROW), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, shown)
            length = max(1.0, wide * count / most) if count else 0.0
            painter.fillRect(QRectF(names, y + 5, length, ROW - 10), theme.color("accent"))
            painter.setPen(theme.color("text"))
            painter.drawText(
                QRectF(names + length + 6, y, 52, ROW), Qt.AlignmentFlag.AlignVCenter, f"{count:,}" if count < 10_000 else si(count)
            )
