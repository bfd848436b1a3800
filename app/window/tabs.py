"""A tab for each open document, above the canvas; with one document there is none."""

from PySide6.QtCore import QPointF, QSignalBlocker
from PySide6.QtWidgets import QTabBar

from app.canvas.view import CanvasView
from app.look.widgets import make
from app.session.document import Session
from app.session.sheet import Sheet
from app.window.files import Files


class Tabs:
    """Keeps the bar and the sheets of the session alike, and each sheet's place in the view."""

    def __init__(self, session: Session, canvas: CanvasView, files: Files) -> None:
        self.session, self.canvas, self.files = session, canvas, files
        self.bar = make(QTabBar, objectName="documents", drawBase=False, expanding=False, tabsClosable=True, movable=False)
        self.bar.setAccessibleName(self.bar.tr("Open documents"))
        self.bar.setUsesScrollButtons(True)
        self.bar.currentChanged.connect(self._take)
        self.bar.tabCloseRequested.connect(lambda k: files.close(session.sheets[k]))
        session.leaving.connect(self._remember)
        session.sheets_changed.connect(self._show)
        session.title_changed.connect(self._name)
        self._shown: Sheet = session.sheet
        self._show()

    def step(self, by: int) -> None:
        """To the next or the previous document."""
        sheets = self.session.sheets
        self.session.take(sheets[(sheets.index(self.session.sheet) + by) % len(sheets)])

    def _take(self, index: int) -> None:
        if 0 <= index < len(self.session.sheets):
            self.session.take(self.session.sheets[index])

    def _remember(self, sheet: Sheet) -> None:
        self.canvas.cancel()
        sheet.look = (self.canvas.zoom, self.canvas.mapToScene(self.canvas.viewport().rect().center()))

    def _show(self) -> None:
        session = self.session
        with QSignalBlocker(self.bar):
            while self.bar.count() > len(session.sheets):
                self.bar.removeTab(self.bar.count() - 1)
            while self.bar.count() < len(session.sheets):
                self.bar.addTab("")
            self._name()
            self.bar.setCurrentIndex(session.sheets.index(session.sheet))
        self.bar.setVisible(len(session.sheets) > 1)
        if session.sheet is not self._shown:
            self._shown = session.sheet
            self.canvas.canvas.select_wires(())
            self.canvas.canvas.select_frames(())
            if isinstance(session.sheet.look, tuple):
                zoom, middle = session.sheet.look
                self.canvas.set_zoom(zoom)
                assert isinstance(middle, QPointF)
                self.canvas.centerOn(middle)
            else:
                self.canvas.fit()

    def _name(self) -> None:
        for k, sheet in enumerate(self.session.sheets[: self.bar.count()]):
            self.bar.setTabText(k, (sheet.name + (" •" if sheet.dirty else "")).replace("&", "&&"))
            self.bar.setTabToolTip(k, str(sheet.path) if sheet.path else self.bar.tr("Not saved yet"))
