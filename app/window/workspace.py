"""What fills the window: canvas, panels, menus, status, wired to one session and one engine."""

from importlib import import_module
from pathlib import Path
from threading import Thread

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMenu,
    QMessageBox,
    QStackedLayout,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from app.canvas.minimap import Minimap
from app.canvas.popover import Popover
from app.canvas.spoken import Spoken
from app.canvas.view import CanvasView
from app.look import shapes
from app.look.widgets import make
from app.panels.choosing import DataChoice
from app.panels.complexity import Complexity
from app.panels.data import DataPanel
from app.panels.finder import Finder
from app.panels.history import History
from app.panels.layers import LayerTable
from app.panels.palette import Palette
from app.panels.problems import Problems
from app.panels.training import Training
from app.session.data import Data
from app.session.document import Session
from app.session.engine import Engine
from app.session.measuring import Measuring
from app.session.runs import RunWatcher
from app.window import actions
from app.window.banner import Banner, Welcome
from app.window.breadcrumb import Breadcrumb
from app.window.commands import commands
from app.window.contextbar import ContextBar
from app.window.files import Files
from app.window.finding import Finding
from app.window.keys import Keys
from app.window.layouts import BUILD, PRESENT, TRAIN, Layouts
from app.window.plugins import Plugins
from app.window.recent import Recent
from app.window.runs import RunControl
from app.window.shell import Shell
from app.window.side import Side
from app.window.start import StartPage
from app.window.status import Status
from app.window.tabs import Tabs
from app.window.toolbar import Toolbar
from app.window.zoombar import ZoomBar
from blocks.core import Block

SETTLED_MS = 30
PRESENT_ZOOM = 2.0  # an audience sits further away
# the menus of a right click
ON_BLOCKS = (
    "enter",
    "group",
    "unpack",
    "make_unique",
    "keep",
    "cut",
    "copy",
    "paste",
    "duplicate",
    "delete",
    "heal",
    "swap",
    "bypass",
    "freeze",
    "collapse",
    "frame",
    "rename",
)
ON_CANVAS = ("paste", "select_all", "frame", "lay_out", "fit")


