"""Plug-ins in the window: those that were allowed are loaded, new ones are announced, and a dialog shows path, hash and what to do."""

from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMessageBox,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import plugins
from app.look import fonts
from app.look.widgets import make
from app.panels.palette import Palette
from app.plugins import Plugin, PluginError, Store
from app.plugins.loading import PATIENCE, probe_command, verdict
from app.session.document import Session
from app.session.engine import Engine
from app.window.banner import Banner

LOOK_MS = 1500


class Plugins(QObject):
    """Loads what the user allowed, and asks about the rest. Nothing of a plug-in runs before its yes."""

    def __init__(self, shell: QWidget, session: Session, engine: Engine, banner: Banner, palette: Palette) -> None:
        super().__init__(shell)
        self.shell, self.session, self.engine, self.banner, self.palette = shell, session, engine, banner, palette
        self.store = Store()
        self.broken: dict[Path, str] = {}
        self.loaded: dict[Path, list[str]] = {}

    def start(self) -> None:
        """Load what was allowed and is unchanged; look for new ones a moment later."""
        for plugin in self.store.accepted():
            if str(plugin.path) == self.store.interrupted:
                self.broken[plugin.path] = self.tr("It did not finish loading last time, and was left out")
            else:
                self.use(plugin)
        if self.broken:
            path, reason = next(iter(self.broken.items()))
            self.banner.say(f"{path.name}: {reason}", "error", self.tr("Plug-ins …"), self.show)
        QTimer.singleShot(LOOK_MS, self, self.look)

    def use(self, plugin: Plugin) -> bool:
        """Load a plug-in that was allowed; False, with the reason kept, where that fails."""
        try:
            self.store.loading(plugin)
            blocks = plugins.load(plugin)
        except (PluginError, OSError) as error:
            self.broken[plugin.path] = str(error)
            return False
        finally:
            self._done()
        self.broken.pop(plugin.path, None)
        self.loaded[plugin.path] = [block.label for block in blocks]
        entry = [str(plugin.path), plugin.module, plugin.digest]
        if entry not in self.engine.plugins:
            self.engine.plugins.append(entry)
            if self.engine.state not in ("dead", "starting"):
                from app.engine import messages as m

                self.engine.send(m.Plugins([entry]))
        self.palette.refill()
        self.session.look_again()
        return True

    def _done(self) -> None:
        try:
            self.store.loading(None)
        except OSError:
            return

    def found(self) -> list[Plugin]:
        """All plug-ins there are, in the folder and installed."""
        folder = self.store.folder
        return [*(plugins.in_folder(folder) if folder else []), *plugins.installed()]

    def look(self) -> None:
        """Announce plug-ins that were never answered, or that have changed."""
        new = [plugin for plugin in self.found() if not self.store.accepts(plugin) and not self.store.declined(plugin)]
        if not new or self.banner.isVisible():
            return
        changed = [plugin for plugin in new if self.store.knows(plugin)]
        names = ", ".join(plugin.name for plugin in changed or new)
        text = (
            self.tr("The plug-in {0} has changed since you allowed it. Nothing of it has run.")
            if changed
            else self.tr("Found the plug-in {0}. It is code that would run on this machine; nothing of it has run.")
        )
        self.banner.say(text.format(names), "ok", self.tr("Review …"), self.show)

    def show(self) -> None:
        """Open the dialog."""
        dialog = PluginDialog(self)
        dialog.open()


