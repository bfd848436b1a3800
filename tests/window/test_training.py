"""Training in the window with a real engine: curves, a killed engine, and another run."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest

from app.window.shell import Shell
from app.window.workspace import Workspace
from resources import resource

pytestmark = pytest.mark.slow


@pytest.fixture
def live(qtbot: Any, qapp: Any, tmp_path: Path, monkeypatch: Any) -> Iterator[Workspace]:
    monkeypatch.setenv("NETWRIGHT_RUNS", str(tmp_path / "runs"))
    shell = Shell(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    shell.show()
    space = shell.furnish(resource("examples", "first-cnn.netwright"))
    space.session.edit_recipe("longer", space.session.document.recipe.replace(epochs=3000))
    yield space
    for sheet in space.session.sheets:
        sheet.saved = sheet.document
    shell.close()
    shell.deleteLater()


def test_a_killed_engine_is_told_and_trains_again(live: Workspace, qtbot: Any) -> None:
    curves = live.watcher.curves
    QTest.keyClick(live.canvas, Qt.Key.Key_F5)
    assert live.toolbar.train.text() == "Training …"
    qtbot.waitUntil(lambda: len(live.watcher.curves.step_epoch) > 100, timeout=90_000)
    assert curves is not live.watcher.curves
    assert live.training.loss is not None
    assert live.training.epoch.text().endswith("of 3000")
    assert live.tabs.currentIndex() == 1
    began = time.monotonic()
    os.kill(live.engine.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: live.banner.isVisible(), timeout=5000)
    assert time.monotonic() - began < 2
    assert "it was killed" in live.banner.text.text()
    assert live.session.graph.nodes
    qtbot.waitUntil(lambda: live.engine.state == "ready", timeout=60_000)
    QTest.mouseClick(live.banner.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: live.watcher.curves.state == "running" and len(live.watcher.curves.step_epoch) > 50, timeout=60_000)
    QTest.keyClick(live.canvas, Qt.Key.Key_F5, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: live.watcher.curves.state == "stopped", timeout=20_000)
    assert live.actions["export"].isEnabled()
    assert "stopped at epoch" in live.training.verdict.text().lower()


def test_the_window_answers_while_it_trains(live: Workspace, qtbot: Any) -> None:
    """The gap between two turns of the event loop, beside an idle baseline."""

    def gaps(milliseconds: int) -> list[float]:
        found, last = [], time.perf_counter()
        until = last + milliseconds / 1000
        while time.perf_counter() < until:
            QTest.qWait(1)
            now = time.perf_counter()
            found.append(now - last)
            last = now
        return sorted(found)

    qtbot.waitUntil(lambda: live.engine.state == "ready", timeout=60_000)
    idle = gaps(1500)
    QTest.keyClick(live.canvas, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: len(live.watcher.curves.step_epoch) > 300, timeout=60_000)
    busy = gaps(4000)
    for name, found in (("idle", idle), ("training", busy)):
        print(
            f"{name}: p50 {1000 * found[len(found) // 2]:.1f} p99 {1000 * found[int(0.99 * len(found))]:.1f} worst {1000 * found[-1]:.1f} ms"
        )
    assert len(busy) > 20
