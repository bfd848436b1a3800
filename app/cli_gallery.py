"""The gallery on the command line, and values that are set from there."""

import argparse
import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.document.graph import Document, Parameter


class UserError(Exception):
    """Something is wrong with what the user gave; the text is a sentence for them."""


def templates(options: argparse.Namespace) -> int:
    """List the template networks."""
    from app.document.analysis import analyse_document
    from app.document.gallery import templates as known
    from app.document.storage import load

    found = known().values()
    if options.json:
        told = []
        for template in found:
            totals = analyse_document(load(template.path)).totals
            told.append({**asdict(template), "params": totals.params, "macs": totals.macs})
        print(json.dumps(told, indent=1, ensure_ascii=False))
        return 0
    width = max(len(template.name) for template in found)
    group = ""
    for template in found:
        if template.group != group:
            group = template.group
            print(group)
        print(f"  {template.name:<{width}}  {template.title}: {template.text}")
    return 0


def new(options: argparse.Namespace) -> int:
    """Write a template network as a document of one's own."""
    from app.document.gallery import templates as known
    from app.document.storage import SUFFIX, load, save

    found = known()
    if options.name not in found:
        near = [name for name in found if options.name.lower().replace("_", "-") in name] or list(found)[:12]
        raise UserError(f"there is no template {options.name!r}; there is {', '.join(near)}: `netwright templates` lists all")
    output: Path = options.output or Path(f"{options.name}{SUFFIX}")
    if output.exists() and not options.force:
        raise UserError(f"{output} is there already: name another file with -o, or give --force to write over it")
    save(output, with_settings(load(found[options.name].path), options.set))
    print(f"{output}: {found[options.name].title}")
    return 0


def with_settings(document: "Document", settings: Iterable[str], **recipe: Any) -> "Document":
    """The document with values of its recipe and of its parameters changed; raises UserError or ParamError."""
    for text in settings:
        key, separator, given = text.partition("=")
        place, _, name = key.partition(".")
        if not separator or not name or place not in ("recipe", "network"):
            raise UserError(f"--set {text}: it should read recipe.KEY=VALUE or network.NAME=VALUE, such as recipe.learning_rate=0.01")
        value = _value(given)
        if place == "recipe":
            recipe[name] = value
        else:
            document = replace(document, parameters=tuple(_set(document.parameters, name, value)))
    return replace(document, recipe=document.recipe.replace(**recipe)) if recipe else document


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _set(parameters: "tuple[Parameter, ...]", name: str, value: Any) -> "Iterable[Parameter]":
    if name not in [p.name for p in parameters]:
        known = ", ".join(p.name for p in parameters) or "none"
        raise UserError(f"--set network.{name}: the network has no such parameter; it has {known}")
    for p in parameters:
        yield replace(p, default=p.declared().named(name, type(p.default)).coerce(value)) if p.name == name else p
