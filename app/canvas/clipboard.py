"""Copy and paste: pieces of a network travel as the JSON text of a document, so that they can be sent in a mail."""

import json
from collections.abc import Iterable

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from app.document.definitions import gathered
from app.document.edits import subgraph
from app.document.graph import Document, Edge, FrameId, Graph, NodeId
from app.document.storage import DocumentError, dumps, loads

MIME = "application/x-netwright"  # the same text
FED = "application/x-netwright-wires"  # the wires that led into the piece, for pasting beside the original


def copy(graph: Graph, ids: Iterable[NodeId], frames: Iterable[FrameId] = ()) -> None:
    """Put nodes, the wires between them, and frames on the clipboard."""
    chosen = set(ids)
    text = dumps(gathered(Document(subgraph(graph, chosen, frames))))
    data = QMimeData()
    data.setText(text)
    data.setData(MIME, text.encode())
    data.setData(FED, json.dumps([e.ends for e in fed(graph, chosen)]).encode())
    QGuiApplication.clipboard().setMimeData(data)


def fed(graph: Graph, ids: Iterable[NodeId]) -> list[Edge]:
    """The wires that lead into some nodes from others."""
    chosen = set(ids)
    return [e for e in graph.edges.values() if e.target in chosen and e.source not in chosen]


def piece() -> Graph | None:
    """The piece of network on the clipboard; None if it holds none."""
    try:
        return loads(QGuiApplication.clipboard().text()).graph
    except DocumentError:
        return None


def wires() -> list[Edge]:
    """The wires that led into the piece."""
    data = bytes(QGuiApplication.clipboard().mimeData().data(FED).data())
    try:
        found = json.loads(data) if data else []
        ends = [list(map(str, entry)) for entry in found if isinstance(entry, list) and len(entry) == 4]
        return [Edge(source, out, target, into) for source, out, target, into in ends]
    except ValueError:
        return []
