"""What a gesture shows besides the network: a hint beside the mouse, and lines along which things stand in line."""

from PySide6.QtCore import QLineF, QPoint, Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QGraphicsLineItem, QGraphicsScene, QLabel, QWidget

from app.look import theme


class Guidelines:
    """At most one line across and one down."""

    def __init__(self, scene: QGraphicsScene) -> None:
        self.lines = [QGraphicsLineItem(), QGraphicsLineItem()]
        for line in self.lines:
            line.setZValue(5)
            line.hide()
            scene.addItem(line)
        self.restyle()

    def restyle(self) -> None:
        """Take the colours of the current theme."""
        pen = QPen(theme.color("accent"), 1, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        for line in self.lines:
            line.setPen(pen)

    def show(self, lines: list[QLineF]) -> None:
        """Draw these lines and no others."""
        for k, item in enumerate(self.lines):
            item.setVisible(k < len(lines))
            if k < len(lines):
                item.setLine(lines[k])


class Hint(QLabel):
    """A short text beside the mouse."""

    def __init__(self, viewport: QWidget) -> None:
        super().__init__(viewport)
        self._viewport = viewport
        self.setObjectName("hint")
        self.setWordWrap(True)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.hide()

    def say(self, text: str, at: QPoint, role: str = "text") -> None:
        """Show a text near a point of the viewport; an empty one hides it."""
        if not text:
            self.hide()
            return
        self.setText(text)
        self.setProperty("role", role)
        self.setStyleSheet(f"color: {theme.current.theme[role]};")
        width = min(320, self.fontMetrics().horizontalAdvance(text) + 30)
        self.setFixedWidth(width)
        self.setFixedHeight(self.heightForWidth(width))
        space = self._viewport.size()
        below = at.y() + 20
        self.move(
            min(at.x() + 18, space.width() - width - 8), below if below + self.height() < space.height() else at.y() - 12 - self.height()
        )
        self.show()
