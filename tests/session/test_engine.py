"""The engine as the window sees it: warm, told what to do, noticed when it dies, ended with the window."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.document.graph import Document
from app.document.runs import new_run
from app.document.storage import dumps
from app.engine import messages as m
from app.session.engine import Engine
from app.session.runs import RunWatcher


@pytest.fixture
def engine(qtbot: Any) -> Any:
    engine = Engine()
    engine.start()
    yield engine
    engine.quit()


def ready(qtbot: Any, engine: Engine) -> None:
    qtbot.waitUntil(lambda: engine.state == "ready", timeout=60_000)


def long_run(example: Document, tmp_path: Path) -> m.Train:
    document = replace(example, recipe=example.recipe.replace(epochs=2000))
    return m.Train(dumps(document), str(new_run(tmp_path, "long").path), "cpu")


def test_a_run_from_start_to_pause_to_stop(qtbot: Any, engine: Engine, example: Document, tmp_path: Path) -> None:
    seen: list[m.Message] = []
    engine.message.connect(seen.append)
    command = long_run(example, tmp_path)
    engine.send(command)  # before it is warm: it waits
    assert engine.state == "starting"
    watcher = RunWatcher()
    from app.document.runs import RunFolder

    watcher.follow(RunFolder(Path(command.run)))
    qtbot.waitUntil(lambda: len(watcher.curves.step_epoch) > 50, timeout=90_000)
    assert engine.state == "training"
    engine.send(m.Pause())
    qtbot.waitUntil(lambda: engine.state == "paused", timeout=5000)
    qtbot.wait(400)
    held = len(watcher.curves.step_epoch)
    qtbot.wait(400)
    assert len(watcher.curves.step_epoch) == held
    engine.send(m.Resume())
    qtbot.waitUntil(lambda: len(watcher.curves.step_epoch) > held + 20, timeout=10_000)
    engine.send(m.Stop())
    qtbot.waitUntil(lambda: engine.state == "ready", timeout=10_000)
    finished = next(x for x in seen if isinstance(x, m.Finished))
    assert finished.state == "stopped"
    watcher.finish()
    assert watcher.curves.state == "stopped"
    engine.send(m.Export(command.run, str(tmp_path / "x.onnx"), "last"))
    qtbot.waitUntil(lambda: any(isinstance(x, m.Exported) for x in seen), timeout=90_000)
    assert (tmp_path / "x.onnx").exists()


@pytest.mark.parametrize(("number", "words"), [(signal.SIGKILL, "killed"), (signal.SIGSEGV, "SIGSEGV")])
def test_a_dead_engine_is_told_within_two_seconds_and_comes_back(
    qtbot: Any, engine: Engine, example: Document, tmp_path: Path, number: int, words: str
) -> None:
    reasons: list[str] = []
    engine.died.connect(reasons.append)
    engine.send(long_run(example, tmp_path))
    qtbot.waitUntil(lambda: engine.state == "training", timeout=60_000)
    began = time.monotonic()
    os.kill(engine.pid, number)
    qtbot.waitUntil(lambda: bool(reasons), timeout=5000)
    told = time.monotonic() - began
    print(f"told after {told:.2f} s: {reasons[0]}")
    assert told < 2
    assert words in reasons[0]
    ready(qtbot, engine)
    engine.send(long_run(example, tmp_path))
    qtbot.waitUntil(lambda: engine.state == "training", timeout=30_000)


def test_a_hung_engine_is_ended(qtbot: Any, engine: Engine, monkeypatch: Any) -> None:
    import app.session.engine as module

    ready(qtbot, engine)
    monkeypatch.setattr(module, "HANG_SECONDS", 2.5)
    reasons: list[str] = []
    engine.died.connect(reasons.append)
    os.kill(engine.pid, signal.SIGSTOP)
    qtbot.waitUntil(lambda: bool(reasons), timeout=10_000)
    assert "did not answer" in reasons[0]


def test_a_bad_request_is_answered(qtbot: Any, engine: Engine, tmp_path: Path) -> None:
    seen: list[m.Message] = []
    engine.message.connect(seen.append)
    engine.send(m.Export(str(tmp_path), str(tmp_path / "x.onnx")))
    engine.send(m.Train("{", str(tmp_path)))
    qtbot.waitUntil(lambda: any(isinstance(x, m.Finished) for x in seen), timeout=60_000)
    failed = next(x for x in seen if isinstance(x, m.Failed))
    assert "is no run folder" in failed.reason
    finished = next(x for x in seen if isinstance(x, m.Finished))
    assert "cut off or no JSON" in finished.reason
    assert engine.state == "ready"


def test_it_ends_when_the_window_is_gone() -> None:
    code = "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-m', 'app.engine'], stdin=subprocess.PIPE); print(p.pid, flush=True); time.sleep(99)"
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pid = int(parent.stdout.readline().split()[0])
    time.sleep(1)
    parent.kill()
    parent.wait()
    until = time.monotonic() + 5
    while time.monotonic() < until and Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z":
        time.sleep(0.05)
    assert time.monotonic() < until


WAYS = (
    "KILL",
    "SEGV",
    "ABRT",
    "BUS",
    "FPE",
    "ILL",
    "TERM",
    "QUIT",
    "HUP",
    "INT",
    "TRAP",
    "SYS",
    "XCPU",
    "ALRM",
    "USR1",
    "USR2",
    "VTALRM",
    "PROF",
)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_twenty_ways_to_die(qtbot: Any, example: Document, tmp_path: Path, monkeypatch: Any) -> None:
    """Each is told within two seconds with its reason, the next run starts within five of the engine being asked, and nothing of us is left."""
    import app.session.engine as module

    monkeypatch.setattr(module, "MOST_RESTARTS", 100)
    exits = tmp_path / "exits.py"
    exits.write_text("import os\nos._exit(7)\n")
    ends = tmp_path / "ends.py"
    ends.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    for name in (
        "SIGINT",
        "SIGHUP",
        "SIGQUIT",
    ):  # whoever runs the tests in the background has them ignored, and the engine would inherit it
        if signal.getsignal(getattr(signal, name)) is signal.SIG_IGN:
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    engine, reasons, pids = Engine(), list[str](), []
    engine.died.connect(reasons.append)
    engine.start()
    for way in (*WAYS, exits, ends):
        ready(qtbot, engine)
        pids.append(engine.pid)
        if isinstance(way, Path):
            from app.plugins import named

            plugin = named(way)
            began = time.monotonic()
            engine.send(m.Plugins([[str(plugin.path), plugin.module, plugin.digest]]))
            words = "status 7" if way is exits else "killed"
        else:
            command = long_run(example, tmp_path)
            asked = time.monotonic()
            engine.send(command)
            qtbot.waitUntil(lambda at=Path(command.run) / "metrics.jsonl": at.exists() and at.stat().st_size > 1000, timeout=20_000)
            assert time.monotonic() - asked < 5
            began = time.monotonic()
            os.kill(engine.pid, getattr(signal, f"SIG{way}"))
            words = {"KILL": "killed", "INT": ""}.get(way, f"SIG{way}")
        qtbot.waitUntil(lambda count=len(pids): len(reasons) == count, timeout=5000)
        assert time.monotonic() - began < 2, way
        assert words in reasons[-1], (way, reasons[-1])
    ready(qtbot, engine)
    engine.quit()
    assert len(pids) == 20
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
