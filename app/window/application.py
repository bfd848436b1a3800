"""Starting the window: the empty shell is painted first, what fills it is imported after."""

import builtins
import os
import sys
from pathlib import Path

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication


def plain_imports() -> None:
    """Take PySide's hook off ``import``.

    It reads the source of every imported module in search of ``from __feature__ import``, which nothing here uses. That makes imports
    about a quarter slower, and importing from two threads at once can fail: it asks half-imported modules for attributes.
    """
    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)


def make_application(arguments: list[str]) -> QApplication:
    """The QApplication with name, style and fonts."""
    plain_imports()
    from app.look import fonts

    QApplication.setApplicationName("Netwright")
    QApplication.setOrganizationName("Netwright")
    QApplication.setDesktopFileName("netwright")
    scale = float(str(QSettings("Netwright", "Netwright").value("scale", 1.0)))
    if scale != 1.0:
        os.environ["QT_SCALE_FACTOR"] = str(min(3.0, max(0.5, scale * float(os.environ.get("QT_SCALE_FACTOR", "1")))))
    application = QApplication(arguments)
    application.setStyle("Fusion")
    fonts.install(fonts.FIRST)
    application.setFont(fonts.inter(13))
    return application


def run(file: Path | None) -> int:
    """Open the window, with a document if one is given, and stay until it is closed."""
    import signal

    from app.window import mishaps
    from app.window.shell import Shell

    application = make_application(sys.argv[:1])
    signal.signal(signal.SIGINT, lambda *_: application.quit())
    wake = QTimer(interval=300)  # lets Python see Ctrl+C while Qt waits
    wake.timeout.connect(lambda: None)
    wake.start()
    shell = Shell(QSettings())
    shell.furnish_later(file)
    mishaps.tell(shell)
    shell.show()
    return application.exec()
