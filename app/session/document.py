"""The open documents as signals: every edit goes through here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.data.sources import known_columns
from app.document import storage
from app.document.analysis import Analysis, Facts
from app.document.definitions import gathered, redefine, wrong_definition, wrong_definition_name
from app.document.gallery import known_definitions
from app.document.graph import Definition, Document, Graph, Instance, NodeId
from app.document.history import History
from app.document.problem import Column, Problem
from app.document.recipe import Recipe
from app.session.place import Place, Step, analysis_at, valid
from app.session.sheet import Sheet, blank
from app.session.timers import timer
from blocks.catalogue import Catalogue
from blocks.catalogue import extended as catalogue_with

MERGE_MS = 800  # a pause this long ends a step that several changes share
CHECK_MS = 30


class Session(QObject):
    """Holds the open documents, of which one is in hand. Every change goes through ``edit``; views hear of it and compare the old value with
    the new one. Another sheet taken in hand is a change like any other.
    """

    changed = Signal(object, object)  # the Graph that was shown, the Graph that is
    place_changed = Signal()  # another graph of the document is shown, or another repetition
    refused = Signal(str)  # why an edit was not made
    analysed = Signal()
    problems_changed = Signal()
    selection_changed = Signal()
    title_changed = Signal()  # path, or whether there is something to save
    leaving = Signal(object)  # the Sheet that is about to be put aside
    sheets_changed = Signal()  # there are others, or another one is in hand

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.sheets: list[Sheet] = [blank()]
        self.sheet = self.sheets[0]
        self.problems: list[Problem] = []
        self._seal = timer(self, MERGE_MS, self._history_seal, once=True)
        self._check = timer(self, CHECK_MS, self.check_now, once=True)

    @property
    def document(self) -> Document:
        return self.sheet.document

    @property
    def graph(self) -> Graph:
        """The graph that is shown: the document's own, or that of the definition one is in. Formulas are worked out in it."""
        return self.sheet.analysis.graph

    @property
    def place(self) -> Place:
        """The way to the graph that is shown."""
        return self.sheet.place

    @property
    def definition(self) -> Definition | None:
        """The definition one is in."""
        return self.document.definitions[self.place[-1].definition] if self.place else None

    @property
    def kinds(self) -> Catalogue:
        """All that can be added: blocks, and definitions that would not contain themselves."""
        within = {step.definition for step in self.place}
        return catalogue_with(d.kind for d in known_definitions(self.document).values() if within.isdisjoint((d.name, *d.inner)))

    @property
    def history(self) -> History:
        return self.sheet.history

    @property
    def analysis(self) -> Analysis:
        return self.sheet.analysis

    @property
    def selection(self) -> frozenset[NodeId]:
        return self.sheet.selection

    @property
    def path(self) -> Path | None:
        return self.sheet.path

    @property
    def dirty(self) -> bool:
        """Whether there is something in this document that was not saved."""
        return self.sheet.dirty

    @property
    def name(self) -> str:
        return self.sheet.name

    @property
    def columns(self) -> Mapping[str, Column] | None:
        """Columns of the data set that the recipe names."""
        return known_columns(self.document.recipe)

    # Edits

    def edit(self, name: str, change: Callable[[Graph], Graph], merge: str = "") -> None:
        """Change the graph that is shown; ``name`` stands in the undo menu."""
        graph = change(self.graph)
        if graph is self.graph:
            return
        definition = self.definition
        if definition is None:
            self._push(gathered(replace(self.document, graph=graph)), name, merge)
            return
        new = replace(definition, graph=graph, shipped=False)
        if wrong := wrong_definition(new) or ("" if new.exits else f"{new.name} needs an Output: what flows into it is the result"):
            self.refused.emit(wrong)
            return
        self._push(gathered(redefine(self.document, new)), name, merge)

    def edit_at(self, name: str, document: Document, graph: Graph) -> None:
        """Change the graph that is shown, and other things of the document with it, as one step."""
        definition = self.definition
        if definition is None:
            self._push(gathered(replace(document, graph=graph)), name, "")
        else:
            own = document.definitions[definition.name]
            self._push(gathered(redefine(document, replace(own, graph=graph, shipped=False))), name, "")

    def edit_document(self, name: str, document: Document, merge: str = "") -> None:
        """Change more than the graph that is shown."""
        self._push(gathered(document), name, merge)

    def edit_recipe(self, name: str, recipe: Recipe, merge: str = "") -> None:
        """Change how the network is trained."""
        self._push(replace(self.document, recipe=recipe), name, merge)

    def undo(self) -> None:
        self._step(self.history.undo)

    def redo(self) -> None:
        self._step(self.history.redo)

    def go_to(self, step: int) -> None:
        """Back or forward to a step of the history."""
        self._step(lambda: self.history.go(step))

    def seal(self) -> None:
        """The next edit is a step of its own."""
        self._history_seal()

    # Blocks of blocks

    def describe(self, name: str, help: str) -> str:
        """Give the definition one is in another name and another text; returns why not, if so."""
        old = self.definition
        if old is None or (name, help) == (old.name, old.help):
            return ""
        taken = name != old.name and name in known_definitions(self.document)
        if wrong := f"there is a {name} already: choose another name" if taken else wrong_definition_name(name):
            return wrong
        document = redefine(self.document, replace(old, name=name, help=help, shipped=False), old.name)
        place = tuple(replace(step, definition=name) if step.definition == old.name else step for step in self.place)
        before, graph, text = self.document, self.graph, f"Rename {old.name} to {name}" if name != old.name else f"Describe {name}"
        self.history.push(gathered(document), text, "")
        self.sheet.place = place  # the way is the same, only called otherwise
        self._announce(before, graph)
        self.place_changed.emit()
        return ""

    def enter(self, id: NodeId) -> None:
        """Go inside a block of blocks."""
        block = self.graph.nodes[id].block
        if isinstance(block, Instance):
            self.go_inside((*self.place, Step(block.definition.name, id)))

    def leave(self, levels: int = 1) -> None:
        """Go out again, and select what one was in."""
        if self.place:
            came = self.place[-levels] if levels <= len(self.place) else self.place[0]
            self.go_inside(self.place[: max(0, len(self.place) - levels)])
            self.select([came.node])

    def show_repetition(self, i: int) -> None:
        """Show what another repetition of the block one is in comes to."""
        self.go_inside((*self.place[:-1], replace(self.place[-1], repetition=i)))

    def go_inside(self, place: Place) -> None:
        """Show another graph of the document."""
        place = valid(self.document, place)
        if place == self.place:
            return
        before = self.graph
        self.leaving.emit(self.sheet)
        self._history_seal()
        self.sheet.selection = frozenset()
        self._stand(place)
        self.changed.emit(before, self.graph)
        self.analysed.emit()
        self.selection_changed.emit()
        self.place_changed.emit()
        self._check.start()

    # Files

    def new(self) -> None:
        """An empty document, in a sheet of its own."""
        self._add(blank())

    def open(self, path: Path) -> None:
        """Read a document, or take it in hand where it is open already; raises DocumentError and keeps what there is."""
        there = next((sheet for sheet in self.sheets if sheet.path is not None and sheet.path == path), None)
        if there is not None:
            self.take(there)
            return
        document = storage.load(path)
        self._add(Sheet(History(document), document, path))

    def open_copy(self, path: Path) -> None:
        """Read an example: it opens untitled, so that saving does not write over it."""
        document = storage.load(path)
        self._add(Sheet(History(document), document, None, path.stem))

    def recover(self, document: Document, path: Path | None, title: str) -> None:
        """Open what a crash left: it belongs to ``path``, and differs from what lies there."""
        self._add(Sheet(History(document), Document(), path, title))

    def take(self, sheet: Sheet) -> None:
        """Take another sheet in hand."""
        if sheet is self.sheet:
            return
        before = self.graph
        self.leaving.emit(self.sheet)
        self._history_seal()
        self.sheet = sheet
        self._show(before)

    def close(self, sheet: Sheet) -> None:
        """Let a document go, with what was not saved; the last one leaves an empty one."""
        at = self.sheets.index(sheet)
        others = [one for one in self.sheets if one is not sheet] or [blank()]
        self.sheets = others
        if sheet is self.sheet:
            before, self.sheet = self.graph, others[min(at, len(others) - 1)]
            self._show(before)
        else:
            self.sheets_changed.emit()

    def save(self, path: Path) -> None:
        """Write the document; raises OSError, and then it is still unsaved."""
        document = self.document
        storage.save(path, document)
        self.sheet.path, self.sheet.saved = path, document
        self.title_changed.emit()
        self.sheets_changed.emit()

    # Selection

    def select(self, ids: Iterable[NodeId]) -> None:
        """Select exactly these nodes, as far as they are there."""
        chosen = frozenset(id for id in ids if id in self.graph.nodes)
        if chosen != self.selection:
            self.sheet.selection = chosen
            self.selection_changed.emit()

    def facts(self, id: NodeId) -> tuple[Facts, bool]:
        """What is known of a node; where that is not known now, what was known last, and False."""
        facts = self.analysis.facts[id]
        if facts.outputs is None and not facts.error and id in self.sheet.last_good:
            return self.sheet.last_good[id], False
        return facts, True

    def check_now(self) -> None:
        """Look for problems now; otherwise it happens a moment after each edit."""
        from app.document.checks import check

        self._check.stop()
        inside = bool(self.place)
        self.problems = check(self.graph, None if inside else self.columns, self.analysis, inside=inside) if self.graph.nodes else []
        self.problems_changed.emit()

    def look_again(self) -> None:
        """Analyse from the start: rules or the data set say something since, or blocks that were unknown are known now."""
        graph = storage.revive(self.graph)
        if any(graph.nodes[id] is not node for id, node in self.graph.nodes.items()):
            self.edit("Use blocks of a plug-in", lambda _: graph)
        for sheet in self.sheets:
            sheet.analysis = analysis_at(sheet.document, sheet.place, None, known_columns(sheet.document.recipe))
        self.changed.emit(self.graph, self.graph)
        self.analysed.emit()
        self._check.start()

    # Inner

    def _push(self, document: Document, name: str, merge: str) -> None:
        before, graph = self.document, self.graph
        self.history.push(document, name, merge)
        if merge:
            self._seal.start()
        self._announce(before, graph)

    def _step(self, step: Callable[[], Document]) -> None:
        before, graph = self.document, self.graph
        step()
        self._announce(before, graph)

    def _stand(self, place: Place) -> None:
        """Be at a place: what was known elsewhere is of no use here."""
        self.sheet.place = place
        self.sheet.last_good = {}
        self.sheet.analysis = analysis_at(self.document, place, None, self.columns)

    def _add(self, sheet: Sheet) -> None:
        """Show a sheet that is new; it takes the place of an empty one that nobody has touched."""
        before = self.graph
        self.leaving.emit(self.sheet)
        self._history_seal()
        if self.sheet.untouched:
            self.sheets[self.sheets.index(self.sheet)] = sheet
        else:
            self.sheets.insert(self.sheets.index(self.sheet) + 1, sheet)
        self.sheet = sheet
        self._show(before)

    def _show(self, before: Graph) -> None:
        """Tell everybody that another sheet is in hand."""
        self._seal.stop()
        self.changed.emit(before, self.graph)
        self.place_changed.emit()
        self.analysed.emit()
        self.selection_changed.emit()
        self._check.start()
        self.title_changed.emit()
        self.sheets_changed.emit()

    def _announce(self, before: Document, graph: Graph) -> None:
        if before is not self.document:
            place = valid(self.document, self.place)
            if place != self.place:
                self._stand(place)
                self.place_changed.emit()
            elif (
                before.graph is not self.document.graph
                or before.definitions is not self.document.definitions
                or before.parameters != self.document.parameters
                or before.recipe is not self.document.recipe
            ):
                self._remember()
                self.sheet.analysis = analysis_at(self.document, place, self.analysis, self.columns)
            self.changed.emit(graph, self.graph)
            self.analysed.emit()
            self.select(self.selection)
            self._check.start()
        self.title_changed.emit()

    def _remember(self) -> None:
        """Keep what is known while an error hides it from what follows."""
        known = self.analysis.facts
        if self.sheet.last_good is not known:
            self.sheet.last_good = (
                {**self.sheet.last_good, **{id: f for id, f in known.items() if f.outputs is not None}}
                if any(f.outputs is None for f in known.values())
                else dict(known)
            )

    def _history_seal(self) -> None:
        self.history.seal()
