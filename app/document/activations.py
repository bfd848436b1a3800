"""What flowed through a trained network: figures of each block's result, and where its picture lies in a sheet of them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from app.document import atomic
from app.document.graph import NodeId
from app.document.runs import RunFolder
from blocks.core import Shape

SIDE: Final = 96  # pixels of a picture
ROW: Final = 32  # pictures in a row of the sheet
MOST: Final = 1024  # pictures; of further blocks there are only figures


@dataclass(frozen=True, slots=True)
class Activation:
    """The result of one block over a few samples of the validation part. ``shape`` is without the batch; ``picture`` counts from 0, -1 is none."""

    low: float
    high: float
    mean: float
    std: float
    zeros: float  # the share of values that are exactly 0
    shape: Shape
    picture: int = -1

    @property
    def corner(self) -> tuple[int, int]:
        """Where the picture begins in the sheet, in pixels."""
        return self.picture % ROW * SIDE, self.picture // ROW * SIDE


def write(folder: RunFolder, found: Mapping[NodeId, Activation]) -> None:
    """Keep the figures in a run."""
    atomic.write_text(folder.activations, json.dumps({id: asdict(activation) for id, activation in found.items()}))


def read(folder: RunFolder) -> dict[NodeId, Activation]:
    """The figures that a run keeps; nothing where there are none."""
    try:
        values = json.loads(folder.activations.read_text(encoding="utf-8"))
        return {id: Activation(**{**value, "shape": tuple(value["shape"])}) for id, value in values.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
