"""Shapes that only PyTorch knows: asked once, answered, and asked again of a new engine."""

from typing import Any

import pytest

from app.document.edits import add_node, connect
from app.document.graph import Edge
from app.engine import messages as m
from app.session.document import Session
from app.session.engine import Engine
from app.session.measuring import Measuring
from blocks import catalogue
from blocks.core import Shapes
from blocks.data import Input
from blocks.measured import Measured


class Halves(Measured, label="Halves", group="Math", example=((4, 4),)):
    """Adds up pairs."""

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return f"{args[0]}.unflatten(-1, (-1, 2)).sum(-1)"


@pytest.fixture
def asked(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    session, engine, sent = Session(), Engine(), []
    monkeypatch.setattr(engine, "send", sent.append)
    engine.state = "ready"
    return session, engine, sent, Measuring(session, engine)


def draw(session: Session, size: tuple[int, ...]) -> str:
    graph, x = add_node(session.graph, Input(size=size), (0, 0))
    graph, id = add_node(graph, Halves(), (0, 100))
    graph, _ = connect(graph, Edge(x, "y", id, "x"))
    session.edit("Draw", lambda _: graph)
    return id


def test_a_shape_is_asked_once_and_comes_back(asked: Any) -> None:
    session, engine, sent, _ = asked
    id = draw(session, (3, 10))
    assert sent == [m.Measure([["Halves", {}, [[3, 10]]]])]
    assert session.analysis.facts[id].code == "pending"
    session.look_again()
    assert len(sent) == 1
    engine.message.emit(m.Measured([[[[3, 5]], [], 0, ""]]))
    assert session.analysis.facts[id].outputs == ((3, 5),)


def test_a_refusal_is_an_error_of_the_block(asked: Any) -> None:
    session, engine, _, _ = asked
    id = draw(session, (3, 7))
    engine.message.emit(m.Measured([[[], [], 0, "PyTorch refuses it: 7 is odd"]]))
    assert session.analysis.facts[id].error == "PyTorch refuses it: 7 is odd"


def test_a_new_engine_is_asked_again(asked: Any) -> None:
    session, engine, sent, _ = asked
    draw(session, (3, 12))
    engine.ready.emit(m.Ready("2"))
    assert len(sent) == 2


def test_the_engine_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.engine.measure import measured

    assert measured((Halves(), ((3, 8),))).shapes == ((3, 4),)
    assert "PyTorch refuses it" in measured((Halves(), ((3, 7),))).error
    conv = catalogue.load()["Conv2d"](out_channels=4)
    said = measured((conv, ((3, 8, 8),)))
    assert (said.shapes, dict(said.weights), said.macs) == (((4, 8, 8),), conv.weights((3, 8, 8)), conv.macs((3, 8, 8)))
