"""What is wrong with a document, and what would mend it, as values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.document.graph import Graph, NodeId

Severity = Literal["error", "warning", "hint"]


@dataclass(frozen=True, slots=True)
class Fix:
    """A way out: a short sentence, what it costs, and the edit."""

    label: str
    edit: Callable[[Graph], Graph]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake at one node, or in the network as a whole (``node`` is None).

    An error stops the network from running, a warning is probably not meant, a hint can be ignored.
    """

    severity: Severity
    code: str
    text: str
    node: NodeId | None = None
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """What a data set has in one column: the shape of a sample, and for labels the names of the classes."""

    name: str
    shape: tuple[int, ...]
    kind: Literal["real", "index"]
    classes: tuple[str, ...] = ()
    role: Literal["", "input", "target"] = ""  # what a network usually does with it
