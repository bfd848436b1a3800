"""Starting the window: the empty shell is painted first, what fills it is imported after."""

import sys
from pathlib import Path

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication


def make_application(arguments: list[str]) -> QApplication:
    """The QApplication with name, style and fonts."""
    from app.look import fonts

    QApplication.setApplicationName("Netwright")
    QApplication.setOrganizationName("Netwright")
    QApplication.setDesktopFileName("netwright")
    application = QApplication(arguments)
    application.setStyle("Fusion")
    fonts.install(fonts.FIRST)
    application.setFont(fonts.inter(13))
    return application


def run(file: Path | None) -> int:
    """Open the window, with a document if one is given, and stay until it is closed."""
    import signal

    from app.window.shell import Shell

    application = make_application(sys.argv[:1])
    signal.signal(signal.SIGINT, lambda *_: application.quit())
    wake = QTimer(interval=300)  # lets Python see Ctrl+C while Qt waits
    wake.timeout.connect(lambda: None)
    wake.start()
    shell = Shell(QSettings())
    shell.furnish_later(file)
    shell.show()
    return application.exec()
