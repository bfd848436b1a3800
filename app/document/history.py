"""Undo and redo: stepping through the values a document has been."""

from dataclasses import dataclass

from app.document.graph import Document


@dataclass(frozen=True, slots=True)
class Step:
    """A value of the document and the name of the edit that led to it."""

    document: Document
    name: str
    merge: str = ""


class History:
    """The steps of a document. Steps with the same non-empty merge key become one, until ``seal``."""

    def __init__(self, document: Document) -> None:
        self._steps = [Step(document, "Open")]
        self._at = 0
        self._open = False

    @property
    def document(self) -> Document:
        return self._steps[self._at].document

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(self._steps)

    @property
    def at(self) -> int:
        """The step that the document is at."""
        return self._at

    @property
    def undo_name(self) -> str:
        """The edit that undo would take back; empty where there is none."""
        return self._steps[self._at].name if self._at else ""

    @property
    def redo_name(self) -> str:
        """The edit that redo would bring back; empty where there is none."""
        return self._steps[self._at + 1].name if self._at + 1 < len(self._steps) else ""

    def push(self, document: Document, name: str, merge: str = "") -> None:
        """Take an edit as the newest step. An edit that changes nothing is no step."""
        if document == self.document:
            return
        last = self._steps[self._at]
        if merge and self._open and self._at and last.merge == merge:
            self._steps[self._at :] = [Step(document, name, merge)]
        else:
            self._steps[self._at + 1 :] = [Step(document, name, merge)]
            self._at += 1
        self._open = True

    def seal(self) -> None:
        """The next edit is a step of its own, whatever its merge key."""
        self._open = False

    def undo(self) -> Document:
        """One step back; stays where it is at the start."""
        return self.go(max(0, self._at - 1))

    def redo(self) -> Document:
        """One step forward; stays where it is at the end."""
        return self.go(min(len(self._steps) - 1, self._at + 1))

    def go(self, step: int) -> Document:
        """To any step, counted from the opening."""
        self._at = step
        self.seal()
        return self.document
