"""Copy and paste: pieces of a network travel as the JSON text of a document, so that they can be sent in a mail."""

from collections.abc import Iterable

from PySide6.QtGui import QGuiApplication

from app.document.edits import subgraph
from app.document.graph import Document, Graph, NodeId
from app.document.storage import DocumentError, dumps, loads


def copy(graph: Graph, ids: Iterable[NodeId]) -> None:
    """Put nodes and the wires between them on the clipboard."""
    QGuiApplication.clipboard().setText(dumps(Document(subgraph(graph, ids))))


def piece() -> Graph | None:
    """The piece of network on the clipboard; None if it holds none."""
    try:
        return loads(QGuiApplication.clipboard().text()).graph
    except DocumentError:
        return None