class PluginDialog(QDialog):
    """What there is, where it lies, its hash, and whether it may run."""

    def __init__(self, control: Plugins) -> None:
        super().__init__(control.shell)
        self.control = control
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Plug-ins"))
        self.resize(820, 420)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(12)
        warning = self.tr("Plug-ins add blocks. They are Python code that runs with your rights: allow only what you trust.")
        column.addWidget(make(QLabel, warning, wordWrap=True))
        row = QHBoxLayout()
        self.folder = make(QLabel, objectName="caption")
        self.folder.setTextFormat(Qt.TextFormat.PlainText)
        choose = QPushButton(self.tr("Choose folder …"))
        choose.clicked.connect(self._choose)
        row.addWidget(self.folder, 1)
        row.addWidget(choose)
        column.addLayout(row)
        self.tree = make(QTreeWidget, objectName="table")
        self.tree.setRootIsDecorated(False)
        self.tree.setHeaderLabels([self.tr("Plug-in"), self.tr("State"), self.tr("Path"), "SHA-256"])
        self.tree.header().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setStretchLastSection(False)
        self.tree.currentItemChanged.connect(lambda *_: self._selected())
        column.addWidget(self.tree, 1)
        self.said = make(QLabel, wordWrap=True, objectName="caption")
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        column.addWidget(self.said)
        buttons = QHBoxLayout()
        self.allow = make(QPushButton, self.tr("Allow …"), objectName="train")
        self.forbid = QPushButton(self.tr("Do not allow"))
        close = QPushButton(self.tr("Close"))
        self.allow.clicked.connect(self._ask)
        self.forbid.clicked.connect(self._forbid)
        close.clicked.connect(self.accept)
        for widget in (self.allow, self.forbid):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column.addLayout(buttons)
        self.process: QProcess | None = None
        self.fill()

    def fill(self) -> None:
        """List what there is now."""
        folder = self.control.store.folder
        self.folder.setText(
            self.tr("Folder: {0}").format(folder) if folder else self.tr("No folder is chosen; installed packages are listed.")
        )
        self.plugins = self.control.found()
        self.tree.clear()
        for plugin in self.plugins:
            item = QTreeWidgetItem([plugin.name, self._state(plugin), str(plugin.path), plugin.digest[:16] + "…"])
            item.setToolTip(3, plugin.digest)
            item.setToolTip(2, str(plugin.path))
            item.setFont(3, fonts.mono(11))
            item.setSizeHint(0, QSize(0, 34))
            self.tree.addTopLevelItem(item)
        for k in (0, 1, 3):
            self.tree.resizeColumnToContents(k)
        if (first := self.tree.topLevelItem(0)) is not None:
            self.tree.setCurrentItem(first)
        self._selected()

    def _state(self, plugin: Plugin) -> str:
        if plugin.path in self.control.broken:
            return self.tr("Broken")
        if self.control.store.accepts(plugin):
            return self.tr("Allowed") if plugin.path in self.control.loaded else self.tr("Allowed, not loaded")
        return self.tr("Changed: asks again") if self.control.store.knows(plugin) else self.tr("Not allowed")

    def _current(self) -> Plugin | None:
        item = self.tree.currentItem()
        k = self.tree.indexOfTopLevelItem(item) if item is not None else -1
        return self.plugins[k] if 0 <= k < len(self.plugins) else None

    def _selected(self) -> None:
        plugin = self._current()
        yes = plugin is not None and self.control.store.accepts(plugin)
        self.allow.setEnabled(plugin is not None and (not yes or plugin.path in self.control.broken) and self.process is None)
        self.forbid.setEnabled(plugin is not None)
        if plugin is None:
            self.said.setText(self.tr("There are no plug-ins here."))
        elif plugin.path in self.control.broken:
            self.said.setText(self.control.broken[plugin.path])
        elif plugin.path in self.control.loaded:
            self.said.setText(self.tr("Adds {0}.").format(", ".join(self.control.loaded[plugin.path])))
        else:
            self.said.setText(f"{plugin.path}\n{plugin.digest}")

    def _choose(self) -> None:
        start = str(self.control.store.folder or Path.home())
        name = QFileDialog.getExistingDirectory(self, self.tr("Folder with plug-ins"), start)
        if name:
            try:
                self.control.store.set_folder(Path(name))
            except OSError as error:
                self.said.setText(self.tr("The choice could not be kept: {0}").format(error.strerror or error))
                return
            self.fill()

    def _ask(self) -> None:
        plugin = self._current()
        if plugin is None:
            return
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(self.tr("Run the code of {0} on this machine?").format(plugin.name))
        box.setInformativeText(f"{plugin.path}\n\nSHA-256 {plugin.digest}")
        yes = box.addButton(self.tr("Allow"), QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.finished.connect(lambda _: self.try_out(plugin) if box.clickedButton() is yes else None)
        box.open()

    def try_out(self, plugin: Plugin) -> None:
        """The user said yes: try it in a process of its own first, where an endless loop does no harm."""
        self.process = QProcess(self)
        self.process.setWorkingDirectory(str(Path(__file__).parents[2]))
        self.process.finished.connect(lambda code, _: self._tried(plugin, code))
        program, *arguments = probe_command(plugin)
        self.process.start(program, arguments)
        QTimer.singleShot(round(1000 * PATIENCE), self.process, self.process.kill)
        self._selected()
        self.said.setText(self.tr("Trying it …"))

    def _tried(self, plugin: Plugin, code: int) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        output, errors = (
            bytes(data.data()).decode(errors="replace") for data in (process.readAllStandardOutput(), process.readAllStandardError())
        )
        try:
            if process.exitStatus() == QProcess.ExitStatus.CrashExit:
                raise PluginError(self.tr("It did not finish loading within {0:g} seconds, or crashed").format(PATIENCE))
            verdict(plugin, code, output, errors)
            self.control.store.accept(plugin)
        except (PluginError, OSError) as error:
            self.control.broken[plugin.path] = str(error)
        else:
            self.control.use(plugin)
        self.fill()

    def _forbid(self) -> None:
        plugin = self._current()
        if plugin is None:
            return
        was_running = plugin.path in self.control.loaded
        try:
            self.control.store.forget(plugin)
            self.control.store.decline(plugin)
        except OSError as error:
            self.said.setText(self.tr("The choice could not be kept: {0}").format(error.strerror or error))
            return
        self.fill()
        if was_running:
            self.said.setText(self.tr("Its blocks stay until Netwright is started again."))
