"""Help pages: what a block does, its formula, a worked example, when to use it, its paper. All of it stands in the block's docstring."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from blocks.core import Block
from blocks.params import describe, times

PARTS: Final = ("Formula", "Example", "Use", "Paper")


@dataclass(frozen=True, slots=True)
class Page:
    """One help page. A part that a block does not have is empty; ``setting`` holds the parameters of the example."""

    summary: str
    formula: str = ""
    example: str = ""
    setting: str = ""
    use: str = ""
    paper: str = ""

    def sections(self) -> list[tuple[str, str]]:
        """Headings and texts, in reading order, without empty ones."""
        example = self.example + (f" (with {self.setting})" if self.setting else "")
        found = (("Formula", self.formula), ("Example", example), ("When to use it", self.use), ("Paper", self.paper))
        return [(heading, text[0].upper() + text[1:] if heading != "Formula" else text) for heading, text in found if text]


def page(block: type[Block]) -> Page:
    """The help page of a kind of block."""
    text = re.sub(r"\n +", "\n", (block.__doc__ or "").replace("`", ""))
    found = {"summary": block.help(), "setting": ""}
    for name in PARTS:
        line = re.search(rf"^{name}(?: \((.*?)\))?: (.*)$", text, re.MULTILINE)
        found[name.lower()] = line[2] if line else ""
        if line and line[1]:
            found["setting"] = line[1]
    return Page(**found)


def markdown(blocks: Iterable[type[Block]]) -> str:
    """The reference of all blocks."""
    lines = ["# Blocks", ""]
    group = ""
    for block in blocks:
        if block.group != group:
            group = block.group
            lines += [f"## {group}", ""]
        lines += _entry(block)
    return "\n".join(lines).rstrip() + "\n"


def _entry(block: type[Block]) -> list[str]:
    made, told = block(), page(block)
    lines = [f"### {block.label}", "", f"`{block.__name__}`. {_plain(told.summary)}", ""]
    lines += [f"- **{heading}:** {_plain(text)}" for heading, text in told.sections()]
    ports = [f"in {', '.join(port.name + ' (any number)' * port.many + ' (optional)' * port.optional for port in made.inputs)}"] * bool(
        made.inputs
    )
    ports += [f"out {', '.join(port.name for port in made.outputs)}"] * bool(made.outputs)
    lines += [f"- **Ports:** {'; '.join(ports)}"] * bool(ports)
    lines += [f"- **ONNX:** {block.no_onnx or block.onnx}"] * bool(block.onnx or block.no_onnx)
    lines += [f"- **Also known as:** {', '.join(block.aka)}"] * bool(block.aka) + [""]
    if block.fields:
        lines += ["| parameter | type | default | |", "| --- | --- | --- | --- |"]
        lines += [
            f"| `{p.name}` | {_cell(describe(p.type))} | {_cell(_shown(p.default))} | {_cell(p.help)} |" for p in block.fields.values()
        ]
        lines.append("")
    return lines


def _shown(value: Any) -> str:
    return times(value) if value != () else "empty"


def _plain(text: str) -> str:
    return re.sub(r"([*_<>\[\]|])", r"\\\1", text)


def _cell(text: str) -> str:
    return _plain(text).replace("\n", " ")
