"""From the start of the process to the first painted window, against a bare PySide6 window with the same docks."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

BARE = """
import sys
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QWidget
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, app.quit)
app = QApplication(sys.argv)
app.setStyle("Fusion")
window = Window()
window.resize(1600, 1000)
window.menuBar().addMenu("File")
window.setCentralWidget(QWidget())
for area in (Qt.LeftDockWidgetArea, Qt.RightDockWidgetArea, Qt.BottomDockWidgetArea):
    dock = QDockWidget("Dock")
    dock.setWidget(QWidget())
    window.addDockWidget(area, dock)
window.statusBar()
window.show()
app.exec()
"""

OURS = """
import sys
from PySide6.QtCore import QSettings, QTimer
from app.window.application import make_application
from app.window.shell import Shell
app = make_application(sys.argv)
class Painted(Shell):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, app.quit)
shell = Painted(QSettings())
shell.show()
app.exec()
"""


def test_first_painted_window(compare: Callable[..., Any]) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}

    def start(code: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", code], env=environment, check=True)

    compare("process start to first painted window", 15, netwright=start(OURS), bare=start(BARE))
