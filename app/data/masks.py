"""Images with their masks, for segmentation: two folders, in which what belongs together is called alike."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.data import cache
from app.data.images import SUFFIXES, decode, listed
from app.data.source import DataError, Skipped, Source, gathered, relative

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.document.recipe import Reading

IMAGES: Final = ("images", "image", "img", "imgs", "inputs")
MASKS: Final = ("masks", "mask", "labels", "annotations", "segmentations", "targets")
IGNORED: Final = 255  # in masks of many classes: the border that counts for nothing (Everingham et al., Pascal VOC)


def folders(path: Path) -> tuple[Path, Path] | None:
    """The folder of images and that of masks, where there are such."""
    names = {entry.name.lower(): entry for entry in path.iterdir() if entry.is_dir()}
    images, masks = next((n for n in IMAGES if n in names), None), next((n for n in MASKS if n in names), None)
    return (names[images], names[masks]) if images and masks else None


def masked_images(path: Path, reading: "Reading") -> Source:
    """Images and masks of one size. The values in the masks, whatever they are, become classes in their order."""
    import numpy as np

    found = folders(path)
    assert found is not None
    masks = {file.relative_to(found[1]).with_suffix("").as_posix(): file for file in listed(found[1], SUFFIXES)}
    skipped, files = [], []
    for file in listed(found[0], SUFFIXES):
        key = file.relative_to(found[0]).with_suffix("").as_posix()
        if key in masks:
            files.append((file, masks.pop(key)))
        else:
            skipped.append(Skipped(relative(file, path), f"there is no mask called {key} in {found[1].name}"))
    skipped += [Skipped(relative(file, path), f"there is no image of that name in {found[0].name}") for file in masks.values()]
    if not files:
        raise DataError(f"{path}: no image in {found[0].name} has a mask of the same name in {found[1].name}")
    images = decode([image for image, _ in files], path, reading)
    skipped += images.skipped
    kept = [files[k] for k in images.kept]
    size = (images.images.shape[2], images.images.shape[3])
    name = cache.key([mask for _, mask in kept], "masks", size, reading.image_fit)
    arrays, facts = cache.kept(name, len(kept), lambda _: _decoded([mask for _, mask in kept], path, size, reading.image_fit))
    bad = {k for k, _ in facts["bad"]}
    skipped += [Skipped(relative(kept[k][1], path), why) for k, why in facts["bad"]]
    good = [k for k in range(len(kept)) if k not in bad]
    if not good:
        raise DataError(f"{path}: none of the {len(kept)} masks can be read")
    own: Any = images.images if not bad else images.images[good]
    values = facts["values"]
    names = [str(value) for value in values if value != IGNORED or len(values) < 3]
    mask = np.asarray(arrays["mask"]).astype(np.int64)
    if len(names) < len(values):
        mask[mask == len(names)] = -100  # what a cross-entropy leaves out
    title = f"{len(good):,} images with masks in {path.name}"
    return gathered(str(path), "masks", title, {"image": own, "mask": mask}, {"mask": names}, "image", "mask", None, skipped, images.notes)


def _decoded(files: list[Path], root: Path, size: tuple[int, int], fit: str) -> "tuple[dict[str, NDArray[np.generic]], dict[str, Any]]":
    import numpy as np
    from PIL import Image, ImageOps

    planes, bad = [], []
    for k, file in enumerate(files):
        try:
            with Image.open(file) as image:
                plane = image if image.mode in ("P", "L", "I", "I;16") else image.convert("L")
                plane = Image.fromarray(np.asarray(plane).astype(np.int32))
            if (plane.height, plane.width) != size:
                wide = size[::-1]
                way = Image.Resampling.NEAREST
                plane = (
                    ImageOps.fit(plane, wide, way)
                    if fit == "crop"
                    else ImageOps.pad(plane, wide, way)
                    if fit == "pad"
                    else plane.resize(wide, way)
                )
            planes.append(np.asarray(plane))
        except Exception as error:  # Pillow raises nearly anything for a broken file
            bad.append((k, f"it can't be read ({str(error).splitlines()[0][:120] if str(error) else type(error).__name__})"))
    if not planes:
        return {"mask": np.zeros((0, *size), np.uint8)}, {"bad": bad, "values": []}
    values, indices = np.unique(np.stack(planes), return_inverse=True)
    if len(values) > 256:
        raise DataError(f"the masks in {root} have {len(values)} different values: they should hold the number of a class at each pixel")
    return {"mask": indices.reshape(len(planes), *size).astype(np.uint8)}, {"bad": bad, "values": values.tolist()}
