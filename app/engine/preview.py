"""Real samples as a recipe changes them, drawn as one picture: each row is one sample, first as it is, then as the network may see it."""

from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from app.data.sources import open_data
from app.data.splits import split
from app.document import atomic
from app.document.graph import Document
from app.engine.augment import Augment
from app.engine.errors import EngineError

ROWS, COLUMNS, GAP = 4, 8, 2
LEAST: Final = 48  # pixels of a side; small images are drawn larger
PAPER: Final = 128


def draw(document: Document, path: Path, seed: int = 0) -> None:
    """Write a PNG. Raises EngineError where the data holds no images."""
    from PIL import Image

    recipe = document.recipe
    source = open_data(recipe)
    column = source.columns[source.entry]
    if column.kind != "real" or len(column.shape) != 3:
        raise EngineError(f"{source.title} holds no images: there is nothing to be seen of its augmentation")
    train = split(source, recipe.validation, recipe.test, recipe.seed).train
    picked = np.random.default_rng(seed).choice(train, ROWS, replace=len(train) < ROWS)
    images = torch.from_numpy(np.array(source.load()[source.entry][picked])).float()
    if source.load()[source.entry].dtype == np.uint8:
        images = images / 255
    augment = Augment(recipe, {source.entry: True}, frozenset({source.entry}), torch.device("cpu"))
    columns = [images]
    for k in range(COLUMNS - 1):
        augment.seed(seed * COLUMNS + k)
        found = augment({source.entry: images})
        paired = augment.pairs(found)
        columns.append((paired[0] if paired else found)[source.entry])
    picture = _sheet(torch.stack(columns, 1))
    atomic.write_with(path, lambda temporary: Image.fromarray(picture).save(temporary, format="PNG"))


def _sheet(tiles: Tensor) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """Rows × columns × C × H × W as one picture H × W × 3."""
    rows, columns, channels, height, width = tiles.shape
    factor = max(1, -(-LEAST // min(height, width)))
    shown = tiles[:, :, :3] if channels >= 3 else tiles[:, :, :1].expand(-1, -1, 3, -1, -1)
    low, high = float(shown.min()), float(shown.max())
    shown = (shown - low) / (high - low) if low < -0.01 or high > 1.01 else shown
    pixels = (shown.clamp(0, 1) * 255).byte().numpy().repeat(factor, 3).repeat(factor, 4)
    step_y, step_x = height * factor + GAP, width * factor + GAP
    picture = np.full((rows * step_y - GAP, columns * step_x - GAP, 3), PAPER, np.uint8)
    for y in range(rows):
        for x in range(columns):
            picture[y * step_y : y * step_y + height * factor, x * step_x : x * step_x + width * factor] = pixels[y, x].transpose(1, 2, 0)
    return picture
