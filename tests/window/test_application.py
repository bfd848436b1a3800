"""Starting the window."""

import subprocess
import sys
from pathlib import Path

SHY = """
def __getattr__(name):
    raise ImportError(f"asked for {name} too early")
"""

USER = """
import app.window.application as application
application.make_application(["netwright"])
import shy
print("imported")
"""


def test_an_import_asks_nothing_of_a_half_imported_module(tmp_path: Path) -> None:
    (tmp_path / "shy.py").write_text(SHY)
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = [{str(root)!r}, {str(tmp_path)!r}]\n{USER}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.stdout.strip() == "imported", result.stderr
