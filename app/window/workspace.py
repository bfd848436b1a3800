"""What fills the window: canvas, panels, menus, status, wired to one session and one engine."""

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QButtonGroup, QFileDialog, QHBoxLayout, QLabel, QMenu, QMessageBox, QPushButton, QStackedWidget, QTabBar, QVBoxLayout

from app.canvas.view import CanvasView
from app.document.storage import SUFFIX, DocumentError
from app.look import icons, theme
from app.look.text import si, size
from app.panels.inspector import Inspector
from app.panels.palette import Palette
from app.panels.problems import Problems
from app.panels.training import Training
from app.session.document import Session
from app.session.engine import Engine
from app.session.runs import RunWatcher
from app.window import actions, edit
from app.window.banner import Banner, Welcome
from app.window.runs import RunControl
from app.window.shell import BOTTOM, Shell
from app.window.toolbar import Toolbar
from app.window.zoombar import ZoomBar
from resources import resource

FIRST_EXAMPLE = resource("examples", "first-cnn.netwright")
FILTER = f"Netwright (*{SUFFIX})"


class Workspace(QObject):
    """One document, one engine, and all that shows them."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.shell = shell
        self.session = Session(self)
        self.engine = Engine(self)
        self.watcher = RunWatcher(self)
        self.canvas = CanvasView(self.session)
        self.palette = Palette()
        self.inspector = Inspector(self.session)
        self.problems = Problems(self.session)
        self.training = Training(self.watcher)
        self._arrange()
        self.banner = Banner(shell.center)
        self.actions = actions.install(shell, shell.menu_bar, self._commands(), self.canvas)
        self.toolbar = Toolbar(shell.toolbar, self.actions)
        self.runs = RunControl(shell, self.session, self.engine, self.watcher, self.training, self.banner, self.toolbar.device, self.actions)
        self.zoom_bar = ZoomBar(self.canvas)
        self.welcome = Welcome(
            self.canvas,
            [
                (self.tr("Open the first example"), "play", self.open_example),
                (self.tr("Open …"), "folder", self.open),
                (self.tr("Add an Input"), "plus", lambda: self.canvas.add_block(self._kind("Input"))),
            ],
        )
        self._status()
        self._connect()
        self._modes()

    def start(self, file: Path | None) -> None:
        """Start the engine and open a file."""
        self.engine.start()
        if file is not None:
            self._try_open(file)
        self._refresh()
        self.canvas.setFocus()

    def _kind(self, name: str) -> "type":
        from blocks.catalogue import load

        return load()[name]

    # Layout

    def _arrange(self) -> None:
        shell = self.shell
        center = QVBoxLayout(shell.center)
        center.setContentsMargins(0, 0, 0, 0)
        center.addWidget(self.canvas)
        for dock, panel in ((shell.left, self.palette), (shell.right, self.inspector)):
            layout = dock.widget().layout()
            assert layout is not None
            layout.addWidget(panel)
        self.tabs = QTabBar(drawBase=False, expanding=False)  # type: ignore[call-arg]
        self.tabs.setAccessibleName(self.tr("Panels"))
        self.stack = QStackedWidget()
        for title, panel in ((self.tr("Problems"), self.problems), (self.tr("Training"), self.training)):
            self.tabs.addTab(title)
            self.stack.addWidget(panel)
        self.tabs.currentChanged.connect(self.stack.setCurrentIndex)
        self.tabs.currentChanged.connect(lambda _: self.training.refresh())
        bottom = shell.bottom.widget().layout()
        assert bottom is not None
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 0)
        row.addWidget(self.tabs)
        row.addStretch(1)
        assert isinstance(bottom, QVBoxLayout)
        bottom.addLayout(row)
        bottom.addWidget(self.stack, 1)

    def _modes(self) -> None:
        row = QHBoxLayout(self.shell.modes)
        row.setContentsMargins(3, 2, 3, 2)
        row.setSpacing(2)
        self.mode_buttons = QButtonGroup(self)
        for k, text in enumerate((self.tr("Build"), self.tr("Train"))):
            button = QPushButton(text, objectName="mode", checkable=True, checked=k == 0)  # type: ignore[call-arg]
            row.addWidget(button)
            self.mode_buttons.addButton(button, k)
        self.mode_buttons.idClicked.connect(self.set_mode)
        self.shell.modes.show()
        self.set_mode(0)

    def set_mode(self, mode: int) -> None:
        """0: room for the canvas; 1: room for the curves."""
        button = self.mode_buttons.button(mode)
        button.setChecked(True)
        self.tabs.setCurrentIndex(mode)
        self.shell.left.setVisible(mode == 0)
        height = BOTTOM if mode == 0 else round(self.shell.height() * 0.56)
        self.shell.resizeDocks([self.shell.bottom], [height], Qt.Orientation.Vertical)
        QTimer.singleShot(0, self.canvas.fit)  # when the canvas has its new size

    def _status(self) -> None:
        bar = self.shell.statusBar()
        self.problem_count = QLabel(objectName="problemCount")  # type: ignore[call-arg]
        self.problem_icon = QLabel()
        self.totals, self.saved, self.engine_text = QLabel(), QLabel(), QLabel()
        for widget in (self.problem_icon, self.problem_count, self.totals):
            bar.addWidget(widget)
        bar.addPermanentWidget(self.saved)
        bar.addPermanentWidget(self.engine_text)
        bar.setContentsMargins(10, 0, 10, 0)

    def _connect(self) -> None:
        session = self.session
        session.analysed.connect(self._refresh)
        session.title_changed.connect(self._refresh)
        session.problems_changed.connect(self._show_problems)
        self.palette.chosen.connect(self._add_chosen)
        self.problems.activated.connect(self.canvas.reveal)
        self.canvas.context_requested.connect(self._context_menu)
        self.engine.state_changed.connect(lambda _: self._refresh())
        theme.current.changed.connect(self._show_problems)

    # Commands

    def _commands(self) -> list[actions.Command]:
        c, session, view, shell = actions.Command, self.session, self.canvas, self.shell
        file, edit_, look, train, help_ = (self.tr(t) for t in ("&File", "&Edit", "&View", "&Train", "&Help"))
        line = lambda menu: c("", menu, "-", lambda: None)  # noqa: E731
        return [
            c("new", file, self.tr("&New"), self.new, ("Ctrl+N",)),
            c("open", file, self.tr("&Open …"), self.open, ("Ctrl+O",)),
            c("example", file, self.tr("Open the first &example"), self.open_example),
            line(file),
            c("save", file, self.tr("&Save"), self.save, ("Ctrl+S",)),
            c("save_as", file, self.tr("Save &as …"), self.save_as, ("Ctrl+Shift+S",)),
            line(file),
            c("quit", file, self.tr("&Quit"), shell.close, ("Ctrl+Q",)),
            c("undo", edit_, self.tr("&Undo"), session.undo, ("Ctrl+Z",)),
            c("redo", edit_, self.tr("&Redo"), session.redo, ("Ctrl+Shift+Z", "Ctrl+Y")),
            line(edit_),
            c("cut", edit_, self.tr("Cu&t"), lambda: edit.cut(view), ("Ctrl+X",), True),
            c("copy", edit_, self.tr("&Copy"), lambda: edit.copy(view), ("Ctrl+C",), True),
            c("paste", edit_, self.tr("&Paste"), lambda: edit.paste(view), ("Ctrl+V",), True),
            c("duplicate", edit_, self.tr("&Duplicate"), lambda: edit.duplicate(view), ("Ctrl+D",), True),
            c("delete", edit_, self.tr("De&lete"), lambda: edit.delete(view), ("Del", "Backspace"), True),
            c("heal", edit_, self.tr("Delete and &join"), lambda: edit.delete_and_heal(view), ("Ctrl+Del",), True),
            line(edit_),
            c("select_all", edit_, self.tr("Select &all"), lambda: session.select(session.graph.nodes), ("Ctrl+A",), True),
            c("rename", edit_, self.tr("Re&name"), self.rename, ("F2",)),
            *[
                c(f"nudge_{key}_{by}", edit_, "", lambda x=x * by, y=y * by: edit.nudge(view, x, y), (f"Alt+{'Shift+' if by > 8 else ''}{key}",), True)
                for key, x, y in (("Left", -1, 0), ("Right", 1, 0), ("Up", 0, -1), ("Down", 0, 1)) for by in (8, 40)
            ],
            c("fit", look, self.tr("Show &all"), view.fit, ("Home",), True),
            c("fit_selection", look, self.tr("Show &selection"), view.fit_selection, ("F",), True),
            c("zoom_100", look, self.tr("&100 %"), lambda: view.set_zoom(1.0), ("Ctrl+0",)),
            c("zoom_in", look, self.tr("Zoom &in"), lambda: view.set_zoom(view.zoom * 1.25), ("Ctrl++", "Ctrl+=")),
            c("zoom_out", look, self.tr("Zoom &out"), lambda: view.set_zoom(view.zoom / 1.25), ("Ctrl+-",)),
            line(look),
            c("search", look, self.tr("&Search blocks"), self.search_blocks, ("Ctrl+F",)),
            c("next_problem", look, self.tr("Next &problem"), self.problems.next, ("F8",)),
            c("fix", look, self.tr("Take the first &fix"), self.problems.fix_current, ("Alt+Return",)),
            line(look),
            c("dark", look, self.tr("&Dark"), lambda: shell.set_theme("dark")),
            c("light", look, self.tr("&Light"), lambda: shell.set_theme("light")),
            c("system", look, self.tr("As the s&ystem has it"), lambda: shell.set_theme("system")),
            line(look),
            c("focus_canvas", look, self.tr("&Only the canvas"), self.toggle_docks, ("F11",)),
            c("next_pane", look, self.tr("Ne&xt pane"), lambda: self._cycle(1), ("F6",)),
            c("previous_pane", look, self.tr("Pre&vious pane"), lambda: self._cycle(-1), ("Shift+F6",)),
            c("train", train, self.tr("&Train"), self.train, ("F5", "Ctrl+Return")),
            c("pause", train, self.tr("&Pause"), lambda: self.runs.pause(), ("Ctrl+F5",)),
            c("stop", train, self.tr("&Stop"), lambda: self.runs.stop(), ("Shift+F5",)),
            line(train),
            c("export", train, self.tr("&Export ONNX …"), lambda: self.runs.export(), ("Ctrl+E",)),
            c("source", train, self.tr("Save PyTorch &source …"), self.save_source),
            c("about", help_, self.tr("&About Netwright"), self.about),
        ]  # fmt: skip

    def train(self) -> None:
        """Train, and make room for the curves; or show what forbids it."""
        self.set_mode(1 if self.runs.train() else 0)

    def search_blocks(self) -> None:
        """Put the cursor into the palette's search."""
        self.shell.left.show()
        self.palette.search.setFocus()
        self.palette.search.selectAll()

    def rename(self) -> None:
        """Put the cursor into the name of the selected block."""
        if self.inspector.head.name.isVisible():
            self.inspector.head.name.setFocus()
            self.inspector.head.name.selectAll()

    def toggle_docks(self) -> None:
        """Hide all docks, or bring them back."""
        docks = (self.shell.left, self.shell.right, self.shell.bottom)
        show = not any(dock.isVisible() for dock in docks)
        for dock in docks:
            dock.setVisible(show)

    def _cycle(self, by: int) -> None:
        panes = [w for w in (self.canvas, self.inspector, self.tabs, self.palette.search) if w.isVisible()]
        focus = QApplication.focusWidget()
        at = next((k for k, pane in enumerate(panes) if focus is not None and (pane is focus or pane.isAncestorOf(focus))), -by)
        target = panes[(at + by) % len(panes)]
        if target is self.inspector and self.inspector.form.editors:
            first = next(iter(self.inspector.form.editors.values()))
            first.setFocus()
            (first.findChildren(QObject)[0:0] or [first])[0]
            first.focusNextChild() if first.focusPolicy() == Qt.FocusPolicy.NoFocus else None
        else:
            target.setFocus(Qt.FocusReason.TabFocusReason)

    def about(self) -> None:
        """Name, version, licence."""
        from app import __version__

        text = self.tr("Netwright {0}\n\nDraw a network, train it, take it with you.\nApache License 2.0\n\nFonts: Inter, JetBrains Mono. Digits: Alpaydin and Kaynak, 1998.")
        QMessageBox.about(self.shell, self.tr("About Netwright"), text.format(__version__))

    def _add_chosen(self, kind: type) -> None:
        self.canvas.add_block(kind)
        if not self.palette.search.hasFocus():
            self.canvas.setFocus()

    def _context_menu(self, at: object) -> None:
        menu = QMenu(self.shell)
        ids = ("cut", "copy", "paste", "duplicate", "delete", "heal", "rename") if self.session.selection else ("paste", "select_all", "fit")
        for id in ids:
            menu.addAction(self.actions[id])
        menu.popup(at)  # type: ignore[call-overload]

    # Files

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
                self._try_open(Path(name))

    def open_example(self) -> None:
        """Open the first example as a new document."""
        if self.may_close():
            self._try_open(FIRST_EXAMPLE)

    def _try_open(self, path: Path) -> None:
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
            self.banner.say(self.tr("{0} was not saved: {1}. Your document is unchanged and still open.").format(path, error.strerror or error), "error")
            return False
        return True

    def save_source(self) -> None:
        """Write the PyTorch source of the network."""
        from app.compiler import CompileError, compile_graph
        from app.document import atomic

        try:
            source = compile_graph(self.session.graph, self.session.analysis).source
        except CompileError as error:
            self.banner.say(str(error), "error")
            return
        name, _ = QFileDialog.getSaveFileName(self.shell, self.tr("Save PyTorch source"), str(self._folder() / f"{self.session.name}.py"), "Python (*.py)")
        if name:
            try:
                atomic.write_text(Path(name), source)
            except OSError as error:
                self.banner.say(self.tr("{0} was not written: {1}").format(name, error.strerror or error), "error")

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
        return self.save() if answer == button.Save else answer == button.Discard

    def shut_down(self) -> None:
        """End the engine."""
        self.engine.quit()

    # Showing

    def _refresh(self) -> None:
        session, totals = self.session, self.session.analysis.totals
        star = " •" if session.dirty else ""
        self.shell.setWindowTitle(f"{session.name}{star} – Netwright")
        self.toolbar.document.setText(session.name + star)
        self.saved.setText(self.tr("Not saved") if session.dirty else (str(session.path) if session.path else ""))
        batch = session.document.recipe.batch_size
        self.totals.setText(
            f"    {si(totals.params)} params      {si(totals.macs)} MACs      {size(totals.memory * batch)} {self.tr('activations')} @ {self.tr('batch')} {batch}"
        )
        for id, word, name in (("undo", self.tr("&Undo"), session.history.undo_name), ("redo", self.tr("&Redo"), session.history.redo_name)):
            self.actions[id].setText(f"{word}: {name}" if name else word)
            self.actions[id].setEnabled(bool(name))
        self.welcome.setVisible(not session.graph.nodes)
        texts = {
            "starting": self.tr("PyTorch is starting …"), "ready": "", "busy": self.tr("Working …"), "training": self.tr("Training"),
            "paused": self.tr("Paused"), "dead": self.tr("The engine is not running"),
        }  # fmt: skip
        version = f"PyTorch {self.engine.info.torch}" if self.engine.info else ""
        self.engine_text.setText("   ".join(filter(None, (texts[self.engine.state], version))))

    def _show_problems(self) -> None:
        counts = {level: sum(p.severity == level for p in self.session.problems) for level in ("error", "warning", "hint")}
        parts = [self.tr("%n error(s)", "", counts["error"])] * bool(counts["error"])
        parts += [self.tr("%n warning(s)", "", counts["warning"])] * bool(counts["warning"]) + [self.tr("%n hint(s)", "", counts["hint"])] * bool(counts["hint"])
        words = [p.replace("(s)", "" if p.startswith("1 ") else "s") for p in parts]
        level = "error" if counts["error"] else "warning" if counts["warning"] else "ok"
        self.problem_count.setText(" · ".join(words) or self.tr("No problems"))
        self.problem_count.setProperty("level", level)
        self.problem_count.style().unpolish(self.problem_count)
        self.problem_count.style().polish(self.problem_count)
        name, role = {"error": ("error", "error"), "warning": ("warning", "warn"), "ok": ("check", "ok")}[level]
        self.problem_icon.setPixmap(icons.pixmap(name, theme.current.theme[role], 14, self.shell.devicePixelRatioF()))
        total = len(self.session.problems)
        self.tabs.setTabText(0, self.tr("Problems") + (f"  {total}" if total else ""))


