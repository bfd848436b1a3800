"""One open document: its values, what follows from them, and where one is in it."""

from dataclasses import dataclass, field
from pathlib import Path

from app.data.sources import known_columns
from app.document.analysis import Analysis, Facts
from app.document.graph import Document, NodeId
from app.document.history import History
from app.session.place import Place, analysis_at


@dataclass(eq=False)
class Sheet:
    """One open document: its values, where it lies, and what is selected in it. ``look`` is where its view was, for whoever shows it."""

    history: History
    saved: Document
    path: Path | None = None
    title: str = ""
    selection: frozenset[NodeId] = frozenset()
    last_good: dict[NodeId, Facts] = field(default_factory=dict)
    look: object = None

    place: Place = ()

    def __post_init__(self) -> None:
        self.analysis: Analysis = analysis_at(self.document, self.place, None, known_columns(self.document.recipe))

    @property
    def document(self) -> Document:
        return self.history.document

    @property
    def dirty(self) -> bool:
        """Whether there is something that was not saved."""
        return self.document is not self.saved and self.document != self.saved

    @property
    def name(self) -> str:
        return self.path.stem if self.path else self.title or "Untitled"

    @property
    def untouched(self) -> bool:
        """Whether it is an empty document that nobody has done anything with."""
        return self.path is None and not self.title and len(self.history.steps) == 1 and not self.document.graph.nodes


def blank() -> Sheet:
    """A sheet with an empty document."""
    document = Document()
    return Sheet(History(document), document)
