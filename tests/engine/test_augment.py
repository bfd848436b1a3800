"""Augmentations do what they say, to each sample its own, to masks what they do to images, and the same for the same seed."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.document.recipe import Augmentation, Recipe
from app.engine.augment import Augment, blurred, grey, turned

CPU = torch.device("cpu")


def made(batch: dict[str, torch.Tensor], seed: int = 0, **values: Any) -> dict[str, torch.Tensor]:
    images = {name: value.is_floating_point() for name, value in batch.items() if value.dim() >= 3}
    augment = Augment(Recipe(**values), images, frozenset({"image"}), CPU)
    augment.seed(seed)
    return augment(batch)


def pictures(n: int = 64, channels: int = 3, size: int = 12) -> torch.Tensor:
    return torch.rand(n, channels, size, size, generator=torch.Generator().manual_seed(1))


def test_flips_are_exact_and_half_of_the_time() -> None:
    image = pictures(400)
    result = made({"image": image}, flip_horizontal=True)["image"]
    same = (result == image).flatten(1).all(1)
    mirrored = (result == image.flip(3)).flatten(1).all(1)
    assert torch.all(same ^ mirrored)
    assert 140 < same.sum() < 260
    assert torch.all((made({"image": image}, flip_vertical=True)["image"] == image.flip(2)).flatten(1).all(1) | same.new_ones(400))


def test_a_padded_crop_is_a_window() -> None:
    image = pictures(200)
    result = made({"image": image}, crop_padding=2)["image"]
    padded = torch.nn.functional.pad(image, (2, 2, 2, 2))
    places = set()
    for k in range(200):
        found = [(y, x) for y in range(5) for x in range(5) if torch.equal(padded[k, :, y : y + 12, x : x + 12], result[k])]
        assert found, "no window of the padded image"
        places.add(found[0])
    assert len(places) == 25


@pytest.mark.parametrize("values", [{name: 0.3} for name in ("rotation", "translation", "scaling", "shear", "resized_crop")], ids=str)
def test_masks_move_with_their_images(values: dict[str, float]) -> None:
    values = {name: 40.0 if name in ("rotation", "shear") else value for name, value in values.items()}
    mask = torch.zeros(32, 16, 16, dtype=torch.long)
    mask[:, 4:12, 4:12] = 1
    result = made({"image": mask[:, None].float(), "mask": mask}, **values)
    agree = ((result["image"][:, 0] > 0.5).long() == result["mask"]).float().mean()
    assert result["mask"].dtype == torch.long
    assert agree > 0.93
    assert not torch.equal(result["mask"], mask)


def test_a_rotation_turns_as_it_should() -> None:
    """By 90 degrees exactly, with the draw fixed."""
    image = pictures(4)
    augment = Augment(Recipe(rotation=90.0), {"image": True}, frozenset({"image"}), CPU)
    augment.uniform = lambda count, low=0.0, high=1.0: torch.full((count,), high if high == 90.0 else (low + high) / 2)  # type: ignore[method-assign]
    result = augment({"image": image})["image"]
    assert min((result - image.rot90(k, (2, 3))).abs().max() for k in (1, 3)) < 1e-4


def test_colours() -> None:
    image = pictures()
    assert torch.allclose(made({"image": image}, grey_probability=1.0)["image"], grey(image).expand_as(image), atol=1e-6)
    bright = made({"image": image * 0.4}, brightness=0.5)["image"]
    ratio = bright.flatten(1).sum(1) / (image * 0.4).flatten(1).sum(1)
    assert 0.5 <= ratio.min() < 0.7 < 1.3 < ratio.max() <= 1.5
    flat = made({"image": image}, contrast=0.9)["image"].flatten(1).std(1) / image.flatten(1).std(1)
    assert flat.min() < 0.4
    angle = torch.full((64, 1, 1, 1), 1.0)
    assert torch.allclose(turned(image, angle), image, atol=5e-3), "a whole turn is none"
    moved = turned(image, angle / 3)
    assert torch.allclose(grey(moved), grey(image), atol=2e-2), "brightness stays"
    assert (moved - image).abs().mean() > 0.1


def test_a_blur_is_a_gaussian() -> None:
    spot = torch.zeros(3, 1, 21, 21)
    spot[:, 0, 10, 10] = 1
    result = blurred(spot, torch.tensor([0.5, 1.0, 2.0]))
    assert torch.allclose(result.sum((1, 2, 3)), torch.ones(3), atol=1e-3)
    distance = (torch.arange(21.0) - 10) ** 2
    spread = (result[:, 0].sum(1) * distance).sum(1).sqrt()
    assert torch.allclose(spread, torch.tensor([0.5, 1.0, 2.0]), atol=0.06)


def test_erasing_blanks_rectangles() -> None:
    result = made({"image": pictures() + 0.01}, erasing=1.0)["image"]
    gone = (result == 0).all(1)
    assert torch.all(gone.flatten(1).any(1))
    for one in gone:
        rows, columns = one.any(1).nonzero(), one.any(0).nonzero()
        assert one.sum() == len(rows) * len(columns)
    assert 0.01 < gone.float().mean() < 0.4


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_pairs_are_blended_as_their_losses_are(kind: str) -> None:
    augment = Augment(Recipe(**{kind: 1.0}), {"image": True}, frozenset({"image"}), CPU)
    labels = torch.arange(32)
    batch = {"image": labels.float().view(-1, 1, 1, 1).expand(-1, 3, 8, 8).contiguous(), "label": labels}
    shares = []
    for seed in range(20):
        augment.seed(seed)
        found, partner, share = augment.pairs(batch)  # type: ignore[misc]
        expected = labels * share + labels[partner] * (1 - share)
        assert torch.allclose(found["image"].mean((1, 2, 3)), expected.float(), atol=1e-4)
        assert torch.equal(found["label"], labels)
        shares.append(share)
    assert min(shares) < 0.3 < 0.7 < max(shares)


DRAWS = {"flip_horizontal": True, "flip_vertical": True, "crop_padding": 3, "resized_crop": 0.3, "rotation": 30.0, "translation": 0.2, "scaling": 0.3,
         "shear": 10.0, "brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.2, "grey_probability": 0.3, "blur": 1.0, "erasing": 0.5}  # fmt: skip


@given(
    st.sets(st.sampled_from(sorted(DRAWS)), min_size=1),
    st.integers(0, 2**40),
    st.sampled_from([1, 3]),
    st.integers(5, 20),
    st.integers(5, 20),
)
def test_any_mixture_is_sound(names: set[str], seed: int, channels: int, height: int, width: int) -> None:
    image = torch.rand(4, channels, height, width)
    values = {name: DRAWS[name] for name in names}
    first, again = (made({"image": image}, seed, **values)["image"] for _ in range(2))
    assert first.shape == image.shape
    assert first.isfinite().all()
    assert -1e-3 <= first.min() <= first.max() <= 1 + 1e-3
    assert torch.equal(first, again)


def test_every_augmentation_is_drawn_here() -> None:
    assert set(DRAWS) | {"mixup", "cutmix"} == set(Augmentation.fields)
