"""A run as it grows on disk: reads what was appended to ``metrics.jsonl``, whoever writes it."""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.document.confusion import Confusion
from app.document.runs import RunFolder, parse_row
from app.session.timers import timer

POLL_MS = 100


@dataclass(slots=True)
class Curves:
    """What was measured so far, ready to be drawn. ``epoch`` of a step is a fraction."""

    epochs: int = 0
    samples: int = 0
    device: str = ""
    chosen: str = ""  # how the device computes, where that was tried
    step_epoch: list[float] = field(default_factory=list)
    step: dict[str, list[float]] = field(default_factory=dict)
    validation_epoch: list[float] = field(default_factory=list)
    validation: dict[str, list[float]] = field(default_factory=dict)
    best_epoch: float = 0.0
    samples_per_second: float = 0.0
    elapsed: float = 0.0
    marks: list[tuple[float, str, float]] = field(default_factory=list)  # what was changed while it ran
    patience: int = 0
    stale: int = 0  # epochs without a better one
    classes: tuple[str, ...] = ()
    confusion: Confusion | None = None  # of the last validation
    confusion_epoch: float = 0.0
    looked: int = 0  # how often the test part was judged
    state: str = "running"
    reason: str = ""

    @property
    def epoch(self) -> float:
        """How far it is, in epochs."""
        return max(self.step_epoch[-1:] + self.validation_epoch[-1:], default=0.0)

    def take(self, row: dict[str, Any]) -> None:
        """Add one row of the file."""
        self.elapsed = max(self.elapsed, float(row.get("time") or 0.0))
        if "event" in row:
            self._event(row)
        elif "loss" in row:
            self.step_epoch.append(row["epoch"])
            for name, value in row.items():
                if name not in ("step", "epoch", "time") and isinstance(value, (int, float)):
                    self.step.setdefault(name, []).append(value)
        elif "samples_per_second" in row:
            self.samples_per_second = row["samples_per_second"]
            self.stale = row.get("stale", 0)
            if row.get("best"):
                self.best_epoch = row["epoch"]
            if row.get("validation"):
                self.validation_epoch.append(row["epoch"])
                if found := row.get("confusion"):
                    self.confusion = Confusion.of(self.classes, found["size"], found["cells"])
                    self.confusion_epoch = row["epoch"]
                for name, value in row["validation"].items():
                    self.validation.setdefault(name, []).append(value)

    def _forget(self, epoch: float) -> None:
        """What lies behind a checkpoint from which the run goes on is made again."""
        steps = bisect_right(self.step_epoch, epoch + 1e-9)
        epochs = bisect_right(self.validation_epoch, epoch + 1e-9)
        del self.step_epoch[steps:], self.validation_epoch[epochs:]
        for curves, kept in ((self.step, steps), (self.validation, epochs)):
            for values in curves.values():
                del values[kept:]

    def _event(self, row: dict[str, Any]) -> None:
        if row["event"] in ("start", "resumed"):
            self.epochs, self.samples, self.device = row["epochs"], row["samples"], row["device"]
            self.patience = row.get("patience", 0)
            self.classes = tuple(row.get("classes", self.classes))
            self.chosen = row.get("chosen", self.chosen)
            self.state, self.reason = "running", ""
            if row["event"] == "resumed":
                self._forget(row["step"] / max(1, row["steps_per_epoch"]))
        elif row["event"] == "test":
            self.looked += 1
        elif row["event"] == "change":
            self.marks.append((row["epoch"], row["what"], row["value"]))
            if row["what"] == "epochs":
                self.epochs = row["value"]
        elif row["event"] == "end":
            self.state, self.reason = row["state"], row["reason"]


class RunWatcher(QObject):
    """Follows one run folder."""

    grew = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder: RunFolder | None = None
        self.curves = Curves()
        self._offset = 0
        self._rest = b""
        self._timer = timer(self, POLL_MS, self.poll)

    def follow(self, folder: RunFolder) -> None:
        """Read this run from its beginning, and go on as it grows."""
        self.folder, self.curves = folder, Curves()
        self._offset, self._rest = 0, b""
        self.grew.emit()
        self._timer.start()

    def finish(self) -> None:
        """Read what is left; nothing more will come."""
        self._timer.stop()
        self.poll()

    def poll(self) -> None:
        """Read what was appended since last time."""
        if self.folder is None:
            return
        try:
            with open(self.folder.metrics, "rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return
        if not data:
            return
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if (row := parse_row(line)) is not None:
                self.curves.take(row)
        self.grew.emit()
