"""Several processes, two of them on this machine: the losses of one process with the same global batch; nothing beyond loopback; no orphans."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from app.document.graph import Document
from app.document.recipe import Recipe
from app.document.runs import RunFolder
from app.document.storage import save
from app.engine import checkpoint
from app.engine.evaluate import evaluate
from tests.conftest import Builder
from tests.engine.test_resume import digest, losses

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def perceptron(path: Path, **recipe: Any) -> Path:
    draw = Builder()
    draw.add("Input", column="point", size=(2,))
    draw.add("Linear", out_features=32)
    draw.add("Tanh")
    if recipe.pop("dropout", False):
        draw.add("Dropout", p=0.3)
    last = draw.add("Linear", out_features=2)
    draw.add("Target", classes=2)
    draw.add("CrossEntropy", last, draw.last)
    save(path, Document(draw.graph, {}, Recipe(dataset="spirals", epochs=4, batch_size=36).replace(**recipe)))
    return path


def started(file: Path, run: Path, devices: int, *more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "app", "train", *([str(file), "--run", str(run)] if "--resume" not in more else []), *more]
    return subprocess.Popen(
        [*command, "--device", "cpu", "--devices", str(devices)],
        env=ENVIRONMENT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def finished(process: "subprocess.Popen[str]") -> str:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    return output


def until(condition: Callable[[], Any], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.slow
def test_two_processes_learn_as_one(tmp_path: Path) -> None:
    file = perceptron(tmp_path / "net.netwright")
    output = finished(started(file, tmp_path / "two", 2))
    assert output.count("done: trained 4 epochs") == 1
    finished(started(file, tmp_path / "one", 1))
    two, one = losses(RunFolder(tmp_path / "two")), losses(RunFolder(tmp_path / "one"))
    assert [row[0] for row in two] == [row[0] for row in one]
    assert max(abs(a[1] - b[1]) for a, b in zip(two, one, strict=True)) < 1e-5
    judged = [
        [row["validation"]["accuracy"] for row in RunFolder(tmp_path / name).rows() if "validation" in row] for name in ("two", "one")
    ]
    assert judged[0] == pytest.approx(judged[1], abs=0.011)
    assert len(list((tmp_path / "two" / "tensorboard").iterdir())) == 1  # by the first process only
    assert checkpoint.find(RunFolder(tmp_path / "two").checkpoints, "last")


@pytest.mark.slow
def test_two_processes_resume_exactly(tmp_path: Path) -> None:
    """Killed between epochs; dropout draws for each rank its own."""
    file = perceptron(tmp_path / "net.netwright", dropout=True, epochs=60)
    finished(started(file, tmp_path / "whole", 2))
    broken = RunFolder(tmp_path / "broken")
    process = started(file, broken.path, 2)
    assert until(lambda: len(list(broken.checkpoints.glob("step-*"))) > 1, 60)
    process.kill()
    process.wait()
    finished(started(file, broken.path, 2, "--resume", str(broken.path)))
    assert losses(broken) == losses(RunFolder(tmp_path / "whole"))
    assert digest(broken) == digest(RunFolder(tmp_path / "whole"))


@pytest.mark.slow
def test_split_weights_learn_as_whole_ones(tmp_path: Path) -> None:
    """With penalties, clipping, accumulation and an average, which all touch weights that are split; and the checkpoint is a whole one."""
    recipe: dict[str, Any] = {"epochs": 3, "batch_size": 18, "accumulate": 2, "l1": 1e-4, "clip_norm": 0.5, "ema": 0.9}
    file = perceptron(tmp_path / "net.netwright", **recipe)
    finished(started(file, tmp_path / "split", 2, "--sharded"))
    finished(started(file, tmp_path / "one", 1))
    split, one = losses(RunFolder(tmp_path / "split")), losses(RunFolder(tmp_path / "one"))
    assert [row[0] for row in split] == [row[0] for row in one]
    assert max(abs(a[1] - b[1]) for a, b in zip(split, one, strict=True)) < 1e-5
    places = [checkpoint.find(RunFolder(tmp_path / name).checkpoints, "last") for name in ("split", "one")]
    for file_ in (checkpoint.WEIGHTS, checkpoint.AVERAGE, checkpoint.OPTIMIZER):
        ours, right = (checkpoint.tensors(place / file_) for place in places)
        assert ours.keys() == right.keys()
        for name, value in right.items():
            assert torch.allclose(ours[name], value, atol=1e-5), (file_, name)
    assert evaluate(RunFolder(tmp_path / "split"), device="cpu")["accuracy"] == pytest.approx(
        evaluate(RunFolder(tmp_path / "one"), device="cpu")["accuracy"], abs=0.011
    )


@pytest.mark.slow
def test_split_weights_resume_exactly(tmp_path: Path) -> None:
    file = perceptron(tmp_path / "net.netwright", dropout=True, epochs=60, ema=0.9)
    finished(started(file, tmp_path / "whole", 2, "--sharded"))
    broken = RunFolder(tmp_path / "broken")
    process = started(file, broken.path, 2, "--sharded")
    assert until(lambda: len(list(broken.checkpoints.glob("step-*"))) > 1, 60)
    process.kill()
    process.wait()
    finished(started(file, broken.path, 2, "--sharded", "--resume", str(broken.path)))
    assert losses(broken) == losses(RunFolder(tmp_path / "whole"))
    assert digest(broken) == digest(RunFolder(tmp_path / "whole"))


def test_what_can_not_be_split_is_said(tmp_path: Path, capsys: Any) -> None:
    from app.cli import main

    file = perceptron(tmp_path / "net.netwright")
    assert main(["train", str(file), "--run", str(tmp_path / "run"), "--device", "cpu", "--sharded"]) == 1
    assert "nothing to split over with one process" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_nothing_listens_beyond_loopback_and_nobody_is_left(tmp_path: Path) -> None:
    file = perceptron(tmp_path / "net.netwright", epochs=100_000)
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])  # not ours to end
    process = started(file, tmp_path / "run", 2)
    try:
        assert until(lambda: len(children(process.pid)) == 1, 60)
        child = children(process.pid)[0]
        assert until((tmp_path / "run" / "metrics.jsonl").exists, 60)
        time.sleep(1)
        listening = [address for pid in (process.pid, child) for address in sockets(pid)]
        assert listening, "two processes that talk must listen somewhere"
        assert all(address.startswith("0100007F:") for address in listening), listening
        process.send_signal(signal.SIGKILL)
        assert until(lambda: not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split(")")[1], 5)
        assert other.poll() is None
    finally:
        other.kill()
        process.kill()
        process.wait()


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def sockets(pid: int) -> list[str]:
    """Local addresses on which a process listens, IPv4 and IPv6."""
    own = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found = re.match(r"socket:\[(\d+)\]", os.readlink(link))
        except OSError:
            continue
        if found:
            own.add(found[1])
    lines = [line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]]
    return [line[1] for line in lines if line[3] == "0A" and line[9] in own]
