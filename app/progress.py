"""The progress of a run in a terminal: a bar that moves, or lines where the output is no terminal."""

import shutil
import sys
import time
from typing import Any, TextIO


class Progress:
    """Takes the rows of a run as they are recorded."""

    def __init__(self, epochs: int, stream: TextIO | None = None) -> None:
        self._epochs = epochs
        self._stream = stream or sys.stdout
        self._bar = self._stream.isatty()
        self._began = time.monotonic()
        self._last = 0.0
        self._text = ""

    def row(self, row: dict[str, Any]) -> None:
        """One row of ``metrics.jsonl``."""
        if "loss" in row and self._bar:
            self._text = f"loss {row['loss']:.4f}"
            self._draw(row["epoch"])
        elif "samples_per_second" in row:
            self._epoch(row)
        elif "chosen" in row:
            print(row["chosen"], file=self._stream, flush=True)

    def close(self) -> None:
        """Leave the bar's line."""
        if self._bar:
            print(file=self._stream)

    def _epoch(self, row: dict[str, Any]) -> None:
        values = "  ".join(f"{name} {value:.4f}" for name, value in row.get("validation", {}).items())
        text = f"epoch {row['epoch']:>3} of {self._epochs}  validation {values or '-'}  {row['samples_per_second']:,.0f} samples/s"
        if self._bar:
            self._last = 0.0
            self._text = f"validation {values}"
            self._draw(float(row["epoch"]))
        else:
            print(text + ("  best" if row.get("best") else ""), file=self._stream, flush=True)

    def _draw(self, epoch: float) -> None:
        now = time.monotonic()
        if now - self._last < 0.05 and epoch < self._epochs:
            return
        self._last = now
        share = min(1.0, epoch / self._epochs)
        left = (now - self._began) / share * (1 - share) if share else 0.0
        width = 24
        bar = "█" * round(share * width) + "░" * (width - round(share * width))
        line = f"{bar} epoch {epoch:5.1f} of {self._epochs}  {left:4.0f} s left  {self._text}"
        columns = shutil.get_terminal_size().columns - 1
        print("\r" + line[:columns].ljust(columns), end="", file=self._stream, flush=True)
