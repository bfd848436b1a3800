"""What comes drawn already: shipped definitions, the user's own, and template networks."""

import csv
import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from app.document import storage
from app.document.graph import Definition, Document
from app.document.places import config_folder
from resources import resource


@dataclass(frozen=True, slots=True)
class Template:
    """A network of the gallery: what to look at in it, its paper, and how the paper trained it. ``reference`` names its row among `published`."""

    name: str
    title: str
    group: str
    text: str
    paper: str
    recipe: str
    reference: str

    @property
    def path(self) -> Path:
        return resource("templates", f"{self.name}.netwright")


@dataclass(frozen=True, slots=True)
class Published:
    """Published figures of a network: parameters, GMACs for one sample, and accuracy in percent (None where none was published)."""

    network: str
    weights: str
    params: int
    gmacs: float
    top1: float | None
    top5: float | None


@cache
def templates() -> dict[str, Template]:
    """All templates by name, in the order in which they are shown."""
    entries = json.loads(resource("templates", "index.json").read_text(encoding="utf-8"))
    return {entry["name"]: Template(**entry) for entry in entries}


@cache
def published() -> tuple[Published, ...]:
    """The reference networks."""
    with open(resource("templates", "published.csv"), encoding="utf-8", newline="") as file:
        return tuple(
            Published(row["network"], row["weights"], int(row["params"]), float(row["gmacs"]), _number(row["top1"]), _number(row["top5"]))
            for row in csv.DictReader(file)
        )


def _number(text: str) -> float | None:
    return float(text) if text and text != "nan" else None


@cache
def shipped() -> dict[str, Definition]:
    """The definitions that come with the program, in the order of the palette."""
    found = storage.load(resource("definitions.netwright")).definitions
    return {name: replace(definition, shipped=True) for name, definition in found.items()}


def own() -> dict[str, Definition]:
    """The user's definitions, which live across documents. A file that can't be read is left out."""
    found: dict[str, Definition] = {}
    for path in sorted(_folder().glob(f"*{storage.SUFFIX}")):
        try:
            found.update(storage.load(path).definitions)
        except storage.DocumentError:
            continue
    return found


def known_definitions(document: Document) -> dict[str, Definition]:
    """All definitions that can be used in a document: its own, the user's, and those that come with the program."""
    return {**shipped(), **own(), **document.definitions}


def keep(definition: Definition) -> Path:
    """Write a definition, with those that it uses, into the user's library; raises OSError."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    plain = "".join(c if c.isalnum() or c in "-_ " else "_" for c in definition.name).strip() or "definition"
    path = folder / f"{plain}{storage.SUFFIX}"
    storage.save(path, replace(Document(), definitions={**definition.inner, definition.name: definition}))
    return path


def drop(name: str) -> bool:
    """Take a definition out of the user's library; whether it was there."""
    found = False
    for path in _folder().glob(f"*{storage.SUFFIX}"):
        try:
            last = list(storage.load(path).definitions)[-1:]
        except storage.DocumentError:
            continue
        if last == [name]:
            path.unlink()
            found = True
    return found


def _folder() -> Path:
    return config_folder() / "definitions"
