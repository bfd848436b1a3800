"""Menus and keys, declared as data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenuBar


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that can be done: its id, its text, its keys, and the menu it stands in. A text "-" is a separator."""

    id: str
    menu: str
    text: str
    run: Callable[[], object]
    keys: tuple[str, ...] = ()
    canvas: bool = False  # its keys only count while the canvas has the focus
    icon: str = ""


def install(window: QMainWindow, bar: QMenuBar, commands: Sequence[Command], canvas: object) -> dict[str, QAction]:
    """Make the menus; returns the actions by id."""
    from PySide6.QtWidgets import QWidget

    actions: dict[str, QAction] = {}
    menus = {}
    for command in commands:
        if command.menu not in menus:
            menus[command.menu] = bar.addMenu(command.menu)
        menu = menus[command.menu]
        if command.text == "-":
            menu.addSeparator()
            continue
        action = QAction(command.text, window)
        action.setObjectName(command.id)
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.triggered.connect(lambda _=False, run=command.run: run())
        if command.canvas and isinstance(canvas, QWidget):
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            canvas.addAction(action)
        action.setProperty("icon_name", command.icon)
        if command.text:  # an empty one has keys, and no place in the menu
            menu.addAction(action)
        actions[command.id] = action
    return actions


def tip(action: QAction) -> str:
    """The text of an action with its keys, for a tooltip."""
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return action.text().replace("&", "").rstrip(".…") + (f"   {keys}" if keys else "")
