"""Files are written whole or not at all."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from app.document import atomic


@pytest.mark.parametrize("call", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: Any, call: str, code: int) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match=os.strerror(code)):
        atomic.write_text(path, "new")
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    atomic.write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_the_mode_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o640)
    atomic.write_text(path, "new")
    assert path.stat().st_mode & 0o777 == 0o640


WRITER = """
import sys
from pathlib import Path
from app.document import atomic
path, kind = Path(sys.argv[1]), sys.argv[2]
texts = ["a" * 3_000_000, "b" * 3_000_000]
print("go", flush=True)
k = 0
while True:
    k += 1
    if kind == "atomic":
        atomic.write_text(path, texts[k % 2])
    else:
        path.write_text(texts[k % 2])
"""


def damaged(path: Path, kind: str, times: int) -> int:
    """How often a file is neither old nor new after its writer was killed."""
    bad = 0
    path.write_text("a" * 3_000_000)
    for k in range(times):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path), kind], stdout=subprocess.PIPE)
        assert writer.stdout
        writer.stdout.readline()
        time.sleep(0.004 + 0.0037 * k % 0.03)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        text = path.read_text()
        bad += len(text) != 3_000_000 or len(set(text)) != 1
    return bad


def test_a_kill_at_any_moment_leaves_the_old_or_the_new_file(tmp_path: Path) -> None:
    assert damaged(tmp_path / "file", "atomic", 25) == 0
    control = damaged(tmp_path / "control", "in place", 25)
    print(f"in place: {control} of 25 damaged")
    assert control > 3
