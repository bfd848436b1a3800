"""What a network takes for what: the confusion matrix of the last validation, and precision, recall and F1 of each class."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent, QShowEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QScrollArea,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.document.confusion import Confusion
from app.look import fonts, theme
from app.look.text import plain
from app.look.widgets import make
from app.panels.matrix import MOST_CLASSES, Matrix
from app.session.runs import RunWatcher
from app.session.timers import timer

Index = QModelIndex | QPersistentModelIndex
PAIRS, ROW, MARGIN = 6, 26, 16
NAME, COUNT = 110, 56  # pixels that a column of names or counts may take, and takes at least
VALUE = Qt.ItemDataRole.UserRole  # the number behind a text
LOW = 0.9  # shares below are drawn in the colour of what needs a look
REDRAW_MS = 100


class Results(QScrollArea):
    """Follows ``watcher``; ``asked`` carries a true class and the one it was read as."""

    asked = Signal(int, int)

    def __init__(self, watcher: RunWatcher) -> None:
        super().__init__()
        self.watcher = watcher
        self._shown: Confusion | None = None
        self.setObjectName("inspector")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        body = make(QWidget, objectName="inspectorBody")
        self.setWidget(body)
        column = QVBoxLayout(body)
        column.setContentsMargins(MARGIN, 12, MARGIN, MARGIN)
        column.setSpacing(8)
        self.empty = make(
            QLabel,
            self.tr("When a network that tells classes apart is trained, this shows after each epoch what it takes for what"),
            objectName="empty",
            wordWrap=True,
            alignment=Qt.AlignmentFlag.AlignCenter,
        )
        column.addWidget(self.empty)
        self.body = QWidget()
        column.addWidget(self.body)
        column.addStretch(1)
        self._fill(self.body)
        self.body.hide()
        self._redraw = timer(self, REDRAW_MS, self.refresh, once=True)
        watcher.grew.connect(self._grew)

    def _fill(self, body: QWidget) -> None:
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.addWidget(make(QLabel, self.tr("Confusion matrix"), objectName="section"))
        row.addStretch(1)
        self.when = make(QLabel, objectName="caption")
        row.addWidget(self.when)
        column.addLayout(row)
        self.matrix = Matrix()
        self.matrix.chosen.connect(self._chosen)
        column.addWidget(self.matrix)
        self.too_many = make(QLabel, objectName="caption", wordWrap=True)
        column.addWidget(self.too_many)
        column.addLayout(self._below())
        self.said = make(QLabel, objectName="caption", wordWrap=True)
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.said.hide()
        column.addWidget(self.said)
        self.most = make(QLabel, self.tr("Most confused"), objectName="section")
        column.addWidget(self.most)
        self.pairs = [Pair() for _ in range(PAIRS)]
        for pair in self.pairs:
            pair.clicked.connect(lambda _=False, p=pair: self.matrix.choose(*p.cell))
            column.addWidget(pair)
        column.addWidget(make(QLabel, self.tr("Classes"), objectName="section"))
        self.table = self._table()
        column.addWidget(self.table)

    def _below(self) -> QHBoxLayout:
        """How much is right, and what a cell shows."""
        row = QHBoxLayout()
        row.setSpacing(0)
        self.right = make(QLabel, objectName="caption")
        row.addWidget(self.right)
        row.addStretch(1)
        self.kinds = QButtonGroup(self)
        for k, (text, tip) in enumerate((
            (self.tr("Count"), self.tr("How many samples each cell holds")), (self.tr("Row %"), self.tr("The share of the true class in each cell")),
        )):  # fmt: skip
            button = make(QPushButton, text, objectName="segment", checkable=True, checked=k == 0)
            button.setToolTip(tip)
            self.kinds.addButton(button, k)
            row.addWidget(button)
        self.kinds.idClicked.connect(lambda k: self.matrix.show_shares(k == 1))
        return row

    def _table(self) -> QTableView:
        titles = (self.tr("Class"), self.tr("Precision"), self.tr("Recall"), self.tr("F1"), self.tr("n"))
        tips = (
            "",
            self.tr("Of all samples that were called so, the share that is so"),
            self.tr("Of all samples that are so, the share that was called so"),
            self.tr("The harmonic mean of precision and recall"),
            self.tr("Samples of this class in the validation part"),
        )
        self.model = QStandardItemModel(0, len(titles), self)
        self.model.setHorizontalHeaderLabels(titles)
        for k, tip in enumerate(tips):
            self.model.horizontalHeaderItem(k).setToolTip(tip)
        sorted_ = QSortFilterProxyModel(self)
        sorted_.setSourceModel(self.model)
        sorted_.setSortRole(VALUE)
        table = make(QTableView, objectName="layers", sortingEnabled=True, showGrid=False)
        table.setModel(sorted_)
        table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        table.setAccessibleName(self.tr("Precision, recall and F1 of each class"))
        table.setItemDelegate(Bars(table))
        table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW)
        head = table.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setHighlightSections(False)
        return table

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_columns()

    def _share_columns(self) -> None:
        """Names and counts take what they need, the shares what is left."""
        width = self.viewport().width() - 2 * MARGIN
        name, count = (min(NAME, max(COUNT, self.table.sizeHintForColumn(column) + 14)) for column in (0, 4))
        self.table.setColumnWidth(0, name)
        self.table.setColumnWidth(4, count)
        for column in (1, 2, 3):
            self.table.setColumnWidth(column, (width - name - count) // 3)

    # Following a run

    def _grew(self) -> None:
        if self.isVisible() and not self._redraw.isActive():
            self._redraw.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Show the last validation that is known of the run."""
        curves = self.watcher.curves
        confusion = curves.confusion
        self.body.setVisible(confusion is not None)
        self.empty.setVisible(confusion is None)
        if confusion is None:
            self._shown = None
            return
        self.when.setText(self.tr("validation, epoch {0}").format(f"{curves.confusion_epoch:.0f}"))
        if confusion is self._shown:
            return
        self._shown = confusion
        few = len(confusion.names) <= MOST_CLASSES
        self.matrix.setVisible(few)
        self.matrix.show_confusion(confusion)
        self.too_many.setVisible(not few)
        self.too_many.setText(self.tr("{0} classes are too many for a picture: see what is most confused").format(len(confusion.names)))
        for button in self.kinds.buttons():
            button.setVisible(few)
        share = 100 * confusion.right / max(1, confusion.samples)
        self.right.setText(self.tr("{0} % of {1} right").format(f"{share:.1f}", f"{confusion.samples:,}"))
        self._show_pairs(confusion)
        self._show_classes(confusion)
        if self.matrix.cell != (-1, -1):
            self.said.setText(self.matrix.text_of(*self.matrix.cell))

    def _show_pairs(self, confusion: Confusion) -> None:
        mistakes = confusion.mistakes()[:PAIRS]
        self.most.setText(self.tr("Most confused") if mistakes else self.tr("Nothing is confused"))
        for pair, found in zip(self.pairs, [*mistakes, *[None] * PAIRS], strict=False):
            pair.setVisible(found is not None)
            if found is not None:
                pair.show_pair(confusion.names, found, mistakes[0][2])

    def _show_classes(self, confusion: Confusion) -> None:
        classes = confusion.classes()
        if self.model.rowCount() != len(classes):
            self.model.setRowCount(0)
            for _ in classes:
                self.model.appendRow([QStandardItem() for _ in range(5)])
            self.table.setFixedHeight(self.table.horizontalHeader().sizeHint().height() + ROW * min(len(classes), MOST_CLASSES) + 2)
        for k, c in enumerate(classes):
            self.model.item(k, 0).setText(c.name)
            self.model.item(k, 0).setData(k, VALUE)
            for column, share in ((1, c.precision), (2, c.recall), (3, c.f1)):
                self.model.item(k, column).setText(f"{100 * share:.1f}")
                self.model.item(k, column).setData(share, VALUE)
            self.model.item(k, 4).setText(f"{c.support:,}")
            self.model.item(k, 4).setData(c.support, VALUE)
        self._share_columns()

    def _chosen(self, true: int, said: int) -> None:
        self.said.setText(self.matrix.text_of(true, said))
        self.said.show()
        self.asked.emit(true, said)


