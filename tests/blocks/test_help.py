"""Help pages say what they must, and their worked examples are true."""

import json
import re

import pytest
import torch

from blocks import catalogue
from blocks.core import Block
from blocks.help import markdown, page
from tests.blocks.examining import compiled_net, run_in_torch

BLOCKS = list(catalogue.load().values())


def shape_of(value: object) -> tuple[int, ...]:
    return (len(value), *shape_of(value[0])) if isinstance(value, list) and value else (0,) if isinstance(value, list) else ()


def worked() -> list[type[Block]]:
    return [block for block in BLOCKS if " gives " in page(block).example]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda b: b.__name__)
def test_a_page_is_whole(block: type[Block]) -> None:
    told = page(block)
    assert told.summary.endswith(".")
    assert told.use
    assert told.formula or block.group == "Data"
    assert told.example or told.formula  # random ones have no numbers to show


def test_most_pages_have_numbers_that_are_tried() -> None:
    assert len(worked()) > 75


@pytest.mark.parametrize("block", worked(), ids=lambda b: b.__name__)
def test_a_worked_example_is_true(block: type[Block]) -> None:
    told = page(block)
    setting = {}
    for name, value in re.findall(r"(\w+)=(\[.*?\]|\".*?\"|[^,]+)", told.setting):
        setting[name] = json.loads(value)
    before, _, after = told.example.partition(" gives ")
    inputs = [json.loads(part) for part in before.split(" and ")]
    wanted = [json.loads(part) for part in after.split(" and ")]
    made = block(**setting)
    shapes = tuple(map(shape_of, inputs))
    tensors = [torch.tensor([value], dtype=torch.float32) for value in inputs]
    if block.loss:
        names = tuple(f"a{k}" for k in range(len(shapes)))
        scope = {"torch": torch, "F": torch.nn.functional, **dict(zip(names, tensors, strict=True))}
        weight = getattr(made, "weight", 1.0) if block.__name__ == "ActivityPenalty" else 1.0
        results = [eval(made.forward(names, shapes), scope) * weight]
    else:
        _, net = compiled_net(made, shapes)
        result = net.eval()(*tensors)
        results = [y[0] for y in (result if isinstance(result, tuple) else (result,))]
        run_in_torch(made, shapes, "cpu")
    assert len(results) == len(wanted)
    for ours, theirs in zip(results, wanted, strict=True):
        assert tuple(ours.shape) == shape_of(theirs)
        assert torch.allclose(ours.double(), torch.tensor(theirs, dtype=torch.float64), atol=2e-4, rtol=1e-4), ours


def test_weights_in_examples_are_counted_right() -> None:
    """Where an example says "N weights", N is what the sum before it gives."""
    found = 0
    for block in BLOCKS:
        for total, formula in re.findall(r"((?:[\d+* ()]+) = )?([\d,]+) weights", page(block).example):
            if total:
                assert eval(total.rstrip(" =")) == int(formula.replace(",", "")), block
                found += 1
    assert found >= 12


def test_the_reference_names_every_block_and_parameter() -> None:
    text = markdown(BLOCKS)
    for block in BLOCKS:
        assert f"### {block.label}\n" in text
        assert all(f"| `{name}` |" in text for name in block.fields)
