"""The sets that come with Netwright: real digits, and toy sets that are drawn on a page."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from app.data.source import Source
from app.document.problem import Column
from resources import resource

if TYPE_CHECKING:
    import numpy as np
    from numpy.random import Generator
    from numpy.typing import NDArray

    from app.data.source import Samples

    Points = tuple[NDArray[np.floating], NDArray[np.integer]]

POINTS = 1000


@cache
def _digits() -> "Samples":
    import numpy as np  # 60 ms: on first use

    with np.load(resource("data", "digits.npz"), allow_pickle=False) as stored:
        return {"image": stored["image"].astype(np.float32) / 16.0, "label": stored["label"].astype(np.int64)}


DIGITS = Source(
    "digits",
    "Handwritten digits, 8×8 (Alpaydin and Kaynak 1998)",
    "images",
    {"image": Column("image", (1, 8, 8), "real", (), "input"), "label": Column("label", (), "index", tuple("0123456789"), "target")},
    _digits,
    "image",
    "label",
)


def _moons(random: "Generator") -> "Points":
    import numpy as np

    label = np.arange(POINTS) % 2
    angle = random.uniform(0, np.pi, POINTS)
    x = np.where(label, 1 - np.cos(angle), np.cos(angle)) - 0.5
    y = np.where(label, 0.5 - np.sin(angle), np.sin(angle)) - 0.25
    return np.stack([x, y], 1) + random.normal(0, 0.1, (POINTS, 2)), label


def _circles(random: "Generator") -> "Points":
    import numpy as np

    label = np.arange(POINTS) % 2
    angle = random.uniform(0, 2 * np.pi, POINTS)
    radius = np.where(label, 0.5, 1.0) + random.normal(0, 0.06, POINTS)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1), label


def _spirals(random: "Generator") -> "Points":
    import numpy as np

    label = np.arange(POINTS) % 2
    along = np.sqrt(random.uniform(0.02, 1, POINTS))
    angle = along * 3.5 * np.pi + label * np.pi
    return np.stack([along * np.cos(angle), along * np.sin(angle)], 1) + random.normal(0, 0.02, (POINTS, 2)), label


def _xor(random: "Generator") -> "Points":
    import numpy as np

    points = random.uniform(-1, 1, (POINTS, 2))
    return points, (points[:, 0] * points[:, 1] > 0).astype(np.int64)


def _toy(name: str, title: str, drawn: "Callable[[Generator], Points]") -> Source:
    @cache
    def load() -> "Samples":
        import numpy as np

        points, label = drawn(np.random.default_rng(1))
        return {"point": points.astype(np.float32), "label": label.astype(np.int64)}

    columns = {"point": Column("point", (2,), "real", (), "input"), "label": Column("label", (), "index", ("0", "1"), "target")}
    return Source(name, title, "toy", columns, load, "point", "label")


BUNDLED: Mapping[str, Source] = {
    source.name: source
    for source in (
        DIGITS,
        _toy("moons", "Two moons: 1,000 points in two interlocked half circles", _moons),
        _toy("circles", "Circles: 1,000 points, one ring inside the other", _circles),
        _toy("spirals", "Two spirals: 1,000 points, the hardest of these", _spirals),
        _toy("xor", "Exclusive or: 1,000 points, opposite quarters belong together", _xor),
    )
}
