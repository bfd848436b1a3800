"""The template networks as cards, by family: a picture, what they cost, how good they were. Pictures come one after the other, so that nothing waits."""

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from app.canvas.thumbnail import thumbnail
from app.document import storage
from app.document.analysis import Analysis, analyse, analyse_document
from app.document.definitions import unpack
from app.document.gallery import Template, published, templates
from app.document.graph import Instance
from app.look.cards import Clickable
from app.look.text import si
from app.look.widgets import make
from blocks.core import BlockError

CARD = QSize(262, 96)  # the picture of one
COLUMNS = 4
MOST_DRAWN = 160  # blocks in a picture


class Gallery(QWidget):
    """``chosen`` carries the path of a template."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        head = QHBoxLayout()
        head.addWidget(make(QLabel, self.tr("Start from a network"), objectName="title"))
        head.addSpacing(8)
        head.addWidget(
            make(
                QLabel,
                self.tr("{0} templates, from first steps to the networks of the papers").format(len(templates())),
                objectName="subtitle",
            )
        )
        head.addStretch(1)
        self.search = make(QLineEdit, placeholderText=self.tr("Find a template"), clearButtonEnabled=True, objectName="search")
        self.search.setAccessibleName(self.tr("Find a template"))
        self.search.setMaximumWidth(220)
        self.search.textChanged.connect(self._filter)
        head.addWidget(self.search)
        column.addLayout(head)
        self.cards: dict[str, Card] = {}
        self._groups: list[tuple[QLabel, QGridLayout, list[Card]]] = []
        for group in dict.fromkeys(template.group for template in templates().values()):
            title = make(QLabel, group, objectName="cardTitle")
            grid = QGridLayout()
            grid.setSpacing(16)
            cards = []
            for template in templates().values():
                if template.group == group:
                    card = Card(template)
                    card.setParent(self)  # else it would be a window of its own for a moment
                    card.clicked.connect(lambda path=template.path: self.chosen.emit(path))
                    cards.append(card)
                    self.cards[template.name] = card
            for k in range(COLUMNS):
                grid.setColumnStretch(k, 1)
            column.addWidget(title)
            column.addLayout(grid)
            self._groups.append((title, grid, cards))
        self._filter("")
        self._waiting = list(self.cards.values())
        self._next = QTimer(self, interval=0)
        self._next.timeout.connect(self._draw_one)

    def _filter(self, text: str) -> None:
        words = text.lower().split()
        for title, grid, cards in self._groups:
            found = [card for card in cards if all(word in card.words for word in words)]
            for card in cards:
                grid.removeWidget(card)
                card.setVisible(card in found)
            for k, card in enumerate(found):
                grid.addWidget(card, k // COLUMNS, k % COLUMNS)
            title.setVisible(bool(found))

    def showEvent(self, event: QShowEvent) -> None:
        if self._waiting:
            self._next.start()

    def _draw_one(self) -> None:
        if not self._waiting or not self.isVisible():
            self._next.stop()
            return
        self._waiting.pop(0).draw()


class Card(Clickable):
    """One template."""

    def __init__(self, template: Template) -> None:
        super().__init__("card", template.title)
        self.template = template
        self.words = f"{template.title} {template.name} {template.group} {template.text}".lower()
        self.setToolTip(f"<p>{template.text}</p><p><i>{template.paper}</i></p><p>{template.recipe}</p>")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # all columns are equally wide, full or not
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 10)
        column.setSpacing(6)
        self.picture = make(QLabel, objectName="picture", alignment=Qt.AlignmentFlag.AlignCenter)
        self.picture.setFixedHeight(CARD.height())
        self.picture.setMinimumWidth(60)
        column.addWidget(self.picture)
        words = QVBoxLayout()
        words.setContentsMargins(11, 2, 11, 0)
        words.setSpacing(4)
        title = make(QLabel, template.title, objectName="cardTitle", wordWrap=True)
        self.facts = make(QLabel, " ", objectName="caption")
        words.addWidget(title)
        words.addWidget(self.facts)
        column.addLayout(words)
        column.addStretch(1)

    def draw(self) -> None:
        """Work out the picture and the figures."""
        analysis = analyse_document(storage.load(self.template.path))
        totals = analysis.totals
        facts = self.tr("<b>{0}</b> params&nbsp;&nbsp;<b>{1}</b> MACs").format(si(totals.params), si(totals.macs))
        self.setAccessibleName(self.tr("{0}, {1} parameters").format(self.template.title, si(totals.params)))
        best = [row.top1 for row in published() if row.network == self.template.reference and row.top1 is not None]
        self.facts.setText(facts + (self.tr("&nbsp;&nbsp;<b>{0:.1f}</b> % top-1").format(best[0]) if best else ""))
        self.picture.setPixmap(thumbnail(expanded(analysis), CARD, self.devicePixelRatioF()))


def expanded(analysis: Analysis) -> Analysis:
    """The network with what is inside of its blocks of blocks, as far as a small picture can show it."""
    graph = analysis.graph
    for id, node in analysis.graph.nodes.items():
        if isinstance(node.block, Instance) and analysis.facts[id].blocks < MOST_DRAWN:
            try:
                more, _ = unpack(graph, id, analysis)
            except BlockError:
                continue
            if len(more.nodes) <= MOST_DRAWN:
                graph = more
                analysis = analyse(graph, None, analysis.scope)
    return analysis
