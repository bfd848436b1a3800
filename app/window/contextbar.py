"""A small bar above what is selected: what is most often done with it."""

from collections.abc import Mapping

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QToolButton

from app.canvas.popover import Popover
from app.canvas.view import CanvasView
from app.document.graph import Instance
from app.look import icons, theme
from app.look.widgets import make
from app.window.actions import tip

ONE = ("swap", "group", "bypass", "freeze", "collapse", "frame")
SEVERAL = (
    "align_left",
    "align_center",
    "align_right",
    "align_top",
    "distribute",
    "straighten",
    "lay_out_selection",
    "group",
    "bypass",
    "frame",
)
COMPOSITE = ("enter", "unpack", "swap", "bypass", "freeze", "frame")  # of one block of blocks
MORE = ("cut", "copy", "duplicate", "duplicate_wired", "delete", "heal", "select_up", "select_down")
LEAST_ZOOM = 0.35
ABOVE = 10


class ContextBar(QFrame):
    """Floats over the view; hidden while something is dragged, and where the blocks are too small to be worked on."""

    def __init__(self, view: CanvasView, actions: Mapping[str, QAction], popover: Popover) -> None:
        super().__init__(view)
        self.view, self.popover = view, popover
        self.setObjectName("contextBar")
        self.setAccessibleName(self.tr("Actions for the selection"))
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(3, 3, 3, 3)
        self.row.setSpacing(1)
        self._shown: tuple[str, ...] = ()
        self.buttons: dict[str, QToolButton] = {}
        for id in dict.fromkeys(SEVERAL[:-3] + ONE + COMPOSITE):
            action = actions[id]
            self.buttons[id] = self._button(tip(action), action.text().replace("&", ""), str(action.property("icon_name")))
            self.buttons[id].clicked.connect(action.trigger)
        more = self._button(self.tr("More"), self.tr("More"), "more")
        menu = QMenu(more)
        menu.addActions([actions[id] for id in MORE])
        more.setMenu(menu)
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        view.session.selection_changed.connect(self.place)
        view.session.changed.connect(lambda *_: self.place())
        view.moved.connect(self.place)
        view.session.problems_changed.connect(self.place)
        view.gesture_changed.connect(self.place)
        theme.current.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def place(self) -> None:
        """Show what fits the selection, above it; or nothing."""
        view, chosen = self.view, self.view.session.selection
        busy = view.gesture is not None and view.gesture.moved
        if not chosen or busy or view.zoom < LEAST_ZOOM:
            self.hide()
            return
        one = view.session.graph.nodes.get(next(iter(chosen)))
        self._fill(SEVERAL if len(chosen) > 1 else COMPOSITE if one and isinstance(one.block, Instance) else ONE)
        area = view.bounds(chosen)
        corner, end = view.mapFromScene(area.topLeft()), view.mapFromScene(area.bottomRight())
        seen = view.viewport().rect()
        if not seen.intersects(QRect(corner, end)):
            self.hide()
            return
        x = (corner.x() + end.x() - self.width()) // 2
        if len(chosen) == 1 and self.popover.isVisible() and not self.popover.on_the_left:
            x = corner.x() - self.width() - 6
        elif len(chosen) == 1:
            x = end.x() + 6  # beside the wire that comes in from above, not over it
        y = corner.y() - self.height() - ABOVE if len(chosen) > 1 else corner.y() - self.height() + 8
        self.move(QPoint(max(6, min(x, seen.width() - self.width() - 6)), max(6, min(y, seen.height() - self.height() - 6))))
        self.show()
        self.raise_()

    def _fill(self, ids: tuple[str, ...]) -> None:
        if ids == self._shown:
            return
        self._shown = ids
        for id, button in self.buttons.items():
            button.setVisible(id in ids)
        self.row.activate()
        self.adjustSize()

    def _button(self, text: str, name: str, icon: str) -> QToolButton:
        button = make(QToolButton, toolTip=text, accessibleName=name)
        button.setFixedSize(28, 26)
        button.setIconSize(QSize(16, 16))
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setProperty("icon_name", icon)
        self.row.addWidget(button)
        return button

    def _restyle(self) -> None:
        for button in self.findChildren(QToolButton):
            button.setIcon(icons.icon(str(button.property("icon_name")), "text", 16))
