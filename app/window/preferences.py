"""Preferences: look, canvas, keys. Each takes effect at once; the scale at the next start."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.canvas.view import CanvasView
from app.look.widgets import make
from app.window.keys import PRESETS, Keys
from app.window.shell import Shell

SCALES = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0)


class Preferences(QDialog):
    """Opened from the File menu."""

    def __init__(self, shell: Shell, canvas: CanvasView, keys: Keys) -> None:
        super().__init__(shell)
        self.shell, self.canvas, self.keys = shell, canvas, keys
        self.setWindowTitle(self.tr("Preferences"))
        self.resize(640, 560)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        tabs = make(QTabWidget, documentMode=True)
        tabs.addTab(self._look(), self.tr("Look"))
        tabs.addTab(self._canvas(), self.tr("Canvas"))
        tabs.addTab(KeysPage(keys), self.tr("Keys"))
        column.addWidget(tabs)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.accept)
        column.addWidget(buttons)

    def _look(self) -> QWidget:
        page, form = self._page()
        names = {"system": self.tr("As the system has it"), "dark": self.tr("Dark"), "light": self.tr("Light")}
        self.theme = self._choice(names, str(self.shell.settings.value("theme", "system")), self.shell.set_theme)
        form.addRow(self.tr("Theme"), self.theme)
        contrasts = {"system": self.tr("As the system has it"), "normal": self.tr("Normal"), "strong": self.tr("Strong")}
        self.contrast = self._choice(contrasts, str(self.shell.settings.value("contrast", "system")), self.shell.set_contrast)
        form.addRow(self.tr("Contrast"), self.contrast)
        scales = {f"{scale:g}": f"{100 * scale:.0f} %" for scale in SCALES}
        self.scale = self._choice(scales, f"{float(str(self.shell.settings.value('scale', 1.0))):g}", self._set_scale)
        form.addRow(self.tr("Size of everything"), self.scale)
        self.later = make(QLabel, self.tr("The size changes when Netwright is started next."), objectName="caption")
        self.later.hide()
        form.addRow("", self.later)
        return page

    def _set_scale(self, scale: str) -> None:
        self.shell.settings.setValue("scale", float(scale))
        self.later.show()

    def _canvas(self) -> QWidget:
        page, form = self._page()
        wheel = {
            "auto": self.tr("Zooms; a touch pad scrolls"),
            "zoom": self.tr("Always zooms"),
            "scroll": self.tr("Scrolls; with Ctrl it zooms"),
        }
        form.addRow(self.tr("Mouse wheel"), self._choice(wheel, self.canvas.wheel, lambda value: self._keep("wheel", value)))
        tab = {
            "auto": self.tr("Adds a block, unless a screen reader runs"),
            "add": self.tr("Adds a block"),
            "focus": self.tr("Goes to the next control"),
        }
        form.addRow(self.tr("Tab key"), self._choice(tab, self.canvas.tab, lambda value: self._keep("tab", value)))
        self.moves = QCheckBox(self.tr("Blocks glide to their new places"))
        self.moves.setChecked(self.canvas.glide.wanted)
        self.moves.toggled.connect(self._set_glide)
        form.addRow("", self.moves)
        return page

    def _set_glide(self, on: bool) -> None:
        self.shell.settings.setValue("glide", on)
        self.canvas.glide.wanted = on

    def _keep(self, name: str, value: str) -> None:
        self.shell.settings.setValue(name, value)
        setattr(self.canvas, name, value)

    def _page(self) -> tuple[QWidget, QFormLayout]:
        page = QWidget()
        form = QFormLayout(page)
        form.setContentsMargins(4, 18, 4, 4)
        form.setVerticalSpacing(12)
        form.setHorizontalSpacing(18)
        return page, form

    def _choice(self, texts: dict[str, str], value: str, chosen: Callable[[str], object]) -> QComboBox:
        combo = QComboBox()
        for key, text in texts.items():
            combo.addItem(text, key)
        combo.setCurrentIndex(max(0, combo.findData(value)))
        combo.activated.connect(lambda k: chosen(str(combo.itemData(k))))
        return combo


class KeysPage(QWidget):
    """All commands with their keys; a key that is taken says by what, and can be taken over."""

    def __init__(self, keys: Keys) -> None:
        super().__init__()
        self.keys = keys
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 14, 4, 4)
        head = QHBoxLayout()
        self.filter = make(QLineEdit, placeholderText=self.tr("Filter commands"), accessibleName=self.tr("Filter commands"))
        self.filter.textChanged.connect(self._filter)
        head.addWidget(self.filter, 1)
        head.addWidget(QLabel(self.tr("Preset")))
        self.presets = QComboBox()
        self.presets.addItems(list(PRESETS))
        self.presets.setCurrentText(keys.preset)
        self.presets.activated.connect(lambda _: self._use(self.presets.currentText()))
        head.addWidget(self.presets)
        column.addLayout(head)
        self.table = make(QTreeWidget, objectName="table", rootIsDecorated=False, uniformRowHeights=True)
        self.table.setHeaderLabels([self.tr("Command"), self.tr("Keys")])
        self.table.setColumnWidth(0, 340)
        self.table.currentItemChanged.connect(lambda *_: self._say(""))
        column.addWidget(self.table, 1)
        foot = QHBoxLayout()
        self.press = make(QLineEdit, placeholderText=self.tr("Press the new keys here"), accessibleName=self.tr("New keys"), readOnly=True)
        self.press.installEventFilter(self)
        self.take = QPushButton(self.tr("Use"))
        self.take.clicked.connect(self._take)
        self.clear = QPushButton(self.tr("No keys"))
        self.clear.clicked.connect(lambda: self._set([]))
        for widget in (self.press, self.take, self.clear):
            foot.addWidget(widget)
        column.addLayout(foot)
        self.message = make(QLabel, objectName="caption", wordWrap=True)
        self.message.setMinimumHeight(32)
        column.addWidget(self.message)
        self._list()

    def _list(self) -> None:
        current = self._id()
        self.table.clear()
        for id, action in self.keys.actions.items():
            text = action.text().split(":")[0].replace("&", "").rstrip(" …")
            if not text:
                continue
            keys = ", ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in self.keys.wanted(id))
            row = QTreeWidgetItem([text, keys])
            row.setData(0, Qt.ItemDataRole.UserRole, id)
            self.table.addTopLevelItem(row)
            if id == current:
                self.table.setCurrentItem(row)
        self._filter(self.filter.text())

    def _filter(self, text: str) -> None:
        for k in range(self.table.topLevelItemCount()):
            row = self.table.topLevelItem(k)
            assert row is not None
            row.setHidden(text.lower() not in f"{row.text(0)} {row.text(1)}".lower())

    def _id(self) -> str:
        row = self.table.currentItem()
        return str(row.data(0, Qt.ItemDataRole.UserRole)) if row is not None else ""

    def _use(self, preset: str) -> None:
        self.keys.use(preset)
        self._list()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() not in (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr):
                self.press.setText(QKeySequence(event.keyCombination()).toString())
                self._check()
            return True
        return False

    def _check(self) -> None:
        key, id = self.press.text(), self._id()
        reserved = self.keys.reserved(key)
        clash = self.keys.clash(id, key) if key and id else None
        self.take.setEnabled(not reserved)
        self.take.setText(self.tr("Take over") if clash else self.tr("Use"))
        if reserved:
            self._say(reserved)
        elif clash:
            taken = self.keys.actions[clash].text().split(":")[0].replace("&", "").rstrip(" …")
            self._say(self.tr("{0} belongs to “{1}”: taking it over leaves that without it").format(key, taken))
        else:
            self._say("")

    def _take(self) -> None:
        key, id = self.press.text(), self._id()
        if not id or not key:
            self._say(self.tr("Choose a command, then press its new keys in the field"))
            return
        if clash := self.keys.clash(id, key):
            wanted = QKeySequence(key)
            self.keys.set(clash, [one for one in self.keys.wanted(clash) if QKeySequence(one) != wanted])
        self._set([key])

    def _set(self, keys: list[str]) -> None:
        if id := self._id():
            self.keys.set(id, keys)
            self.press.clear()
            self.take.setText(self.tr("Use"))
            self._list()

    def _say(self, text: str) -> None:
        self.message.setText(text)
