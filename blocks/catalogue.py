"""All kinds of block, in the order in which the palette shows them."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from blocks import (
    activation,
    adaptive,
    arithmetic,
    attention,
    convolution,
    data,
    linear,
    loss,
    merge,
    normalization,
    padding,
    pooling,
    recurrent,
    regularization,
    reshape,
    squashing,
    transposed,
    upsampling,
)
from blocks.core import Block

FAMILIES = (
    data, linear, convolution, pooling, adaptive, upsampling, transposed, activation, squashing, normalization, regularization, merge,
    reshape, padding, arithmetic, attention, recurrent, loss,
)  # fmt: skip

COMPOSITE = "Blocks of blocks"  # the group of what is drawn from others


class Catalogue(Mapping[str, type[Block]]):
    """Block classes by type name, such as ``Conv2d``."""

    def __init__(self, blocks: Iterable[type[Block]]) -> None:
        self._blocks: dict[str, type[Block]] = {}
        for block in blocks:
            if block.__name__ in self._blocks:
                raise ValueError(f"two blocks are named {block.__name__}: {self._blocks[block.__name__].__module__} and {block.__module__}")
            self._blocks[block.__name__] = block

    def __getitem__(self, name: str) -> type[Block]:
        return self._blocks[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._blocks)

    def __len__(self) -> int:
        return len(self._blocks)

    def groups(self) -> dict[str, list[type[Block]]]:
        """The blocks of each group, in order."""
        groups: dict[str, list[type[Block]]] = {}
        for block in self._blocks.values():
            groups.setdefault(block.group, []).append(block)
        return groups

    def search(self, text: str) -> list[type[Block]]:
        """Blocks that match ``text``, the best first: by a whole name, by the start of one, by any part of one, by another name, by what they do."""
        words = text.lower().split()
        if not words:
            return list(self._blocks.values())
        ranked = [(score, block) for block in self._blocks.values() if (score := _score(block, words)) is not None]
        return [block for _, block in sorted(ranked, key=lambda pair: pair[0])]


def _score(block: type[Block], words: list[str]) -> int | None:
    names = [block.label.lower(), block.__name__.lower(), block.label.lower().replace(" ", ""), block.onnx.lower()]
    whole = " ".join(words)
    total = -2 if whole in names[:3] else -1 if whole == names[3] else 0  # a whole name comes first
    for word in words:
        if any(name.startswith(word) for name in names):
            continue
        if any(word in name for name in names):
            total += 4 if block.group == COMPOSITE else 1  # a part of it may be called so, but that is not what is asked for
        elif any(other.startswith(word) for other in block.aka):
            total += 2
        elif any(word in other for other in block.aka):
            total += 3
        elif len(word) > 2 and (word in block.group.lower() or word in block.help().lower()):
            total += 5
        else:
            return None
    return total


def declared(module: object) -> list[type[Block]]:
    """The blocks that a module declares itself, in order."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Block) and value.label and value.__module__ == getattr(module, "__name__", "")
    ]


def extended(more: Iterable[type[Block]]) -> Catalogue:
    """The catalogue with blocks that are known in one document only; of a name that is taken, the first one counts."""
    found = dict(load())
    for block in more:
        found.setdefault(block.__name__, block)
    return Catalogue(found.values())


_registered: list[type[Block]] = []


@cache
def load() -> Catalogue:
    """The catalogue of all blocks. Made once, and again after ``register``."""
    return Catalogue([*(block for family in FAMILIES for block in declared(family)), *_registered])


def register(blocks: Iterable[type[Block]]) -> None:
    """Add blocks of a plug-in; raises ValueError, and adds none, where a name is taken."""
    more = list(blocks)
    Catalogue([*load().values(), *more])
    _registered.extend(more)
    load.cache_clear()
