"""Modules and functions that torch lacks: their text, taken from the files beside the blocks that use them."""

import ast
import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from blocks.core import Block

REPEATED = Path(sys.modules[Block.__module__].__file__ or "").parent / "modules" / "repeated.py"


@cache
def definitions(path: Path) -> dict[str, str]:
    """The classes and functions of a file, by name."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    tree = ast.parse(text)
    return {
        node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in tree.body
        if isinstance(node, (ast.ClassDef, ast.FunctionDef))
    }


class Copied:
    """The texts that a network may need. ``known`` are their names."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts
        self.known = frozenset(texts)

    def used(self, source: str) -> list[str]:
        """Lines that define what ``source`` uses, and what that uses in turn, each before its use."""
        if not self._texts:
            return []
        wanted: list[str] = []
        stack = [source]
        while stack:
            words = set(re.findall(r"\w+", stack.pop()))
            for name in self._texts:
                if name in words and name not in wanted:
                    wanted.append(name)
                    stack.append(self._texts[name])
        return [line for name in self._texts if name in wanted for line in (*self._texts[name].splitlines(), "", "")]


def copied(blocks: Iterable[Block], more: Iterable[Path] = ()) -> Copied:
    """The texts of all files that these blocks name, and of ``more``, in a steady order."""
    files = sorted({*more, *(file for block in blocks for file in _files(block.__class__.__module__, block.modules))})
    return Copied({name: text for file in files for name, text in definitions(file).items()})


@cache
def _files(home: str, names: tuple[str, ...]) -> tuple[Path, ...]:
    folder = Path(sys.modules[home].__file__ or "").parent / "modules"
    return tuple(folder / f"{name}.py" for name in names)
