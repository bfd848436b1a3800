"""What Qt must be told of items."""

from typing import Any

from PySide6.QtCore import QRectF

from app.canvas import face as faces
from app.canvas.items import NodeItem
from app.document.analysis import UNKNOWN
from app.document.graph import Node
from blocks.catalogue import load


class Watched(NodeItem):
    """Notes what its bounds were when Qt was told that they change."""

    def __init__(self, *values: Any) -> None:
        self.told: list[QRectF] = []
        super().__init__(*values)

    def prepareGeometryChange(self) -> None:
        self.told.append(QRectF(self._bounds))
        super().prepareGeometryChange()


def test_qt_is_told_before_bounds_change(qapp: Any) -> None:
    """Else its index keeps a removed item where it lay before, and follows it to a crash."""
    changes = 0
    shapes = [(kind, collapsed, across) for kind in load().values() for collapsed in (False, True) for across in (False, True)]
    for (kind, collapsed, across), (other, shut, turned) in zip(shapes, [*shapes[1:], *shapes[:1]], strict=True):
        node = Node("n1", kind(), "one", collapsed=collapsed)
        item = Watched(node, faces.face(node, UNKNOWN, True, across))
        before = QRectF(item.boundingRect())
        item.told.clear()
        then = Node("n1", other(), "one", collapsed=shut)
        item.set_node(then, faces.face(then, UNKNOWN, True, turned))
        if item.boundingRect() != before:
            changes += 1
            assert item.told[:1] == [before], (kind, other)
        else:
            assert not item.told
    assert changes > 100
