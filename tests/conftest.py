"""Qt without a screen, and the pieces that many tests start from."""

import os
import tempfile

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["NETWRIGHT_CONFIG"] = tempfile.mkdtemp(prefix="netwright-config-")  # what the user allowed is no part of a test

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from app.document.edits import add_node, connect
from app.document.graph import Document, Edge, Graph
from app.document.storage import load
from blocks import catalogue
from resources import resource
from tests.blocks.table import pytest_terminal_summary

__all__ = ["Builder", "pytest_terminal_summary"]  # the table is printed by the process that gathers, which reads this file only

settings.register_profile("usual", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
settings.load_profile("usual")


class Builder:
    """Draws a graph in a line: each block is wired to the one before, or to those named."""

    def __init__(self) -> None:
        self.graph = Graph()
        self.last: str | None = None

    def add(self, type_: str, /, *sources: str, **params: object) -> str:
        """Add a block; returns its id."""
        name = str(params.pop("name", ""))
        block = catalogue.load()[type_](**params)
        self.graph, id = add_node(self.graph, block, (0.0, 100.0 * len(self.graph.nodes)), name)
        wanted = sources or ((self.last,) if self.last and block.inputs else ())
        for k, source in enumerate(wanted):
            port = block.inputs[0 if block.inputs[0].many else k].name
            outputs = self.graph.nodes[str(source)].block.outputs
            out = outputs[0].name if outputs else "y"
            self.graph, _ = connect(self.graph, Edge(str(source), out, id, port))
        self.last = id
        return id


@pytest.fixture
def draw() -> Builder:
    return Builder()


@pytest.fixture
def builder() -> type[Builder]:
    return Builder


@pytest.fixture
def example() -> Document:
    return load(resource("examples", "first-cnn.netwright"))


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write a text as a document file."""

    def make(text: str) -> Path:
        path = tmp_path / "broken.netwright"
        path.write_text(text)
        return path

    return make
