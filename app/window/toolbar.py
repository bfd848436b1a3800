"""The toolbar: where one is, undo and redo, the device, Train, Pause, Stop, Export."""

from collections.abc import Mapping

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from app.look import icons, theme
from app.look.widgets import make
from app.window.actions import tip


class Toolbar(QObject):
    """Fills the bar ``parent`` with buttons for actions."""

    def __init__(self, parent: QWidget, actions: Mapping[str, QAction], place: QWidget) -> None:
        super().__init__(parent)
        self.row = QHBoxLayout(parent)
        self.row.setContentsMargins(14, 0, 12, 0)
        self.row.setSpacing(6)
        self._icons: list[tuple[QToolButton | QPushButton, str, str]] = []
        self._button(actions["start"], "home")
        self.row.addWidget(place)
        self._separator()
        for id, icon in (("undo", "undo"), ("redo", "redo")):
            self._button(actions[id], icon)
        self.row.addStretch(1)
        self.search = make(QPushButton, objectName="searchAll")
        self.search.setMinimumWidth(40)
        self.search.setMaximumWidth(300)
        self.search.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._wire(self.search, actions["commands"])
        self._icons.append((self.search, "search", "text2"))
        self.search.setText(f"{self.search.tr('Search commands')}   {tip(actions['commands']).rsplit('   ', 1)[-1]}")
        self.row.addWidget(self.search, 100)
        self.row.addStretch(1)
        self.device = DeviceChip()
        self.row.addWidget(self.device)
        self.train = make(QPushButton, objectName="train")
        self.train.setMinimumWidth(96)
        self._wire(self.train, actions["train"])
        self.train.setText(self.train.tr("Train"))
        self._icons.append((self.train, "play", "on_accent"))
        self.row.addWidget(self.train)
        self.pause = self._button(actions["pause"], "pause")
        self.stop = self._button(actions["stop"], "stop")
        self._separator()
        self.export = QPushButton(self.train.tr("Export ONNX"))
        self._wire(self.export, actions["export"])
        self._icons.append((self.export, "export", "text"))
        self.row.addWidget(self.export)
        theme.current.changed.connect(self.restyle)
        self.restyle()

    def show_running(self, running: bool) -> None:
        """Say on the button that a run is under way."""
        self.train.setText(self.tr("Training …") if running else self.tr("Train"))

    def _button(self, action: QAction, icon: str) -> QToolButton:
        button = QToolButton()
        button.setFixedSize(30, 30)
        button.setIconSize(QSize(18, 18))
        self._wire(button, action)
        self._icons.append((button, icon, "text"))
        self.row.addWidget(button)
        return button

    def _wire(self, button: QToolButton | QPushButton, action: QAction) -> None:
        button.clicked.connect(action.trigger)
        button.setToolTip(tip(action))
        button.setAccessibleName(action.text().replace("&", ""))
        button.setEnabled(action.isEnabled())
        action.enabledChanged.connect(button.setEnabled)
        action.changed.connect(lambda: button.setToolTip(tip(action)))

    def _separator(self) -> None:
        line = make(QFrame, objectName="separator")
        line.setFixedHeight(20)
        self.row.addSpacing(8)
        self.row.addWidget(line)
        self.row.addSpacing(8)

    def restyle(self) -> None:
        """Icons in the colours of the current theme."""
        for button, name, role in self._icons:
            button.setIcon(icons.icon(name, role, 18))
        self.device.restyle()


class DeviceChip(QPushButton):
    """Shows what the network will be trained on, and lets one choose. ``chosen`` is "auto" or a device."""

    picked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("chip")
        self.chosen = "auto"
        self.ready = False
        self.setMinimumWidth(150)
        self.setToolTip(self.tr("The device that trains"))
        self.setAccessibleName(self.tr("Device"))
        self._devices: list[list[str]] = []
        self.show_devices(None)

    def show_devices(self, devices: list[list[str]] | None) -> None:
        """Devices as (name, text); None while the engine is not there."""
        self.ready = devices is not None
        self._devices = devices or []
        if devices is None:
            self.setText(self.tr("Starting PyTorch …"))
            self.setMenu(None)  # type: ignore[arg-type]
        else:
            menu = QMenu(self)
            group = QActionGroup(menu)
            for name, text in devices:
                action = menu.addAction(text)
                action.setCheckable(True)
                group.addAction(action)
                action.triggered.connect(lambda _, chosen=name: self._pick(chosen))
            self.setMenu(menu)
            self._pick(self.chosen)
        self.restyle()

    def _pick(self, name: str) -> None:
        names = [entry[0] for entry in self._devices]
        self.chosen = name if name in names else "auto"
        at = names.index(name) if name in names else 0
        self.setText(self._devices[at][1])
        self.menu().actions()[at].setChecked(True)
        self.picked.emit(self.chosen)

    def restyle(self) -> None:
        """The chip icon says by its colour whether the engine is there; the text says it too."""
        self.setIcon(icons.icon("chip", "ok" if self.ready else "text3", 18))
