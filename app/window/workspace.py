"""What fills the window: canvas, panels, menus, status, wired to one session and one engine."""

from importlib import import_module
from pathlib import Path
from threading import Thread

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QMenu,
    QMessageBox,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
)

from app.canvas.minimap import Minimap
from app.canvas.view import CanvasView
from app.look import icons, theme
from app.look.text import si, size
from app.look.widgets import make
from app.panels.finder import Finder
from app.panels.history import History
from app.panels.inspector import Inspector
from app.panels.palette import Palette
from app.panels.problems import Problems
from app.panels.training import Training
from app.session.document import Session
from app.session.engine import Engine
from app.session.measuring import Measuring
from app.session.runs import RunWatcher
from app.window import actions
from app.window.banner import Banner, Welcome
from app.window.commands import commands
from app.window.contextbar import ContextBar
from app.window.files import Files
from app.window.finding import Finding
from app.window.plugins import Plugins
from app.window.runs import RunControl
from app.window.shell import BOTTOM, Shell
from app.window.toolbar import Toolbar
from app.window.zoombar import ZoomBar
from blocks.core import Block

# the menus of a right click
ON_BLOCKS = ("cut", "copy", "paste", "duplicate", "delete", "heal", "swap", "bypass", "freeze", "collapse", "frame", "rename")
ON_CANVAS = ("paste", "select_all", "frame", "lay_out", "fit")


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
        self.minimap = Minimap(self.canvas)
        self.plugins = Plugins(shell, self.session, self.engine, self.banner, self.palette)
        self.measuring = Measuring(self.session, self.engine)
        self.files = Files(shell, self.session, self.canvas, self.banner)
        self.actions = actions.install(shell, shell.menu_bar, commands(self), self.canvas)
        self.finding = Finding(Finder(shell), self.session, self.canvas, self.actions)
        self.toolbar = Toolbar(shell.toolbar, self.actions)
        self.runs = RunControl(
            shell, self.session, self.engine, self.watcher, self.training, self.banner, self.toolbar.device, self.actions
        )
        self.zoom_bar = ZoomBar(self.canvas)
        self.context_bar = ContextBar(self.canvas, self.actions)
        self.welcome = Welcome(
            self.canvas,
            [
                (self.tr("Open the first example"), "play", self.files.open_example),
                (self.tr("Open …"), "folder", self.files.open),
                (self.tr("Add an Input"), "plus", lambda: self.canvas.adding.add(self._kind("Input"))),
            ],
        )
        self._status()
        self._connect()
        self._modes()

    def start(self, file: Path | None) -> None:
        """Start the engine and open a file."""
        self.plugins.start()
        self.engine.start()
        if file is not None:
            self.files.try_open(file)
        self.files.offer_recovered()
        # 0.3 s that the first check would make the window wait; not beside the imports of opening a file, which it could get in the way of
        Thread(target=import_module, args=("networkx",), daemon=True).start()
        self._refresh()
        self.canvas.setFocus()

    def _kind(self, name: str) -> type[Block]:
        from blocks.catalogue import load

        return load()[name]

    # Layout

    def _arrange(self) -> None:
        shell = self.shell
        center = QVBoxLayout(shell.center)
        center.setContentsMargins(0, 0, 0, 0)
        center.addWidget(self.canvas)
        for dock, side in ((shell.left, self.palette), (shell.right, self.inspector)):
            layout = dock.widget().layout()
            assert layout is not None
            layout.addWidget(side)
        self.tabs = make(QTabBar, drawBase=False, expanding=False)
        self.tabs.setAccessibleName(self.tr("Panels"))
        self.stack = QStackedWidget()
        self.history = History(self.session)
        for title, panel in (
            (self.tr("Problems"), self.problems), (self.tr("Training"), self.training), (self.tr("History"), self.history)
        ):  # fmt: skip
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
            button = make(QPushButton, text, objectName="mode", checkable=True, checked=k == 0)
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
        self.problem_count = make(QLabel, objectName="problemCount")
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
        self.runs.running_changed.connect(self.toolbar.show_running)
        self.palette.chosen.connect(self._add_chosen)
        self.problems.activated.connect(self.canvas.reveal)
        self.canvas.context_requested.connect(self._context_menu)
        self.engine.state_changed.connect(lambda _: self._refresh())
        theme.current.changed.connect(self._show_problems)

    # What commands do

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

    def cycle(self, by: int) -> None:
        panes = [w for w in (self.canvas, self.inspector, self.tabs, self.palette.search) if w.isVisible()]
        focus = QApplication.focusWidget()
        at = next((k for k, pane in enumerate(panes) if focus is not None and (pane is focus or pane.isAncestorOf(focus))), -by)
        target = panes[(at + by) % len(panes)]
        if target is self.inspector and self.inspector.form.editors:
            self.inspector.form.focus_first()
        else:
            target.setFocus(Qt.FocusReason.TabFocusReason)

    def explain(self, text: str) -> None:
        """Say why something can't be done; nothing where there is nothing to say."""
        if text:
            self.banner.say(text, "error")

    def about(self) -> None:
        """Name, version, licence."""
        from app import __version__

        text = self.tr(
            "Netwright {0}\n\nDraw a network, train it, take it with you.\nApache License 2.0\n\nFonts: Inter, JetBrains Mono. Digits: Alpaydin and Kaynak, 1998."
        )
        QMessageBox.about(self.shell, self.tr("About Netwright"), text.format(__version__))

    def _add_chosen(self, kind: type[Block]) -> None:
        self.canvas.adding.add(kind)
        if not self.palette.search.hasFocus():
            self.canvas.setFocus()

    def _context_menu(self, at: QPoint) -> None:
        menu = QMenu(self.shell)
        ids = ON_BLOCKS if self.session.selection else ON_CANVAS
        for id in ids:
            menu.addAction(self.actions[id])
        menu.popup(at)

    def may_close(self) -> bool:
        """Ask about unsaved changes; False if the user would rather stay."""
        return self.files.may_close()

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
        for id, word, name in (
            ("undo", self.tr("&Undo"), session.history.undo_name),
            ("redo", self.tr("&Redo"), session.history.redo_name),
        ):
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
        parts += [self.tr("%n warning(s)", "", counts["warning"])] * bool(counts["warning"]) + [
            self.tr("%n hint(s)", "", counts["hint"])
        ] * bool(counts["hint"])
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
