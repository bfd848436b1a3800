"""New, open, save, and the question before changes are lost."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.canvas.view import CanvasView
from app.document.storage import SUFFIX, DocumentError
from app.session.document import Session
from app.session.recovery import Recovered, Recovery
from app.session.sheet import Sheet
from app.window.banner import Banner
from app.window.recent import Recent
from resources import resource

FIRST_EXAMPLE = resource("examples", "first-cnn.netwright")
FILTER = f"Netwright (*{SUFFIX})"


class Files(QObject):
    """What the File menu does. Errors are told in the banner; they never cost the document."""

    opened = Signal()  # a document was opened or made

    def __init__(self, shell: QWidget, session: Session, canvas: CanvasView, banner: Banner, recent: Recent) -> None:
        super().__init__(shell)
        self.recent = recent
        self.shell, self.session, self.canvas, self.banner = shell, session, canvas, banner
        self.recovery = Recovery(session)

    def new(self) -> None:
        """An empty document."""
        self.session.new()
        self.opened.emit()

    def open(self) -> None:
        """Ask for a document and open it."""
        name, _ = QFileDialog.getOpenFileName(self.shell, self.tr("Open"), str(self._folder()), FILTER)
        if name:
            self.try_open(Path(name))

    def open_example(self) -> None:
        """Open the first example as a new document."""
        self.try_open(FIRST_EXAMPLE)

    def try_open(self, path: Path) -> bool:
        """Open a document; what is wrong with it is told, and nothing else changes."""
        try:
            if resource() in path.resolve().parents:
                self.session.open_copy(path)
            else:
                self.session.open(path)
                self.recent.add(path)
        except DocumentError as error:
            self.banner.say(str(error), "error")
            return False
        self.banner.hide()
        self.opened.emit()
        return True

    def drop(self, paths: Iterable[Path]) -> None:
        """Files were dropped on the window."""
        for path in paths:
            if path.suffix == SUFFIX:
                self.try_open(path)
            else:
                self.banner.say(self.tr("{0} can't be opened: a network is a file that ends in {1}.").format(path.name, SUFFIX), "error")

    def close(self, sheet: Sheet | None = None) -> bool:
        """Close a document, or the one in hand; False if the user would rather not."""
        sheet = sheet or self.session.sheet
        if not self._may_go(sheet):
            return False
        self.session.close(sheet)
        return True

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
        self.recovery.restore(one)
        self.opened.emit()
        self.offer_recovered()

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
            self.recent.add(path)
        except OSError as error:
            self.banner.say(
                self.tr("{0} was not saved: {1}. Your document is unchanged and still open.").format(path, error.strerror or error), "error"
            )
            return False
        return True

    def save_source(self) -> None:
        """Write the PyTorch source of the network."""
        from app.compiler import CompileError, compile_document
        from app.document import atomic

        try:
            source = compile_document(self.session.document).source
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

    def save_layers(self, table: str) -> None:
        """Write the layer table for a spreadsheet."""
        from app.document import atomic

        start = str(self._folder() / f"{self.session.name}-layers.csv")
        name, _ = QFileDialog.getSaveFileName(self.shell, self.tr("Save layer table"), start, self.tr("Table (*.csv)"))
        if name:
            try:
                atomic.write_text(Path(name), table)
            except OSError as error:
                self.banner.say(self.tr("{0} was not written: {1}").format(name, error.strerror or error), "error")

    def _folder(self) -> Path:
        return self.session.path.parent if self.session.path else Path.home()

    def may_close(self) -> bool:
        """Ask what to do with the unsaved changes of each document; False if the user would rather stay."""
        return all(self._may_go(sheet) for sheet in list(self.session.sheets))

    def _may_go(self, sheet: Sheet) -> bool:
        if not sheet.dirty:
            return True
        self.session.take(sheet)
        button = QMessageBox.StandardButton
        box = QMessageBox(self.shell)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(self.tr("Save the changes to {0}?").format(sheet.name))
        box.setInformativeText(self.tr("Without saving, they are lost."))
        box.setStandardButtons(button.Save | button.Discard | button.Cancel)
        box.setDefaultButton(button.Save)
        answer = box.exec()
        if answer == button.Discard:
            self.recovery.discard()
        return self.save() if answer == button.Save else answer == button.Discard
