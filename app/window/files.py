"""New, open, save, and the question before changes are lost."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.canvas.view import CanvasView
from app.document.storage import SUFFIX, DocumentError
from app.session.document import Session
from app.session.recovery import Recovered, Recovery
from app.window.banner import Banner
from resources import resource

FIRST_EXAMPLE = resource("examples", "first-cnn.netwright")
FILTER = f"Netwright (*{SUFFIX})"


class Files(QObject):
    """What the File menu does. Errors are told in the banner; they never cost the document."""

    def __init__(self, shell: QWidget, session: Session, canvas: CanvasView, banner: Banner) -> None:
        super().__init__(shell)
        self.shell, self.session, self.canvas, self.banner = shell, session, canvas, banner
        self.recovery = Recovery(session)

    def new(self) -> None:
        """An empty document."""
        if self.may_close():
            self.session.new()
            self.canvas.set_zoom(1.0)

    def open(self) -> None:
        """Ask for a document and open it."""
        if self.may_close():
            name, _ = QFileDialog.getOpenFileName(self.shell, self.tr("Open"), str(self._folder()), FILTER)
            if name:
                self.try_open(Path(name))

    def open_example(self) -> None:
        """Open the first example as a new document."""
        if self.may_close():
            self.try_open(FIRST_EXAMPLE)

    def try_open(self, path: Path) -> None:
        try:
            if resource() in path.resolve().parents:
                self.session.open_copy(path)
            else:
                self.session.open(path)
        except DocumentError as error:
            self.banner.say(str(error), "error")
            return
        self.banner.hide()
        self.canvas.fit()

    def offer_recovered(self) -> None:
        """Tell of unsaved changes that a crash left behind."""
        found = self.recovery.found()
        if not found:
            return
        one = found[0]
        text = self.tr("Netwright ended before the changes to {0} were saved. A copy from {1} is here.").format(
            one.title, self._ago(one.seconds)
        )
        self.banner.say(
            text, "ok", self.tr("Restore"), lambda: self._restore(one), self.tr("Discard"), lambda: self._forget(one)
        )  # fmt: skip

    def _restore(self, one: Recovered) -> None:
        if self.may_close():
            self.recovery.restore(one)
            self.canvas.fit()

    def _forget(self, one: Recovered) -> None:
        self.recovery.forget(one)
        self.offer_recovered()

    def _ago(self, seconds: float) -> str:
        minutes = round(seconds / 60)
        if minutes < 1:
            return self.tr("a moment ago")
        return self.tr("{0} minutes ago").format(minutes) if minutes < 120 else self.tr("{0} hours ago").format(minutes // 60)

    def save(self) -> bool:
        """Save where the document lies; ask where it lies nowhere."""
        return self._save_to(self.session.path) if self.session.path else self.save_as()

    def save_as(self) -> bool:
        """Ask for a place and save."""
        start = self._folder() / f"{self.session.name}{SUFFIX}"
        name, _ = QFileDialog.getSaveFileName(self.shell, self.tr("Save as"), str(start), FILTER)
        if not name:
            return False
        path = Path(name)
        return self._save_to(path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX))

    def _save_to(self, path: Path) -> bool:
        try:
            self.session.save(path)
        except OSError as error:
            self.banner.say(
                self.tr("{0} was not saved: {1}. Your document is unchanged and still open.").format(path, error.strerror or error), "error"
            )
            return False
        return True

    def save_source(self) -> None:
        """Write the PyTorch source of the network."""
        from app.compiler import CompileError, compile_graph
        from app.document import atomic

        try:
            source = compile_graph(self.session.graph, self.session.analysis, self.session.document.recipe).source
        except CompileError as error:
            self.banner.say(str(error), "error")
            return
        name, _ = QFileDialog.getSaveFileName(
            self.shell, self.tr("Save PyTorch source"), str(self._folder() / f"{self.session.name}.py"), "Python (*.py)"
        )
        if name:
            try:
                atomic.write_text(Path(name), source)
            except OSError as error:
                self.banner.say(self.tr("{0} was not written: {1}").format(name, error.strerror or error), "error")

    def save_drawing(self) -> None:
        """Write the drawing as SVG, PNG or PDF."""
        from app.canvas import picture

        start = str(self._folder() / f"{self.session.name}.svg")
        filters = self.tr("Vector graphics (*.svg);;Picture (*.png);;PDF (*.pdf)")
        name, chosen = QFileDialog.getSaveFileName(self.shell, self.tr("Save drawing"), start, filters)
        if not name:
            return
        path = Path(name)
        if path.suffix.lower() not in picture.SUFFIXES:
            path = path.with_name(path.name + chosen.partition("(*")[2].rstrip(")"))
        try:
            picture.write(self.canvas.canvas, path)
        except (OSError, ValueError) as error:
            self.banner.say(self.tr("{0} was not written: {1}").format(path, getattr(error, "strerror", None) or error), "error")

    def _folder(self) -> Path:
        return self.session.path.parent if self.session.path else Path.home()

    def may_close(self) -> bool:
        """Ask what to do with unsaved changes; False if the user would rather stay."""
        if not self.session.dirty:
            return True
        button = QMessageBox.StandardButton
        box = QMessageBox(self.shell)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(self.tr("Save the changes to {0}?").format(self.session.name))
        box.setStandardButtons(button.Save | button.Discard | button.Cancel)
        box.setDefaultButton(button.Save)
        answer = box.exec()
        if answer == button.Discard:
            self.recovery.discard()
        return self.save() if answer == button.Save else answer == button.Discard
