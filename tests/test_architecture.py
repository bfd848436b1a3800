"""The house rules that no linter keeps: what a module may import, and that the window never loads torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def imports(file: Path) -> set[str]:
    """Every module that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def files(*parts: str) -> list[Path]:
    return sorted(ROOT.joinpath(*parts).rglob("*.py"))


@pytest.mark.parametrize("file", files("app", "session"), ids=lambda f: f.name)
def test_the_session_is_qtcore_only(file: Path) -> None:
    assert not [name for name in imports(file) if name.startswith("PySide6.") and not name.startswith("PySide6.QtCore")]
    assert not [name for name in imports(file) if name.startswith("app.engine.") and not name.startswith("app.engine.messages")]


def test_the_import_arrows_are_kept() -> None:
    result = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"], cwd=ROOT, capture_output=True, text=True
    )
    assert "0 broken" in result.stdout, result.stdout + result.stderr


WINDOW = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from pathlib import Path
from PySide6.QtCore import QSettings
from app.window.application import make_application
from app.window.shell import Shell
application = make_application(["x"])
shell = Shell(QSettings(sys.argv[1], QSettings.Format.IniFormat))
early = {"torch", "networkx", "numpy", "pyqtgraph", "pydantic"} & set(sys.modules)
workspace = shell.furnish(Path(sys.argv[2]))
workspace.session.check_now()
assert len(workspace.canvas.canvas.nodes) == 13, len(workspace.canvas.canvas.nodes)
print(sorted(early), sorted({"torch", "onnx", "lightning_fabric"} & set(sys.modules)))
workspace.shut_down()
"""


def test_the_window_opens_a_document_without_torch(tmp_path: Path) -> None:
    example = ROOT / "resources" / "examples" / "first-cnn.netwright"
    arguments = [sys.executable, "-c", WINDOW, str(tmp_path / "s.ini"), str(example)]
    result = subprocess.run(arguments, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert result.stdout.strip() == "[] []", result.stdout + result.stderr


def test_no_module_grows_without_a_seam() -> None:
    long = {str(f.relative_to(ROOT)): n for f in files("app") + files("blocks") if (n := len(f.read_text().splitlines())) > 400}
    assert not long
