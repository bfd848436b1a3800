"""The documents that were open lately, newest first. Only their paths are kept."""

from pathlib import Path

from PySide6.QtCore import QSettings

MOST = 12
KEY = "recent"


class Recent:
    """Kept in the settings of the window."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def paths(self) -> list[Path]:
        """Those that are still there."""
        stored = self._settings.value(KEY, [])
        names = [stored] if isinstance(stored, str) else stored if isinstance(stored, list) else []
        return [path for path in map(Path, map(str, names)) if path.is_file()]

    def add(self, path: Path) -> None:
        """It was opened or saved just now."""
        names = [str(path.absolute()), *(str(one) for one in self.paths() if one != path.absolute())]
        self._settings.setValue(KEY, names[:MOST])

    def clear(self) -> None:
        """Forget them all."""
        self._settings.setValue(KEY, [])
