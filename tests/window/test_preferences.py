"""Preferences: keys with their conflicts, presets, theme and scale."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTabWidget

from app.look import theme
from app.panels.inspector import Cost
from app.window.keys import Keys
from app.window.preferences import KeysPage, Preferences
from app.window.workspace import Workspace
from resources import resource


@pytest.fixture
def dialog(workspace: Workspace) -> Iterator[Preferences]:
    one = Preferences(workspace.shell, workspace.canvas, workspace.keys)
    one.show()
    yield one
    one.close()


def page_of(dialog: Preferences) -> KeysPage:
    tabs = dialog.findChild(QTabWidget)
    assert tabs is not None
    tabs.setCurrentIndex(2)
    page = dialog.findChild(KeysPage)
    assert page is not None
    return page


def choose(page: KeysPage, text: str) -> None:
    QTest.keyClicks(page.filter, text)
    rows = [page.table.topLevelItem(k) for k in range(page.table.topLevelItemCount())]
    shown = [row for row in rows if row is not None and not row.isHidden()]
    page.table.setCurrentItem(shown[0])


def test_a_key_that_is_taken_says_by_what_and_is_taken_over(workspace: Workspace, dialog: Preferences) -> None:
    page = page_of(dialog)
    choose(page, "straighten")
    QTest.keyClick(page.press, Qt.Key.Key_M)
    assert "Bypass" in page.message.text()
    assert page.take.text() == "Take over"
    page.take.click()
    assert workspace.actions["straighten"].shortcut() == QKeySequence("M")
    assert [s.toString() for s in workspace.actions["bypass"].shortcuts()] == ["Ctrl+B"]
    again = Keys(workspace.actions, workspace.shell.settings)  # as at the next start
    assert again.wanted("straighten") == ["M"]
    assert again.wanted("bypass") == ["Ctrl+B"]


def test_a_reserved_key_can_not_be_taken(dialog: Preferences) -> None:
    page = page_of(dialog)
    choose(page, "straighten")
    QTest.keyClick(page.press, Qt.Key.Key_Escape)
    assert "stays what it is" in page.message.text()
    assert not page.take.isEnabled()


def test_presets(workspace: Workspace, dialog: Preferences) -> None:
    page = page_of(dialog)
    page.presets.setCurrentText("Blender")
    page.presets.activated.emit(1)
    assert workspace.actions["duplicate"].shortcut() == QKeySequence("Shift+D")
    page.presets.setCurrentText("Netwright")
    page.presets.activated.emit(0)
    assert workspace.actions["duplicate"].shortcut() == QKeySequence("Ctrl+D")


@pytest.mark.parametrize("preset", ["Netwright", "Blender", "ComfyUI"])
def test_no_two_commands_share_a_key(workspace: Workspace, preset: str) -> None:
    workspace.keys.use(preset)
    owners: dict[str, str] = {}
    for id, action in workspace.actions.items():
        for sequence in action.shortcuts():
            assert sequence.toString() not in owners, (sequence.toString(), id, owners.get(sequence.toString()))
            owners[sequence.toString()] = id


def test_theme_scale_wheel_and_tab(workspace: Workspace, dialog: Preferences) -> None:
    dialog.theme.setCurrentIndex(dialog.theme.findData("light"))
    dialog.theme.activated.emit(dialog.theme.currentIndex())
    assert theme.current.theme.name == "light"
    dialog.theme.activated.emit(dialog.theme.findData("dark"))
    assert theme.current.theme.name == "dark"
    dialog.scale.activated.emit(dialog.scale.findData("1.5"))
    assert float(str(workspace.shell.settings.value("scale"))) == 1.5
    assert dialog.later.isVisible()


def test_contrast(workspace: Workspace, dialog: Preferences) -> None:
    def light(name: str) -> float:
        parts = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in theme.color(name).getRgbF()[:3]]
        return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))

    def ratio(name: str, behind: str) -> float:
        a, b = sorted((light(name), light(behind)))
        return (b + 0.05) / (a + 0.05)

    for name in ("dark", "light"):
        workspace.shell.set_theme(name)
        dialog.contrast.activated.emit(dialog.contrast.findData("normal"))
        before = ratio("control", "panel")
        dialog.contrast.activated.emit(dialog.contrast.findData("strong"))
        assert theme.current.theme.base == name
        assert all(ratio(line, behind) >= 2.5 > before for line in ("control", "hairline") for behind in ("panel", "surface", "canvas"))
        assert all(ratio(line, "canvas") >= 4.5 for line in ("block", "wire"))
        assert all(ratio(text, behind) >= 7 for text in ("text", "text2", "text3") for behind in ("panel", "surface", "canvas"))
    workspace.shell.set_contrast("system")
    workspace.shell.set_theme("dark")
    assert theme.current.theme.name == "dark"


def test_order_of_the_axes(workspace: Workspace) -> None:
    from app.look import shapes

    canvas, session = workspace.canvas.canvas, workspace.session
    session.open(resource("examples", "first-cnn.netwright"))
    id = next(id for id, node in session.graph.nodes.items() if type(node.block).__name__ == "Conv2d")
    (shape,) = session.analysis.facts[id].outputs or ()
    channels, height, width = shape
    assert channels != width
    session.select([id])
    cost = workspace.inspector.findChild(Cost)
    assert cost is not None
    out = cost.out
    assert canvas.nodes[id].face.shape == f"{channels}×{height}×{width}"
    workspace.actions["order"].trigger()
    try:
        assert canvas.nodes[id].face.shape == out.text() == f"{height}×{width}×{channels}"
        assert workspace.shell.settings.value("channels_last") in (True, "true")
        assert not session.dirty
    finally:
        workspace.actions["order"].trigger()
    assert not shapes.order.last
    assert canvas.nodes[id].face.shape == f"{channels}×{height}×{width}"
