"""Shapes as text, in the order that is wanted: channels first, as torch has them, or last, as pictures are often described."""

from PySide6.QtCore import QObject, Signal

from blocks.core import Shape
from blocks.rules import dims


class Order(QObject):
    """Where the channels of images and volumes are written; ``changed`` tells whoever shows shapes."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.last = False

    def set(self, last: bool) -> None:
        """Write channels last, or first."""
        if last != self.last:
            self.last = last
            self.changed.emit()


order = Order()


def text(shape: Shape) -> str:
    """``(64, 7, 5)`` as ``64×7×5``, or as ``7×5×64`` with the channels last."""
    return dims((*shape[1:], shape[0]) if order.last and len(shape) > 2 else shape)
