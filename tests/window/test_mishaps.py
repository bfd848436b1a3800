"""A mistake of the program ends in a sentence."""

import sys
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from app.window import mishaps
from app.window.workspace import Workspace
from tests.window.hand import Hand


def test_an_exception_in_a_method_that_qt_calls_is_no_crash(hand: Hand, monkeypatch: Any) -> None:
    monkeypatch.setattr("app.canvas.view.pick", lambda *_: [].index("y"))
    with pytest.raises(ValueError, match="not in list"):
        hand.press(hand.view.rect().center())


def test_what_nobody_caught_is_said_and_can_be_copied(workspace: Workspace, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    before = workspace.session.document
    mishaps.tell(workspace.shell)
    try:
        {}["shape"]
    except KeyError as error:
        sys.excepthook(KeyError, error, error.__traceback__)
    assert workspace.banner.isVisible()
    assert "KeyError: 'shape'" in workspace.banner.text.text()
    assert "Traceback" not in workspace.banner.text.text()
    workspace.banner.button.click()
    assert "Traceback" in QApplication.clipboard().text()
    assert workspace.session.document is before
    assert "Traceback" in capsys.readouterr().err
