"""What flows through a trained network: a few samples of the validation part, the figures of each block's result, and a picture of it."""

import math
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor
from torch.nn import functional

from app.compiler import compile_document
from app.data.splits import split
from app.document import activations, atomic
from app.document.activations import MOST, ROW, SIDE, Activation
from app.document.graph import NodeId
from app.document.runs import RunFolder
from app.engine.build import fabric, instantiate, run_net
from app.engine.evaluate import facts, open_run
from app.engine.measure import settle
from app.engine.prepared import supply
from blocks.data import Input

if TYPE_CHECKING:
    import numpy as np

SAMPLES: Final = 16
MAPS: Final = 4  # of how many channels a picture is put together
BARS: Final = 48
GAP: Final = 2  # pixels between maps


def watch(folder: RunFolder, device: str = "auto") -> dict[NodeId, Activation]:
    """Let up to 16 validation samples (else training samples) through the best weights; write ``activations.json`` and the pictures of the first."""
    model = open_run(folder)
    compiled = compile_document(model.document, settle(model.document), watched=True)
    graph = compiled.plan.graph
    found: dict[NodeId, Activation] = {}
    tiles: list[Tensor] = []

    def seen(k: int, value: Tensor) -> None:
        id = compiled.watched[k]
        if not value.is_floating_point() or not value.numel():
            return
        tile = picture(value[0].detach().float().cpu(), colors=isinstance(graph.nodes[id].block, Input)) if len(tiles) < MOST else None
        found[id] = measured(value.detach().float(), -1 if tile is None else len(tiles))
        if tile is not None:
            tiles.append(tile)

    on = fabric(device).device
    net = instantiate(compiled.source, watch=seen)
    net.load_state_dict(model.net.state_dict())
    net = net.to(on).eval()
    recipe = model.document.recipe
    parts = split(model.source, recipe.validation, recipe.test, recipe.seed)
    indices = torch.from_numpy((parts.validation if len(parts.validation) else parts.train)[:SAMPLES]).to(on)
    with torch.inference_mode():
        run_net(net, compiled, supply(model, on, facts(folder).get("moments", {})).at(indices))
    if tiles:
        from PIL import Image

        image = Image.fromarray(_sheet(tiles))
        atomic.write_with(folder.pictures, lambda temporary: image.save(temporary, format="PNG"))
    activations.write(folder, found)
    return found


def measured(value: Tensor, picture: int = -1) -> Activation:
    """The figures of a batch of results, N × shape."""
    low, high = map(float, torch.aminmax(value))
    zeros = float((value == 0).float().mean())
    return Activation(low, high, float(value.mean()), float(value.std(correction=0)), zeros, tuple(value.shape[1:]), picture)


def picture(value: Tensor, *, colors: bool = False) -> Tensor | None:
    """One result as SIDE × SIDE × 3 bytes: the maps of the channels that vary most, a sequence as steps × features, a vector as bars.

    None where there is nothing to draw: a single number, or values that are not finite.
    """
    if not bool(value.isfinite().all()) or value.numel() < 2:
        return None
    while value.dim() > 3:  # C × D × H × W: the slice in the middle
        value = value[:, value.shape[1] // 2]
    if value.dim() == 1:
        return _bars(value)
    if value.dim() == 2:
        return _map(value, SIDE)[:, :, None].expand(-1, -1, 3).contiguous()
    if colors and value.shape[0] == 3:
        low, high = value.aminmax()
        return _bytes(_sized((value - low) / (high - low).clamp_min(1e-12), SIDE)).permute(1, 2, 0).contiguous()
    if value.shape[0] == 1:
        return _map(value[0], SIDE)[:, :, None].expand(-1, -1, 3).contiguous()
    order = value.flatten(1).var(1, correction=0).argsort(descending=True, stable=True)[:MAPS].sort().values
    side = (SIDE - GAP) // 2
    whole = torch.zeros(SIDE, SIDE, dtype=torch.uint8)
    for k, channel in enumerate(order.tolist()):
        top, left = (k // 2) * (side + GAP), (k % 2) * (side + GAP)
        whole[top : top + side, left : left + side] = _map(value[channel], side)
    return whole[:, :, None].expand(-1, -1, 3).contiguous()


def _map(value: Tensor, side: int) -> Tensor:
    """H × W as side × side shades: its lowest value black, its highest white."""
    low, high = value.aminmax()
    return _bytes(_sized(((value - low) / (high - low).clamp_min(1e-12))[None], side))[0]


def _sized(value: Tensor, side: int) -> Tensor:
    """C × H × W in 0 to 1, as C × side × side: means where it shrinks, whole pixels where it grows."""
    rows, columns = value.shape[1:]
    value = functional.adaptive_avg_pool2d(value, (min(side, rows), min(side, columns)))
    return functional.interpolate(value[None], (side, side), mode="nearest")[0]


def _bytes(value: Tensor) -> Tensor:
    return (value.clamp(0, 1) * 255).round().byte()


def _bars(value: Tensor) -> Tensor:
    """A vector as bars from its zero line; a long one by the mean of each stretch."""
    value = functional.adaptive_avg_pool1d(value[None], min(BARS, len(value)))[0]
    low, high = min(0.0, float(value.min())), max(0.0, float(value.max()))
    zero = round((SIDE - 1) * high / (high - low)) if high > low else SIDE - 1
    picture = torch.zeros(SIDE, SIDE, dtype=torch.uint8)
    picture[zero] = 96
    wide = SIDE / len(value)
    for k, height in enumerate(value.tolist()):
        end = round((SIDE - 1) * (high - height) / (high - low)) if high > low else zero
        left, right = math.ceil(k * wide), max(math.ceil(k * wide) + 1, math.floor((k + 1) * wide) - (wide >= 3))
        picture[min(zero, end) : max(zero, end) + 1, left:right] = 230
    return picture[:, :, None].expand(-1, -1, 3).contiguous()


def _sheet(tiles: list[Tensor]) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """All pictures in one, ROW in a row."""
    whole = torch.zeros(-(-len(tiles) // ROW) * SIDE, min(len(tiles), ROW) * SIDE, 3, dtype=torch.uint8)
    for k, tile in enumerate(tiles):
        top, left = k // ROW * SIDE, k % ROW * SIDE
        whole[top : top + SIDE, left : left + SIDE] = tile
    found: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] = whole.numpy()
    return found
