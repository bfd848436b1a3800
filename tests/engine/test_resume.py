"""A run that was killed and resumed is the run that was never interrupted: every loss, every weight, to the last bit."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.document.graph import Document
from app.document.runs import RunFolder
from app.document.storage import load, save
from app.engine import checkpoint
from app.engine.train import resume, train
from resources import resource

RECIPE: dict[str, Any] = {
    "epochs": 3, "batch_size": 16, "ema": 0.99, "crop_padding": 1, "flip_horizontal": True, "rotation": 10.0, "mixup": 0.2, "erasing": 0.3,
    "normalize": "standardize", "workers": 2, "warmup_epochs": 0.5, "accumulate": 2, "clip_norm": 1.0,
}  # fmt: skip
DRIVER = """
import sys
from pathlib import Path
import app.engine.loop as loop
from app.document.runs import RunFolder
from app.document.storage import load
from app.engine.train import resume, train
loop.SAVE_SECONDS = loop.READ_SECONDS = 0.0
folder = RunFolder(Path(sys.argv[2]))
if any(folder.checkpoints.glob("step-*")):
    resume(folder, device="cpu")
else:
    folder.metrics.unlink(missing_ok=True)
    train(load(Path(sys.argv[1])), folder, device="cpu")
"""


def document(**values: Any) -> Document:
    """Batch norm, dropout, residuals, and everything random that a recipe knows."""
    found = load(resource("examples", "residual-digits.netwright"))
    return replace(found, recipe=found.recipe.replace(**{**RECIPE, **values}))


def losses(folder: RunFolder) -> list[Any]:
    return [(row["step"], row["loss"], row["learning_rate"]) for row in folder.rows() if "loss" in row and "learning_rate" in row]


def digest(folder: RunFolder) -> dict[str, str]:
    last = checkpoint.find(folder.checkpoints, "last")
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in last.iterdir() if file.suffix == ".safetensors"}
    state = checkpoint.state(last)
    state["progress"].pop("seconds")
    return {**found, "state": json.dumps(state, sort_keys=True), "step": last.name}


def killed(file: Path, folder: RunFolder, after: float) -> bool:
    """Let it run for so many seconds after its first checkpoint, then kill it; whether it was done before."""
    process = subprocess.Popen([sys.executable, "-c", DRIVER, str(file), str(folder.path)], env={**os.environ, "OMP_NUM_THREADS": "1"})
    until = time.monotonic() + 120
    before = set(folder.checkpoints.glob("step-*"))
    while process.poll() is None and not set(folder.checkpoints.glob("step-*")) - before and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(after)
    if process.poll() is not None:
        return True
    process.send_signal(signal.SIGKILL)
    process.wait()
    return False


@pytest.mark.slow
def test_killed_and_resumed_is_never_interrupted(tmp_path: Path) -> None:
    """Killed at random moments, in the middle of epochs and of checkpoints, until the run is through."""
    file = tmp_path / "net.netwright"
    save(file, document())
    whole, broken = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "broken")
    for folder in (whole, broken):
        folder.path.mkdir()
    subprocess.run([sys.executable, "-c", DRIVER, str(file), str(whole.path)], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    draw, kills = random.Random(7), 0
    while not killed(file, broken, draw.uniform(0, 0.4)):
        kills += 1
        assert kills < 60
    print(f"killed {kills} times")
    assert kills >= 3
    assert losses(broken) == losses(whole)
    assert digest(broken) == digest(whole)


def stopped_and_resumed(tmp_path: Path, doc: Document, at: int) -> tuple[RunFolder, RunFolder]:
    from app.engine.control import Control

    whole, broken = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "broken")
    for folder in (whole, broken):
        folder.path.mkdir()
    train(doc, whole, device="cpu")
    control = Control()
    outcome = train(doc, broken, device="cpu", control=control, listen=lambda row: control.stop() if row.get("step", 0) >= at else None)
    assert outcome.state == "stopped"
    assert resume(broken, device="cpu").state == "done"
    return whole, broken


@pytest.mark.parametrize("optimizer", ["AdamW", "SGD", "RMSprop", "Adagrad", "Adam", "Muon"])
def test_stopped_and_resumed_is_never_interrupted(tmp_path: Path, optimizer: str, monkeypatch: Any) -> None:
    import app.engine.loop as loop

    monkeypatch.setattr(loop, "READ_SECONDS", 0.0)
    whole, broken = stopped_and_resumed(tmp_path, document(optimizer=optimizer, schedule="plateau", plateau_patience=0, epochs=2), 20)
    assert losses(broken) == losses(whole)
    assert digest(broken) == digest(whole)


def test_a_resume_that_forgot_something_would_differ(tmp_path: Path, monkeypatch: Any) -> None:
    """The control: without the place in the epoch, or without the optimizer, the losses are others."""
    import app.engine.loop as loop

    monkeypatch.setattr(loop, "READ_SECONDS", 0.0)
    monkeypatch.setattr(checkpoint, "load_optimizer", lambda optimizer, place: None)
    whole, broken = stopped_and_resumed(tmp_path, document(epochs=2), 20)
    assert losses(broken)[:20] == losses(whole)[:20]
    assert losses(broken)[22:] != losses(whole)[22:]


def test_a_damaged_checkpoint_is_passed_over_and_told(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    train(document(epochs=3), folder, device="cpu")
    last = checkpoint.find(folder.checkpoints, "last")
    file = last / "optimizer.safetensors"
    file.write_bytes(file.read_bytes()[:-7])
    outcome = resume(folder, device="cpu")
    assert outcome.state == "done"
    event = next(row for row in folder.rows() if row.get("event") == "resumed")
    assert event["damaged"] == [last.name]
    assert event["from"] < last.name


def test_a_finished_run_can_be_made_longer(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    train(document(epochs=1, schedule="constant"), folder, device="cpu")
    outcome = resume(folder, device="cpu", epochs=2)
    assert outcome.state == "done"
    assert "trained 2 epochs" in outcome.reason
    steps = [row["step"] for row in folder.rows() if "loss" in row]
    assert steps == list(range(1, len(steps) + 1))
