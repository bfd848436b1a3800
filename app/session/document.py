"""The open document: its value, its history, what follows from it, and what is selected."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.data.sources import SOURCES
from app.document import storage
from app.document.analysis import Analysis, Facts, analyse
from app.document.graph import Document, Graph, NodeId
from app.document.history import History
from app.document.problem import Column, Problem
from app.document.recipe import Recipe
from app.session.timers import timer

MERGE_MS = 800  # a pause this long ends a step that several changes share
CHECK_MS = 30


class Session(QObject):
    """Holds the document. Every change goes through ``edit``; views hear of it and compare the old value with the new one."""

    changed = Signal(object, object)  # Document before, Document now
    analysed = Signal()
    problems_changed = Signal()
    selection_changed = Signal()
    title_changed = Signal()  # path, or whether there is something to save

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path: Path | None = None
        self._title = ""
        self.problems: list[Problem] = []
        self.selection: frozenset[NodeId] = frozenset()
        self.last_good: dict[NodeId, Facts] = {}
        self._history = History(Document())
        self._saved = self._history.document
        self.analysis: Analysis = analyse(self.document.graph)
        self._seal = timer(self, MERGE_MS, self._history_seal, once=True)
        self._check = timer(self, CHECK_MS, self.check_now, once=True)

    @property
    def document(self) -> Document:
        return self._history.document

    @property
    def graph(self) -> Graph:
        return self._history.document.graph

    @property
    def history(self) -> History:
        return self._history

    @property
    def dirty(self) -> bool:
        """Whether there is something that was not saved."""
        return self.document is not self._saved and self.document != self._saved

    @property
    def name(self) -> str:
        return self.path.stem if self.path else self._title or "Untitled"

    @property
    def columns(self) -> Mapping[str, Column] | None:
        """Columns of the data set that the recipe names."""
        source = SOURCES.get(self.document.recipe.dataset)
        return source.columns if source else None

    # Edits

    def edit(self, name: str, change: Callable[[Graph], Graph], merge: str = "") -> None:
        """Change the graph; ``name`` stands in the undo menu."""
        self._push(replace(self.document, graph=change(self.graph)), name, merge)

    def edit_recipe(self, name: str, recipe: Recipe, merge: str = "") -> None:
        """Change how the network is trained."""
        self._push(replace(self.document, recipe=recipe), name, merge)

    def undo(self) -> None:
        self._step(self._history.undo)

    def redo(self) -> None:
        self._step(self._history.redo)

    def go_to(self, step: int) -> None:
        """Back or forward to a step of the history."""
        self._step(lambda: self._history.go(step))

    def seal(self) -> None:
        """The next edit is a step of its own."""
        self._history_seal()

    # Files

    def new(self) -> None:
        """An empty document."""
        self._open(Document(), None)

    def open(self, path: Path) -> None:
        """Read a document; raises DocumentError and keeps the present one."""
        self._open(storage.load(path), path)

    def open_copy(self, path: Path) -> None:
        """Read an example: it opens untitled, so that saving does not write over it."""
        self._open(storage.load(path), None, path.stem)

    def recover(self, document: Document, path: Path | None, title: str) -> None:
        """Open what a crash left: it belongs to ``path``, and differs from what lies there."""
        self._open(document, path, title)
        self._saved = Document()
        self.title_changed.emit()

    def save(self, path: Path) -> None:
        """Write the document; raises OSError, and then it is still unsaved."""
        document = self.document
        storage.save(path, document)
        self.path, self._saved = path, document
        self.title_changed.emit()

    # Selection

    def select(self, ids: Iterable[NodeId]) -> None:
        """Select exactly these nodes, as far as they are there."""
        chosen = frozenset(id for id in ids if id in self.graph.nodes)
        if chosen != self.selection:
            self.selection = chosen
            self.selection_changed.emit()

    def facts(self, id: NodeId) -> tuple[Facts, bool]:
        """What is known of a node; where that is not known now, what was known last, and False."""
        facts = self.analysis.facts[id]
        if facts.outputs is None and not facts.error and id in self.last_good:
            return self.last_good[id], False
        return facts, True

    def check_now(self) -> None:
        """Look for problems now; otherwise it happens a moment after each edit."""
        from app.document.checks import check

        self._check.stop()
        self.problems = check(self.graph, self.columns, self.analysis) if self.graph.nodes else []
        self.problems_changed.emit()

    def look_again(self) -> None:
        """Analyse from the start: rules have learned something since, or blocks that were unknown are known now."""
        before = self.document
        graph = storage.revive(self.graph)
        if any(graph.nodes[id] is not node for id, node in self.graph.nodes.items()):
            self._push(replace(before, graph=graph), "Use blocks of a plug-in", "")
        self.analysis = analyse(self.graph)
        self.analysed.emit()
        self._check.start()

    # Inner

    def _push(self, document: Document, name: str, merge: str) -> None:
        before = self.document
        self._history.push(document, name, merge)
        if merge:
            self._seal.start()
        self._announce(before)

    def _step(self, step: Callable[[], Document]) -> None:
        before = self.document
        step()
        self._announce(before)

    def _open(self, document: Document, path: Path | None, title: str = "") -> None:
        before = self.document
        self._history = History(document)
        self._saved, self.path, self._title = document, path, title
        self.selection, self.last_good = frozenset(), {}
        self._announce(before)
        self.selection_changed.emit()

    def _announce(self, before: Document) -> None:
        if before is not self.document:
            if before.graph is not self.graph:
                self._remember()
                self.analysis = analyse(self.graph, self.analysis)
            self.changed.emit(before, self.document)
            self.analysed.emit()
            self.select(self.selection)
            self._check.start()
        self.title_changed.emit()

    def _remember(self) -> None:
        """Keep what is known while an error hides it from what follows."""
        known = self.analysis.facts
        if self.last_good is not known:
            self.last_good = (
                {**self.last_good, **{id: f for id, f in known.items() if f.outputs is not None}}
                if any(f.outputs is None for f in known.values())
                else dict(known)
            )

    def _history_seal(self) -> None:
        self._history.seal()
