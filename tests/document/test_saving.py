"""Killed or refused by the system at any call, a save leaves the old file or the new one, and says so. strace does the killing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.document.graph import Document
from app.document.storage import dumps, load

ROOT = Path(__file__).parents[2]
CALLS = ("write", "fsync", "chmod", "rename")
ERRORS = ("EIO", "ENOSPC", "EACCES", "EROFS")
MOST_CALLS = 40

# in pieces of 512 bytes, so that there is something to be cut off
SAVE = """
import sys
from pathlib import Path
from app.document import atomic
path, text = Path(sys.argv[1]), Path(sys.argv[2]).read_text()
def pieces(temporary):
    with open(temporary, "wb", buffering=0) as file:
        for k in range(0, len(text), 512):
            file.write(text[k:k + 512].encode())
try:
    {write}
except OSError as error:
    print(error.strerror, file=sys.stderr)
    sys.exit(3)
"""
ATOMIC = SAVE.format(write="atomic.write_with(path, pieces)")
IN_PLACE = SAVE.format(write="pieces(path)")


def can_trace() -> bool:
    """Whether strace is there, and may trace."""
    return shutil.which("strace") is not None and subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not can_trace(), reason="needs strace")


@pytest.fixture
def files(tmp_path: Path, example: Document) -> tuple[Path, bytes, bytes]:
    """A document on the disk, its bytes, and those that are to take their place."""
    old = dumps(example)
    new = old.replace('"name": "conv1"', '"name": "rewritten"')
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "net.netwright").write_text(old)
    (tmp_path / "new").write_text(new)
    return folder / "net.netwright", old.encode(), new.encode()


def save(path: Path, script: str, call: str, inject: str) -> tuple[int, str]:
    """Save under an injected fault: the exit code, negative where it was killed, and what was said."""
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{inject}"]
    done = subprocess.run(
        [*command, sys.executable, "-B", "-c", script, str(path), str(path.parents[1] / "new")], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


def killed_at_every_call(files: tuple[Path, bytes, bytes], script: str) -> list[bytes]:
    """What lies on the disk after a kill at each call, until the save gets through."""
    path, old, new = files
    found = []
    for call in CALLS:
        for k in range(1, MOST_CALLS):
            path.write_bytes(old)
            code, _ = save(path, script, call, f"signal=KILL:when={k}")
            if code == 0:
                assert path.read_bytes() == new
                break
            found.append(path.read_bytes())
    return found


def test_killed_at_every_call_the_file_is_the_old_or_the_new_one(files: tuple[Path, bytes, bytes]) -> None:
    _, old, new = files
    found = killed_at_every_call(files, ATOMIC)
    print(f"\n{len(found)} kills: {found.count(old)} left the old file, {found.count(new)} the new one")
    assert len(found) >= 10
    assert set(found) == {old, new}


def test_the_control_that_writes_in_place_loses_the_file(files: tuple[Path, bytes, bytes]) -> None:
    _, old, new = files
    found = killed_at_every_call(files, IN_PLACE)
    lost = sum(content not in (old, new) for content in found)
    print(f"\n{len(found)} kills of the in-place writer: {lost} left neither the old nor the new file")
    assert lost / len(found) >= 0.25


@pytest.mark.parametrize("call", ["write", "fsync", "rename", "chmod"])
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("when", ["1", "1+"])
def test_a_save_that_fails_is_loud_and_harmless(files: tuple[Path, bytes, bytes], call: str, error: str, when: str) -> None:
    path, old, _ = files
    code, said = save(path, ATOMIC, call, f"error={error}:when={when}")
    assert code != 0
    if (call, when) != ("write", "1+"):  # there, nothing can be said either
        assert code == 3
        assert said.strip()
    assert path.read_bytes() == old


def test_afterwards_it_can_be_read(files: tuple[Path, bytes, bytes]) -> None:
    path, _, new = files
    assert save(path, ATOMIC, "fsync", "signal=KILL:when=99")[0] == 0
    assert path.read_bytes() == new
    assert load(path).graph.nodes
