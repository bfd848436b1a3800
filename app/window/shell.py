"""The frame of the window: menu row, toolbar, docks and status bar, still empty. Imports little, so that it is there at once."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QIcon, QPaintEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QFrame, QHBoxLayout, QLabel, QMainWindow, QMenuBar, QVBoxLayout, QWidget

from app.look import theme
from app.look.widgets import make
from app.window import style
from resources import resource

if TYPE_CHECKING:
    from app.window.workspace import Workspace

LEFT, RIGHT, BOTTOM = 240, 300, 140
STATE = 1  # of the saved layout; another number lets an old one be forgotten


class Shell(QMainWindow):
    """``furnish`` fills it with the workspace."""

    dropped = Signal(list)  # the paths of files

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self.settings = settings
        self.workspace: Workspace | None = None
        self._file: Path | None = None
        self._waiting = False
        self.setWindowTitle("Netwright")
        self.resize(1600, 1000)
        self.setMinimumSize(900, 600)
        self.setAcceptDrops(True)
        if isinstance(saved := settings.value("geometry"), QByteArray):
            self.restoreGeometry(saved)  # Qt brings it back onto a screen that is there
        self._take_theme()
        theme.current.changed.connect(self.restyle)
        self._build()
        self.restyle()

    def _build(self) -> None:
        self.menu_bar = QMenuBar()
        self.menu_row = make(QWidget, objectName="frame")
        row = QHBoxLayout(self.menu_row)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(8)
        self.logo = QLabel()
        self.logo.setFixedSize(20, 20)
        row.addWidget(self.logo)
        row.addWidget(self.menu_bar)
        row.addStretch(1)
        self.modes = make(QWidget, objectName="modes")
        self.modes.setFixedHeight(28)
        self.modes.hide()
        row.addWidget(self.modes)
        self.menu_row.setFixedHeight(36)
        self.toolbar = make(QWidget, objectName="toolbar")
        self.toolbar.setFixedHeight(48)
        head = QWidget()
        column = QVBoxLayout(head)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.menu_row)
        column.addWidget(self.toolbar)
        self.setMenuWidget(head)
        self.center = make(QFrame, objectName="center")
        self.setCentralWidget(self.center)
        area = Qt.DockWidgetArea
        self.left = self._dock("Blocks", "leftPanel", area.LeftDockWidgetArea)
        self.right = self._dock("Inspector", "rightPanel", area.RightDockWidgetArea)
        self.bottom = self._dock("Panels", "bottomPanel", area.BottomDockWidgetArea)
        self.setCorner(Qt.Corner.BottomLeftCorner, area.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, area.RightDockWidgetArea)
        self.resizeDocks([self.left, self.right], [LEFT, RIGHT], Qt.Orientation.Horizontal)
        self.resizeDocks([self.bottom], [BOTTOM], Qt.Orientation.Vertical)
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().setFixedHeight(27)

    def _dock(self, title: str, name: str, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(self.tr(title))
        dock.setObjectName(name + "Dock")
        dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable | QDockWidget.DockWidgetFeature.DockWidgetMovable)
        dock.setTitleBarWidget(TitleBar(dock.windowTitle()) if area != Qt.DockWidgetArea.BottomDockWidgetArea else QWidget())
        panel = make(QWidget, objectName=name)
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        panel.setMinimumWidth(LEFT if name == "leftPanel" else RIGHT if name == "rightPanel" else 200)
        layout = QVBoxLayout(panel)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        dock.setWidget(panel)
        self.addDockWidget(area, dock)
        return dock

    # Theme

    def _wanted_theme(self) -> str:
        chosen = str(self.settings.value("theme", "system"))
        if chosen in ("dark", "light"):
            return chosen
        return "light" if QApplication.styleHints().colorScheme() == Qt.ColorScheme.Light else "dark"

    def set_theme(self, name: str) -> None:
        """Use "dark", "light" or what the "system" has, and remember it."""
        self.settings.setValue("theme", name)
        self._take_theme()

    def set_contrast(self, wanted: str) -> None:
        """Use "strong" or "normal" contrast or what the "system" has, and remember it."""
        self.settings.setValue("contrast", wanted)
        self._take_theme()

    def _take_theme(self) -> None:
        theme.current.set(self._wanted_theme(), self._wants_contrast())

    def _wants_contrast(self) -> bool:
        chosen = str(self.settings.value("contrast", "system"))
        if chosen != "system" or not hasattr(hints := QApplication.styleHints(), "accessibility"):  # Qt tells since 6.10
            return chosen == "strong"
        return hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast

    def restyle(self) -> None:
        """Take the colours of the current theme."""
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.setPalette(theme.current.theme.palette())
        application.setStyleSheet(style.sheet(theme.current.theme))

    # Filling

    def furnish_later(self, file: Path | None) -> None:
        """Fill the window as soon as it has been painted once."""
        self._file, self._waiting = file, True

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._waiting:
            self._waiting = False
            QTimer.singleShot(0, lambda: self.furnish(self._file))

    def furnish(self, file: Path | None = None) -> "Workspace":
        """Fill the window: canvas, panels, actions; start the engine; open a document."""
        from app.look import fonts
        from app.window import mishaps
        from app.window.workspace import Workspace

        fonts.install(fonts.LATER)
        self.setWindowIcon(QIcon(str(resource("icons", "netwright.svg"))))  # loading the SVG plugin can wait until now
        self.logo.setPixmap(self.windowIcon().pixmap(QSize(20, 20), self.devicePixelRatioF()))
        self.workspace = Workspace(self)
        mishaps.harden()
        self.workspace.start(file)
        return self.workspace

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.setAccepted(bool(_files(event)))

    def dropEvent(self, event: QDropEvent) -> None:
        if paths := _files(event):
            event.acceptProposedAction()
            self.dropped.emit(paths)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ApplicationPaletteChange and self.isVisible():
            self._take_theme()
        return super().event(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.workspace is not None and not self.workspace.may_close():
            event.ignore()
            return
        if self.workspace is not None:
            self.settings.setValue("geometry", self.saveGeometry())
            self.workspace.shut_down()
        event.accept()


def _files(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]


class TitleBar(QWidget):
    """The title of a dock. A dock asks for its sizeHint, whatever its fixed height."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setObjectName("dockTitle")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(16, 0, 8, 0)
        self.label = QLabel(title)
        self.row.addWidget(self.label)
        self.row.addStretch(1)

    def sizeHint(self) -> QSize:
        return QSize(100, 44)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()
