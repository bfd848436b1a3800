"""What a recipe leaves to the device: how ways to compute are compared, and that a run keeps what was chosen."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.document.recipe import Recipe
from app.document.runs import RunFolder
from app.document.storage import load
from app.engine import choose
from app.engine.build import Model, build
from app.engine.prepared import parts
from app.engine.train import train
from resources import resource

OPEN = {"precision": "fp32", "compile": "off"}


@pytest.fixture
def model() -> Model:
    document = load(resource("examples", "first-cnn.netwright"))
    return build(replace(document, recipe=document.recipe.replace(epochs=2, precision="auto", compile="auto", channels_last="auto")))


def rated(rates: dict[str, float], losses: dict[str, float] | None = None) -> choose.Measure:
    """A stop-watch that knows a rate for each word: the fastest word of a recipe counts."""

    def measure(_: Model, recipe: Recipe) -> tuple[float, float]:
        words = (recipe.precision, f"images {recipe.channels_last}", recipe.compile)
        found = [rates[word] for word in words if word in rates]
        loss = next(((losses or {})[word] for word in words if word in (losses or {})), 2.3)
        return max(found, default=100.0), loss

    return measure


def test_the_fastest_way_is_taken(model: Model) -> None:
    choice = choose.compare(model, OPEN, rated({"fp32": 100.0, "tf32": 150.0, "bf16": 300.0, "images on": 310.0, "images off": 90.0}))
    assert choice.values == {"precision": "bf16", "compile": "off", "channels_last": "on"}
    assert choice.text == "bf16, channels last: 3.1 times as fast as fp32"
    assert choice.tried["fp32"] == 100.0


def test_the_plain_way_is_kept_where_nothing_is_faster(model: Model) -> None:
    choice = choose.compare(model, OPEN, rated({"tf32": 90.0, "bf16": 80.0, "fp32": 100.0}))
    assert choice.values == OPEN
    assert choice.text == "fp32: nothing else that was tried is faster"


@pytest.mark.parametrize("loss", [4.0, 0.1, float("nan"), float("inf")])
def test_a_way_that_computes_something_else_is_refused(model: Model, loss: float) -> None:
    choice = choose.compare(model, OPEN, rated({"bf16": 900.0, "tf32": 120.0}, {"bf16": loss}))
    assert choice.values["precision"] == "tf32"
    assert "where 2.3 is right" in choice.refused["bf16"]


def test_a_way_that_fails_is_left_out(model: Model) -> None:
    def measure(_: Model, recipe: Recipe) -> tuple[float, float]:
        if recipe.precision == "bf16":
            raise RuntimeError("no kernel\nfor this")
        return 100.0, 2.3

    choice = choose.compare(model, OPEN, measure)
    assert choice.values["precision"] == "fp32"
    assert choice.refused["bf16"] == "RuntimeError: no kernel"


def test_compiling_is_tried_only_where_a_run_is_long(model: Model) -> None:
    short = choose.compare(model, OPEN, rated({"graphs": 9000.0, "fp32": 1000.0, "tf32": 1000.0, "bf16": 1000.0}))
    assert not any("compiled" in way for way in short.tried)
    long = choose.compare(model, OPEN, rated({"graphs": 9.0, "fp32": 1.0, "tf32": 1.0, "bf16": 1.0}))
    assert long.values["compile"] == "graphs"
    assert "compiled with CUDA graphs: 9.0 times as fast as fp32" in long.text


def test_what_is_measured_is_real_and_leaves_the_network_alone(model: Model) -> None:
    """On the CPU, where bf16 and both layouts of memory exist too."""
    before = {name: value.clone() for name, value in model.net.state_dict().items()}
    data = parts(model)

    def measure(m: Model, recipe: Recipe) -> tuple[float, float]:
        return choose.measure(m, recipe, "cpu", *data)

    choice = choose.compare(model, OPEN, measure)
    assert not choice.refused
    assert set(choice.tried) >= {"fp32", "tf32", "bf16"}
    assert all(rate > 0 for rate in choice.tried.values())
    assert all(value.equal(before[name]) for name, value in model.net.state_dict().items())


def test_a_run_keeps_what_was_chosen(tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it goes on, and is judged, in the same arithmetic."""
    real = choose.settled

    def on_a_gpu(m: Model, device: str, trial: Any = None) -> Any:
        settled, _ = real(m, device, trial)
        choice = choose.compare(m, OPEN, rated({"fp32": 100.0, "bf16": 300.0}))
        return choose.with_recipe(settled, m.document.recipe.replace(**choice.values)), choice

    monkeypatch.setattr("app.engine.train.settled", on_a_gpu)
    folder = RunFolder(tmp_path / "run")
    assert train(model.document, folder, device="cpu").state == "done"
    assert load(folder.document).recipe.precision == "bf16"
    start = next(row for row in folder.rows() if row.get("event") == "start")
    assert start["chosen"] == "bf16: 3.0 times as fast as fp32"
    assert start["tried"]["bf16"] == 300.0


def test_on_the_cpu_nothing_is_tried(tmp_path: Path, model: Model) -> None:
    folder = RunFolder(tmp_path / "run")
    assert train(model.document, folder, device="cpu").state == "done"
    recipe = load(folder.document).recipe
    assert (recipe.precision, recipe.compile) == ("fp32", "off")
    assert not any("tried" in row for row in folder.rows())
