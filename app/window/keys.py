"""Which keys do what: the keys that commands declare, a preset's, or the user's own; and what would clash."""

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction, QKeySequence

PRESETS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "Netwright": {},
    "Blender": {"delete": ("X", "Del"), "heal": ("Ctrl+X",), "cut": (), "duplicate": ("Shift+D",), "frame": ("Ctrl+J",), "fit_selection": ("Num+.", ".")},
    "ComfyUI": {"bypass": ("Ctrl+B",), "frame": ("Ctrl+G",), "group": ("Ctrl+Shift+E",), "fit": (".",), "find": ("Ctrl+F",), "collapse": ("Alt+C",), "train": ("Ctrl+Return",)},
}  # fmt: skip
FIXED = ("Esc", "Tab", "Space", "F6", "Shift+F6")
PRESET, OWN = "keys/preset", "keys/own"


class Keys:
    """The keys of all actions, kept in the settings as far as the user has changed them."""

    def __init__(self, actions: Mapping[str, QAction], settings: QSettings) -> None:
        self.actions, self.settings = actions, settings
        self.declared = {id: [s.toString() for s in action.shortcuts()] for id, action in actions.items()}
        self.apply()

    @property
    def preset(self) -> str:
        name = str(self.settings.value(PRESET, "Netwright"))
        return name if name in PRESETS else "Netwright"

    def wanted(self, id: str) -> list[str]:
        """The keys of an action: the user's own, else the preset's, else those it declares."""
        own = self.settings.value(f"{OWN}/{id}")
        if isinstance(own, str):
            return [key for key in own.split("\n") if key]
        return list(PRESETS[self.preset].get(id, self.declared[id]))

    def apply(self) -> None:
        """Give every action its keys."""
        for id, action in self.actions.items():
            action.setShortcuts([QKeySequence(key) for key in self.wanted(id)])

    def use(self, preset: str) -> None:
        """Take a preset; the user's own keys are forgotten."""
        self.settings.remove(OWN)
        self.settings.setValue(PRESET, preset)
        self.apply()

    def set(self, id: str, keys: Iterable[str]) -> None:
        """Give an action other keys; none at all is a choice too."""
        chosen = list(keys)
        if chosen == list(PRESETS[self.preset].get(id, self.declared[id])):
            self.settings.remove(f"{OWN}/{id}")
        else:
            self.settings.setValue(f"{OWN}/{id}", "\n".join(chosen))
        self.apply()

    def clash(self, id: str, key: str) -> str | None:
        """The action that has a key already, wherever it counts; None where it is free."""
        wanted = QKeySequence(key)
        return next((other for other, action in self.actions.items() if other != id and wanted in action.shortcuts()), None)

    def reserved(self, key: str) -> str:
        """Why a key can't be given away; empty where it can."""
        if QKeySequence(key).toString() in FIXED:
            return f"{key} cancels, pans or leaves: it stays what it is"
        return ""
