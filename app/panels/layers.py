"""The layer table: the same network as the canvas shows, as rows that can be sorted, edited, reordered and reconnected."""

from collections.abc import Callable
from csv import writer as csv_writer
from io import StringIO
from math import prod

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTableView, QVBoxLayout, QWidget

from app.document import rows
from app.document.edits import rename
from app.document.graph import Graph, NodeId, label
from app.document.receptive import Seen, receptive_fields
from app.look import shapes
from app.look.text import si, size
from app.look.widgets import make
from app.session.document import Session
from app.session.timers import timer

Index = QModelIndex | QPersistentModelIndex
NAME, TYPE, INPUT, PARAMETERS, OUTPUT, PARAMS, MACS, MEMORY, FIELD, STRIDE, OFFSET = range(11)
SORT = Qt.ItemDataRole.UserRole
LATER_MS = 40


class Layers(QAbstractTableModel):
    """A row for each block, in the order in which data passes them."""

    refused = Signal(str)  # why an edit can't be made; empty where it was

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.ids: list[NodeId] = []
        self.fields: dict[NodeId, Seen] = {}
        self.titles = [
            self.tr(t) for t in ("Name", "Type", "Input", "Parameters", "Output", "Params", "MACs", "Memory", "Sees", "Stride", "Offset")
        ]
        self.reload()

    def reload(self) -> None:
        """Take what the document holds now."""
        wiring = self.session.analysis.wiring
        self.fields = receptive_fields(self.session.analysis)
        ids = [*wiring.order, *sorted(wiring.cyclic)]
        if ids == self.ids:
            self.dataChanged.emit(self.index(0, 0), self.index(len(ids) - 1, len(self.titles) - 1))
            return
        self.beginResetModel()
        self.ids = ids
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.ids)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return len(self.titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self.titles[section]
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        can = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return can | Qt.ItemFlag.ItemIsEditable if index.column() in (NAME, INPUT, PARAMETERS) else can

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        id = self.ids[index.row()]
        analysis = self.session.analysis
        if id not in analysis.graph.nodes:
            return None
        node, facts, column = analysis.graph.nodes[id], analysis.facts[id], index.column()
        if role == SORT:
            numbers = {NAME: node.name, PARAMS: facts.params, MACS: facts.macs, MEMORY: facts.memory, FIELD: self._area(id)}
            return numbers.get(column, str(self._text(index)))
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self._text(index)
        if role == Qt.ItemDataRole.ToolTipRole:
            return facts.error or None
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (PARAMS, MACS, MEMORY, FIELD, STRIDE, OFFSET):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _text(self, index: Index) -> str:
        analysis, id = self.session.analysis, self.ids[index.row()]
        node, facts = analysis.graph.nodes[id], analysis.facts[id]
        texts: dict[int, Callable[[], str]] = {
            NAME: lambda: node.name,
            TYPE: lambda: label(node.block) + (" (bypassed)" if node.bypassed else "") + (" (frozen)" if node.frozen else ""),
            INPUT: lambda: rows.inputs(analysis, id),
            PARAMETERS: lambda: rows.params(analysis.graph, id),
            OUTPUT: lambda: ", ".join(map(shapes.text, facts.outputs or ())) or ("does not fit" if facts.error else ""),
            PARAMS: lambda: si(facts.params) if facts.params else "",
            MACS: lambda: si(facts.macs) if facts.macs else "",
            MEMORY: lambda: size(facts.memory) if facts.memory else "",
            FIELD: lambda: self.fields[id].text() if id in self.fields else "",
            STRIDE: lambda: self._axes(id, "stride"),
            OFFSET: lambda: self._axes(id, "start"),
        }
        return texts[index.column()]()

    def _axes(self, id: NodeId, what: str) -> str:
        values = [getattr(axis, what) for axis in self.fields[id].field] if id in self.fields else []
        return "×".join(f"{value:g}" for value in values) if len(set(values)) > 1 else f"{values[0]:g}" if values else ""

    def _area(self, id: NodeId) -> float:
        """How many pixels of the input a place sees."""
        if id not in self.fields:
            return 0.0
        seen = self.fields[id]
        return prod(axis.size for axis in seen.field) if seen.field else float(prod(seen.input[1:]))

    def csv(self) -> str:
        """The whole table, with plain numbers, for a spreadsheet."""
        out = StringIO()
        write = csv_writer(out, lineterminator="\n").writerow
        write(["name", "type", "input", "parameters", "output", "params", "macs", "memory_bytes", "receptive_field", "stride", "offset"])
        for row, id in enumerate(self.ids):
            facts = self.session.analysis.facts[id]
            texts = [self._text(self.index(row, column)) for column in (NAME, TYPE, INPUT, PARAMETERS, OUTPUT)]
            seen = [self._text(self.index(row, column)) for column in (FIELD, STRIDE, OFFSET)]
            write([*texts, facts.params, facts.macs, facts.memory, *seen])
        return out.getvalue()

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        id, text = self.ids[index.row()], str(value).strip()
        if text == self._text(index):
            return False
        session = self.session
        name = session.graph.nodes[id].name
        try:
            if index.column() == NAME:
                session.edit(f"Rename {name}", lambda graph: rename(graph, id, text))
            elif index.column() == INPUT:
                after = rows.reconnect(session.analysis, id, text)
                session.edit(f"Reconnect {name}", lambda _: after)
            else:
                after = rows.set_params(session.graph, id, text)
                session.edit(f"Change {name}", lambda _: after)
        except ValueError as error:
            self.refused.emit(str(error))
            return False
        self.refused.emit("")
        return True


class LayerTable(QWidget):
    """The table, with a line that says why an edit was refused. ``revealed`` carries the block of a row that was chosen."""

    revealed = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.model = Layers(session)
        self.sorted = QSortFilterProxyModel()
        self.sorted.setSourceModel(self.model)
        self.sorted.setSortRole(SORT)
        self.table = make(QTableView, objectName="layers", sortingEnabled=True, showGrid=False)
        self.table.setAccessibleName(self.tr("Layers"))
        self.table.setModel(self.sorted)
        self.sorted.sort(-1)
        self.table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.table.horizontalHeader().setSortIndicatorClearable(True)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.table.horizontalHeader().setSectionResizeMode(PARAMETERS, QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.horizontalHeader().setFixedHeight(30)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(28)
        for column, width in (
            (NAME, 110),
            (TYPE, 140),
            (INPUT, 120),
            (OUTPUT, 100),
            (PARAMS, 70),
            (MACS, 70),
            (MEMORY, 80),
            (FIELD, 84),
            (STRIDE, 60),
            (OFFSET, 60),
        ):
            self.table.setColumnWidth(column, width)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.message = make(QLabel, objectName="refused")
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setContentsMargins(16, 4, 16, 4)
        self.message.hide()
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(8, 0, 8, 4)
        column_.setSpacing(0)
        column_.addWidget(self.table)
        column_.addWidget(self.message)
        self.model.refused.connect(self._refuse)
        self.table.selectionModel().selectionChanged.connect(self._chosen)
        for keys, change, word in (("Alt+Up", rows.earlier, "earlier"), ("Alt+Down", rows.later, "later")):
            shortcut = QShortcut(QKeySequence(keys), self.table)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(lambda change=change, word=word: self._reorder(change, word))
        self._soon = timer(self, LATER_MS, self._follow, once=True)
        session.changed.connect(self._changed)
        shapes.order.changed.connect(self._soon.start)
        session.analysed.connect(self._soon.start)
        session.selection_changed.connect(self._show_selection)

    def table_text(self) -> str:
        """The whole table as comma-separated values."""
        self.model.reload()
        return self.model.csv()

    def _changed(self, before: Graph, now: Graph) -> None:
        if before is not now and self.isVisible():
            self._soon.start()

    def showEvent(self, event: object) -> None:
        self._follow()

    def _follow(self) -> None:
        if self.isVisible():
            self.model.reload()
            self._show_selection()

    def _refuse(self, text: str) -> None:
        self.message.setText(text[:1].upper() + text[1:])
        self.message.setVisible(bool(text))

    def _ids(self) -> list[NodeId]:
        return [self.model.ids[self.sorted.mapToSource(index).row()] for index in self.table.selectionModel().selectedRows()]

    def _chosen(self, *_: object) -> None:
        ids = self._ids()
        if set(ids) != self.session.selection:
            self.session.select(ids)
            if len(ids) == 1:
                self.revealed.emit(ids[0])

    def _show_selection(self) -> None:
        if not self.isVisible() or set(self._ids()) == self.session.selection:
            return
        selection = QItemSelection()
        at = {id: k for k, id in enumerate(self.model.ids)}
        for id in self.session.selection & at.keys():
            index = self.sorted.mapFromSource(self.model.index(at[id], 0))
            selection.select(index, index)
        flag = QItemSelectionModel.SelectionFlag
        self.table.selectionModel().select(selection, flag.ClearAndSelect | flag.Rows)
        if selection.indexes():
            self.table.scrollTo(selection.indexes()[0])

    def _reorder(self, change: Callable[..., Graph | None], word: str) -> None:
        """Move the block of the row before or behind its neighbour."""
        ids = self._ids()
        after = change(self.session.analysis, ids[0]) if len(ids) == 1 else None
        if after is None:
            self._refuse(self.tr("Only a block with one input can change places with the one that feeds it alone"))
            return
        self.session.edit(f"Move {self.session.graph.nodes[ids[0]].name} {word}", lambda _: after)
        self._refuse("")
