"""What lies where in a run folder. The engine writes it, append-only; the window and the command line read it.

::

    first-cnn-3/
      document.netwright   the document as it was trained, its recipe included
      net.py               the source that ran
      run.json             device, versions, seed, data set, the names of the classes
      metrics.jsonl        one JSON object a line: steps, epochs, events
      checkpoints/         one folder each: weights, optimizer, random numbers; manifest.json is written last
      tensorboard/         the same curves as event files
      activations.json     figures of each block's result, with the best weights; the pictures are in activations.png
      model.onnx           when it was exported
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The paths of one run."""

    path: Path

    @property
    def document(self) -> Path:
        return self.path / "document.netwright"

    @property
    def source(self) -> Path:
        return self.path / "net.py"

    @property
    def facts(self) -> Path:
        return self.path / "run.json"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def tensorboard(self) -> Path:
        return self.path / "tensorboard"

    @property
    def activations(self) -> Path:
        return self.path / "activations.json"

    @property
    def pictures(self) -> Path:
        return self.path / "activations.png"

    @property
    def onnx(self) -> Path:
        return self.path / "model.onnx"

    def rows(self) -> Iterator[dict[str, Any]]:
        """The whole lines of ``metrics.jsonl``; a last line that is still being written is left out.

        Where a run was resumed from a checkpoint, the steps behind that checkpoint were made again: only the later ones count.
        """
        if self.metrics.exists():
            rows = [row for line in self.metrics.read_bytes().split(b"\n")[:-1] if (row := parse_row(line)) is not None]
            yield from without_repeated(rows)


def without_repeated(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows without the steps and epochs that were made again after a resume."""
    found: list[dict[str, Any]] = []
    for row in rows:
        if row.get("event") == "resumed":
            found = [old for old in found if "event" in old or old.get("step", 0) <= row.get("step", 0)]
        found.append(row)
    return found


def parse_row(line: bytes) -> dict[str, Any] | None:
    """One line of ``metrics.jsonl``; None where it is damaged."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def is_run(path: Path) -> bool:
    """Whether a folder holds a run."""
    return (path / "document.netwright").is_file() and (path / "run.json").is_file()


def new_run(parent: Path, name: str) -> RunFolder:
    """A new folder ``name-1``, ``name-2``, ... below ``parent``. Two that ask at once get different ones."""
    parent.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:80] or "run"
    taken = {entry.name for entry in parent.iterdir()}
    number = 1
    while True:
        if f"{stem}-{number}" not in taken:
            try:
                (parent / f"{stem}-{number}").mkdir()
                return RunFolder(parent / f"{stem}-{number}")
            except FileExistsError:
                pass
        number += 1
