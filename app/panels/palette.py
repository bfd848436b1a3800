"""The palette: all blocks by group, with search; drag one onto the canvas, or double-click it."""

from typing import Any

from PySide6.QtCore import QByteArray, QMimeData, QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QDrag, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.look import fonts, icons, theme
from app.look.widgets import make
from app.session.document import Session
from app.session.timers import timer
from blocks.catalogue import Catalogue, load
from blocks.core import Block

MIME = "application/x-netwright-block"
KIND = Qt.ItemDataRole.UserRole
GROUP = Qt.ItemDataRole.UserRole + 1
FEW = 5  # a group with more blocks is folded at first, so that all groups can be seen at once


class Palette(QWidget):
    """The panel; ``chosen`` carries a block class that was double-clicked or taken with Enter."""

    chosen = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._known: Catalogue = load()  # definitions come a moment later: reading them would make the first window wait
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 8, 8)
        layout.setSpacing(8)
        self.search = make(QLineEdit, placeholderText=self.tr("Search blocks"), clearButtonEnabled=True, objectName="search")
        self.search.setAccessibleName(self.tr("Search blocks"))
        self._glass = self.search.addAction(icons.icon("search", "text3"), QLineEdit.ActionPosition.LeadingPosition)
        self.tree = Tree()
        layout.addWidget(self.search)
        layout.addWidget(self.tree)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.tree.itemActivated.connect(self._activated)
        theme.current.changed.connect(self._restyle)
        self._heads: list[tuple[QTreeWidgetItem, list[QTreeWidgetItem]]] = []
        self._fill()
        self._definitions, self._place = session.document.definitions, session.place
        self._soon = timer(self, 50, self.refill, once=True)
        self._soon.start()
        session.changed.connect(self._followed)
        session.place_changed.connect(self._followed)

    def refill(self) -> None:
        """Show the catalogue as it is now, with blocks of plug-ins and of this document."""
        self._known = self.session.kinds
        open_ = {head.data(0, GROUP)[0] for head, _ in self._heads if head.isExpanded()}
        self.tree.clear()
        self._heads.clear()
        self._fill()
        self._filter(self.search.text())
        if not self.search.text():
            for head, _ in self._heads:
                head.setExpanded(head.data(0, GROUP)[0] in open_)

    def _followed(self, *_: object) -> None:
        """The document has other definitions, or one stands elsewhere."""
        if self.session.document.definitions is not self._definitions or self.session.place != self._place:
            self._definitions, self._place = self.session.document.definitions, self.session.place
            self._soon.start()

    def _fill(self) -> None:
        for group, blocks in self._known.groups().items():
            head = QTreeWidgetItem(self.tree, [group])
            head.setData(0, GROUP, (group, len(blocks)))
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            items = []
            for block in blocks:
                items.append(item := QTreeWidgetItem(head, [block.label]))
                item.setData(0, KIND, block)
                item.setToolTip(0, block.help())
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled)
            head.setExpanded(len(blocks) <= FEW)
            self._heads.append((head, items))

    def _restyle(self) -> None:
        self._glass.setIcon(icons.icon("search", "text3"))
        self.tree.viewport().update()

    def _filter(self, text: str) -> None:
        found = {block: rank for rank, block in enumerate(self._known.search(text))}
        best: tuple[int, QTreeWidgetItem] | None = None
        for head, items in self._heads:
            shown = 0
            for item in items:
                rank = found.get(item.data(0, KIND))
                item.setHidden(rank is None)
                shown += rank is not None
                if rank is not None and text and (best is None or rank < best[0]):
                    best = rank, item
            head.setHidden(not shown)
            head.setExpanded(bool(text) or len(items) <= FEW)
        if best:
            self.tree.setCurrentItem(best[1])
        else:
            self.tree.clearSelection()

    def _activated(self, item: QTreeWidgetItem) -> None:
        if (kind := item.data(0, KIND)) is not None:
            self.chosen.emit(kind)

    def eventFilter(self, watched: Any, event: Any) -> bool:
        """Arrow keys and Enter in the search field act on the list."""
        if isinstance(event, QKeyEvent) and event.type() == QKeyEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self.tree.keyPressEvent(event)
                return True
            item = self.tree.currentItem()
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and item is not None and not item.isHidden():
                self._activated(item)
                return True
        return False


class Tree(QTreeWidget):
    """Groups that fold, and blocks that can be dragged."""

    def __init__(self) -> None:
        super().__init__()
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setObjectName("palette")
        self.setAccessibleName(self.tr("Blocks"))
        self.setItemDelegate(RowDelegate(self))
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setMouseTracking(True)
        self.setUniformRowHeights(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemClicked.connect(lambda item: item.setExpanded(not item.isExpanded()) if item.childCount() else None)

    def startDrag(self, actions: Qt.DropAction) -> None:
        item = self.currentItem()
        kind: type[Block] | None = item.data(0, KIND) if item is not None else None
        if kind is None:
            return
        data = QMimeData()
        data.setData(MIME, QByteArray(kind.__name__.encode()))
        drag = QDrag(self)
        drag.setMimeData(data)
        ratio = self.devicePixelRatioF()
        picture = QPixmap(round(28 * ratio), round(28 * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        icons.tile(painter, QRectF(2, 2, 24, 24), kind.group, kind.glyph, ratio)
        painter.end()
        drag.setPixmap(picture)
        drag.setHotSpot(QPoint(-8, -8))
        drag.exec(Qt.DropAction.CopyAction)


class RowDelegate(QStyledItemDelegate):
    """Paints a group with its colour and count, or a block with its tile."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, 30 if index.data(GROUP) else 28)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ratio = painter.device().devicePixelRatioF()
        middle = rect.center().y() + 0.5
        if group := index.data(GROUP):
            expanded = bool(state & QStyle.StateFlag.State_Open)
            arrow = icons.pixmap("chevron-down" if expanded else "chevron-right", theme.current.theme["text3"], 12, ratio)
            painter.drawPixmap(rect.left() + 2, round(middle) - 6, arrow)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.current.theme.category(group[0])))
            painter.drawRoundedRect(QRectF(rect.left() + 20, middle - 4, 8, 8), 2.5, 2.5)
            painter.setPen(theme.color("text"))
            painter.setFont(fonts.inter(12, 600))
            painter.drawText(rect.adjusted(36, 0, -34, 0), Qt.AlignmentFlag.AlignVCenter, group[0])
            painter.setPen(theme.color("text3"))
            painter.setFont(fonts.inter(11))
            painter.drawText(rect.adjusted(0, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, str(group[1]))
        else:
            kind: type[Block] = index.data(KIND)
            if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("hover" if state & QStyle.StateFlag.State_Selected else "raised"))
                painter.drawRoundedRect(rect.adjusted(0, 0, -2, 0), 6, 6)
            icons.tile(painter, QRectF(rect.left() + 18, middle - 10, 20, 20), kind.group, kind.glyph, ratio)
            painter.setPen(theme.color("text"))
            painter.setFont(fonts.inter(13))
            painter.drawText(rect.adjusted(48, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, kind.label)
        painter.restore()
