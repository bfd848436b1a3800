"""Where one is in the document: its name, the blocks of blocks one has entered, and which repetition is shown."""

from typing import Any

from PySide6.QtCore import QPointF, QSignalBlocker, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QToolButton, QWidget

from app.canvas.view import CanvasView
from app.document.graph import Instance
from app.look import icons, theme
from app.look.widgets import make
from app.session.place import Place, analysis_at


class Breadcrumb(QWidget):
    """Buttons that lead out again. It also remembers, for each place, what was in view there."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__()
        self.view, self.session = view, view.session
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(2)
        self.document = make(QToolButton, objectName="document")
        self.document.clicked.connect(lambda: self.session.go_inside(()))
        self.row.addWidget(self.document)
        self.repetition = make(QSpinBox, minimum=1)
        self.repetition.setAccessibleName(self.tr("Repetition"))
        self.repetition.setToolTip(self.tr("Whose shapes are shown; an edit changes all repetitions"))
        self.repetition.valueChanged.connect(lambda k: self.session.show_repetition(k - 1))
        self._crumbs: list[QWidget] = []
        self._looks: dict[tuple[int, Place], tuple[float, QPointF]] = {}
        self._sheet = self.session.sheet
        self._place: Place = ()
        self.session.leaving.connect(self._remember)
        self.session.place_changed.connect(self._arrived)
        self.session.analysed.connect(self._fill)
        theme.current.changed.connect(self._fill)
        self._fill()

    def set_name(self, text: str) -> None:
        """The name of the document."""
        self.document.setText(text.replace("&", "&&"))

    def _remember(self, sheet: Any) -> None:
        if sheet is self._sheet:
            middle = self.view.mapToScene(self.view.viewport().rect().center())
            self._looks[id(sheet), _ways(self._place)] = (self.view.zoom, middle)

    def _arrived(self) -> None:
        session = self.session
        same = session.sheet is self._sheet
        moved = _ways(session.place) != _ways(self._place)
        self._sheet, self._place = session.sheet, session.place
        self.view.canvas.select_wires(())
        self.view.canvas.select_frames(())
        if same and moved:
            look = self._looks.get((id(session.sheet), _ways(session.place)))
            if look is None:
                self.view.fit()
            else:
                self.view.set_zoom(look[0])
                self.view.centerOn(look[1])
        self._fill()

    def _fill(self) -> None:
        for old in self._crumbs:
            self.row.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._crumbs = []
        place = self.session.place
        for k, step in enumerate(place):
            arrow = QLabel()
            arrow.setPixmap(icons.pixmap("chevron-right", theme.current.theme["text3"], 12, self.devicePixelRatioF()))
            crumb = make(QToolButton, text=step.definition.replace("&", "&&"), objectName="crumb")
            crumb.setToolTip(self.tr("Go to {0}").format(step.definition))
            crumb.setEnabled(k + 1 < len(place))
            crumb.clicked.connect(lambda _=False, to=place[: k + 1]: self.session.go_inside(to))
            for widget in (arrow, crumb):
                self.row.addWidget(widget)
                self._crumbs.append(widget)
        self.row.removeWidget(self.repetition)
        count = self._count(place)
        self.repetition.setVisible(count > 1)
        if count > 1:
            with QSignalBlocker(self.repetition):
                self.repetition.setMaximum(count)
                self.repetition.setSuffix(self.tr(" of {0}").format(count))
                self.repetition.setValue(place[-1].repetition + 1)
            self.row.addWidget(self.repetition, 0, Qt.AlignmentFlag.AlignVCenter)

    def _count(self, place: Place) -> int:
        """How many repetitions there are of what one is in."""
        if not place or not place[-1].node:
            return 1
        block = analysis_at(self.session.document, place[:-1]).graph.nodes[place[-1].node].block
        return int(block.repeat) if isinstance(block, Instance) else 1


def _ways(place: Place) -> Place:
    """The place, whichever repetition is shown: the drawing is the same."""
    return tuple(type(step)(step.definition, step.node) for step in place)
