"""What the user said yes to, kept in the configuration folder: paths with the SHA-256 of what lay there."""

import json
from pathlib import Path
from typing import Any

from app.document import atomic
from app.document.places import config_folder
from app.plugins.found import Plugin, named


def default_path() -> Path:
    """``plugins.json`` in the user's configuration folder."""
    return config_folder() / "plugins.json"


class Store:
    """The file of yeses. A file that can't be read holds none."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()
        self._values: dict[str, Any] = {}
        try:
            values = json.loads(self.path.read_text(encoding="utf-8"))
            self._values = values if isinstance(values, dict) else {}
        except (OSError, ValueError):
            pass

    @property
    def folder(self) -> Path | None:
        """The folder in which plug-ins are looked for."""
        name = self._values.get("folder")
        return Path(name) if isinstance(name, str) and name else None

    def set_folder(self, folder: Path | None) -> None:
        """Look for plug-ins in another folder. Raises OSError."""
        self._write(folder=str(folder) if folder else "")

    def accepts(self, plugin: Plugin) -> bool:
        """Whether the user said yes to exactly this."""
        return bool(self._yeses().get(str(plugin.path), {}).get("digest") == plugin.digest)

    def knows(self, plugin: Plugin) -> bool:
        """Whether the user said yes to something at this place, perhaps to something else than what lies there now."""
        return str(plugin.path) in self._yeses()

    def accept(self, plugin: Plugin) -> None:
        """The user said yes. Raises OSError."""
        self._write(accepted={**self._yeses(), str(plugin.path): {"digest": plugin.digest, "module": plugin.module}})

    def forget(self, plugin: Plugin) -> None:
        """The user said no. Raises OSError."""
        self._write(accepted={path: yes for path, yes in self._yeses().items() if path != str(plugin.path)})

    def decline(self, plugin: Plugin) -> None:
        """The user does not want to be asked about exactly this again. Raises OSError."""
        declined = self._values.get("declined")
        self._write(declined={**(declined if isinstance(declined, dict) else {}), str(plugin.path): plugin.digest})

    def declined(self, plugin: Plugin) -> bool:
        """Whether the user was asked about exactly this and would rather not."""
        declined = self._values.get("declined")
        return isinstance(declined, dict) and declined.get(str(plugin.path)) == plugin.digest

    def accepted(self) -> list[Plugin]:
        """What the user said yes to and what is still the same; what changed or went is left out."""
        found = []
        for path, yes in self._yeses().items():
            try:
                plugin = named(Path(path), str(yes.get("module", "")))
            except OSError:
                continue
            if self.accepts(plugin):
                found.append(plugin)
        return found

    @property
    def interrupted(self) -> str:
        """The path of a plug-in that was being loaded when the program ended: it is not tried again by itself."""
        return str(self._values.get("loading", ""))

    def loading(self, plugin: Plugin | None) -> None:
        """Remember what is being loaded, and with None that it is done. Raises OSError."""
        self._write(loading=str(plugin.path) if plugin else "")

    def _yeses(self) -> dict[str, dict[str, Any]]:
        yeses = self._values.get("accepted")
        return {path: yes for path, yes in yeses.items() if isinstance(yes, dict)} if isinstance(yeses, dict) else {}

    def _write(self, **values: Any) -> None:
        self._values = {**self._values, **values}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_text(self.path, json.dumps(self._values, indent=1) + "\n")
