"""The status bar: problems, totals, whether it is saved, and the engine."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLabel, QPushButton

from app.document.forecast import forecast
from app.look import icons, theme
from app.look.text import si, size
from app.look.widgets import make
from app.session.document import Session
from app.session.engine import Engine
from app.window.shell import Shell


def _short(path: Path) -> str:
    """A path as people say it."""
    return f"~/{path.relative_to(Path.home())}" if path.is_relative_to(Path.home()) else str(path)


class Status(QObject):
    """Fills the shell's status bar. A click on the count of problems calls ``show_problems``."""

    def __init__(self, shell: Shell, session: Session, engine: Engine, show_problems: Callable[[], object]) -> None:
        super().__init__(shell)
        self.shell, self.session, self.engine = shell, session, engine
        bar = shell.statusBar()
        self.problem_count = make(QPushButton, objectName="problemCount", flat=True)
        self.problem_count.clicked.connect(show_problems)
        self.totals, self.saved, self.engine_text = QLabel(), QLabel(), QLabel()
        for widget in (self.problem_count, self.totals):
            bar.addWidget(widget)
        bar.addPermanentWidget(self.saved)
        bar.addPermanentWidget(self.engine_text)
        bar.setContentsMargins(6, 0, 10, 0)
        session.analysed.connect(self.refresh)
        session.title_changed.connect(self.refresh)
        session.problems_changed.connect(self.show_problems)
        engine.state_changed.connect(lambda _: self.refresh())
        theme.current.changed.connect(self.show_problems)

    def refresh(self) -> None:
        """Totals, file and engine."""
        session, totals = self.session, self.session.analysis.totals
        self.saved.setText(self.tr("Not saved") if session.dirty else (_short(session.path) if session.path else ""))
        batch = session.document.recipe.batch_size
        self.totals.setVisible(bool(session.graph.nodes))
        need = forecast(totals, session.document.recipe)
        self.totals.setText(
            f"    {si(totals.params)} params      {si(totals.macs)} MACs      {size(need.training)} {self.tr('to train')} @ {self.tr('batch')} {batch}"
        )
        told = self.tr(
            "To train at batch {0}: weights {1}, gradients {2}, optimizer {3}, activations {4}. To use it at that batch: at most {5}."
        )
        parts = (need.weights, need.gradients, need.optimizer, need.activations, need.inference)
        self.totals.setToolTip(told.format(batch, *map(size, parts)))
        texts = {
            "starting": self.tr("PyTorch is starting …"), "ready": "", "busy": self.tr("Working …"), "training": self.tr("Training"),
            "paused": self.tr("Paused"), "dead": self.tr("The engine is not running"),
        }  # fmt: skip
        version = f"PyTorch {self.engine.info.torch}" if self.engine.info else ""
        self.engine_text.setText("   ".join(filter(None, (texts[self.engine.state], version))))

    def show_problems(self) -> None:
        """How many there are, and how bad."""
        self.problem_count.setVisible(bool(self.session.graph.nodes))
        counts = {level: sum(p.severity == level for p in self.session.problems) for level in ("error", "warning", "hint")}
        words = [self._counted(level, count) for level, count in counts.items() if count]
        level = "error" if counts["error"] else "warning" if counts["warning"] else "ok"
        self.problem_count.setText(" · ".join(words) or self.tr("No problems"))
        self.problem_count.setProperty("level", level)
        self.problem_count.style().unpolish(self.problem_count)
        self.problem_count.style().polish(self.problem_count)
        name, role = {"error": ("error", "error"), "warning": ("warning", "warn"), "ok": ("check", "ok")}[level]
        self.problem_count.setIcon(icons.icon(name, role, 14))

    def _counted(self, level: str, count: int) -> str:
        one = {"error": self.tr("1 error"), "warning": self.tr("1 warning"), "hint": self.tr("1 hint")}
        many = {"error": self.tr("{0} errors"), "warning": self.tr("{0} warnings"), "hint": self.tr("{0} hints")}
        return one[level] if count == 1 else many[level].format(count)
