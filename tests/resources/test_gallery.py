"""Every template: no problems, the published counts to the unit, and a network that runs, learns and exports."""

import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from app.compiler import Compiled, compile_document
from app.document.analysis import Analysis, analyse_document, infer
from app.document.checks import check
from app.document.gallery import Published, published, shipped, templates
from app.document.graph import Document
from app.document.storage import dumps, load
from app.engine.build import instantiate
from app.engine.export import export_onnx

NAMES = list(templates())
ROWS: dict[str, Published] = {row.network: row for row in published()}


@cache
def made(name: str) -> tuple[Document, Analysis, Compiled]:
    document = load(templates()[name].path)
    analysis = analyse_document(document)
    return document, analysis, compile_document(document, analysis)


def test_the_files_are_what_the_pen_draws() -> None:
    from resources.gallery.__main__ import TEMPLATES
    from resources.gallery.pen import document
    from resources.gallery.shipped import definitions

    assert [template.name for template in TEMPLATES] == NAMES
    for template in TEMPLATES:
        drawn = document(definitions(), template.draw, template.made_recipe(), template.parameters)
        assert dumps(drawn) == templates()[template.name].path.read_text(encoding="utf-8"), (
            f"{template.name}: run python -m resources.gallery"
        )
    assert list(definitions()) == list(shipped())


def test_every_published_network_is_there() -> None:
    assert {template.reference for template in templates().values()} - {""} == set(ROWS)


@pytest.mark.parametrize("name", NAMES)
def test_it_has_no_problem_and_says_what_it_is(name: str) -> None:
    document, analysis, _ = made(name)
    assert check(document.graph, None, analysis) == []
    template = templates()[name]
    assert template.text
    assert template.paper
    assert template.recipe
    assert dumps(load(template.path)) == template.path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in NAMES if templates()[name].reference])
def test_its_counts_are_the_published_ones(name: str) -> None:
    _, analysis, compiled = made(name)
    row = ROWS[templates()[name].reference]
    assert analysis.totals.params == row.params
    whole = analysis.totals.macs
    needed = sum(analysis.facts[line.node].macs for line in compiled.plan.forward)  # auxiliary heads are for training only
    counted = {round(needed / 1e9, 3), round(whole / 1e9, 3), round(needed / 1e9, 6), round(whole / 1e9, 6)}
    assert row.gmacs in counted


@pytest.mark.parametrize(
    ("name", "most"), [("resnet-50", 160), ("densenet-121", 160), ("googlenet", 160), ("resnet-152", 160), ("vgg-19-bn", 100)]
)
def test_its_source_is_as_short_as_a_person_would_write_it(name: str, most: int) -> None:
    assert len(made(name)[2].source.splitlines()) < most


def samples(compiled: Compiled, batch: int) -> list[torch.Tensor]:
    torch.manual_seed(0)
    return [
        torch.randint(0, value.classes, (batch, *value.shape)) if value.kind == "index" else torch.randn(batch, *value.shape)
        for value in compiled.inputs
    ]


def run(name: str, batch: int = 2) -> None:
    _document, analysis, compiled = made(name)
    net = instantiate(compiled.source)
    assert sum(p.numel() for p in net.parameters()) == analysis.totals.params
    results: Any = (
        net(*samples(compiled, batch), for_loss=True) if compiled.outputs < len(compiled.results) else net(*samples(compiled, batch))
    )
    results = results if isinstance(results, tuple) else (results,)
    for value, result in zip(compiled.results, results, strict=True):
        assert tuple(result.shape[1:]) == value.shape
    sum(result.float().square().mean() for result in results).backward()
    without = [key for key, p in net.named_parameters() if p.grad is None]
    assert without == []
    assert all(math.isfinite(float(p.grad.sum())) for p in net.parameters() if p.grad is not None)


SMALL = [name for name in NAMES if analyse_document(load(templates()[name].path)).totals.macs < 3e8]


@pytest.mark.parametrize("name", SMALL)
def test_it_runs_forward_and_backward(name: str) -> None:
    run(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name not in SMALL])
def test_it_runs_forward_and_backward_at_length(name: str) -> None:
    run(name)


def exported(name: str, folder: Path) -> None:
    compiled = made(name)[2]
    torch.manual_seed(0)
    net = instantiate(compiled.source).eval()
    verdict = export_onnx(net, compiled, folder / "model.onnx")
    with torch.no_grad():
        result = net(*samples(compiled, 1))
    largest = max(float(r.abs().max()) for r in (result if isinstance(result, tuple) else (result,)))
    assert verdict.difference <= 1e-4 * max(1.0, largest)
    assert not verdict.traced


@pytest.mark.parametrize("name", ["small-cnn", "resnet-20", "shufflenet-v2-0.5", "vit-small"])
def test_it_exports_and_agrees(name: str, tmp_path: Path) -> None:
    exported(name, tmp_path)


# Larger ones of a family that others stand for here: the same blocks, only more of them. They are run forward and backward all the same.
SIBLINGS = {
    "vgg-13", "vgg-16", "vgg-13-bn", "vgg-16-bn", "vgg-19-bn", "resnet-101", "resnet-101-2015", "resnet-152-2015", "resnext-101-64x4d",
    "wide-resnet-101-2", "densenet-161", "densenet-169", "plain-34", "plain-56", "shufflenet-v2-1.5", "shufflenet-v2-2.0", "squeezenet-1.0",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name not in SIBLINGS | set(SMALL)])
def test_it_exports_and_agrees_at_length(name: str, tmp_path: Path) -> None:
    exported(name, tmp_path)


@pytest.mark.parametrize("name", list(shipped()))
def test_a_shipped_definition_fits_its_own_example(name: str) -> None:
    kind = shipped()[name].kind
    facts = infer(kind(), kind.example, tuple(port.kind for port in kind.inputs))
    assert facts.error == ""
    assert facts.outputs is not None
    assert kind.help()
    assert kind.label == name
