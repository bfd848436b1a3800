"""Random changes of a batch of images, each sample its own, on the device that trains.

What moves pixels moves those of a mask and of an image that is the answer too. Values are between 0 and 1, before they are normalised.
"""

import math
import random
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from app.document.recipe import Augmentation

Batch = dict[str, Tensor]
GREY: Final = (0.299, 0.587, 0.114)  # ITU-R BT.601
MOVES = ("rotation", "translation", "scaling", "shear", "resized_crop")


def augments(recipe: Augmentation) -> bool:
    """Whether a recipe changes its samples at all."""
    return any(getattr(recipe, name) for name in Augmentation.fields)


class Augment:
    """The augmentations of a recipe for a batch of columns. ``images`` names the columns with pixels: True for values, False for indices."""

    def __init__(self, recipe: Augmentation, images: Mapping[str, bool], inputs: frozenset[str], device: torch.device) -> None:
        self.recipe, self.images, self.inputs = recipe, images, inputs
        self.random = torch.Generator(device)
        self.host = random.Random(0)
        self.device = device
        self.active = augments(recipe)
        self.changes_pixels = any(recipe.values()[name] for name in Augmentation.fields if name not in ("mixup", "cutmix"))

    def seed(self, value: int) -> None:
        """Begin the draws of a step."""
        self.random.manual_seed(value)
        self.host = random.Random(value)  # what decides sizes is drawn here, so that the device need not be waited for

    def uniform(self, count: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """One number for each sample."""
        return torch.rand(count, generator=self.random, device=self.device) * (high - low) + low

    def __call__(self, batch: Batch) -> Batch:
        """The batch, changed."""
        r, found = self.recipe, dict(batch)
        if not self.images or not self.changes_pixels:
            return found
        name = next((n for n in self.images if n in self.inputs), next(iter(self.images)))
        n, (height, width) = len(batch[name]), batch[name].shape[-2:]
        same = [key for key in self.images if found[key].shape[-2:] == (height, width)]
        values = [key for key in same if self.images[key]]
        shown = [key for key in values if key in self.inputs]
        if r.flip_horizontal or r.flip_vertical or r.crop_padding:
            where = self._places(n, height, width)
            for key in same:
                found[key] = picked(found[key], *where, fill=0)
        if any(r.values()[move] for move in MOVES):
            grid = self._grid(n, height, width)
            for key in same:
                found[key] = sampled(found[key], grid, nearest=not self.images[key])
        for key in shown:
            image = found[key]
            if r.brightness or r.contrast or r.saturation or r.hue or r.grey_probability:
                image = self._jittered(image)
            if r.blur:
                image = blurred(image, self.uniform(n, 0.0, r.blur))
            if r.erasing:
                image = self._erased(image)
            found[key] = image
        return found

    def pairs(self, batch: Batch) -> tuple[Batch, Tensor, float] | None:
        """Mixup or CutMix: the batch, the partners of its samples, and the share that is their own. None where the recipe wants neither."""
        r = self.recipe
        if not (r.mixup or r.cutmix):
            return None
        n = len(next(iter(batch.values())))
        cut = bool(r.cutmix) and (not r.mixup or self.host.random() < 0.5)
        alpha = r.cutmix if cut else r.mixup
        share = self.host.betavariate(alpha, alpha)
        partner = torch.randperm(n, generator=self.random, device=self.device)
        found = dict(batch)
        for key, value in batch.items():
            if key not in self.inputs or not value.is_floating_point():
                continue
            if cut and value.dim() == 4:
                height, width = value.shape[-2:]
                h, w = round(height * math.sqrt(1 - share)), round(width * math.sqrt(1 - share))
                top, left = (int(self.host.random() * (size - side + 1)) for size, side in ((height, h), (width, w)))
                found[key] = value.clone()
                found[key][..., top : top + h, left : left + w] = value[partner][..., top : top + h, left : left + w]
                share = 1 - h * w / (height * width)
            else:
                found[key] = value * share + value[partner] * (1 - share)
        return found, partner, share

    def _places(self, n: int, height: int, width: int) -> tuple[Tensor, Tensor]:
        """For each sample the rows and columns that it shows; those outside are padding."""
        r = self.recipe
        rows = torch.arange(height, device=self.device).expand(n, -1)
        columns = torch.arange(width, device=self.device).expand(n, -1)
        if r.flip_vertical:
            rows = torch.where(self.uniform(n)[:, None] < 0.5, height - 1 - rows, rows)
        if r.flip_horizontal:
            columns = torch.where(self.uniform(n)[:, None] < 0.5, width - 1 - columns, columns)
        if r.crop_padding:
            p = r.crop_padding
            rows = rows + torch.randint(-p, p + 1, (n, 1), generator=self.random, device=self.device)
            columns = columns + torch.randint(-p, p + 1, (n, 1), generator=self.random, device=self.device)
        return rows, columns

    def _grid(self, n: int, height: int, width: int) -> Tensor:
        """One sampling grid for all that turns, shifts, scales and slants: N×H×W×2, from -1 to 1."""
        r = self.recipe
        turn = torch.deg2rad(self.uniform(n, -r.rotation, r.rotation))
        slant = torch.tan(torch.deg2rad(self.uniform(n, -r.shear, r.shear)))
        size = 1 / self.uniform(n, 1 - r.scaling, 1 + r.scaling)
        aspect = height / width
        cos, sin = torch.cos(turn) * size, torch.sin(turn) * size
        a, b = cos, (sin + slant * cos) * aspect
        c, d = -sin / aspect, cos - slant * sin
        x, y = self.uniform(n, -2 * r.translation, 2 * r.translation), self.uniform(n, -2 * r.translation, 2 * r.translation)
        if r.resized_crop:
            area = self.uniform(n, r.resized_crop, 1.0)
            ratio = torch.exp(self.uniform(n, math.log(3 / 4), math.log(4 / 3)))
            w, h = torch.sqrt(area * ratio).clamp(max=1), torch.sqrt(area / ratio).clamp(max=1)
            x = x + (1 - w) * self.uniform(n, -1, 1)
            y = y + (1 - h) * self.uniform(n, -1, 1)
            a, b, c, d = a * w, b * h, c * w, d * h
        theta = torch.stack([torch.stack([a, b, x], 1), torch.stack([c, d, y], 1)], 1)
        return F.affine_grid(theta, [n, 1, height, width], align_corners=False)

    def _jittered(self, image: Tensor) -> Tensor:
        r, n = self.recipe, len(image)

        def one(low: float, high: float) -> Tensor:
            return self.uniform(n, low, high).view(n, 1, 1, 1)

        if r.brightness:
            image = image * one(1 - r.brightness, 1 + r.brightness)
        if r.contrast:
            mean = grey(image).mean((1, 2, 3), keepdim=True)
            image = mean + (image - mean) * one(1 - r.contrast, 1 + r.contrast)
        if image.shape[1] == 3:
            if r.saturation:
                plain = grey(image)
                image = plain + (image - plain) * one(1 - r.saturation, 1 + r.saturation)
            if r.hue:
                image = turned(image, one(-r.hue, r.hue))
            if r.grey_probability:
                image = torch.where(one(0, 1) < r.grey_probability, grey(image).expand_as(image), image)
        return image.clamp(0, 1)

    def _erased(self, image: Tensor) -> Tensor:
        n, (height, width) = len(image), image.shape[-2:]
        area = self.uniform(n, 0.02, 1 / 3) * height * width
        ratio = torch.exp(self.uniform(n, math.log(0.3), math.log(1 / 0.3)))
        h = torch.sqrt(area * ratio).clamp(1, height).round()[:, None]
        w = torch.sqrt(area / ratio).clamp(1, width).round()[:, None]
        top, left = (self.uniform(n)[:, None] * (height - h + 1)).floor(), (self.uniform(n)[:, None] * (width - w + 1)).floor()
        rows, columns = torch.arange(height, device=self.device), torch.arange(width, device=self.device)
        inside = ((rows >= top) & (rows < top + h))[:, :, None] & ((columns >= left) & (columns < left + w))[:, None, :]
        inside &= (self.uniform(n) < self.recipe.erasing).view(n, 1, 1)
        return image.masked_fill(inside[:, None], 0.0)


def picked(image: Tensor, rows: Tensor, columns: Tensor, fill: float) -> Tensor:
    """For each sample its own rows and columns; what lies outside is ``fill``. N×C×H×W or N×H×W."""
    height, width = image.shape[-2:]
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None, :]
    flat = (rows.clamp(0, height - 1) * width)[:, :, None] + columns.clamp(0, width - 1)[:, None, :]
    planes = image.reshape(len(image), -1, height * width)
    index = flat.reshape(len(image), 1, -1).expand(-1, planes.shape[1], -1)
    result = planes.gather(2, index).view(image.shape)
    return result.masked_fill(~(inside if image.dim() == 3 else inside[:, None]), fill)


