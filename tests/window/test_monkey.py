"""A monkey at mouse and keys: whatever it does, canvas and document agree, and undo leads back to the very first byte."""

import contextlib
import os
import random
from collections import Counter
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from app.canvas import face as faces
from app.document.definitions import free_name
from app.document.storage import dumps
from app.window.grouping import make_group
from app.window.workspace import Workspace
from blocks.core import BlockError
from tests.window.hand import ALT, CTRL, LEFT, MIDDLE, NONE, RIGHT, SHIFT, Hand

Key = Qt.Key
MOST_BLOCKS = 40
CHECK_EVERY = 50

KEYS = {
    "delete": (Key.Key_Delete, NONE), "heal": (Key.Key_Delete, CTRL), "copy": (Key.Key_C, CTRL), "paste": (Key.Key_V, CTRL),
    "paste wired": (Key.Key_V, CTRL | SHIFT), "cut": (Key.Key_X, CTRL), "duplicate": (Key.Key_D, CTRL), "duplicate wired": (Key.Key_D, CTRL | SHIFT),
    "bypass": (Key.Key_M, NONE), "freeze": (Key.Key_L, CTRL | SHIFT), "collapse": (Key.Key_H, NONE), "connect in order": (Key.Key_J, NONE),
    "lay out": (Key.Key_L, CTRL), "orientation": (Key.Key_O, CTRL | SHIFT), "lay out some": (Key.Key_L, NONE), "straighten": (Key.Key_Q, NONE), "undo": (Key.Key_Z, CTRL),
    "redo": (Key.Key_Z, CTRL | SHIFT), "walk": (Key.Key_Down, NONE), "upstream": (Key.Key_Left, SHIFT), "nudge": (Key.Key_Right, ALT),
    "enter": (Key.Key_I, NONE), "leave": (Key.Key_I, SHIFT), "unpack": (Key.Key_G, CTRL | SHIFT),
    "next problem": (Key.Key_F8, NONE), "fix": (Key.Key_Return, ALT), "all": (Key.Key_A, CTRL), "escape": (Key.Key_Escape, NONE),
    "home": (Key.Key_Home, NONE), "zoom in": (Key.Key_Plus, CTRL), "zoom out": (Key.Key_Minus, CTRL),
}  # fmt: skip
WORDS = (
    "conv 8 3",
    "relu",
    "bn",
    "max pool",
    "dropout",
    "flatten",
    "linear 10",
    "add",
    "concat",
    "upsample",
    "split",
    "input",
    "loss",
    "target",
    "residual block",
    "bottleneck",
    "dense layer",
)


