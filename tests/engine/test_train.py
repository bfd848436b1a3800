"""Training for real: the digits are learned, runs are recorded, and what goes wrong is said."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from app.data.sources import DIGITS
from app.data.splits import split
from app.document.edits import set_flags, set_params
from app.document.graph import Document
from app.document.runs import RunFolder
from app.document.storage import load
from app.engine import checkpoint
from app.engine.build import EngineError, build, instantiate
from app.engine.evaluate import evaluate, open_run
from app.engine.export import export_onnx
from app.engine.progress import drawn
from app.engine.train import Control, learning_rate, train
from resources import resource


def short(document: Document, **values: Any) -> Document:
    return replace(document, recipe=document.recipe.replace(**{"epochs": 2, **values}))


def run(document: Document, path: Path, **options: Any) -> tuple[RunFolder, Any]:
    path.mkdir(exist_ok=True)
    folder = RunFolder(path)
    return folder, train(document, folder, device="cpu", **options)


def test_the_digits_are_learned(example: Document, tmp_path: Path) -> None:
    import time

    began = time.monotonic()
    folder, outcome = run(example, tmp_path / "run")
    seconds = time.monotonic() - began
    metrics = evaluate(folder, "test", "cpu")
    print(f"test accuracy {metrics['accuracy']:.4f} after {seconds:.1f} s")
    assert outcome.state == "done"
    assert metrics["accuracy"] >= 0.98
    assert metrics["samples"] == 359
    assert sum(map(sum, metrics["confusion"])) == 359
    right = sum(metrics["confusion"][k][k] for k in range(10))
    assert right / 359 == pytest.approx(metrics["accuracy"])
    assert [row["class"] for row in metrics["classes"]] == list("0123456789")


def test_a_run_folder_holds_everything(example: Document, tmp_path: Path) -> None:
    folder, _ = run(short(example), tmp_path / "run")
    settled = short(example).recipe.replace(precision="fp32", compile="off")  # what was left open is said
    assert load(folder.document) == replace(short(example), recipe=settled)
    assert "class Net(nn.Module)" in folder.source.read_text()
    rows = list(folder.rows())
    assert next(row["event"] for row in rows if "event" in row) == "start"
    assert rows[-1]["event"] == "end"
    steps = [row for row in rows if "loss" in row]
    assert [row["step"] for row in steps] == list(range(1, len(steps) + 1))
    assert all(math.isfinite(row["loss"]) and 0 <= row["accuracy"] <= 1 for row in steps)
    assert len([row for row in rows if "validation" in row]) == 2
    assert list(folder.tensorboard.glob("events*"))
    facts = json.loads(folder.facts.read_text())
    assert facts["samples"] == {"train": 1078, "validation": 360, "test": 359}
    assert not [p for p in folder.path.rglob("*") if p.suffix in (".pt", ".pth", ".pkl", ".part")]


def test_the_same_seed_gives_the_same_run(example: Document, tmp_path: Path) -> None:
    losses = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        folder, _ = run(short(example, epochs=1, seed=seed), tmp_path / name)
        losses.append([row["loss"] for row in folder.rows() if "loss" in row])
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


def test_a_bare_loop_gives_the_same_losses(example: Document, tmp_path: Path) -> None:
    """Nothing but training happens in the loop: a hand-written one, with the same order of samples, agrees to the last digit."""
    document = short(example, epochs=1, optimizer="SGD", learning_rate=0.05, schedule="constant", weight_decay=0.0)
    folder, _ = run(document, tmp_path / "run")
    recorded = [row["loss"] for row in folder.rows() if "loss" in row]
    torch.manual_seed(0)
    net = instantiate(folder.source.read_text())
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, fused=True)
    at = torch.from_numpy(split(DIGITS, 0.2, 0.2, 0).train)
    samples = DIGITS.load()
    image, label = torch.from_numpy(samples["image"]), torch.from_numpy(samples["label"])
    order = at[torch.randperm(len(at), generator=torch.Generator().manual_seed(drawn(0, 0)))]
    losses = []
    for step, part in enumerate(order.split(32)):
        torch.manual_seed(drawn(drawn(0, 0), step))  # for the dropout
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(image[part]), label[part], label_smoothing=0.1)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert recorded == losses


def test_nan_stops_with_a_reason_and_keeps_the_weights(example: Document, tmp_path: Path) -> None:
    folder, outcome = run(short(example, optimizer="SGD", learning_rate=10.0, epochs=3), tmp_path / "run")
    assert outcome.state == "failed"
    assert "NaN or infinite at step" in outcome.reason
    assert "learning_rate of 1 instead of 10" in outcome.reason
    rows = list(folder.rows())
    assert rows[-1]["state"] == "failed"
    assert all(row["loss"] is not None for row in rows if "loss" in row)


def test_stop_keeps_the_state(example: Document, tmp_path: Path) -> None:
    control = Control()

    def listen(row: dict[str, Any]) -> None:
        if row.get("step", 0) >= 40:
            control.stop()

    folder, outcome = run(short(example, epochs=50), tmp_path / "run", control=control, listen=listen)
    assert outcome.state == "stopped"
    last = checkpoint.find(folder.checkpoints, "last")
    assert checkpoint.state(last)["epoch"] < 10
    assert open_run(folder, "last").net
    assert evaluate(folder, "validation", "cpu")["accuracy"] > 0.3


def test_best_is_the_best_and_damage_is_noticed(example: Document, tmp_path: Path) -> None:
    folder, _ = run(short(example, epochs=6), tmp_path / "run")
    scores = {row["step"]: row["validation"]["loss"] for row in folder.rows() if "validation" in row}
    best = checkpoint.find(folder.checkpoints, "best")
    assert checkpoint.state(best)["step"] == min(scores, key=scores.__getitem__)
    last = checkpoint.find(folder.checkpoints, "last")
    file = last / "weights.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    assert checkpoint.find(folder.checkpoints, "last") != last
    for place in folder.checkpoints.iterdir():
        (place / "manifest.json").write_text("{")
    with pytest.raises(checkpoint.CheckpointError, match="no whole checkpoint"):
        checkpoint.find(folder.checkpoints, "best")


def test_weights_are_named_like_the_blocks(example: Document, tmp_path: Path) -> None:
    folder, _ = run(short(example, epochs=1), tmp_path / "run")
    weights = load_file(checkpoint.find(folder.checkpoints, "best") / "weights.safetensors")
    assert set(weights) == {f"{layer}.{part}" for layer in ("conv1", "conv2", "fc1", "fc2") for part in ("weight", "bias")}


def test_a_network_with_errors_is_refused(example: Document, tmp_path: Path) -> None:
    broken = replace(example, graph=set_params(example.graph, ["n2"], kernel_size=13, padding=0))
    with pytest.raises(EngineError, match="13 does not fit into height 8"):
        run(broken, tmp_path / "run")
    with pytest.raises(EngineError, match="no device 'tpu' here"):
        train(example, RunFolder(tmp_path), device="tpu")


def test_regression_learns_too(draw: Any, tmp_path: Path) -> None:
    """The image itself as target: an autoencoder, judged by its mean absolute error."""
    image = draw.add("Input", size=(1, 8, 8), name="image")
    draw.add("Flatten")
    draw.add("Linear", out_features=16)
    draw.add("Tanh")
    decoded = draw.add("Linear", out_features=64)
    flat = draw.add("Flatten", image)
    draw.add("MSELoss", decoded, flat)
    from app.document.recipe import Recipe

    folder, outcome = run(Document(draw.graph, {}, Recipe(epochs=4)), tmp_path / "run")
    assert outcome.state == "done", outcome
    losses = [row["loss"] for row in folder.rows() if "loss" in row]
    assert losses[-1] < losses[0] / 2


def test_the_learning_rate_falls_to_zero(example: Document) -> None:
    recipe = example.recipe.replace(schedule="cosine", learning_rate=0.1)
    rates = [learning_rate(recipe, step, 100) for step in range(101)]
    assert rates[0] == 0.1
    assert rates[50] == pytest.approx(0.05)
    assert rates[100] == pytest.approx(0, abs=1e-9)
    assert rates == sorted(rates, reverse=True)


def test_export_is_proven_equal(example: Document, tmp_path: Path) -> None:
    folder, _ = run(short(example, epochs=1), tmp_path / "run")
    model = open_run(folder)
    model.net.train()  # a net in train mode exports without a word: it must be switched
    verdict = export_onnx(model.net, model.compiled, tmp_path / "net.onnx")
    assert verdict.difference < 1e-5
    assert verdict.batches == (1, 5)
    import onnx

    graph = onnx.load(str(verdict.path)).graph
    assert [i.name for i in graph.input] == ["image"]
    assert [o.name for o in graph.output] == ["fc2"]
    assert graph.input[0].type.tensor_type.shape.dim[0].dim_param
    assert "conv1.weight" in {i.name for i in graph.initializer}
    assert not [n for n in graph.node if n.op_type == "Dropout"]


def test_an_export_that_differs_is_not_kept(example: Document, tmp_path: Path, monkeypatch: Any) -> None:
    import app.engine.export as module

    (tmp_path / "net.onnx").write_text("old")
    model = build(example)
    written = module.write_onnx

    def spoiled(net: Any, *rest: Any) -> Any:
        other = build(example.__class__(example.graph, {}, example.recipe.replace(seed=7))).net
        return written(other.eval(), *rest)

    monkeypatch.setattr(module, "write_onnx", spoiled)
    with pytest.raises(EngineError, match="differs from PyTorch by"):
        export_onnx(model.net, model.compiled, tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").read_text() == "old"


def test_frozen_blocks_keep_their_weights(tmp_path: Path) -> None:
    document = load(resource("examples", "residual-digits.netwright"))
    ids = {node.name: id for id, node in document.graph.nodes.items()}
    still = replace(document, graph=set_flags(document.graph, [ids["conv1"], ids["bn1"]], frozen=True))
    torch.manual_seed(0)
    first = build(still).net.state_dict()
    folder, outcome = run(short(still), tmp_path / "run")
    assert outcome.state == "done"
    after = load_file(checkpoint.find(folder.checkpoints, "last") / "weights.safetensors")
    for name, value in first.items():
        same = torch.equal(value, after[name])
        assert same == name.startswith(("conv1.", "bn1.")), name


def test_a_network_that_is_frozen_whole_is_refused(example: Document, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="thaw one"):
        run(replace(example, graph=set_flags(example.graph, example.graph.nodes, frozen=True)), tmp_path / "run")


def test_a_bypassed_block_is_not_in_the_network(example: Document, tmp_path: Path) -> None:
    ids = {node.name: id for id, node in example.graph.nodes.items()}
    without = replace(example, graph=set_flags(example.graph, [ids["relu1"], ids["dropout1"]], bypassed=True))
    model = build(without)
    names = {name for name, _ in model.net.named_modules()}
    assert not names & {"relu1", "dropout1"}
    assert "conv2" in names
    _, outcome = run(short(without), tmp_path / "run")
    assert outcome.state == "done"