def sampled(image: Tensor, grid: Tensor, nearest: bool) -> Tensor:
    """An image, or a mask of indices, at the places of a grid."""
    if not nearest:
        return F.grid_sample(image, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    planes = image if image.dim() == 4 else image[:, None]
    moved = F.grid_sample(planes.float(), grid, mode="nearest", padding_mode="border", align_corners=False)
    return moved.view(image.shape).to(image.dtype)


def grey(image: Tensor) -> Tensor:
    """N×1×H×W."""
    if image.shape[1] != 3:
        return image.mean(1, keepdim=True)
    return (image * image.new_tensor(GREY).view(1, 3, 1, 1)).sum(1, keepdim=True)


def turned(image: Tensor, share: Tensor) -> Tensor:
    """Colours turned around the grey axis by a share of the circle (in YIQ, which is a rotation; Haeberli, 1993)."""
    angle = 2 * math.pi * share
    cos, sin = torch.cos(angle), torch.sin(angle)
    r, g, b = image[:, 0:1], image[:, 1:2], image[:, 2:3]
    y = 0.299 * r + 0.587 * g + 0.114 * b
    i = 0.5959 * r - 0.2746 * g - 0.3213 * b
    q = 0.2115 * r - 0.5227 * g + 0.3112 * b
    i, q = i * cos - q * sin, i * sin + q * cos
    return torch.cat([y + 0.956 * i + 0.619 * q, y - 0.272 * i - 0.647 * q, y - 1.106 * i + 1.703 * q], 1)


def blurred(image: Tensor, sigma: Tensor) -> Tensor:
    """A Gaussian blur with its own width for each sample."""
    n, channels, height, width = image.shape
    reach = max(1, min(math.ceil(3 * 10), (min(height, width) - 1) // 2, 15))
    offsets = torch.arange(-reach, reach + 1, device=image.device, dtype=image.dtype)
    kernel = torch.exp(-0.5 * (offsets / sigma.clamp(min=1e-3)[:, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(channels, 0)
    flat = image.reshape(1, n * channels, height, width)
    for shape, pad in (((-1, 1, 2 * reach + 1, 1), (0, 0, reach, reach)), ((-1, 1, 1, 2 * reach + 1), (reach, reach, 0, 0))):
        flat = F.conv2d(F.pad(flat, pad, mode="reflect"), kernel.view(shape), groups=n * channels)
    return flat.view(image.shape)
