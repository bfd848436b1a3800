"""The start page: train a first network, take one of the gallery, or go on with one's own."""

import time
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QIcon, QPixmap, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.canvas.thumbnail import thumbnail
from app.document import storage
from app.document.analysis import analyse_document
from app.look import icons, theme
from app.look.cards import Clickable
from app.look.widgets import make
from app.session.engine import Engine
from app.window.files import FIRST_EXAMPLE
from app.window.gallery import Gallery
from app.window.hero import HeroPicture
from app.window.recent import Recent
from resources import resource

RIGHT, GUTTER, MARGIN = 324, 48, 64
NARROW = 1280  # a window below has less room between things, and a slimmer column at the right
SMALL = QSize(44, 32)
MOST_BYTES = 2**20  # a larger file has no picture here; it would have to be read first
MOST_RECENT = 6


class StartPage(QScrollArea):
    """``chosen`` carries the path of a document."""

    chosen = Signal(Path)

    def __init__(self, recent: Recent, engine: Engine, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self.recent, self.engine, self.actions_by_id = recent, engine, actions
        self.setObjectName("start")
        self.setAccessibleName(self.tr("Start page"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self._fresh = False
        engine.state_changed.connect(lambda _: self._show_device())
        theme.current.changed.connect(self._restyle)

    def refresh(self) -> None:
        """Show what there is now."""
        if not self._fresh:
            self._build()
            self._fresh = True
        self._show_recent()
        self._show_device()

    def _restyle(self) -> None:
        self._fresh = False
        if self.isVisible():
            self.refresh()

    def _build(self) -> None:
        body = make(QWidget, objectName="startBody")
        self.whole = whole = QVBoxLayout(body)
        whole.setSpacing(28)
        whole.addLayout(self._header())
        self.columns = columns = QHBoxLayout()
        left, right = QVBoxLayout(), QVBoxLayout()
        left.setSpacing(24)
        right.setSpacing(10)
        left.addWidget(self._hero())
        self.gallery = Gallery()
        self.gallery.chosen.connect(self.chosen.emit)
        left.addWidget(self.gallery)
        left.addStretch(1)
        self._right(right)
        self.side = side = QWidget()
        right.setContentsMargins(0, 0, 0, 0)
        side.setLayout(right)
        columns.addLayout(left, 1)
        columns.addWidget(side)
        whole.addLayout(columns, 1)
        self.setWidget(body)
        self._fit()

    def _fit(self) -> None:
        """Give things as much room as the window has."""
        narrow = self.width() < NARROW
        margin = MARGIN // 2 if narrow else MARGIN
        self.whole.setContentsMargins(margin, 24, margin, 32)
        self.columns.setSpacing(GUTTER // 2 if narrow else GUTTER)
        self.side.setFixedWidth(240 if narrow else RIGHT)
        self.nothing_to_download.setVisible(not narrow)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fresh:
            self._fit()

    def _header(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(14)
        logo = QLabel()
        logo.setPixmap(QIcon(str(resource("icons", "netwright.svg"))).pixmap(QSize(36, 36), self.devicePixelRatioF()))
        row.addWidget(logo)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(make(QLabel, "Netwright", objectName="product"))
        words.addWidget(make(QLabel, self.tr("Draw a network, train it, take it with you."), objectName="subtitle"))
        row.addLayout(words)
        row.addStretch(1)
        for id, text, icon in (("open", self.tr("Open"), "folder"), ("new", self.tr("New network"), "plus")):
            button = QPushButton(text)
            button.setIcon(icons.icon(icon, "text", 18))
            button.clicked.connect(self.actions_by_id[id].trigger)
            row.addWidget(button)
        return row

    def _hero(self) -> QFrame:
        card = make(QFrame, objectName="heroCard")
        card.setFixedHeight(252)
        row = QHBoxLayout(card)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        words = QVBoxLayout()
        words.setContentsMargins(32, 40, 24, 40)
        words.setSpacing(12)
        words.addWidget(make(QLabel, self.tr("Train your first CNN"), objectName="hero"))
        text = self.tr("Read handwritten digits with a small network, watch it learn, find its mistakes and export it.")
        words.addWidget(make(QLabel, text, objectName="subtitle", wordWrap=True))
        words.addStretch(1)
        line = QHBoxLayout()
        self.first = make(QPushButton, self.tr("Open and train"), objectName="train")
        self.first.setIcon(icons.icon("play", "on_accent", 18))
        self.first.setMinimumHeight(36)
        self.first.clicked.connect(self._open_and_train)
        line.addWidget(self.first)
        line.addSpacing(8)
        self.nothing_to_download = make(QLabel, self.tr("one minute, nothing to download"), objectName="subtitle")
        line.addWidget(self.nothing_to_download)
        line.addStretch(1)
        words.addLayout(line)
        row.addLayout(words, 2)
        row.addWidget(HeroPicture(), 3)
        return card

    def _open_and_train(self) -> None:
        self.chosen.emit(FIRST_EXAMPLE)
        QTimer.singleShot(0, self.actions_by_id["train"].trigger)

    def _right(self, column: QVBoxLayout) -> None:
        device = make(QFrame, objectName="heroCard")
        row = QHBoxLayout(device)
        row.setContentsMargins(14, 14, 14, 14)
        row.setSpacing(12)
        self.device_icon = QLabel()
        self.device_name = make(QLabel, objectName="cardTitle", wordWrap=True)
        self.device_text = make(QLabel, objectName="caption", wordWrap=True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.device_name)
        words.addWidget(self.device_text)
        row.addWidget(self.device_icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        column.addWidget(device)
        column.addSpacing(14)
        column.addWidget(make(QLabel, self.tr("Recent"), objectName="title"))
        self.recent_rows = QVBoxLayout()
        self.recent_rows.setSpacing(2)
        column.addLayout(self.recent_rows)
        column.addStretch(1)
        tip = make(QLabel, self.tr("Drop a {0} file anywhere to open it").format(storage.SUFFIX), objectName="caption")
        column.addWidget(tip)

    def _show_device(self) -> None:
        if not self._fresh:
            return
        info = self.engine.info
        if info is not None:
            self.device_name.setText(info.devices[0][1])
            self.device_text.setText(self.tr("PyTorch {0} is ready").format(info.torch))
        elif self.engine.state == "dead":
            self.device_name.setText(self.tr("The engine is not running"))
            self.device_text.setText(self.tr("Networks can be drawn, but not trained"))
        else:
            self.device_name.setText(self.tr("Starting PyTorch …"))
            self.device_text.setText(self.tr("Draw meanwhile: nothing waits for it"))
        self.device_icon.setPixmap(icons.pixmap("chip", theme.current.theme["ok" if info else "text3"], 24, self.devicePixelRatioF()))

    def _show_recent(self) -> None:
        while (item := self.recent_rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        paths = self.recent.paths()[:MOST_RECENT]
        if not paths:
            self.recent_rows.addWidget(make(QLabel, self.tr("Networks that you save appear here."), objectName="subtitle", wordWrap=True))
        for k, path in enumerate(paths):
            row, picture = self._recent_row(path)
            self.recent_rows.addWidget(row)
            QTimer.singleShot(10 * (k + 1), picture, lambda path=path, picture=picture: self._draw(path, picture))

    def _recent_row(self, path: Path) -> tuple[Clickable, QLabel]:
        row = Clickable("recent", self.tr("Open {0}").format(path))
        row.clicked.connect(lambda: self.chosen.emit(path))
        line = QHBoxLayout(row)
        line.setContentsMargins(10, 8, 10, 8)
        line.setSpacing(10)
        picture = make(QLabel, objectName="small", alignment=Qt.AlignmentFlag.AlignCenter)
        picture.setFixedSize(SMALL)
        words = QVBoxLayout()
        words.setSpacing(1)
        name = make(QLabel, path.stem, objectName="cardTitle")
        where = make(QLabel, objectName="caption")
        for label in (name, where):
            label.setTextFormat(Qt.TextFormat.PlainText)
        folder = str(path.parent).replace(str(Path.home()), "~", 1)
        where.setText(where.fontMetrics().elidedText(folder, Qt.TextElideMode.ElideMiddle, 180))
        row.setToolTip(str(path))
        words.addWidget(name)
        words.addWidget(where)
        line.addWidget(picture)
        line.addLayout(words, 1)
        line.addWidget(make(QLabel, self._ago(path), objectName="caption"), 0, Qt.AlignmentFlag.AlignTop)
        return row, picture

    def _draw(self, path: Path, picture: QLabel) -> None:
        """The picture of a document; reading it runs nothing, and one that can't be read has none."""
        try:
            if path.stat().st_size <= MOST_BYTES:
                whole = thumbnail(analyse_document(storage.load(path)), SMALL * 4, 1.0)
                small: QPixmap = whole.scaled(
                    SMALL * self.devicePixelRatioF(), Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
                )
                small.setDevicePixelRatio(self.devicePixelRatioF())
                picture.setPixmap(small)
        except (OSError, storage.DocumentError):
            picture.setText("?")

    def _ago(self, path: Path) -> str:
        try:
            changed = path.stat().st_mtime
        except OSError:
            return ""
        hours = (time.time() - changed) / 3600
        if hours < 1:
            return self.tr("{0} min ago").format(max(1, round(hours * 60)))
        if hours < 24:
            return self.tr("{0} h ago").format(round(hours))
        return self.tr("yesterday") if hours < 48 else time.strftime("%d %b", time.localtime(changed))
