"""A furnished window without a screen."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtTest import QTest

from app.window.shell import Shell
from app.window.workspace import Workspace
from resources import resource
from tests.window.hand import Hand


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["netwright"]


@pytest.fixture
def workspace(qtbot: Any, qapp: Any, tmp_path: Path, monkeypatch: Any) -> Iterator[Workspace]:
    """The window on the first example, without an engine."""
    from app.look import fonts
    from app.session.engine import Engine

    fonts.install()
    qapp.setFont(fonts.inter(13))
    monkeypatch.setattr(Engine, "start", lambda self: None)
    monkeypatch.setenv("NETWRIGHT_RUNS", str(tmp_path / "runs"))
    if str(tmp_path) not in os.environ["NETWRIGHT_CONFIG"]:
        monkeypatch.setenv("NETWRIGHT_CONFIG", str(tmp_path / "config"))  # no window finds what another test left
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    settings.setValue("theme", "dark")
    shell = Shell(settings)
    shell.resize(1600, 1000)
    shell.show()
    space = shell.furnish(resource("examples", "first-cnn.netwright"))
    qtbot.waitExposed(shell)
    qtbot.wait(50)
    shell.activateWindow()
    qtbot.waitUntil(space.canvas.hasFocus, timeout=10_000)  # keys go where the focus is, which the window before may still have
    yield space
    for sheet in space.session.sheets:
        sheet.saved = sheet.document  # nobody answers the question whether to save
    shell.close()
    shell.deleteLater()


@pytest.fixture
def hand(workspace: Workspace) -> Hand:
    """A hand on the canvas of the first example, all of it in sight."""
    workspace.canvas.fit()
    workspace.canvas.setFocus()
    QTest.qWait(20)
    return Hand(workspace.canvas)


@pytest.fixture(scope="session", autouse=True)
def clipboard_left_empty() -> Iterator[None]:
    """Without a screen the clipboard outlives Python, and so would what lies on it: the process would end with a crash."""
    yield
    from PySide6.QtGui import QGuiApplication

    if QGuiApplication.instance() is not None:
        QGuiApplication.clipboard().clear()
