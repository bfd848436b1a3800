"""What is asked of a run while it goes on, from another thread: stop, pause, another learning rate, more epochs."""

import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event


@dataclass(frozen=True, slots=True)
class Change:
    """A change that is applied at the next step and recorded: ``what`` is "learning_rate" or "epochs", ``value`` the new one."""

    what: str
    value: float


class Control:
    """Stop, pause and changes."""

    def __init__(self) -> None:
        self._stop, self._go = Event(), Event()
        self._changes: SimpleQueue[Change] = SimpleQueue()
        self._go.set()

    def stop(self) -> None:
        self._stop.set()
        self._go.set()

    def pause(self) -> None:
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def change(self, what: str, value: float) -> None:
        self._changes.put(Change(what, value))

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def changes(self) -> list[Change]:
        """What was asked since last time."""
        found: list[Change] = []
        while not self._changes.empty():
            try:
                found.append(self._changes.get_nowait())
            except Empty:
                break
        return found

    def hold(self) -> float:
        """Wait while paused; returns the seconds it took."""
        if self._go.is_set():
            return 0.0
        began = time.monotonic()
        self._go.wait()
        return time.monotonic() - began
