"""The command line: what scripts rely on."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from resources import resource
from tests.document.test_storage import BROKEN

EXAMPLE = str(resource("examples", "first-cnn.netwright"))


def test_blocks(capsys: Any) -> None:
    assert main(["blocks", "--json"]) == 0
    blocks = {b["block"]: b for b in json.loads(capsys.readouterr().out)}
    stride = next(p for p in blocks["Conv2d"]["params"] if p["name"] == "stride")
    assert stride == {
        "name": "stride",
        "type": "a list of 2 whole numbers",
        "default": [1, 1],
        "help": "Pixels the window moves each step.",
        "ge": 1,
    }
    assert main(["blocks"]) == 0
    assert "Slides out_channels learned filters over an image" in capsys.readouterr().out


def test_check(capsys: Any) -> None:
    assert main(["check", EXAMPLE, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["problems"] == []
    assert facts["totals"]["params"] == 38_282
    conv = next(n for n in facts["nodes"] if n["name"] == "conv1")
    assert (conv["block"], conv["shapes"]["outputs"], conv["params"], conv["macs"]) == ("Conv2d", {"y": [16, 8, 8]}, 160, 9216)
    assert main(["check", EXAMPLE]) == 0
    assert "38,282" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["check"], ["compile"], ["train"], ["export", "--weights", "init", "-o", "x.onnx"]])
@pytest.mark.parametrize("name", ["truncated", "wrong parameter type", "unknown key", "NaN", "deep"])
def test_a_broken_document_is_one_clear_message(command: list[str], name: str, write: Callable[[str], Path], capsys: Any) -> None:
    text, words = BROKEN[name]
    assert main([command[0], str(write(text)), *command[1:]]) == 1
    captured = capsys.readouterr()
    assert words in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_a_circle_is_a_problem_in_the_file(write: Callable[[str], Path], capsys: Any) -> None:
    document = json.loads(Path(EXAMPLE).read_text())
    document["graph"]["edges"][0]["from"] = ["n4", "y"]
    path = write(json.dumps(document))
    assert main(["check", str(path), "--json"]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert problems[0]["code"] == "cycle"
    assert main(["compile", str(path)]) == 1
    assert "circle" in capsys.readouterr().err
    assert main(["train", str(path)]) == 1
    assert "circle" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["train"], ["check", EXAMPLE, "--nonsense"], ["evaluate", "x", "--split", "all"], ["export", EXAMPLE], ["a", "b", "c"]]
)
def test_wrong_usage(arguments: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_from_document_to_onnx_on_the_command_line_alone(tmp_path: Path) -> None:
    def netwright(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [sys.executable, "-m", "app", *arguments], capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": root}
        )
        assert result.returncode == code, result.stdout + result.stderr
        assert "Traceback" not in result.stderr
        return result

    root = str(Path(__file__).resolve().parents[1])
    netwright("compile", EXAMPLE, "-o", "net.py")
    assert (tmp_path / "net.py").read_text().startswith('"""A PyTorch network')
    result = netwright(
        "train",
        EXAMPLE,
        "--epochs",
        "3",
        "--seed",
        "1",
        "--set",
        "recipe.batch_size=64",
        "--set",
        "recipe.optimizer=SGD",
        "--set",
        "recipe.learning_rate=0.1",
    )
    lines = result.stdout.splitlines()
    assert lines[0].startswith("epoch   1 of 3")
    assert lines[-1] == "run: runs/first-cnn-1"
    recipe = json.loads((tmp_path / "runs/first-cnn-1/document.netwright").read_text())["recipe"]
    assert (recipe["batch_size"], recipe["optimizer"], recipe["epochs"], recipe["seed"]) == (64, "SGD", 3, 1)
    judged = json.loads(netwright("evaluate", "runs/first-cnn-1", "--json").stdout)
    assert judged["split"] == "test"
    assert 0.2 < judged["metrics"]["accuracy"] <= 1
    assert judged["metrics"]["loss"] > 0
    assert "ONNX matches PyTorch: largest difference" in netwright("export", "runs/first-cnn-1", "-o", "model.onnx").stdout
    assert (tmp_path / "model.onnx").stat().st_size > 100_000
    assert "trained weights" in netwright("export", EXAMPLE, "-o", "a.onnx", "--weights", "best", code=1).stderr
    assert "recipe.KEY=VALUE" in netwright("train", EXAMPLE, "--set", "epochs=3", code=1).stderr
    assert "epochs must be a whole number, got 'x'" in netwright("train", EXAMPLE, "--set", "recipe.epochs=x", code=1).stderr
    assert "is not empty" in netwright("train", EXAMPLE, "--run", "runs/first-cnn-1", code=1).stderr


def test_ctrl_c_stops_cleanly_and_keeps_the_checkpoint(tmp_path: Path) -> None:
    root = str(Path(__file__).resolve().parents[1])
    arguments = [sys.executable, "-u", "-m", "app", "train", EXAMPLE, "--epochs", "5000", "--run", str(tmp_path / "run")]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": root})
    assert process.stdout
    for line in process.stdout:
        if line.startswith("epoch   3"):
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "stopped: stopped at epoch" in out
    assert "Traceback" not in err
    assert list((tmp_path / "run" / "checkpoints").glob("step-*/manifest.json"))


def test_no_display_is_said(monkeypatch: Any, capsys: Any) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert main([EXAMPLE]) == 1
    assert "there is no display" in capsys.readouterr().err


def test_the_bar_moves(capsys: Any) -> None:
    import io

    from app.progress import Progress

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    progress = Progress(10, out)
    for step in range(1, 11):
        progress.row({"loss": 1.0 / step, "epoch": float(step), "step": step})
        time.sleep(0.06)
    progress.close()
    assert "epoch  10.0 of 10" in out.getvalue()
    assert out.getvalue().count("\r") > 5


def test_a_network_is_checked_without_its_data(write: Callable[[str], Path], capsys: Any, tmp_path: Path) -> None:
    file = tmp_path / "net.netwright"
    assert main(["new", "small-cnn", "-o", str(file), "--set", f"recipe.dataset={tmp_path / 'gone'}"]) == 0
    capsys.readouterr()
    assert main(["check", str(file)]) == 0
    told = capsys.readouterr()
    assert "neither a file nor a folder" in told.err
    assert "in all" in told.out
