"""The zoom in the corner of the canvas: smaller, percent, larger, all."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from app.canvas.view import CanvasView
from app.look import icons, theme
from app.look.widgets import make


class ZoomBar(QWidget):
    """Floats in the lower left corner of the view."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.setObjectName("zoomBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.view = view
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 3, 4, 3)
        row.setSpacing(2)
        self.label = make(QLabel, "100 %", alignment=Qt.AlignmentFlag.AlignCenter)
        self.label.setMinimumWidth(46)
        self._buttons: list[tuple[QToolButton, str]] = []
        for icon, text, run in (
            ("minus", self.tr("Zoom out"), lambda: view.set_zoom(view.zoom / 1.25)),
            ("", "", None),
            ("plus", self.tr("Zoom in"), lambda: view.set_zoom(view.zoom * 1.25)),
            ("fit", self.tr("Show all   Home"), view.fit),
        ):
            if run is None:
                row.addWidget(self.label)
                continue
            button = QToolButton()
            button.setFixedSize(26, 26)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setIconSize(QSize(16, 16))
            button.setToolTip(text)
            button.setAccessibleName(text)
            button.clicked.connect(lambda _=False, go=run: go())
            row.addWidget(button)
            self._buttons.append((button, icon))
        view.zoomed.connect(lambda zoom: self.label.setText(f"{100 * zoom:.0f} %"))
        view.installEventFilter(self)
        theme.current.changed.connect(self.restyle)
        self.restyle()
        self._place()

    def restyle(self) -> None:
        """Icons in the colours of the current theme."""
        for button, icon in self._buttons:
            button.setIcon(icons.icon(icon, "text2", 16))

    def _place(self) -> None:
        self.adjustSize()
        self.move(16, self.view.height() - self.height() - 14)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False
