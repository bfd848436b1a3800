"""The recorded walk: a network is built, trained and exported in a real window on a virtual screen, and the file is run."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.data.sources import DIGITS
from app.data.splits import split

ROOT = Path(__file__).resolve().parents[2]
needed = [name for name in ("Xvfb", "xdotool") if not shutil.which(name)]
pytestmark = [
    pytest.mark.gui,
    pytest.mark.slow,
    pytest.mark.skipif(bool(needed), reason=f"needs {' and '.join(needed)}: make test installs them"),
]


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """A virtual screen of its own."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"], pass_fds=[write], stderr=subprocess.DEVNULL
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        yield f":{pipe.readline().strip()}"
    server.terminate()
    server.wait()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_person_builds_trains_and_exports_a_network(screen: str, tmp_path: Path, theme: str) -> None:
    work = Path(os.environ.get("NETWRIGHT_SHOTS", tmp_path)).resolve()
    work.mkdir(parents=True, exist_ok=True)
    (work / f"walked-{theme}.onnx").unlink(missing_ok=True)  # or the dialog asks whether to replace it
    environment = {
        **os.environ,
        "DISPLAY": screen,
        "QT_QPA_PLATFORM": "xcb",
        "PYTHONPATH": str(ROOT),
        "NETWRIGHT_RUNS": str(tmp_path / "runs"),
        "HOME": str(tmp_path),
    }
    result = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("walk.py")), str(work), theme],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )
    print(result.stdout)
    assert result.stdout.endswith("walked\n"), result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    import onnxruntime

    session = onnxruntime.InferenceSession(str(work / f"walked-{theme}.onnx"))
    samples, test = DIGITS.load(), split(DIGITS, 0.2, 0.2, 0).test
    (scores,) = session.run(None, {"input": samples["image"][test]})
    accuracy = float(np.mean(scores.argmax(1) == samples["label"][test]))
    print(f"the exported file reads {100 * accuracy:.1f} % of the test digits right")
    assert accuracy > 0.9