class Pair(QPushButton):
    """Two classes that are confused, and how often."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("pair")
        self.cell = (0, 0)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 6, 0)
        self.names, self.count = QLabel(), QLabel()
        self.names.setTextFormat(Qt.TextFormat.PlainText)
        self.names.setFixedWidth(110)
        self.bar = Bar()
        row.addWidget(self.names)
        row.addWidget(self.bar, 1)
        row.addWidget(self.count)
        for part in (self.names, self.count, self.bar):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_pair(self, names: tuple[str, ...], found: tuple[int, int, int], worst: int) -> None:
        """A mistake, its bar measured against the worst one."""
        true, said, count = found
        self.cell = (true, said)
        text = f"{names[true]} → {names[said]}"
        self.names.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, self.names.width()))
        self.count.setText(f"{count:,}")
        self.bar.share = count / worst
        self.bar.update()
        text = self.tr("True {0}, read as {1}").format(names[true], names[said])
        self.setToolTip(plain(text))
        self.setAccessibleName(f"{text}: {count}")


class Bar(QWidget):
    """A share as a line."""

    def __init__(self) -> None:
        super().__init__()
        self.share = 0.0
        self.setMinimumWidth(40)

    def paintEvent(self, event: object) -> None:
        painter = QPainter(self)
        _bar(painter, QRect(0, self.height() // 2 - 2, self.width(), 4), self.share, "plot_validation")


class Bars(QStyledItemDelegate):
    """Shares with a bar behind the number; those that need a look in another colour."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if index.column() not in (1, 2, 3):
            super().paint(painter, option, index)
            return
        self.initStyleOption(option, index)
        place = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(place, theme.color("accent_soft"))
        painter.setFont(fonts.inter(12))
        painter.setPen(theme.color("text"))
        text = QRect(place.left() + 6, place.top(), 34, place.height())
        painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, index.data())
        share = float(index.data(VALUE) or 0.0)
        line = QRect(text.right() + 6, place.center().y() - 1, place.right() - text.right() - 14, 4)
        if line.width() > 8:
            _bar(painter, line, share, "plot_train" if share >= LOW else "plot_validation")

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, ROW) if index.column() in (1, 2, 3) else super().sizeHint(option, index)


def _bar(painter: QPainter, place: QRect, share: float, role: str) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("hover"))
    painter.drawRoundedRect(place, 2, 2)
    if share > 0:
        painter.setBrush(theme.color(role))
        painter.drawRoundedRect(QRect(place.left(), place.top(), max(3, round(place.width() * share)), place.height()), 2, 2)
