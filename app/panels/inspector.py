"""The inspector: the selected blocks' parameters, what they cost, how they work, their source. With nothing selected, the recipe."""

from collections.abc import Callable
from html import escape

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from app.compiler.classes import Classes
from app.compiler.names import Names, identifier
from app.document.definitions import expose, set_formula, with_parameters
from app.document.edits import rename, set_params
from app.document.graph import Instance, Node, Parameter, Unknown, label
from app.document.receptive import receptive_fields
from app.look import fonts, icons, shapes, theme
from app.look.text import si, size
from app.look.widgets import make
from app.panels.form import Form
from app.panels.parameters import Parameters
from app.panels.sight import Sight
from app.session.document import Session
from blocks.core import Block, BlockError
from blocks.help import page
from blocks.params import ParamError


class Inspector(QScrollArea):
    """Follows the selection."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setObjectName("inspector")
        self.session = session
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Inspector"))
        body = make(QWidget, objectName="inspectorBody")
        self.layout_ = QVBoxLayout(body)
        self.layout_.setContentsMargins(16, 8, 16, 16)
        self.layout_.setSpacing(10)
        self.setWidget(body)
        self.head = Head()
        self.head.renamed.connect(self._rename)
        self.form = Form()
        self.form.edited.connect(self._edited)
        self.form.formula.connect(self._formula)
        self.form.expose.connect(self._expose)
        self.parameters = Parameters()
        self.parameters.changed.connect(self._parameters)
        self.cost = Cost()
        self.help = self._label("help")
        self.help.setTextFormat(Qt.TextFormat.RichText)
        self.code = self._label("code")
        self.code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.code.setFont(fonts.mono(12))
        self.title_parameters = self._section(self.tr("Parameters"))
        self.layout_.addWidget(self.head)
        self.about = make(QLineEdit, placeholderText=self.tr("What it does, in a sentence"), objectName="about", maxLength=500)
        self.about.setAccessibleName(self.tr("What this block of blocks does"))
        self.about.setToolTip(self.about.accessibleName())
        self.about.editingFinished.connect(lambda: self._describe(self.head.name.text()))
        self.layout_.addWidget(self.about)
        self.own_title = self._section(self.tr("Parameters of the network"))
        self.own_line = self._line()
        self.layout_.addWidget(self.own_title)
        self.layout_.addWidget(self.parameters)
        self.parameters_line = self._line()
        self.layout_.addWidget(self.title_parameters)
        self.layout_.addWidget(self.form)
        self.cost_line = self._line()
        self.cost_title = self._section(self.tr("Shape and cost"))
        self.layout_.addWidget(self.cost_title)
        self.layout_.addWidget(self.cost)
        self.sight = Sight()
        self.layout_.addWidget(self.sight)
        self.help_line = self._line()
        self.help_title = self._section(self.tr("How it works"))
        self.layout_.addWidget(self.help_title)
        self.layout_.addWidget(self.help)
        self.code_line = self._line()
        self.code_title = self._section("PyTorch")
        self.layout_.addWidget(self.code_title)
        self.layout_.addWidget(self.code)
        self.layout_.addStretch(1)
        session.selection_changed.connect(self.refresh)
        session.analysed.connect(self.refresh)
        theme.current.changed.connect(self.refresh)
        shapes.order.changed.connect(self.refresh)
        self.refresh()

    def _label(self, name: str) -> QLabel:
        result = make(QLabel, objectName=name, wordWrap=True)
        result.setTextFormat(Qt.TextFormat.PlainText)
        return result

    def _section(self, text: str) -> QLabel:
        return make(QLabel, text, objectName="section")

    def _line(self) -> QFrame:
        line = make(QFrame, objectName="hairline")
        line.setFixedHeight(1)
        self.layout_.addWidget(line)
        return line

    def _nodes(self) -> list[Node]:
        return [
            self.session.graph.nodes[id]
            for id in sorted(self.session.selection, key=lambda i: (len(i), i))
            if id in self.session.graph.nodes
        ]

    def refresh(self) -> None:
        """Show what is selected now."""
        nodes = self._nodes()
        one = nodes[0] if len(nodes) == 1 else None
        for widget in (
            self.cost_line,
            self.cost_title,
            self.cost,
            self.sight,
            self.help_line,
            self.help_title,
            self.help,
            self.code_line,
            self.code_title,
            self.code,
        ):
            widget.setVisible(one is not None)
        part: QWidget
        own: tuple[QWidget, ...] = (self.own_title, self.own_line, self.parameters)
        for part in own:
            part.setVisible(not nodes)
        self.about.setVisible(not nodes and self.session.definition is not None)
        if not nodes:
            self._show_nothing()
            return
        self.title_parameters.setText(self.tr("Parameters"))
        known = [node.block for node in nodes if not isinstance(node.block, Unknown)]  # what is not known here stays as it was
        formulas = [set(node.formulas) for node in nodes]
        self.form.can_expose = bool(self.session.place) and one is not None
        self.form.show_records(known if len(known) == len(nodes) else [], dict(set.intersection(*formulas)))
        for part in (self.title_parameters, self.parameters_line, self.form):
            part.setVisible(bool(self.form.editors))
        if one is None:
            kinds = dict.fromkeys(label(node.block) for node in nodes)
            self.head.show_text(self.tr("{0} blocks").format(len(nodes)), ", ".join(kinds), None)
            return
        self.head.show_text(label(one.block), one.name, type(one.block))
        self._show_facts(one)

    def _show_nothing(self) -> None:
        """Parameters, and the recipe of the whole network."""
        definition, document = self.session.definition, self.session.document
        inside = definition is not None
        if definition is None:
            self.head.show_text(self.tr("Network and recipe"), self.tr("Nothing is selected"), None)
            self.own_title.setText(self.tr("Parameters of the network"))
            self.parameters.show_parameters(
                document.parameters, self.tr("Any number of any block may be a formula of them: type = into it.")
            )
            self.title_parameters.setText(self.tr("How to train"))
        else:
            count = sum(isinstance(n.block, Instance) and n.block.definition is definition for n in self._everywhere())
            self.head.show_text(self.tr("Block of blocks, used {0} times").format(count), definition.name, definition.kind)
            if not self.about.hasFocus():
                self.about.setText(definition.help.split("\n\n")[0].replace("\n", " "))
                self.about.setCursorPosition(0)
            self.own_title.setText(self.tr("Parameters of this block"))
            self.parameters.show_parameters(
                definition.parameters, self.tr("In formulas inside, beside i and n of the repetition and x.channels of an input.")
            )
        self.form.show_records([] if inside else [document.recipe])
        for part in (self.title_parameters, self.parameters_line, self.form):
            part.setVisible(not inside)

    def _everywhere(self) -> list[Node]:
        document = self.session.document
        graphs = [document.graph, *(definition.graph for definition in document.definitions.values())]
        return [node for graph in graphs for node in graph.nodes.values()]

    def _formula(self, name: str, text: str) -> None:
        nodes = self._nodes()
        if nodes and any(dict(node.formulas).get(name, "") != text for node in nodes):
            ids = [node.id for node in nodes]
            where = nodes[0].name if len(nodes) == 1 else f"{len(nodes)} blocks"
            self.session.edit(f"Set {name} of {where} to {text or 'its number'}", lambda graph: set_formula(graph, ids, name, text))
        self.refresh()

    def _expose(self, name: str) -> None:
        nodes, definition = self._nodes(), self.session.definition
        if len(nodes) != 1 or definition is None:
            return
        try:
            document, own = expose(self.session.document, definition.name, nodes[0].id, name)
        except BlockError as error:
            self.form.editors[name].refused.emit(str(error))
            return
        self.session.edit_document(f"Expose {name} of {nodes[0].name} as {own}", document)

    def _parameters(self, parameters: tuple[Parameter, ...], old: str, new: str) -> None:
        name = f"Rename {old} to {new}" if old else "Change the parameters"
        self.session.edit_document(name, with_parameters(self.session.document, self.session.definition, parameters, old, new))

    def explain(self) -> None:
        """Bring the explanation of the selected block into sight."""
        if self.help.isVisibleTo(self):
            self.ensureWidgetVisible(self.help, 0, 0)
            self.verticalScrollBar().setValue(self.help_title.y() - 8)

    def _show_facts(self, node: Node) -> None:
        facts, current = self.session.facts(node.id)
        totals = self.session.analysis.totals
        self.cost.show_facts(
            facts.inputs, facts.outputs, current, facts.error, facts.params, facts.macs, facts.memory, totals.params, totals.macs
        )
        self.sight.show_seen(receptive_fields(self.session.analysis).get(node.id))
        self.help.setText(_page(type(node.block)))
        self.code.setText(self._source(node))

    def _source(self, node: Node) -> str:
        facts = self.session.analysis.facts[node.id]
        if facts.outputs is None:
            return self.tr("(when its inputs are known)")
        if node.bypassed:
            return self.tr("(bypassed: nothing of it is built)")
        if isinstance(node.block, Instance):
            kinds = self.session.analysis.kinds_into(node.id)
            classes = Classes(self.session.document.recipe, Names())
            made, _ = classes.module(node.block, facts.inputs, kinds)
            return "\n".join(classes.texts) + f"\n\nself.{identifier(node.name, 'block')} = {made}"
        module = node.block.module(*facts.inputs)
        if module:
            return f"self.{node.name} = {module}"
        args = ("x", "y", "z", *(f"x{k}" for k in range(1, 60)))[: len(facts.inputs)]
        if not node.block.inputs:
            return self.tr("(an argument)")
        return node.block.forward(args, facts.inputs) or self.tr("(returned)")

    def _edited(self, name: str, value: object) -> None:
        nodes = self._nodes()
        try:
            if not nodes:
                recipe = self.session.document.recipe
                self.session.edit_recipe(
                    f"Set {name} to {self.form.value_text(value)}", recipe.replace(**{name: value}), merge=f"recipe.{name}"
                )
                return
            ids = [node.id for node in nodes]
            where = nodes[0].name if len(nodes) == 1 else f"{len(nodes)} blocks"
            text = f"Set {name} of {where} to {self.form.value_text(value)}"
            self.session.edit(text, lambda graph: set_params(graph, ids, **{name: value}), merge=f"{name} {' '.join(ids)}")
        except ParamError as error:
            self.form.editors[name].refused.emit(str(error))

    def _describe(self, name: str) -> None:
        """The name or the text of the definition one is in was edited."""
        definition = self.session.definition
        if definition is None or not name.strip():
            return
        first, gap, rest = definition.help.partition("\n\n")
        text = self.about.text().strip()
        help = definition.help if text == first.replace("\n", " ") else text + gap + rest
        if wrong := self.session.describe(name.strip(), help):
            self.head.name.setText(definition.name)
            self.session.refused.emit(wrong)

    def _rename(self, name: str) -> None:
        nodes = self._nodes()
        if not nodes:
            self._describe(name)
            return
        if len(nodes) == 1 and name.strip() and name != nodes[0].name:
            self.session.edit(f"Rename {nodes[0].name} to {name}", lambda graph: rename(graph, nodes[0].id, name.strip()[:200]))


def _page(kind: type[Block]) -> str:
    """The help page as rich text."""
    told = page(kind)
    heading = f"color: {theme.current.theme['text3']}"
    parts = [
        f"<p style='margin: 8px 0 0 0'><span style='{heading}'>{escape(head)}</span><br>{escape(text)}</p>"
        for head, text in told.sections()
    ]
    return f"<p style='margin: 0'>{escape(told.summary)}</p>" + "".join(parts)


class Head(QWidget):
    """The tile, the type and the name of the block."""

    renamed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        self.tile = Tile()
        self.title = make(QLabel, objectName="title")
        self.name = make(QLineEdit, objectName="name")
        self.name.setAccessibleName(self.tr("Name"))
        self.name.setToolTip(self.tr("The name of this block; it becomes its name in the source. F2"))
        self.name.editingFinished.connect(lambda: self.renamed.emit(self.name.text()))
        self.subtitle = make(QLabel, objectName="subtitle", wordWrap=True)
        words = QVBoxLayout()
        words.setSpacing(1)
        for widget in (self.title, self.name, self.subtitle):
            words.addWidget(widget)
        layout.addWidget(self.tile, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)

    def show_text(self, title: str, name: str, kind: type[Block] | None) -> None:
        """Show a block of ``kind``, or with None a heading and a text."""
        self.title.setText(title)
        self.tile.kind = kind
        self.tile.setVisible(kind is not None)
        self.tile.update()
        self.name.setVisible(kind is not None)
        self.subtitle.setVisible(kind is None)
        if not self.name.hasFocus():
            self.name.setText(name)
        self.subtitle.setText(name)


class Tile(QWidget):
    """The tile of a kind of block."""

    kind: type[Block] | None = None

    def sizeHint(self) -> QSize:
        return QSize(36, 36)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.kind is not None:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            icons.tile(painter, QRectF(1, 1, 34, 34), self.kind.group, self.kind.glyph, self.devicePixelRatioF())


class Cost(QWidget):
    """Shapes in and out, parameters, MACs and memory with their share of the whole."""

    def __init__(self) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        box = make(QFrame, objectName="shapes")
        shapes = QGridLayout(box)
        shapes.setContentsMargins(12, 8, 12, 8)
        self.into, self.out = self._value(), self._value()
        self.out.setObjectName("valueAccent")
        for k, (text, value) in enumerate(((self.tr("In"), self.into), (self.tr("Out"), self.out))):
            shapes.addWidget(make(QLabel, text, objectName="caption"), 0, k)
            shapes.addWidget(value, 1, k, Qt.AlignmentFlag.AlignTop)
            shapes.setColumnStretch(k, 1)
        layout.addWidget(box)
        self.error = make(QLabel, objectName="refused", wordWrap=True)
        self.error.setTextFormat(Qt.TextFormat.PlainText)
        layout.addWidget(self.error)
        numbers = QGridLayout()
        numbers.setContentsMargins(0, 6, 0, 0)
        self.cells: list[tuple[QLabel, QLabel]] = []
        for k, text in enumerate((self.tr("Params"), self.tr("MACs"), self.tr("Memory"))):
            value, note = self._value(), make(QLabel, objectName="caption")
            numbers.addWidget(make(QLabel, text, objectName="caption"), 0, k)
            numbers.addWidget(value, 1, k)
            numbers.addWidget(note, 2, k)
            numbers.setColumnStretch(k, 1)
            self.cells.append((value, note))
        layout.addLayout(numbers)

    def _value(self) -> QLabel:
        result = make(QLabel, objectName="value", wordWrap=True)
        result.setTextFormat(Qt.TextFormat.PlainText)
        return result

    def show_facts(
        self, into: tuple[tuple[int, ...], ...], out: tuple[tuple[int, ...], ...] | None, current: bool, error: str,
        params: int, macs: int, memory: int, all_params: int, all_macs: int,
    ) -> None:  # fmt: skip
        """Show what is known of a block."""
        self.into.setText("\n".join(map(shapes.text, into)) or "–")
        self.out.setText("\n".join(map(shapes.text, out)) if out is not None else "?")
        self.out.setEnabled(current)
        self.error.setText(error[:1].upper() + error[1:])
        self.error.setVisible(bool(error))
        share: Callable[[int, int], str] = lambda part, whole: f"{100 * part / whole:.1f} %" if whole else "–"
        for (value, note), (text, below) in zip(
            self.cells,
            ((si(params), share(params, all_params)), (si(macs), share(macs, all_macs)), (size(memory), self.tr("per sample"))),
            strict=True,
        ):
            value.setText(text)
            note.setText(below)
