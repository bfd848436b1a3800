"""What a recipe says happens: each knob is turned, and something follows from it."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from app.document.graph import Document
from app.document.recipe import Recipe
from app.document.runs import RunFolder
from app.document.storage import dumps, loads
from app.engine import checkpoint
from app.engine.build import EngineError, build
from app.engine.control import Control
from app.engine.evaluate import open_run
from app.engine.train import resume, train
from app.engine.warm import warm_start
from tests.conftest import Builder
from tests.engine import networks


def document(make: Any = networks.perceptron, **recipe: Any) -> Document:
    return Document(make(Builder()).graph, {}, Recipe(dataset="moons", epochs=2).replace(**recipe))


def run(path: Path, doc: Document, **options: Any) -> tuple[RunFolder, Any, list[dict[str, Any]]]:
    folder = RunFolder(path)
    outcome = train(doc, folder, device="cpu", **options)
    return folder, outcome, list(folder.rows())


def steps(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if "learning_rate" in row]


@pytest.mark.parametrize(
    "values",
    [
        {"optimizer": "SGD", "nesterov": True}, {"optimizer": "RMSprop"}, {"optimizer": "Adagrad"}, {"optimizer": "Adam"}, {"optimizer": "Muon"},
        {"l1": 0.001}, {"ema": 0.9}, {"label_smoothing": 0.1}, {"accumulate": 3}, {"clip_norm": 0.1}, {"precision": "bf16"}, {"precision": "tf32"},
        {"mixup": 0.2}, {"decay_biases": False}, {"workers": 2}, {"channels_last": "on"}, {"schedule": "one-cycle"}, {"warmup_epochs": 1.0},
        {"weight_init": "orthogonal"}, {"watch": "accuracy"}, {"normalize": "centre"},
    ],
    ids=str,
)  # fmt: skip
def test_every_knob_changes_the_run(tmp_path: Path, values: dict[str, Any]) -> None:
    _, outcome, rows = run(tmp_path / "a", document(**values))
    _, _, plain = run(tmp_path / "b", document())
    assert outcome.state == "done"
    assert all(math.isfinite(row["loss"]) for row in steps(rows))
    if set(values) <= {"workers", "channels_last", "watch", "precision"} and values.get("precision") != "bf16":
        assert [row["loss"] for row in steps(rows)] == pytest.approx([row["loss"] for row in steps(plain)])
    else:
        judged = [[row["validation"]["loss"] for row in found if "validation" in row] for found in (rows, plain)]
        assert judged[0] != judged[1]


def test_batches_that_are_added_up_learn_as_one(tmp_path: Path) -> None:
    _, _, rows = run(tmp_path / "a", document(batch_size=10, accumulate=4))
    _, _, whole = run(tmp_path / "b", document(batch_size=40))
    assert [row["loss"] for row in steps(rows)] == pytest.approx([row["loss"] for row in steps(whole)], abs=1e-5)


def test_limits(tmp_path: Path) -> None:
    _, outcome, rows = run(tmp_path / "steps", document(max_steps=7))
    assert (outcome.state, len(steps(rows))) == ("done", 7)
    assert "after 7 steps (max_steps)" in outcome.reason
    assert steps(rows)[-1]["learning_rate"] < steps(rows)[0]["learning_rate"] / 5, "the schedule ends where the run does"
    _, outcome, rows = run(tmp_path / "minutes", document(max_minutes=0.01, epochs=100_000))
    assert "(max_minutes)" in outcome.reason


def test_early_stopping_keeps_the_best(tmp_path: Path) -> None:
    folder, outcome, rows = run(tmp_path / "run", document(patience=2, epochs=300, min_change=0.05, learning_rate=0.02))
    assert outcome.state == "done"
    assert "early: loss of the validation has not become better for 2 epochs" in outcome.reason
    epochs = [row for row in rows if "samples_per_second" in row]
    assert [row["stale"] for row in epochs[-3:]] == [0, 1, 2]
    assert f"the best was epoch {epochs[-3]['epoch']}" in outcome.reason
    assert checkpoint.state(checkpoint.find(folder.checkpoints, "best"))["epoch"] <= epochs[-1]["epoch"]


def test_the_best_is_the_best_of_what_is_watched(tmp_path: Path) -> None:
    folder, _, rows = run(tmp_path / "run", document(watch="accuracy", epochs=8))
    judged = {row["step"]: row["validation"]["accuracy"] for row in rows if "validation" in row}
    best = checkpoint.state(checkpoint.find(folder.checkpoints, "best"))
    assert judged[best["step"]] == max(judged.values())
    with pytest.raises(EngineError, match="watch says 'iou', but this network is judged by loss, accuracy"):
        run(tmp_path / "other", document(watch="iou"))


def test_averaged_weights_are_judged_and_exported(tmp_path: Path) -> None:
    folder, _, _ = run(tmp_path / "run", document(ema=0.9))
    place = checkpoint.find(folder.checkpoints, "best")
    live, averaged = load_file(place / checkpoint.WEIGHTS), load_file(place / checkpoint.AVERAGE)
    name = "fc1.weight"
    assert not torch.equal(live[name], averaged[name])
    assert torch.equal(open_run(folder).net.state_dict()[name], averaged[name])


def test_what_is_changed_while_it_runs(tmp_path: Path) -> None:
    control = Control()

    def listen(row: dict[str, Any]) -> None:
        if row.get("event") == "start":
            control.change("learning_rate", 0.5e-3)
            control.change("epochs", 3)

    _, outcome, rows = run(tmp_path / "run", document(schedule="constant", learning_rate=1e-3), control=control, listen=listen)
    assert "trained 3 epochs" in outcome.reason
    assert steps(rows)[-1]["learning_rate"] == pytest.approx(0.5e-3)
    changes = {row["what"]: (row["value"], row["was"]) for row in rows if row.get("event") == "change"}
    assert changes["epochs"] == (3, 2)
    assert changes["learning_rate"] == (0.5e-3, pytest.approx(1e-3))


def test_a_warm_start_by_name_then_by_shape(tmp_path: Path) -> None:
    folder, _, _ = run(tmp_path / "first", document())
    weights = load_file(checkpoint.find(folder.checkpoints, "best") / checkpoint.WEIGHTS)
    fresh = build(document(seed=5)).net
    report = warm_start(fresh, folder.path)
    assert sorted(report["by_name"]) == sorted(weights)
    assert all(torch.equal(value, weights[name]) for name, value in fresh.state_dict().items())
    renamed = {f"backbone.{k}.{name.rpartition('.')[2]}": value for k, (name, value) in enumerate(weights.items())}
    save_file({**renamed, "head.weight": torch.zeros(7, 7)}, tmp_path / "other.safetensors")
    torch.save({"state_dict": {f"module.{name}": value for name, value in renamed.items()}}, tmp_path / "other.pt")
    for file in ("other.safetensors", "other.pt"):
        again = build(document(seed=6)).net
        report = warm_start(again, tmp_path / file)
        assert len(report["by_shape"]) == len(weights)
        assert all(torch.equal(value, weights[name]) for name, value in again.state_dict().items())
    save_file({"a": torch.zeros(99)}, tmp_path / "none.safetensors")
    with pytest.raises(EngineError, match="none of the weights"):
        warm_start(fresh, tmp_path / "none.safetensors")
    _, _, rows = run(tmp_path / "second", document(epochs=1), start_from=folder.path)
    assert rows[0]["warm_start"]["left"] == []
    assert steps(rows)[0]["loss"] < 0.62


def test_a_foreign_file_is_never_run(tmp_path: Path) -> None:
    import pickle

    from tests.data.test_sources import Canary

    canary = tmp_path / "canary"
    (tmp_path / "evil.pt").write_bytes(pickle.dumps({"w": Canary(canary)}))
    torch.save({"w": Canary(canary)}, tmp_path / "evil2.pt")
    for name in ("evil.pt", "evil2.pt"):
        with pytest.raises(EngineError, match="holds more than weights, or is damaged"):
            warm_start(torch.nn.Linear(1, 1), tmp_path / name)
    assert not canary.exists()


@pytest.mark.parametrize("at", [1, 9, 33])
def test_nan_names_the_layer_and_keeps_what_is_finite(tmp_path: Path, at: int, monkeypatch: Any) -> None:
    """Injected into a weight at some step: the run ends within a step of it, and every file stays valid."""
    import app.engine.loop as loop

    real = loop.Loop._step

    def spoiled(self: Any, group: Any) -> None:
        if self.at.step == at:
            with torch.no_grad():
                self.ready.bare.fc2.weight[0, 0] = math.nan
        real(self, group)

    monkeypatch.setattr(loop.Loop, "_step", spoiled)
    folder, outcome, rows = run(tmp_path / "run", document())
    assert outcome.state == "failed"
    assert f"NaN or infinite at step {at + 1}" in outcome.reason
    assert "the first layer to give it is fc2, whose weights are not finite any more" in outcome.reason
    assert len(steps(rows)) == at
    if at > 25:
        kept = load_file(checkpoint.find(folder.checkpoints, "last") / checkpoint.WEIGHTS)
        assert all(value.isfinite().all() for value in kept.values())


def test_too_little_memory_says_what_would_fit(tmp_path: Path, monkeypatch: Any) -> None:
    import app.engine.loop as loop

    def full(*_: Any) -> None:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: not enough memory: you tried to allocate 9999 bytes.")

    monkeypatch.setattr(loop.Loop, "_step", full)
    _, outcome, _ = run(tmp_path / "run", document(batch_size=64))
    assert outcome.state == "failed"
    assert "at a batch of 64: try a batch_size of 32 with accumulate at 2" in outcome.reason


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: Any) -> None:
    import errno

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "run"))

    monkeypatch.setattr(checkpoint, "save", full)
    _, outcome, _ = run(tmp_path / "run", document())
    assert outcome.state == "failed"
    assert outcome.reason.startswith("the disk is full")


def test_data_that_goes_while_it_is_read(tmp_path: Path, monkeypatch: Any) -> None:
    """A thread that brings samples fails: the run says why, it does not hang."""
    from app.engine.supply import Supply

    def gone(*_: Any) -> Any:
        raise OSError(5, "Input/output error", "/data/X.npy")

    monkeypatch.setattr(Supply, "raw", gone)
    _, outcome, _ = run(tmp_path / "run", document(workers=2))
    assert outcome.state == "failed"
    assert "Input/output error" in outcome.reason


def test_several_outputs_are_judged_each(tmp_path: Path) -> None:
    draw = Builder()
    point = draw.add("Input", column="point", size=(2,))
    trunk = draw.add("Linear", out_features=16)
    draw.add("Tanh")
    trunk = str(draw.last)
    first, second = draw.add("Linear", trunk, out_features=2), draw.add("Linear", trunk, out_features=2)
    label = draw.add("Target", classes=2)
    draw.add("CrossEntropy", first, label)
    draw.add("CrossEntropy", second, label, weight=0.3)
    draw.add("MSELoss", draw.add("Linear", trunk, out_features=2), point, weight=0.1)
    _, outcome, rows = run(tmp_path / "run", Document(draw.graph, {}, Recipe(dataset="moons", epochs=2)))
    assert outcome.state == "done"
    judged = next(row["validation"] for row in rows if "validation" in row)
    assert len([name for name in judged if name.startswith("accuracy")]) == 2
    assert {"mae", "rmse", "r2", "loss"} <= set(judged)


def test_old_words_are_understood() -> None:
    for old, new in (("32-true", "fp32"), ("bf16-mixed", "bf16")):
        text = dumps(Document()).replace('"precision": "auto"', f'"precision": "{old}"')
        assert old in text
        assert loads(text).recipe.precision == new
    for word, new in (("false", "auto"), ("true", "on")):
        text = dumps(Document()).replace('"compile": "auto"', f'"compile": {word}')
        assert loads(text).recipe.compile == new


def test_a_run_without_a_checkpoint_can_not_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="is no run folder"):
        resume(RunFolder(tmp_path))
    folder, _, _ = run(tmp_path / "run", document())
    for place in folder.checkpoints.iterdir():
        (place / "manifest.json").unlink()
    with pytest.raises(checkpoint.CheckpointError, match="holds no whole checkpoint"):
        resume(folder)


def test_preprocessing_goes_into_the_file(tmp_path: Path, capsys: Any) -> None:
    """The exported network takes bytes as they are stored, and says what the run said of them."""
    import numpy as np
    import onnxruntime

    from app.cli import main
    from tests.data import making

    doc = document(networks.convolutional, dataset=str(making.cifar(tmp_path / "cifar", "binary")), normalize="standardize", epochs=1)
    folder, _, _ = run(tmp_path / "run", doc)
    assert main(["export", str(folder.path), "-o", str(tmp_path / "net.onnx"), "--preprocessing", "--fold"]) == 0
    assert "ONNX matches PyTorch" in capsys.readouterr().out
    images, labels = making.cifar_images(200, 2)
    scores = onnxruntime.InferenceSession(str(tmp_path / "net.onnx")).run(None, {"image": images.astype(np.float32)})[0]
    from app.engine.evaluate import evaluate

    assert float((scores.argmax(1) == labels).mean()) == pytest.approx(evaluate(folder, "test", "cpu")["accuracy"])


def test_what_is_exported_need_not_have_its_data(tmp_path: Path, capsys: Any) -> None:
    import shutil

    from app.cli import main
    from tests.data import making

    assert main(["new", "lenet", "-o", str(tmp_path / "lenet.netwright")]) == 0
    assert main(["export", str(tmp_path / "lenet.netwright"), "-o", str(tmp_path / "lenet.onnx")]) == 0, "its data set is 'none'"
    data = making.cifar(tmp_path / "cifar", "binary")
    folder, _, _ = run(tmp_path / "run", document(networks.convolutional, dataset=str(data), epochs=1))
    shutil.rmtree(data)
    assert main(["export", str(folder.path), "-o", str(tmp_path / "net.onnx"), "--preprocessing"]) == 0
    assert "ONNX matches PyTorch" in capsys.readouterr().out
    assert main(["evaluate", str(folder.path)]) == 1
    assert "neither a file nor a folder" in capsys.readouterr().err
