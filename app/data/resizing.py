"""Images that came as arrays, brought to the size and the colours that a recipe asks for."""

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from app.data.source import Source

if TYPE_CHECKING:
    import numpy as np

    from app.data.source import Samples
    from app.document.recipe import Reading


def resized(source: Source, reading: "Reading") -> Source:
    """The source with its images, if it has such, in another size; their masks go with them. The same object where nothing changes."""
    column = source.columns.get(source.entry)
    if column is None or column.kind != "real" or len(column.shape) != 3:
        return source
    size = (reading.image_size[0], reading.image_size[1]) if reading.image_size else (column.shape[1], column.shape[2])
    grey = reading.grey and column.shape[0] == 3
    if size == column.shape[1:] and not grey:
        return source
    old = column.shape[1:]
    columns = {}
    for name, one in source.columns.items():
        if one.kind == "real" and len(one.shape) == 3 and one.shape[1:] == old:
            columns[name] = replace(one, shape=(1 if grey and one.shape[0] == 3 else one.shape[0], *size))
        elif one.kind == "index" and one.shape == old:
            columns[name] = replace(one, shape=size)
        else:
            columns[name] = one

    @cache
    def load() -> "Samples":
        samples = source.load()
        return {
            name: samples[name]
            if one.shape == source.columns[name].shape
            else _brought(samples[name], one.shape, one.kind == "index", reading.image_fit)
            for name, one in columns.items()
        }

    return replace(source, columns=columns, load=load)


def _brought(array: "np.ndarray[Any, Any]", shape: tuple[int, ...], indices: bool, fit: str) -> "np.ndarray[Any, Any]":
    import numpy as np
    from PIL import Image, ImageOps

    height, width = shape[-2:]
    way = Image.Resampling.NEAREST if indices else Image.Resampling.BILINEAR
    planes = array[:, None] if array.ndim == 3 else array
    if len(shape) == 3 and shape[0] == 1 and planes.shape[1] == 3:
        planes = np.tensordot(planes, np.array([0.299, 0.587, 0.114], np.float32), axes=([1], [0]))[:, None].astype(array.dtype)
    result = np.empty((len(planes), planes.shape[1], height, width), array.dtype)
    for k, sample in enumerate(planes):
        for c, plane in enumerate(sample):
            image = Image.fromarray(np.ascontiguousarray(plane, np.int32 if indices else None))
            if fit == "crop":
                image = ImageOps.fit(image, (width, height), way)
            elif fit == "pad":
                image = ImageOps.pad(image, (width, height), way)
            else:
                image = image.resize((width, height), way)
            result[k, c] = np.asarray(image)
    return result.reshape(len(array), *shape)
