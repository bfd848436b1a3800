"""The engine as a child process: started early, told by messages, noticed when it dies or hangs, started again."""

import os
import signal
import sys
import time
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from app.engine import messages as m
from app.session.timers import timer

HANG_SECONDS = 10.0
RESTART_MS = 200
MOST_RESTARTS = 3


class Engine(QObject):
    """``state`` is "starting", "ready", "training", "paused", "busy" or "dead"."""

    ready = Signal(object)  # Ready
    state_changed = Signal(str)
    message = Signal(object)  # every message but Alive
    died = Signal(str)  # the reason, when it was not asked to end

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = "dead"
        self.info: m.Ready | None = None
        self.run: str = ""
        self.log = bytearray()
        self._process: QProcess | None = None
        self._quitting = False
        self.plugins: list[list[str]] = []  # what each new process loads before all else
        self._waiting: list[m.Message] = []
        self._failures = 0
        self._heard = 0.0
        self._watch = timer(self, 1000, self._check_alive)

    def start(self) -> None:
        """Start the process; it loads torch meanwhile."""
        process = QProcess(self)
        root = str(Path(__file__).resolve().parents[2])
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("PYTHONPATH", os.pathsep.join(filter(None, (root, environment.value("PYTHONPATH")))))
        environment.insert("PYTHONUNBUFFERED", "1")
        process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._read_log)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._start_failed)
        self._process, self._heard = process, time.monotonic()
        self._set("starting")
        process.start(sys.executable, ["-m", "app.engine"])
        self._watch.start()

    def send(self, message: m.Message) -> None:
        """Send a message; before the engine is warm it waits, and goes then."""
        if isinstance(message, m.Train):
            self.run = message.run
        if self.state == "starting" and not isinstance(message, m.Stop):
            self._waiting.append(message)
            return
        if self._process is not None:
            self._process.write(m.encode(message))
        if isinstance(message, (m.Export, m.Evaluate, m.Tune)) and self.state == "ready":
            self._set("busy")

    def quit(self) -> None:
        """End the process: its input is closed, and it ends by itself; a second later it is killed."""
        self._quitting = True
        self._watch.stop()
        if self._process is not None:
            self._process.closeWriteChannel()
            if not self._process.waitForFinished(1000):
                self._process.kill()
                self._process.waitForFinished(1000)

    @property
    def pid(self) -> int:
        return int(self._process.processId()) if self._process else 0

    def _read(self) -> None:
        assert self._process is not None
        while self._process.canReadLine():
            message = m.decode(bytes(self._process.readLine().data()))
            self._heard = time.monotonic()
            if message is not None and not isinstance(message, m.Alive):
                self._take(message)

    def _take(self, message: m.Message) -> None:
        if isinstance(message, m.Ready):
            self.info, self._failures = message, 0
            self._set("ready")
            if self.plugins:
                self.send(m.Plugins(self.plugins))
            waiting, self._waiting = self._waiting, []
            for queued in waiting:
                self.send(queued)
            self.ready.emit(message)
        elif isinstance(message, m.Started):
            self._set("training")
        elif isinstance(message, m.Paused):
            self._set("paused" if message.paused else "training")
        elif isinstance(message, (m.Finished, m.Exported, m.Evaluated, m.Tuned, m.Failed)):
            self._set("ready")
        self.message.emit(message)

    def _read_log(self) -> None:
        assert self._process is not None
        self.log += self._process.readAllStandardError().data()
        del self.log[:-100_000]

    def _check_alive(self) -> None:
        silent = time.monotonic() - self._heard
        if silent > HANG_SECONDS and self._process is not None and self.state != "dead":
            self._process.kill()
            self._process.setProperty("reason", f"it did not answer for {silent:.0f} seconds and was ended")

    def _start_failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            self._finished(1, QProcess.ExitStatus.NormalExit)

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        process, self._process = self._process, None
        self._set("dead")
        if self._quitting or process is None:
            return
        if not (reason := process.property("reason")):
            reason = _death(code, status, bytes(self.log))
        self._waiting.clear()
        self._failures += 1
        self.died.emit(reason)
        process.deleteLater()
        if self._failures <= MOST_RESTARTS:
            QTimer.singleShot(RESTART_MS, self.start)

    def _set(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)


def _death(code: int, status: QProcess.ExitStatus, log: bytes) -> str:
    if status == QProcess.ExitStatus.CrashExit:
        if code == signal.SIGKILL:
            return "it was killed, perhaps because the machine ran out of memory (try a smaller batch_size)"
        try:
            return f"it crashed with {signal.Signals(code).name}"
        except ValueError:
            return f"it crashed (code {code})"
    last = log.decode(errors="replace").strip().splitlines()[-1:] or [""]
    return f"it ended with status {code}" + (f": {last[0][:200]}" if last[0] else "")
