"""Parameters that decide more than a number: first weights, formulas, ports that come and go; and the help page beside them."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.document.edits import add_node, connect, set_params
from app.document.graph import Edge
from app.window.workspace import Workspace
from blocks import catalogue


def test_first_weights_fold_away_until_they_are_changed(workspace: Workspace, qtbot: Any) -> None:
    workspace.session.select(["n2"])
    form = workspace.inspector.form
    button, rows = form.rows.sections["First weights"]
    qtbot.waitUntil(button.isVisible)
    assert not any(row.isVisible() for row in rows)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert all(row.isVisible() for row in rows)
    combo = form.editors["weight_init"].combo  # type: ignore[attr-defined]
    combo.setFocus()
    QTest.keyClicks(combo, "he_n")
    QTest.keyClick(combo, Qt.Key.Key_Return)
    assert workspace.session.graph.nodes["n2"].block.values()["weight_init"] == "he_normal"
    workspace.session.select([])
    workspace.session.select(["n2"])
    qtbot.waitUntil(lambda: all(row.isVisible() for row in form.rows.sections["First weights"][1]))


@pytest.mark.parametrize(
    ("field", "typed", "value", "words"),
    [
        ("bias_init", "0.1", 0.1, ""),
        ("bias_init", "0,5", 0.5, ""),
        ("bias_init", "torch", "torch", ""),
        ("bias_init", "much", "network", "got much"),
    ],
)
def test_a_word_or_a_number(workspace: Workspace, qtbot: Any, field: str, typed: str, value: object, words: str) -> None:
    workspace.session.select(["n2"])
    editor = workspace.inspector.form.editors[field]
    told: list[str] = []
    editor.refused.connect(told.append)
    line = editor.combo.lineEdit()  # type: ignore[attr-defined]
    line.selectAll()
    QTest.keyClicks(line, typed)
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert workspace.session.graph.nodes["n2"].block.values()[field] == value
    assert words in (told[-1] if told else "")


def test_a_formula_is_typed_and_its_inputs_follow(workspace: Workspace, qtbot: Any) -> None:
    session = workspace.session
    workspace.canvas.adding.add(catalogue.load()["Formula"])
    (id,) = session.selection
    editor = workspace.inspector.form.editors["expression"]
    told: list[str] = []
    editor.refused.connect(told.append)
    line = editor.line  # type: ignore[attr-defined]
    line.selectAll()
    QTest.keyClicks(line, "c * (a +")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert "this is no formula" in told[-1]
    line.selectAll()
    QTest.keyClicks(line, "c * (a + b)")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert list(workspace.canvas.canvas.nodes[id].inputs) == ["c", "a", "b"]
    loss = next(i for i, n in session.graph.nodes.items() if n.block.loss)
    session.select([loss])
    line = workspace.inspector.form.editors["class_weights"].line  # type: ignore[attr-defined]
    line.selectAll()
    QTest.keyClicks(line, "1, 2.5; 3")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert session.graph.nodes[loss].block.values()["class_weights"] == (1.0, 2.5, 3.0)
    assert "weight for each of 10 classes, got 3" in session.analysis.facts[loss].error


def test_wires_to_ports_that_go_are_dropped_and_come_back_with_undo(workspace: Workspace) -> None:
    session = workspace.session
    pool = next(i for i, n in session.graph.nodes.items() if type(n.block).__name__ == "MaxPool2d")
    session.edit("Indices", lambda graph: set_params(graph, [pool], return_indices=True))

    def wired(graph: Any) -> Any:
        graph, output = add_node(graph, catalogue.load()["Output"](), (500, 0))
        return connect(graph, Edge(pool, "indices", output, "x"))[0]

    session.edit("Wire", wired)
    before = session.graph
    session.edit("No indices", lambda graph: set_params(graph, [pool], return_indices=False))
    assert len(session.graph.edges) == len(before.edges) - 1
    assert not any(e.source == pool and e.source_port == "indices" for e in session.graph.edges.values())
    assert workspace.canvas.canvas.nodes[pool].outputs.keys() == {"y"}
    session.undo()
    assert session.graph == before


def test_the_inspector_shows_the_help_page(workspace: Workspace) -> None:
    workspace.session.select([next(i for i, n in workspace.session.graph.nodes.items() if type(n.block).__name__ == "ReLU")])
    text = workspace.inspector.help.text()
    assert "max(0, x)" in text
    assert "[-2, 0, 3] gives [0, 0, 3]" in text
    assert "Nair and Hinton" in text
