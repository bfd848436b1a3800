"""The data panel: what the data set is, how its classes are spread, what its samples look like, and what could not be read."""

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QProgressBar, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.look import theme
from app.look.text import size
from app.look.widgets import make
from app.panels.samples import Counts, Samples
from app.session.data import Data
from app.session.runs import RunWatcher

FACTS_WIDTH, COUNTS_WIDTH, NARROW = 330, 230, 820


class DataPanel(QWidget):
    """Shows ``data``. ``preview`` asks for samples as the recipe changes them; the answer comes to `show_preview`."""

    preview = Signal(int)  # a seed
    choose = Signal()

    def __init__(self, data: Data, watcher: RunWatcher) -> None:
        super().__init__()
        self.data, self.watcher = data, watcher
        self._seed = 0
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(20)
        self.facts = self._left()
        row.addWidget(self.facts)
        self.counts = Counts()
        self.classes = self._scrolled(self.counts)
        self.classes.setFixedWidth(COUNTS_WIDTH)
        row.addWidget(self.classes)
        right = QVBoxLayout()
        right.setSpacing(6)
        right.addLayout(self._modes())
        self.samples = Samples()
        right.addWidget(self.samples, 1)
        row.addLayout(right, 1)
        data.changed.connect(self.refresh)
        watcher.grew.connect(self._looked)
        theme.current.changed.connect(self.refresh)
        self.refresh()

    def _left(self) -> QWidget:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(6)
        self.title = make(QLabel, objectName="title", wordWrap=True)
        self.text = make(QLabel, objectName="help", wordWrap=True)
        self.warnings = make(QLabel, wordWrap=True)
        self.test = make(QLabel, objectName="help", wordWrap=True)
        self.busy = make(QProgressBar, textVisible=False, minimum=0, maximum=0)
        self.busy.setFixedHeight(4)
        for label in (self.title, self.text, self.warnings, self.test):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.again = make(QPushButton, self.tr("Read again"))
        self.again.clicked.connect(self.data.again)
        self.other = make(QPushButton, self.tr("Choose data …"))
        self.other.clicked.connect(self.choose)
        buttons = QHBoxLayout()
        buttons.addWidget(self.other)
        buttons.addWidget(self.again)
        buttons.addStretch(1)
        for widget in (self.title, self.busy, self.text, self.warnings, self.test):
            column.addWidget(widget)
        column.addLayout(buttons)
        column.addStretch(1)
        return self._scrolled(body)

    def _scrolled(self, body: QWidget) -> QScrollArea:
        area = make(QScrollArea, widgetResizable=True, frameShape=QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body.setObjectName("inspectorBody")
        area.setObjectName("inspector")
        area.setWidget(body)
        return area

    def _modes(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(0)
        self.modes = QButtonGroup(self)
        for k, (text, tip) in enumerate((
            (self.tr("As stored"), self.tr("Samples of the training part as they are")),
            (self.tr("Augmented"), self.tr("The same samples as the network will see them: each row is one sample, first as it is")),
        )):  # fmt: skip
            button = make(QPushButton, text, objectName="segment", checkable=True, checked=k == 0)
            button.setToolTip(tip)
            self.modes.addButton(button, k)
            line.addWidget(button)
        self.modes.idClicked.connect(self._mode)
        line.addSpacing(8)
        self.draw = make(QPushButton, self.tr("Draw again"), objectName="segment")
        self.draw.clicked.connect(self._draw)
        line.addWidget(self.draw)
        line.addStretch(1)
        return line

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where the window is small, the facts get less room, and then the bars go."""
        self.facts.setFixedWidth(max(200, min(FACTS_WIDTH, self.width() * 2 // 5)))
        self.classes.setVisible(bool(self.counts.counts) and self.width() >= NARROW)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.data.wanted = True
        self.data.look()

    def refresh(self) -> None:
        """Show what is known now."""
        state, seen = self.data.state, self.data.seen
        facts = seen.facts
        self.busy.setVisible(state == "reading")
        self.again.setVisible(state in ("ready", "failed"))
        self.warnings.setStyleSheet(f"color: {theme.current.theme['error' if state == 'failed' else 'warn']};")
        if state == "ready":
            self.title.setText(facts["title"])
            self.text.setText("\n".join(self._lines(facts)))
            self.warnings.setText("\n".join(self._warned(facts)))
        else:
            words = {"none": self.tr("No data set is chosen"), "reading": self.tr("Reading …"), "failed": self.tr("The data can't be read")}
            self.title.setText(words[state])
            self.text.setText(self.tr("Choose one here, or in the recipe on the right.") if state == "none" else "")
            self.warnings.setText(self.data.text)
        self.text.setVisible(bool(self.text.text()))
        self.warnings.setVisible(bool(self.warnings.text()))
        counts: dict[str, int] = next(
            (c["classes"] for c in facts.get("columns", ()) if c["name"] == facts["target"] and "classes" in c), {}
        )
        self.counts.show_counts(counts)
        self._fit()
        self.samples.show_samples(seen.samples, seen.labels, seen.points)
        images = seen.samples is not None
        for button in (*self.modes.buttons(), self.draw):
            button.setVisible(images)
        self.modes.buttons()[0].setChecked(True)
        self.draw.setEnabled(False)
        self._looked()

    def _lines(self, facts: dict[str, Any]) -> list[str]:
        parts = facts["splits"]
        where = self.tr("as the data says") if facts["splits_given"] else self.tr("drawn with the seed")
        lines = [
            self.tr("{0} samples, {1}").format(f"{facts['samples']:,}", size(facts["bytes"])),
            self.tr("{0} train, {1} validation, {2} test ({3})").format(*(f"{parts[p]:,}" for p in ("train", "validation", "test")), where),
        ]
        for column in facts["columns"][:8]:
            role = {facts["input"]: self.tr("input"), facts["target"]: self.tr("target")}.get(column["name"], "")
            shape = "×".join(map(str, column["shape"])) or self.tr("one a sample")
            line = f"{column['name']}{f' ({role})' if role else ''}: {shape}"
            if "classes" in column:
                line += self.tr(", {0} classes").format(len(column["classes"]))
            else:
                line += self.tr(", mean {0}, std {1}").format(_numbers(column["mean"]), _numbers(column["std"]))
            lines.append(line)
        if len(facts["columns"]) > 8:
            lines.append(self.tr("and {0} more columns").format(len(facts["columns"]) - 8))
        return [*lines, *facts["notes"]]

    def _warned(self, facts: dict[str, Any]) -> list[str]:
        lines = [
            self.tr("{0} samples of {1} are in {2} too").format(count, *reversed(pair.split("/")))
            for pair, count in facts["duplicates"].items()
            if count
        ]
        skipped = facts["skipped"]
        if skipped:
            lines.append(self.tr("Left out: {0}").format(len(skipped)))
            lines += [f"{entry['what']}: {entry['why']}" for entry in skipped[:6]]
            if len(skipped) > 6:
                lines.append(self.tr("and {0} more").format(len(skipped) - 6))
        return lines

    def _looked(self) -> None:
        """Whoever chooses after looking at the test part chooses by it."""
        count = self.watcher.curves.looked
        self.test.setText(
            self.tr("The test part was looked at {0} times with this run; choose by the validation.").format(count) if count else ""
        )
        self.test.setVisible(bool(count))

    def _mode(self, mode: int) -> None:
        self.draw.setEnabled(mode == 1)
        if mode == 1:
            self.preview.emit(self._seed)
        else:
            self.samples.show_picture(None)

    def _draw(self) -> None:
        self._seed += 1
        self.preview.emit(self._seed)

    def show_preview(self, path: str) -> None:
        """The picture that was asked for."""
        if self.modes.checkedId() == 1:
            self.samples.show_picture(QPixmap(path))


def _numbers(values: list[float]) -> str:
    return " ".join(f"{value:.3g}" for value in values[:3]) + (" …" if len(values) > 3 else "")
