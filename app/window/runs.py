"""Starting, holding and ending a run, and exporting its network: the buttons on one side, the engine on the other."""

import os
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, QTemporaryDir, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication, QPixmap
from PySide6.QtWidgets import QFileDialog, QWidget

from app.canvas.near import Seen
from app.data.source import DataError
from app.document import activations
from app.document.graph import Graph
from app.document.runs import RunFolder, is_run, new_run
from app.document.storage import dumps
from app.engine import messages as m
from app.panels.training import Training
from app.session.data import Data
from app.session.document import Session
from app.session.engine import Engine
from app.session.runs import RunWatcher
from app.session.sheet import Sheet
from app.window import elsewhere
from app.window.banner import Banner
from app.window.toolbar import DeviceChip
from resources import ROOT


class RunControl(QObject):
    """Knows the run in hand. ``actions`` are those named train, pause, stop, export and export_folded."""

    running_changed = Signal(bool)
    previewed = Signal(str)
    watched = Signal(object, object)  # Seen, and the Sheet whose network was trained

    def __init__(
        self,
        parent: QWidget,
        session: Session,
        engine: Engine,
        watcher: RunWatcher,
        panel: Training,
        banner: Banner,
        chip: DeviceChip,
        actions: Mapping[str, QAction],
        data: Data,
    ) -> None:
        super().__init__(parent)
        self.data = data
        self._scratch: QTemporaryDir | None = None
        self.window_, self.session, self.engine, self.watcher = parent, session, engine, watcher
        self.panel, self.banner, self.chip, self.actions = panel, banner, chip, actions
        self.waiting = False  # a run was asked for and has not begun
        self._trained: dict[str, tuple[Graph, Sheet]] = {}  # by run, what was trained
        engine.state_changed.connect(self._show_state)
        engine.message.connect(self._take)
        engine.died.connect(self._died)
        panel.change.connect(lambda what, value: engine.send(m.Change(what, value)))
        self.running_changed.connect(panel.show_running)
        self._show_state(engine.state)

    def train(self, start_from: str = "") -> bool:
        """Start a run of the document as it is; False where its problems forbid that. ``start_from`` are weights to begin with."""
        if self.data.state == "reading":
            self.banner.say(self.tr("The data set is still being read: it can be trained in a moment"), "error")
            return False
        if self.data.state == "failed":
            self.banner.say(self.tr("It can't be trained yet. {0}").format(self.data.text), "error")
            return False
        self.session.check_now()
        errors = [p for p in self.session.problems if p.severity == "error"]
        missing = next((p for p in self.session.problems if p.code == "no-loss"), None)
        if errors or missing or not self.session.graph.nodes:
            first = errors[0] if errors else missing
            text = first.text if first else self.tr("The network is empty: drag blocks onto the canvas first")
            self.banner.say(self.tr("It can't be trained yet. {0}").format(text), "error")
            return False
        if self.session.columns is None:
            text = self.tr(
                "It can't be trained yet: no data set is chosen. With nothing selected, choose one on the right, and let the Input take its size"
            )
            self.banner.say(text, "error")
            return False
        try:
            folder = new_run(self._parent_folder(), self.session.name)
        except OSError as error:
            self.banner.say(self.tr("No run folder can be made: {0}").format(error.strerror or error), "error")
            return False
        self.banner.hide()
        self.panel.begin()
        self.watcher.follow(folder)
        self.waiting = True
        self._trained[str(folder.path)] = self.session.document.graph, self.session.sheet
        self.engine.send(m.Train(dumps(self.session.document), str(folder.path), self.chip.chosen, start_from=start_from))
        self._show_state(self.engine.state)
        return True

    def start_from(self) -> None:
        """Ask for weights, and train from them."""
        name, _ = QFileDialog.getOpenFileName(
            self.window_, self.tr("Weights to begin with"), str(self._parent_folder()), self.tr("Weights (*.safetensors *.pt *.pth)")
        )
        if name:
            self.train(start_from=name)

    def resume(self) -> None:
        """Ask for a run, and go on with it from its last checkpoint."""
        folder = self.watcher.folder
        start = folder.path if folder is not None and folder.path.is_dir() else self._parent_folder()
        name = QFileDialog.getExistingDirectory(self.window_, self.tr("Go on with a run"), str(start))
        if name:
            self.resume_run(Path(name))

    def resume_run(self, path: Path) -> None:
        """Go on with a run. One that has done all its epochs gets as many again."""
        if not is_run(path):
            self.banner.say(self.tr("{0} is no run: it should hold document.netwright and run.json").format(path), "error")
            return
        folder = RunFolder(path)
        self.banner.hide()
        self.panel.begin()
        self.watcher.follow(folder)
        self.watcher.poll()
        curves = self.watcher.curves
        epochs = 2 * curves.epochs if curves.epochs and curves.epoch >= curves.epochs else 0
        self.waiting = True
        self._trained[str(path)] = self.session.document.graph, self.session.sheet
        self.engine.send(m.Train("", str(path), self.chip.chosen, resume=True, epochs=epochs))
        self._show_state(self.engine.state)

    def tune(self, what: str) -> None:
        """Look for a learning rate, or for the largest batch."""
        self.session.check_now()
        errors = [p for p in self.session.problems if p.severity == "error" or p.code == "no-loss"]
        if errors or self.session.columns is None:
            text = errors[0].text if errors else self.tr("No data set is chosen")
            self.banner.say(self.tr("Nothing can be tried yet. {0}").format(text), "error")
            return
        self.panel.say(self.tr("Trying learning rates …") if what == "rate" else self.tr("Trying batches …"), "text2")
        self.engine.send(m.Tune(dumps(self.session.document), what, self.chip.chosen))

    def _tuned(self, message: m.Tuned) -> None:
        self.panel.say(message.text, "ok")
        name, value = ("learning_rate", message.value) if message.what == "rate" else ("batch_size", int(message.value))

        def take() -> None:
            self.session.edit_recipe(f"Set {name} to {value:g}", self.session.document.recipe.replace(**{name: value}))
            self.banner.hide()

        self.banner.say(message.text, "ok", self.tr("Use it"), take)

    def elsewhere(self) -> None:
        """Ask for a folder, and fill it with all that the run needs on another machine."""
        start = (self.session.path.parent if self.session.path else Path.home()) / f"{self.session.name}-elsewhere"
        name, _ = QFileDialog.getSaveFileName(self.window_, self.tr("Run elsewhere: a new folder"), str(start))
        if name:
            try:
                command = elsewhere.write(Path(name), self.session.document)
            except (OSError, DataError) as error:
                self.banner.say(self.tr("The folder can't be written: {0}").format(error), "error")
                return
            text = self.tr("{0} holds the network, its data and the program. There, start it with: {1}").format(name, command)
            self.banner.say(text, "ok", self.tr("Copy the command"), lambda: QGuiApplication.clipboard().setText(command))

    def preview(self, seed: int) -> None:
        """Ask for samples as the recipe changes them."""
        if self._scratch is None:
            self._scratch = QTemporaryDir()  # of our own: nobody can put a link in its way; gone with the window
        self.engine.send(m.Preview(dumps(self.session.document), self._scratch.filePath("preview.png"), seed))

    def pause(self) -> None:
        """Hold the run, or let it go on."""
        self.engine.send(m.Resume() if self.engine.state == "paused" else m.Pause())

    def stop(self) -> None:
        """End the run after the current step."""
        self.engine.send(m.Stop())

    def export(self, *, fold: bool = False, preprocessing: bool = False) -> None:
        """Ask for a place, and write the best weights of the last run there; ``fold`` lets batch norms go into convolutions."""
        folder = self.watcher.folder
        if folder is None:
            return
        start = (self.session.path.parent if self.session.path else Path.home()) / f"{self.session.name}.onnx"
        name, _ = QFileDialog.getSaveFileName(self.window_, self.tr("Export ONNX"), str(start), self.tr("ONNX (*.onnx)"))
        if name:
            path = Path(name) if Path(name).suffix else Path(name).with_suffix(".onnx")
            self.panel.say(self.tr("Exporting and comparing with PyTorch …"), "text2")
            self.engine.send(m.Export(str(folder.path), str(path), fold=fold, preprocessing=preprocessing))

    @property
    def running(self) -> bool:
        return self.waiting or self.engine.state in ("training", "paused")

    def _parent_folder(self) -> Path:
        if chosen := os.environ.get("NETWRIGHT_RUNS"):
            return Path(chosen)
        path = self.session.path
        if path is not None and ROOT not in path.resolve().parents and os.access(path.parent, os.W_OK):
            return path.parent / "runs"
        return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)) / "runs"

    def _take(self, message: m.Message) -> None:
        if isinstance(message, m.Started):
            self.waiting = False
        elif isinstance(message, m.Finished):
            self.waiting = False
            self.watcher.finish()
            self._finished(message)
        elif isinstance(message, m.Evaluated):
            accuracy = message.metrics.get("accuracy")
            text = f"{100 * accuracy:.1f} %" if accuracy is not None else f"loss {message.metrics['loss']:.4g}"
            self.panel.say(self.tr("On {0} test samples it never saw: {1}").format(message.metrics["samples"], text), "ok")
        elif isinstance(message, m.Exported):
            batches = self.tr(" and ").join(map(str, message.batches))
            text = self.tr("ONNX matches PyTorch: largest difference {0:.2g} at batch sizes {1}. {2} (opset {3}, {4:.0f} KB)")
            text = text.format(message.difference, batches, message.path, message.opset, message.size / 1024)
            if message.traced:
                text += " " + self.tr("PyTorch's exporter wrote it: {0}.").format(message.traced)
            self.panel.say(text, "ok")
            folder = QUrl.fromLocalFile(str(Path(message.path).parent))
            self.banner.say(text, "ok", self.tr("Open folder"), lambda: QDesktopServices.openUrl(folder))
        elif isinstance(message, m.Tuned):
            self._tuned(message)
        elif isinstance(message, m.Previewed):
            self.previewed.emit(message.path)
        elif isinstance(message, m.Watched):
            if (trained := self._trained.pop(message.run, None)) is not None:
                run = RunFolder(Path(message.run))
                self.watched.emit(Seen(trained[0], activations.read(run), QPixmap(str(run.pictures))), trained[1])
        elif isinstance(message, m.Failed) and message.task == "Watch":
            self.panel.say(self.tr("The run keeps no feature maps: {0}").format(message.reason), "text2")
        elif isinstance(message, m.Failed):
            self.panel.say(message.reason, "error")
            self.banner.say(message.reason, "error")
        self._show_state(self.engine.state)

    def _finished(self, message: m.Finished) -> None:
        if message.state == "failed":
            self.panel.say(message.reason, "error")
            self.banner.say(self.tr("The run ended: {0}").format(message.reason), "error")
            return
        self.panel.say(message.reason[0].upper() + message.reason[1:], "text")
        if message.state == "done" and self.session.document.recipe.test:
            self.engine.send(m.Evaluate(message.run))
        self.engine.send(m.Watch(message.run))

    def _died(self, reason: str) -> None:
        was_running = self.running
        self.waiting = False
        self.watcher.finish()
        self.watcher.curves.state = "failed" if was_running else self.watcher.curves.state
        self.panel.refresh()
        text = self.tr("The engine ended: {0}.").format(reason)
        if was_running:
            text += " " + self.tr("What was recorded is kept; your network is not touched.")
        self.panel.say(text, "error")
        self.banner.say(text, "error", self.tr("Train again") if was_running else "", self.actions["train"].trigger)
        self._show_state(self.engine.state)

    def _show_state(self, state: str) -> None:
        running = self.running
        self.actions["train"].setEnabled(not running and state != "busy")
        self.running_changed.emit(running)
        self.actions["pause"].setEnabled(state in ("training", "paused"))
        self.actions["pause"].setText(self.tr("Resume") if state == "paused" else self.tr("Pause"))
        self.actions["stop"].setEnabled(state in ("training", "paused"))
        for name in ("resume", "start_from", "find_rate", "largest_batch"):
            self.actions[name].setEnabled(not running and state in ("ready", "starting"))
        folder: RunFolder | None = self.watcher.folder
        exportable = folder is not None and folder.checkpoints.is_dir() and not running and state == "ready"
        for name in ("export", "export_folded", "export_prepared"):
            self.actions[name].setEnabled(exportable)
        if state == "ready" and self.engine.info is not None and not self.chip.ready:
            self.chip.show_devices(self.engine.info.devices)
        elif state in ("starting", "dead"):
            self.chip.show_devices(None)