class Workspace(QObject):
    """One document, one engine, and all that shows them."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.shell = shell
        self.session = Session(self)
        self.engine = Engine(self)
        self.watcher = RunWatcher(self)
        self.data = Data(self.session)
        self.canvas = CanvasView(self.session)
        self.palette = Palette(self.session)
        self.side = Side(shell, self.session, self.watcher)
        self.inspector = self.side.inspector
        self.problems = Problems(self.session)
        self.training = Training(self.watcher)
        self._arrange()
        self.banner = Banner(shell.center)
        self.minimap = Minimap(self.canvas)
        self.spoken = Spoken(self.canvas)
        self.popover = Popover(self.canvas)
        self.plugins = Plugins(shell, self.session, self.engine, self.banner, self.palette)
        self.measuring = Measuring(self.session, self.engine)
        self.files = Files(shell, self.session, self.canvas, self.banner, Recent(shell.settings))
        self.actions = actions.install(shell, shell.menu_bar, commands(self), self.canvas)
        self.keys = Keys(self.actions, shell.settings)
        for name in ("wheel", "tab"):
            setattr(self.canvas, name, str(shell.settings.value(name, "auto")))
        shapes.order.set(shell.settings.value("channels_last", False) in (True, "true"))
        self.canvas.glide.wanted = shell.settings.value("glide", True) in (True, "true")
        self.finding = Finding(Finder(shell), self.session, self.canvas, self.actions)
        self.breadcrumb = Breadcrumb(self.canvas)
        self.toolbar = Toolbar(shell.toolbar, self.actions, self.breadcrumb)
        self.runs = RunControl(
            shell, self.session, self.engine, self.watcher, self.training, self.banner, self.toolbar.device, self.actions, self.data
        )
        self.zoom_bar = ZoomBar(self.canvas)
        self.context_bar = ContextBar(self.canvas, self.actions, self.popover)
        self.welcome = Welcome(
            self.canvas,
            [
                (self.tr("Open the first example"), "play", self.files.open_example),
                (self.tr("Open …"), "folder", self.files.open),
                (self.tr("Add an Input"), "plus", lambda: self.canvas.adding.add(self._kind("Input"))),
            ],
        )
        self.status = Status(shell, self.session, self.engine, self.show_problems)
        self.documents = Tabs(self.session, self.canvas, self.files)
        self.center.insertWidget(0, self.documents.bar)
        self.start_page = StartPage(self.files.recent, self.engine, self.actions)
        self.pages.addWidget(self.start_page)
        self.layouts = Layouts(shell, shell.settings, self._entered)
        self._connect()
        self.layouts.enter(BUILD)
        shell.dropped.connect(self.files.drop)

    def start(self, file: Path | None) -> None:
        """Start the engine and open a file."""
        self.plugins.start()
        self.engine.start()
        if file is None or not self.files.try_open(file):
            self.show_start(True)
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
        self.pages = QStackedLayout(shell.center)
        self.sheet = QWidget()
        self.center = QVBoxLayout(self.sheet)
        self.center.setContentsMargins(0, 0, 0, 0)
        self.center.setSpacing(0)
        self.center.addWidget(self.canvas)
        self.pages.addWidget(self.sheet)
        for dock, side in ((shell.left, self.palette), (shell.right, self.side)):
            layout = dock.widget().layout()
            assert layout is not None
            layout.addWidget(side)
        self.tabs = make(QTabBar, drawBase=False, expanding=False)
        self.tabs.setAccessibleName(self.tr("Panels"))
        self.stack = QStackedWidget()
        self.history = History(self.session)
        self.layers = LayerTable(self.session)
        self.layers.revealed.connect(self.canvas.reveal)
        self.complexity = Complexity(self.session)
        self.data_panel = DataPanel(self.data, self.watcher)
        for title, panel in (
            (self.tr("Problems"), self.problems), (self.tr("Training"), self.training), (self.tr("Data"), self.data_panel), (self.tr("Layers"), self.layers), (self.tr("History"), self.history),
            (self.tr("Complexity"), self.complexity),
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

    def _connect(self) -> None:
        session = self.session
        session.analysed.connect(self._refresh)
        session.title_changed.connect(self._refresh)
        session.problems_changed.connect(self._count_problems)
        self.runs.running_changed.connect(self.toolbar.show_running)
        self.data_panel.preview.connect(self.runs.preview)
        self.data_panel.choose.connect(self.choose_data)
        self.runs.watched.connect(self.canvas.canvas.show_seen)
        self.runs.previewed.connect(self.data_panel.show_preview)
        self.palette.chosen.connect(self._add_chosen)
        self.complexity.chosen.connect(self.files.try_open)
        self.session.refused.connect(lambda text: self.banner.say(text[:1].upper() + text[1:], "error"))
        self.problems.activated.connect(self.canvas.reveal)
        self.canvas.context_requested.connect(self._context_menu)
        self.files.opened.connect(lambda: self.show_start(False))
        self.start_page.chosen.connect(self.files.try_open)

    # What commands do

    def train(self) -> None:
        """Train, and make room for the curves; or show what forbids it."""
        if self.runs.train():
            self.layouts.enter(TRAIN)
        else:
            self.show_problems()

    def show_problems(self) -> None:
        """Bring the list of problems to the front."""
        if self.layouts.current != BUILD:
            self.layouts.enter(BUILD)
        self.shell.bottom.show()
        self.tabs.setCurrentIndex(0)

    def show_data(self) -> None:
        """Bring the data set to the front."""
        self.shell.bottom.show()
        self.tabs.setCurrentIndex(self.stack.indexOf(self.data_panel))

    def choose_data(self) -> None:
        """Bring the recipe's data set under the cursor, with its menu open."""
        self.session.select(())
        editor = self.inspector.form.editors.get("dataset")
        if isinstance(editor, DataChoice):
            self.shell.right.show()
            self.inspector.ensureWidgetVisible(editor)
            editor.combo.setFocus()
            editor.button.showMenu()

    def show_start(self, on: bool) -> None:
        """The start page, or the documents."""
        if on == (self.pages.currentWidget() is self.start_page):
            return
        docks = (self.shell.left, self.shell.right, self.shell.bottom)
        if on:
            self.layouts.keep()
            for dock in docks:
                dock.hide()
            self.start_page.refresh()
        self.pages.setCurrentWidget(self.start_page if on else self.sheet)
        self.shell.toolbar.setVisible(not on)
        self.shell.modes.setVisible(not on)
        if not on:
            current, self.layouts.current = self.layouts.current, -1
            self.layouts.enter(max(current, BUILD))
            self.canvas.setFocus()

    def _entered(self, layout: int) -> None:
        if layout != PRESENT:
            self.tabs.setCurrentIndex(layout)
        most = PRESENT_ZOOM if layout == PRESENT else 1.0
        QTimer.singleShot(SETTLED_MS, self.canvas, lambda: self.canvas.fit(most=most))  # when the canvas has its new size

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

    def turn_order(self) -> None:
        """Write shapes with the channels last, or first again, and remember it."""
        shapes.order.set(not shapes.order.last)
        self.shell.settings.setValue("channels_last", shapes.order.last)

    def turn_wheel(self) -> None:
        """The wheel scrolls instead of zooming, or the other way round."""
        self.canvas.wheel = "auto" if self.canvas.wheel == "scroll" else "scroll"
        self.shell.settings.setValue("wheel", self.canvas.wheel)

    def help(self) -> None:
        """Explain the selected block."""
        self.shell.right.show()
        self.inspector.explain()

    def preferences(self) -> None:
        """Look, canvas, keys."""
        from app.window.preferences import Preferences

        Preferences(self.shell, self.canvas, self.keys).exec()

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
        """End the engine, and remember the arrangement."""
        if self.pages.currentWidget() is self.sheet:
            self.layouts.keep()
        self.engine.quit()

    # Showing

    def _refresh(self) -> None:
        session = self.session
        star = " •" if session.dirty else ""
        self.shell.setWindowTitle(f"{session.name}{star} – Netwright")
        self.breadcrumb.set_name(session.name + star)
        for id, word, name in (
            ("undo", self.tr("&Undo"), session.history.undo_name),
            ("redo", self.tr("&Redo"), session.history.redo_name),
        ):
            self.actions[id].setText(f"{word}: {name}" if name else word)
            self.actions[id].setEnabled(bool(name))
        self.welcome.setVisible(not session.graph.nodes)

    def _count_problems(self) -> None:
        total = len(self.session.problems)
        self.tabs.setTabText(0, self.tr("Problems") + (f"  {total}" if total else ""))