class Monkey:
    """Knows what can be done, does some of it, and counts."""

    def __init__(self, workspace: Workspace, seed: int) -> None:
        self.workspace, self.hand, self.dice = workspace, Hand(workspace.canvas), random.Random(seed)
        self.session, self.scene, self.view = workspace.session, workspace.canvas.canvas, workspace.canvas
        self.counts: Counter[str] = Counter()
        self.gestures: dict[str, Callable[[], None]] = {
            "drag": lambda: self.drag(self.block(), keys=NONE), "take out": lambda: self.drag(self.block(), keys=ALT),
            "drag a copy": lambda: self.drag(self.block(), keys=CTRL), "wire": self.wire, "replug": lambda: self.wire(CTRL),
            "break": lambda: self.hand.click(self.a_port(), ALT), "cut wires": lambda: self.drag(self.anywhere(), keys=ALT),
            "bend": lambda: self.drag(self.anywhere(), keys=SHIFT, button=RIGHT), "dot": lambda: self.drag(self.a_dot(), keys=NONE),
            "rubber band": lambda: self.drag(self.anywhere(), keys=NONE), "pan": lambda: self.drag(self.anywhere(), keys=NONE, button=MIDDLE),
            "select": lambda: self.hand.click(self.block(), self.dice.choice((NONE, SHIFT, CTRL))), "quick-add": self.quick_add,
            "swap": self.swap, "insert": lambda: self.double_click(self.a_wire()), "parameter": self.parameter, "frame": self.frame,
            "group": self.group, "repetition": self.repetition, "move frame": self.move_frame, "align": self.align, "rename": self.rename,
        }  # fmt: skip

    # Places

    def block(self) -> QPoint:
        if not self.scene.nodes:
            return self.anywhere()
        item = self.scene.nodes[self.dice.choice(list(self.scene.nodes))]
        return self.view.mapFromScene(item.rect().center())

    def a_port(self) -> QPoint:
        if not self.scene.nodes:
            return self.anywhere()
        item = self.scene.nodes[self.dice.choice(list(self.scene.nodes))]
        spots = [*item.inputs.values(), *item.outputs.values()]
        spot = self.dice.choice(spots) if spots else None
        return self.view.mapFromScene(item.pos() + QPointF(spot.x, spot.y)) if spot else self.anywhere()

    def a_wire(self) -> QPoint:
        if not self.scene.wires:
            return self.anywhere()
        wire = self.scene.wires[self.dice.choice(list(self.scene.wires))]
        return self.view.mapFromScene(wire.path_.pointAtPercent(self.dice.random()))

    def a_dot(self) -> QPoint:
        dots = [place for wire in self.scene.wires.values() for place in wire.via]
        return self.view.mapFromScene(QPointF(*self.dice.choice(dots))) if dots else self.a_wire()

    def anywhere(self) -> QPoint:
        return QPoint(self.dice.randrange(self.view.viewport().width()), self.dice.randrange(self.view.viewport().height()))

    # Deeds

    def drag(self, start: QPoint, keys: object, button: object = LEFT) -> None:
        end = start + QPoint(self.dice.randrange(-200, 200), self.dice.randrange(-150, 150))
        self.hand.press(start, keys, button)
        self.hand.move(start + (end - start) / 2, end)
        if self.dice.random() < 0.05:
            self.hand.key(Key.Key_Escape)
        self.hand.release(end, keys, button)

    def wire(self, keys: object = NONE) -> None:
        start, end = self.a_port(), self.dice.choice((self.a_port, self.block, self.anywhere))()
        self.hand.press(start, keys)
        self.hand.move((start + end) / 2, end)
        self.hand.release(end, keys)
        self.answer()

    def answer(self) -> None:
        """If quick-add is open, type something into it."""
        quick = self.view.adding.quick
        if quick.isVisible():
            QTest.keyClicks(quick.search, self.dice.choice(WORDS))
            QTest.keyClick(
                quick.search, self.dice.choice((Key.Key_Return, Key.Key_Return, Key.Key_Escape)), self.dice.choice((NONE, SHIFT, CTRL))
            )
            quick.close_()

    def quick_add(self) -> None:
        self.hand.key(Key.Key_Tab)
        self.answer()

    def swap(self) -> None:
        self.hand.click(self.block())
        self.hand.key(Key.Key_S, SHIFT)
        self.answer()

    def double_click(self, at: QPoint) -> None:
        self.hand.double_click(at)
        self.close_lines()
        self.answer()

    def close_lines(self) -> None:
        for line in self.view.viewport().findChildren(QLineEdit, "frameText"):
            if line.isVisible():
                QTest.keyClicks(line, "note")
                QTest.keyClick(line, Key.Key_Return)
                line.hide()

    def parameter(self) -> None:
        self.hand.click(self.block())
        editors = self.workspace.inspector.form.editors
        if editors and self.session.selection:
            editor = editors[self.dice.choice(list(editors))]
            value = {int: 1 + self.dice.randrange(8), bool: self.dice.random() < 0.5}.get(editor.param.type)
            if value is not None:
                editor.offer(value)

    def frame(self) -> None:
        if len(self.session.graph.frames) < 4:
            self.hand.key(Key.Key_C)
            self.close_lines()

    def move_frame(self) -> None:
        if self.scene.frames:
            item = self.scene.frames[self.dice.choice(list(self.scene.frames))]
            self.drag(self.view.mapFromScene(item.rect().topLeft()) + QPoint(20, 8), keys=self.dice.choice((NONE, CTRL)))

    def align(self) -> None:
        self.workspace.actions[self.dice.choice(("align_left", "align_top", "distribute", "distribute_across"))].trigger()

    def group(self) -> None:
        """Without the dialog, which a monkey would never leave."""
        ids = [id for id in self.session.graph.nodes if id in self.session.selection]
        if ids and len(ids) < 8 and len(self.session.document.definitions) < 12:
            with contextlib.suppress(BlockError):
                name = free_name(self.session.document, "Block 1")
                make_group(self.session, ids, name, self.dice.choice((1, 1, 2)))

    def repetition(self) -> None:
        spin = self.workspace.breadcrumb.repetition
        if spin.isVisibleTo(self.workspace.shell):
            spin.setValue(self.dice.randrange(spin.maximum()) + 1)

    def rename(self) -> None:
        self.hand.click(self.block())
        if len(self.session.selection) == 1:
            name = self.workspace.inspector.head.name
            name.setText(f"name {self.dice.randrange(20)}")
            name.editingFinished.emit()

    # The whole

    def act(self) -> None:
        """Do one thing."""
        if len(self.session.graph.nodes) > MOST_BLOCKS:
            chosen = "delete"
            self.session.select(self.dice.sample(list(self.session.graph.nodes), MOST_BLOCKS // 2))
        else:
            chosen = self.dice.choice([*self.gestures, *KEYS])
        if chosen == "fix":
            self.session.check_now()  # else it happens a moment after an edit, and a monkey leaves no moments
        before = self.session.document
        if chosen in KEYS:
            self.hand.key(*KEYS[chosen])
        else:
            self.gestures[chosen]()
        self.view.cancel()
        if (menu := QApplication.activePopupWidget()) is not None:  # a right click that was no drag
            menu.close()
        self.counts[chosen] += 1
        self.counts[f"{chosen}: changed the document"] += self.session.document is not before

    def agree(self) -> None:
        """Canvas and document say the same."""
        session, graph = self.session, self.session.graph
        self.view.glide.end()
        assert self.scene.nodes.keys() == graph.nodes.keys()
        assert self.scene.wires.keys() == graph.edges.keys()
        assert self.scene.frames.keys() == graph.frames.keys()
        assert session.selection <= graph.nodes.keys()
        for id, node in graph.nodes.items():
            item = self.scene.nodes[id]
            assert item.pos() == QPointF(*node.position)  # to Qt, a billionth of a pixel is none
            facts, current = session.facts(id)
            assert item.face == faces.face(node, facts, current, graph.across)
            assert item.state.selected == (id in session.selection)
        for id, edge in graph.edges.items():
            assert self.scene.wires[id].via == edge.via
            start, end = self.scene.wires[id].corners[0], self.scene.wires[id].corners[-1]
            for point, node in ((start, edge.source), (end, edge.target)):
                assert self.scene.nodes[node].rect().adjusted(-1, -1, 1, 1).contains(QPointF(*point))
        for id, frame in graph.frames.items():
            assert self.scene.frames[id].pos() == QPointF(*frame.position)


def play(workspace: Workspace, seed: int, count: int) -> Counter[str]:
    """Let a monkey do ``count`` things, then undo all and redo all."""
    workspace.files.open_example()
    for sheet in [sheet for sheet in workspace.session.sheets if sheet is not workspace.session.sheet]:
        workspace.session.close(sheet)
    first = dumps(workspace.session.document)
    monkey = Monkey(workspace, seed)
    for k in range(count):
        monkey.act()
        if k % CHECK_EVERY == 0:
            monkey.agree()
    session = workspace.session
    last, steps = dumps(session.document), 0
    end = session.history.at
    while session.history.undo_name:
        session.undo()
        steps += 1
    monkey.agree()
    assert dumps(session.document) == first
    for _ in range(end):
        session.redo()
    monkey.agree()
    assert dumps(session.document) == last
    print(f"\nseed {seed}: {count} deeds, {steps} steps undone, {len(session.history.steps)} in the history")
    return monkey.counts


def test_a_monkey(workspace: Workspace) -> None:
    counts = play(workspace, int(os.environ.get("MONKEY_SEED", "1")), 1000)
    assert all(counts[kind] for kind in Monkey(workspace, 0).gestures)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_a_monkey_of_20000_gestures(workspace: Workspace, part: int) -> None:
    counts: Counter[str] = Counter()
    for seed in range(5 * part, 5 * part + 5):
        counts += play(workspace, seed, 1000)
    kinds = [*Monkey(workspace, 0).gestures, *KEYS]
    for kind in kinds:
        print(f"  {kind:<18} {counts[kind]:>6}   changed the document {counts[f'{kind}: changed the document']:>6}")
    assert all(counts[kind] >= 50 for kind in kinds)  # of 5,000
    assert sum(counts[kind] for kind in kinds) == 5000
