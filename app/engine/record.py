"""Writing a run folder: rows to ``metrics.jsonl``, the same curves as TensorBoard events."""

import json
import math
import time
from collections.abc import Callable
from typing import Any, Final

from tensorboardX import SummaryWriter

from app.document.runs import RunFolder

Row = dict[str, Any]
BOARD_SECONDS: Final = 1.0
ENCODE: Final = json.JSONEncoder(allow_nan=False).encode  # rows of steps are finite: those that are not end the run


class Record:
    """Appends to a run folder. ``listen`` gets every row too, for a progress bar."""

    def __init__(self, folder: RunFolder, listen: Callable[[Row], None] | None = None) -> None:
        self._listen = listen
        self._file = open(folder.metrics, "a", encoding="utf-8")
        self._board = SummaryWriter(str(folder.tensorboard), write_to_disk=True)
        self._began = time.monotonic()
        self._drawn = -BOARD_SECONDS

    def steps(self, rows: list[Row]) -> None:
        """Rows of single steps, as read from the device since last time."""
        now = round(time.monotonic() - self._began, 4)
        lines = []
        for row in rows:
            row["time"] = now
            lines.append(ENCODE(row))
            if self._listen:
                self._listen(row)
        self._file.write("\n".join([*lines, ""]))
        if rows and now - self._drawn >= BOARD_SECONDS:  # a point a moment is enough for TensorBoard
            self._drawn = now
            self._scalars("train", rows[-1], rows[-1]["step"])
        self._file.flush()

    def epoch(self, row: Row) -> None:
        """The end of an epoch, with its validation."""
        self._write(row)
        self._scalars("validation", row.get("validation", {}), row["step"])
        self._file.flush()

    def event(self, name: str, **facts: Any) -> None:
        """Something that happened: start, pause, checkpoint, end."""
        self._write({"event": name, **facts})
        self._file.flush()

    def close(self) -> None:
        """Everything is on its way to the disk."""
        self._file.close()
        self._board.close()

    def _write(self, row: Row) -> None:
        row["time"] = round(time.monotonic() - self._began, 4)
        self._file.write(json.dumps(_finite(row), allow_nan=False) + "\n")
        if self._listen:
            self._listen(row)

    def _scalars(self, part: str, row: Row, step: int) -> None:
        for name, value in row.items():
            if isinstance(value, float) and name not in ("time", "epoch"):
                self._board.add_scalar(f"{part}/{name}", value, step)


def _finite(value: Any) -> Any:
    """JSON knows no NaN: what is not finite becomes null, so that the file stays valid."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    return value
