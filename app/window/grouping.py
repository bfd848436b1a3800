"""Making blocks of blocks on the canvas, and taking them apart."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.canvas.view import CanvasView
from app.document import definitions as defs
from app.document import gallery
from app.document.edits import set_params
from app.document.formulas import takes_formula
from app.document.graph import Instance, NodeId
from app.look.widgets import make
from app.session.document import Session
from blocks.core import BlockError


class GroupDialog(QDialog):
    """Asks for the name, how often it repeats, and which parameters show outside."""

    def __init__(self, parent: QWidget, session: Session, ids: list[NodeId]) -> None:
        super().__init__(parent)
        self.session = session
        self.setWindowTitle(self.tr("Make a block of blocks"))
        self.setMinimumWidth(420)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(12)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        self.name = QLineEdit(defs.free_name(session.document, "Block"))
        self.name.setMaxLength(60)
        self.name.selectAll()
        self.repeat = make(QSpinBox, minimum=1, maximum=1000, prefix="×")
        form.addRow(self.tr("Name"), self.name)
        form.addRow(self.tr("Repeat"), self.repeat)
        column.addLayout(form)
        column.addWidget(make(QLabel, self.tr("Parameters that each use may set:"), objectName="caption"))
        box = QWidget()
        rows = QVBoxLayout(box)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        self.boxes: dict[tuple[NodeId, str], QCheckBox] = {}
        for id in ids:
            node = session.graph.nodes[id]
            for name, declared in node.block.fields.items():
                value = getattr(node.block, name)
                single = not isinstance(value, tuple) or len(set(value)) == 1
                if takes_formula(declared) and not declared.section and single and not isinstance(value, str) and value is not None:
                    shown = value[0] if isinstance(value, tuple) else value
                    self.boxes[id, name] = check = QCheckBox(f"{node.name}: {name} = {shown}")
                    rows.addWidget(check)
        if not self.boxes:
            rows.addWidget(make(QLabel, self.tr("(they have none)"), objectName="caption"))
        rows.addStretch(1)
        area = QScrollArea()
        area.setWidget(box)
        area.setWidgetResizable(True)
        area.setMinimumHeight(min(220, 60 + 24 * len(self.boxes)))
        column.addWidget(area, 1)
        self.wrong = make(QLabel, objectName="refused", wordWrap=True)
        self.wrong.setTextFormat(Qt.TextFormat.PlainText)
        column.addWidget(self.wrong)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column.addWidget(self.buttons)
        self.name.textChanged.connect(self._check)
        self._check()

    def _check(self) -> None:
        name = self.name.text().strip()
        taken = (
            self.tr("There is a {0} already: choose another name").format(name)
            if name in gallery.known_definitions(self.session.document)
            else ""
        )
        wrong = defs.wrong_definition_name(name) or taken
        self.wrong.setText(wrong[:1].upper() + wrong[1:])
        self.wrong.setVisible(bool(wrong))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not wrong)

    def exposed(self) -> list[tuple[NodeId, str]]:
        """The parameters that were ticked."""
        return [key for key, box in self.boxes.items() if box.isChecked()]


def group(view: CanvasView, parent: QWidget) -> str:
    """Make a block of blocks of what is selected; returns why it can't be done, if so."""
    session = view.session
    ids = [id for id in session.graph.nodes if id in session.selection]
    if not ids:
        return "Select the blocks that belong together first"
    try:
        defs.group(session.graph, ids, "?", session.analysis)
    except BlockError as error:
        return str(error)
    dialog = GroupDialog(parent, session, ids)
    if dialog.exec() == QDialog.DialogCode.Accepted:
        make_group(session, ids, dialog.name.text().strip(), dialog.repeat.value(), dialog.exposed())
    dialog.deleteLater()
    return ""


def make_group(session: Session, ids: list[NodeId], name: str, repeat: int = 1, exposed: list[tuple[NodeId, str]] | None = None) -> None:
    """Make a block of blocks of these nodes, as one step."""
    definition, graph, id = defs.group(session.graph, ids, name, session.analysis)
    inner = list(definition.graph.nodes)
    within = dict(zip(ids, inner[len(definition.entries) :], strict=False))
    document = replace(session.document, definitions={**session.document.definitions, name: definition})
    for node, param in exposed or ():
        document, _ = defs.expose(document, name, within[node], param)
    graph = defs.with_definitions(graph, document.definitions)
    if repeat > 1:
        graph = set_params(graph, [id], repeat=repeat)
    session.edit_at(f"Make the block {name}", document, graph)
    session.select([id])


def unpack(view: CanvasView) -> str:
    """Put what is inside the selected blocks of blocks in their place; returns why that can't be done, if so."""
    session = view.session
    ids = [id for id in session.selection if isinstance(session.graph.nodes[id].block, Instance)]
    if not ids:
        return "Select a block of blocks first"
    graph, added, names = session.graph, [], [session.graph.nodes[id].name for id in ids]
    from app.document.analysis import analyse

    try:
        analysis = session.analysis
        for id in ids:
            graph, new = defs.unpack(graph, id, analysis)
            analysis = analyse(graph, None, session.analysis.scope)
            added += new
    except BlockError as error:
        return f"It can't be unpacked: {error}"
    session.edit(f"Unpack {', '.join(names[:3])}", lambda _: graph)
    session.select(added)
    return ""


def enter(view: CanvasView) -> str:
    """Go inside the selected block of blocks; returns why not, if so."""
    chosen = list(view.session.selection)
    if len(chosen) != 1 or not isinstance(view.session.graph.nodes[chosen[0]].block, Instance):
        return "Select one block of blocks first: those have a double border"
    view.session.enter(chosen[0])
    return ""


def make_unique(view: CanvasView) -> str:
    """Give the selected instance a definition of its own; returns why not, if so."""
    session = view.session
    chosen = [id for id in session.selection if isinstance(session.graph.nodes[id].block, Instance)]
    if len(chosen) != 1:
        return "Select one block of blocks first: those have a double border"
    document, graph = defs.make_unique(session.document, session.graph, chosen[0])
    session.edit_at(f"Make {graph.nodes[chosen[0]].name} unique", document, graph)
    return ""


def keep(view: CanvasView) -> tuple[str, str]:
    """Write the definition of the selected instance, or the one that is open, into the user's library. Returns what to say, and its role."""
    session = view.session
    blocks = [session.graph.nodes[id].block for id in session.selection]
    found = [block.definition for block in blocks if isinstance(block, Instance)] or ([session.definition] if session.definition else [])
    if len(found) != 1:
        return "Select one block of blocks first: those have a double border", "error"
    try:
        path = gallery.keep(found[0])
    except OSError as error:
        return f"{found[0].name} was not kept: {error.strerror or error}", "error"
    return f"{found[0].name} is in your library now, for every document: {path}", "ok"
