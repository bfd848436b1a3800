"""What the finder is asked for: commands by what they do, and blocks of the network by words and facts."""

from collections.abc import Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from app.canvas.view import CanvasView
from app.document.find import find
from app.document.graph import label
from app.look import shapes
from app.look.text import si
from app.panels.finder import Entry, Finder
from app.session.document import Session


class Finding(QObject):
    """The command palette, and find in the network."""

    def __init__(self, finder: Finder, session: Session, canvas: CanvasView, actions: Mapping[str, QAction]) -> None:
        super().__init__(finder)
        self.finder, self.session, self.canvas, self.actions = finder, session, canvas, actions
        self._finding = False
        finder.chosen.connect(self._chosen)
        finder.looked.connect(self._looked)

    def commands(self) -> None:
        """List all that can be done now, with its keys."""
        self._finding = False
        self.finder.ask(self.tr("Do what?"), self._commands, self.canvas)

    def blocks(self) -> None:
        """Find blocks of the network."""
        self._finding = True
        self.finder.ask(self.tr("Find: conv, shape:512, k=3, params>1M, error"), self._blocks, self.canvas)

    def _commands(self, text: str) -> list[Entry]:
        words, found = text.lower().split(), []
        for action in self.actions.values():
            name = action.text().replace("&", "").rstrip(" …")
            if name and action.isEnabled() and all(word in name.lower() for word in words):
                keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                found.append(Entry(name, keys, action))
        return sorted(found, key=lambda entry: (not entry.text.lower().startswith(text.lower()), entry.text)) if words else found

    def _blocks(self, text: str) -> list[Entry]:
        graph, facts = self.session.graph, self.session.analysis.facts
        entries = []
        for id in find(self.session.analysis, text):
            shape = ", ".join(map(shapes.text, facts[id].outputs or ()))
            params = f"{si(facts[id].params)} params" if facts[id].params else ""
            note = "   ".join(filter(None, (label(graph.nodes[id].block), shape, params)))
            entries.append(Entry(graph.nodes[id].name, note, id))
        return entries

    def _looked(self, value: object) -> None:
        if self._finding and isinstance(value, str) and self.finder.search.text():
            self.session.select([value])
            self.canvas.reveal(value)

    def _chosen(self, value: object) -> None:
        if isinstance(value, QAction):
            value.trigger()
        elif isinstance(value, str):
            self.session.select([value])
            self.canvas.reveal(value)
