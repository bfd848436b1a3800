"""The training dashboard: where the run stands, and its curves, read from the run folder as it grows."""

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QLineEdit, QProgressBar, QPushButton, QSlider, QVBoxLayout, QWidget

from app.look import theme
from app.look.text import duration, si
from app.look.widgets import make
from app.session.runs import Curves, RunWatcher
from app.session.timers import timer

if TYPE_CHECKING:
    from app.panels.plots import Plot

REDRAW_MS = 100
ETA_STEPS = 20
WIDE = 1260  # pixels that one row of all that is in the head needs


class Training(QWidget):
    """Follows ``watcher``. The plots are made when there is something to draw."""

    train_requested = Signal()
    change = Signal(str, float)  # "learning_rate" or "epochs", and the new value

    def __init__(self, watcher: RunWatcher) -> None:
        super().__init__()
        self.watcher = watcher
        self.following = True
        self.loss: Plot | None = None
        self.second: Plot | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.head = self._head()
        layout.addWidget(self.head)
        line = make(QFrame, objectName="hairline")
        line.setFixedHeight(1)
        layout.addWidget(line)
        self.plots = QHBoxLayout()
        self.plots.setSpacing(0)
        layout.addLayout(self.plots, 1)
        self.empty = make(
            QLabel, self.tr("Press Train: the curves appear here, live"), objectName="empty", alignment=Qt.AlignmentFlag.AlignCenter
        )
        self.plots.addWidget(self.empty)
        self.verdict = make(QLabel, objectName="verdict", wordWrap=True)
        self.verdict.setTextFormat(Qt.TextFormat.PlainText)
        self.verdict.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.verdict.hide()
        layout.addWidget(self.verdict)
        self._redraw = timer(self, REDRAW_MS, self.refresh, once=True)
        watcher.grew.connect(self._grew)
        theme.current.changed.connect(self._restyle)

    def _head(self) -> QWidget:
        head = make(QWidget, objectName="trainingHead")
        rows = QVBoxLayout(head)
        rows.setContentsMargins(16, 8, 16, 8)
        rows.setSpacing(6)
        self.row, self.below = QHBoxLayout(), QHBoxLayout()
        row = self.row
        row.setSpacing(18)
        rows.addLayout(row)
        rows.addLayout(self.below)
        left = QVBoxLayout()
        left.setSpacing(4)
        self.epoch = make(QLabel, self.tr("No run yet"), objectName="epoch")
        self.bar = make(QProgressBar, textVisible=False, maximum=1000)
        self.bar.setFixedSize(170, 4)
        left.addWidget(self.epoch)
        left.addWidget(self.bar)
        row.addLayout(left)
        self.cells: dict[str, QLabel] = {}
        self._cells: dict[str, tuple[QLabel, QLabel]] = {}  # with their captions
        for key, text in (
            ("left", self.tr("Time left")),
            ("speed", self.tr("Speed")),
            ("elapsed", self.tr("Elapsed")),
            ("best", self.tr("Best epoch")),
        ):
            cell = QVBoxLayout()
            cell.setSpacing(1)
            self.cells[key] = make(QLabel, "–", objectName="value")
            self._cells[key] = (make(QLabel, text, objectName="caption"), self.cells[key])
            for part in self._cells[key]:
                cell.addWidget(part)
            row.addLayout(cell)
        row.addStretch(1)
        self.smoothing = make(QSlider, Qt.Orientation.Horizontal, minimum=0, maximum=99, value=60)
        self.smoothing.setFixedWidth(90)
        self.smoothing.setAccessibleName(self.tr("Smoothing of the train curve"))
        self.smoothing.valueChanged.connect(lambda: self._redraw.start())
        self.smoothing_name = make(QLabel, self.tr("Smoothing"), objectName="caption")
        row.addWidget(self.smoothing_name)
        row.addWidget(self.smoothing)
        self.live_rate = self._live_controls()
        self._live_at = row.count()
        row.addWidget(self.live_rate)  # never without a parent: it would be a window of its own
        self.scale = QButtonGroup(self)
        scales = QHBoxLayout()
        scales.setSpacing(0)
        for k, text in enumerate((self.tr("Lin"), self.tr("Log"))):
            button = make(QPushButton, text, objectName="segment", checkable=True, checked=k == 0)
            button.setToolTip(self.tr("Vertical axis of the loss"))
            self.scale.addButton(button, k)
            scales.addWidget(button)
        self.scale.idClicked.connect(lambda _: self.refresh())
        row.addLayout(scales)
        self.live = make(QPushButton, self.tr("● Live"), objectName="live", checkable=True, checked=True)
        self.live.setToolTip(self.tr("Follow the run; zooming in a plot pauses this"))
        self.live.clicked.connect(self._go_live)
        row.addWidget(self.live)
        return head

    def _live_controls(self) -> QWidget:
        """What can be changed while it runs."""
        box = QWidget()
        line = QHBoxLayout(box)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        line.addWidget(make(QLabel, self.tr("Learning rate"), objectName="caption"))
        self.rate = QLineEdit()
        self.rate.setFixedWidth(92)
        self.rate.setAccessibleName(self.tr("Learning rate from now on"))
        self.rate.setToolTip(self.tr("Type another learning rate: it holds from the next step on, and is noted in the run"))
        self.rate.returnPressed.connect(self._typed_rate)
        line.addWidget(self.rate)
        for text, factor in (("×0.5", 0.5), ("×0.1", 0.1)):
            button = make(QPushButton, text, objectName="segment")
            button.setToolTip(self.tr("Multiply the learning rate, from the next step on"))
            button.clicked.connect(lambda _=False, by=factor: self._times(by))
            line.addWidget(button)
        self.more = make(QPushButton, self.tr("+10 epochs"), objectName="segment")
        self.more.setToolTip(self.tr("Let this run go on for ten epochs more"))
        self.more.clicked.connect(lambda: self.change.emit("epochs", float(self.watcher.curves.epochs + 10)))
        line.addWidget(self.more)
        box.hide()
        return box

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_live()

    def _place_live(self) -> None:
        """In the same row where there is room, else in one below."""
        wide = self.width() >= WIDE
        for least, parts in ((900, (self.smoothing_name, self.smoothing)), (760, self._cells["elapsed"]), (660, self._cells["speed"])):
            for part in parts:  # what matters least goes first, before anything is cut
                part.setVisible(self.width() >= least)
        here = self.row if wide else self.below
        if here.indexOf(self.live_rate) < 0:
            (self.below if wide else self.row).removeWidget(self.live_rate)
            if wide:
                self.row.insertWidget(self._live_at, self.live_rate)
            else:
                self.below.addWidget(self.live_rate, 0, Qt.AlignmentFlag.AlignLeft)

    def show_running(self, running: bool) -> None:
        """Offer what can be changed while a run goes on."""
        self.live_rate.setVisible(running)

    def _times(self, factor: float) -> None:
        rates = self.watcher.curves.step.get("learning_rate")
        if rates:
            self.change.emit("learning_rate", rates[-1] * factor)

    def _typed_rate(self) -> None:
        try:
            value = float(self.rate.text().replace(",", "."))
        except ValueError:
            value = 0.0
        if 0 < value <= 10:
            self.change.emit("learning_rate", value)
            self.rate.clearFocus()

    def say(self, text: str, role: str = "text") -> None:
        """Show how a run or an export ended; an empty text hides it."""
        self.verdict.setText(text)
        self.verdict.setStyleSheet(f"color: {theme.current.theme[role]};")
        self.verdict.setVisible(bool(text))

    def _grew(self) -> None:
        if not self._redraw.isActive():
            self._redraw.start()

    def _go_live(self) -> None:
        self.following = True
        self.live.setChecked(True)
        self.refresh()

    def _touched(self) -> None:
        self.following = False
        self.live.setChecked(False)

    def refresh(self) -> None:
        """Draw what is known of the run."""
        curves = self.watcher.curves
        self._show_numbers(curves)
        if not self.isVisible() and self.loss is None:
            return
        if not curves.step_epoch and self.loss is None:
            return
        self._make_plots(curves)
        weight = self.smoothing.value() / 100
        until = (
            float(curves.epochs) if curves.state != "running" else min(float(max(curves.epochs, 1)), 5 * math.floor(curves.epoch / 5 + 1))
        )
        assert self.loss is not None
        self.loss.set_log(self.scale.checkedId() == 1)
        for plot, name in ((self.loss, "loss"), (self.second, self._metric(curves))):
            if plot is not None:
                values = curves.step.get(name, []), curves.validation_epoch, curves.validation.get(name, [])
                plot.show_curves(curves.step_epoch, *values, curves.best_epoch, weight, until, self.following)
                plot.show_marks(curves.marks)

    def _metric(self, curves: Curves) -> str:
        return next((name for name in curves.step if name not in ("loss", "learning_rate")), "")

    def _make_plots(self, curves: Curves) -> None:
        if self.loss is not None:
            return
        from app.panels.plots import Plot

        self.empty.hide()
        self.loss = Plot(self.tr("Loss"))
        plots = [self.loss]
        if metric := self._metric(curves):
            self.second = Plot(
                self.tr("Accuracy") if metric == "accuracy" else self.tr("Mean absolute error"), percent=metric == "accuracy"
            )
            plots.append(self.second)
        for plot in plots:
            plot.touched.connect(self._touched)
            self.plots.addWidget(plot, 1)

    def begin(self) -> None:
        """A new run: what was plotted goes."""
        for plot in (self.loss, self.second):
            if plot is not None:
                self.plots.removeWidget(plot)
                plot.deleteLater()
        self.loss = self.second = None
        self.empty.setText(self.tr("Starting …"))
        self.empty.show()
        self.say("")
        self._go_live()

    def _show_numbers(self, curves: Curves) -> None:
        if not curves.epochs:
            self.epoch.setText(self.tr("Starting …") if self.watcher.folder else self.tr("No run yet"))
            self.bar.setValue(0)
            for cell in self.cells.values():
                cell.setText("–")
            return
        now = min(curves.epochs, math.floor(curves.epoch + 1e-9) + (curves.state == "running"))
        self.epoch.setText(self.tr("Epoch {0} of {1}").format(now, curves.epochs))
        share = curves.epoch / curves.epochs
        self.bar.setValue(round(1000 * share))
        warm = len(curves.step_epoch) >= ETA_STEPS
        left = curves.elapsed / share * (1 - share) if share else 0.0
        self.cells["left"].setText(
            duration(left)
            if warm and curves.state == "running"
            else {"running": "…", "done": self.tr("done")}.get(curves.state, curves.state)
        )
        self.cells["speed"].setText(f"{si(curves.samples_per_second)} samples/s" if curves.samples_per_second else "…")
        self.cells["speed"].setToolTip(curves.chosen)
        if curves.chosen and curves.state == "running" and not self.verdict.text():
            self.say(self.tr("Computed in {0}").format(curves.chosen), "text2")
        self.cells["elapsed"].setText(duration(curves.elapsed))
        best = f"{curves.best_epoch:.0f}" if curves.best_epoch else "–"
        waited = self.tr(" · patience {0}/{1}").format(curves.stale, curves.patience) if curves.patience else ""
        self.cells["best"].setText(best + waited)
        rates = curves.step.get("learning_rate")
        if rates and not self.rate.hasFocus():
            self.rate.setText(f"{rates[-1]:.3g}")
            self.rate.setCursorPosition(0)

    def _restyle(self) -> None:
        for plot in (self.loss, self.second):
            if plot is not None:
                plot.restyle()
        self.verdict.setStyleSheet(f"color: {theme.current.theme['text']};")
