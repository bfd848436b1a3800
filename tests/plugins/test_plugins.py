"""Plug-ins: nothing runs before a yes to exactly this code, broken ones are named, and what works does so all the way to ONNX."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.plugins import PluginError, Store, in_folder, installed, named
from app.plugins.loading import probe

ROOT = Path(__file__).parents[2]
EXAMPLE = Path(__file__).parent / "example" / "seasoning"

CANARY = """
from pathlib import Path
Path({canary!r}).write_text("ran")
from blocks.core import Block
class Canary(Block, label="Canary", group="Math", source="{{0}}", onnx="Identity", example=((3,),)):
    \"\"\"Sings.\"\"\"
"""


@pytest.fixture
def canary(tmp_path: Path) -> tuple[Path, Path]:
    """A plug-in that leaves a trace when it runs, and the trace."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "canary.py").write_text(CANARY.format(canary=str(tmp_path / "trace")))
    return folder / "canary.py", tmp_path / "trace"


def netwright(*arguments: object, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, env={**os.environ, **env})


def document(path: Path, *blocks: tuple[str, dict[str, Any]], size: tuple[int, ...] = (1, 8, 8)) -> Path:
    """A chain of blocks, Input first, as a file."""
    nodes = [{"id": "n1", "block": "Input", "name": "x", "params": {"size": list(size)}, "position": [0, 0]}]
    nodes += [
        {"id": f"n{k + 2}", "block": kind, "name": kind.lower(), "params": params, "position": [0, 100 * k]}
        for k, (kind, params) in enumerate(blocks)
    ]
    edges = [{"from": [f"n{k}", "y"], "to": [f"n{k + 1}", "x"]} for k in range(1, len(nodes))]
    path.write_text(
        json.dumps({"format": "netwright", "version": 1, "graph": {"nodes": nodes, "edges": edges}, "definitions": [], "recipe": {}})
    )
    return path


def test_finding_runs_nothing(canary: tuple[Path, Path]) -> None:
    file, trace = canary
    [plugin] = in_folder(file.parent)
    assert (plugin.name, plugin.path, len(plugin.digest)) == ("canary", file.resolve(), 64)
    assert not trace.exists()


@pytest.mark.parametrize("command", ["check", "compile", "blocks"])
def test_the_command_line_needs_the_flag(canary: tuple[Path, Path], tmp_path: Path, command: str) -> None:
    file, trace = canary
    path = document(tmp_path / "net.netwright", ("Canary", {}))
    store = Store(tmp_path / "config" / "plugins.json")
    store.set_folder(file.parent)
    store.accept(named(file))
    arguments = [command] if command == "blocks" else [command, path]
    netwright(*arguments, NETWRIGHT_CONFIG=str(tmp_path / "config"))
    assert not trace.exists()
    done = netwright("--plugin", file, *arguments)
    assert trace.read_text() == "ran"
    assert done.returncode == 0, done.stderr
    assert "canary" in done.stderr
    assert named(file).digest[:16] in done.stderr


def test_the_flag_for_those_allowed_runs_only_what_is_unchanged(canary: tuple[Path, Path], tmp_path: Path) -> None:
    file, trace = canary
    store = Store(tmp_path / "config" / "plugins.json")
    store.accept(named(file))
    assert "Canary" in netwright("--plugins", "blocks", NETWRIGHT_CONFIG=str(tmp_path / "config")).stdout
    trace.unlink()
    file.write_text(file.read_text() + "\n# a change\n")
    done = netwright("--plugins", "blocks", NETWRIGHT_CONFIG=str(tmp_path / "config"))
    assert "Canary" not in done.stdout
    assert not trace.exists()


@pytest.mark.parametrize("part", ["__init__.py", "modules/salt.py", "new.py"])
def test_any_change_of_a_folder_changes_its_hash(tmp_path: Path, part: str) -> None:
    folder = shutil.copytree(EXAMPLE, tmp_path / "seasoning", ignore=shutil.ignore_patterns("__pycache__"))
    store = Store(tmp_path / "plugins.json")
    plugin = named(folder)
    store.accept(plugin)
    (folder / "__pycache__").mkdir(exist_ok=True)
    (folder / "__pycache__" / "x.pyc").write_text("compiled")
    assert store.accepts(named(folder))
    file = folder / part
    file.write_text((file.read_text() if file.exists() else "") + "\n")
    assert not store.accepts(named(folder))
    assert store.knows(named(folder))
    assert Store(tmp_path / "plugins.json").accepted() == []


def test_a_file_of_yeses_that_is_broken_holds_none(tmp_path: Path) -> None:
    for text in ("", "[]", '{"accepted": 3}', '{"accepted": {"/x": 1}}', "\x00"):
        (tmp_path / "plugins.json").write_text(text)
        store = Store(tmp_path / "plugins.json")
        assert store.accepted() == []
        assert store.folder is None


BROKEN = {
    "import": ("import nothing_of_this_name", "No module named 'nothing_of_this_name'"),
    "exit": ("import sys; sys.exit(3)", "SystemExit: 3"),
    "syntax": ("def", "SyntaxError"),
    "empty": ("", "it declares no blocks"),
    "clash": ("from blocks.core import Block\nclass ReLU(Block, label='R', group='Math', source='{0}', example=((1,),)):\n  'Mine.'", "two blocks are named ReLU"),
    "crash": ("import os; os._exit(7)", "status 7"),
    "no help": ("from blocks.core import Block\nclass Q(Block, label='Q', group='Math', source='{0}', example=((1,),)): pass", "needs a docstring"),
    "no example": ("from blocks.core import Block\nclass Q(Block, label='Q', group='Math', source='{0}'):\n  'Q.'", "needs example="),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_one_is_named_with_its_reason(tmp_path: Path, name: str) -> None:
    text, words = BROKEN[name]
    (tmp_path / "sour.py").write_text(text)
    with pytest.raises(PluginError, match="plug-in sour") as told:
        probe(named(tmp_path / "sour.py"))
    assert words in str(told.value)


def test_an_endless_loop_is_ended(tmp_path: Path) -> None:
    (tmp_path / "sour.py").write_text("while True: pass")
    with pytest.raises(PluginError, match="did not finish loading within 2 seconds"):
        probe(named(tmp_path / "sour.py"), patience=2)


def test_a_broken_one_does_not_stop_the_command_line_with_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "sour.py").write_text("1 / 0")
    done = netwright("--plugin", tmp_path / "sour.py", "blocks")
    assert done.returncode == 1
    assert done.stderr.startswith("netwright: plug-in sour could not be loaded: ZeroDivisionError")
    assert netwright("--plugin", tmp_path / "none.py", "blocks").stderr.startswith("netwright: there is no plug-in")


def test_the_example_goes_all_the_way(tmp_path: Path) -> None:
    """Shape asked of torch, source with its module, an export by its own rule, and one by torch's exporter."""
    path = document(tmp_path / "net.netwright", ("Snake", {}), ("Salt", {"p": 0.5}), ("Fold", {"size": 4}), ("Flatten", {}), ("Linear", {}))
    facts = json.loads(netwright("--plugin", EXAMPLE, "check", path, "--json").stdout)
    shapes = {node["block"]: node["shapes"]["outputs"].get("y") for node in facts["nodes"]}
    assert shapes["Fold"] == [16, 4]
    assert not [problem for problem in facts["problems"] if problem["severity"] == "error"]
    source = netwright("--plugin", EXAMPLE, "compile", path).stdout
    assert "class Salt(nn.Module)" in source
    assert "F.unfold" in source
    done = netwright("--plugin", EXAMPLE, "export", path, "-o", tmp_path / "net.onnx")
    assert "ONNX matches PyTorch" in done.stdout, done.stderr
    plain = document(tmp_path / "plain.netwright", ("Snake", {}), ("Salt", {}))
    assert "ONNX matches PyTorch" in netwright("--plugin", EXAMPLE, "export", plain, "-o", tmp_path / "plain.onnx").stdout
    without = netwright("check", path)
    assert "block type 'Snake' is not known here" in without.stdout
    refused = document(tmp_path / "small.netwright", ("Fold", {"size": 9}))
    assert "PyTorch refuses it" in netwright("--plugin", EXAMPLE, "check", refused).stdout


def test_an_installed_package_is_found_and_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "site" / "seasoning", ignore=shutil.ignore_patterns("__pycache__"))
    info = tmp_path / "site" / "seasoning-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: seasoning\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[netwright.blocks]\nseasoning = seasoning\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    [plugin] = installed()
    assert (plugin.name, plugin.path) == ("seasoning", tmp_path / "site" / "seasoning")
    assert "seasoning" not in sys.modules
    done = netwright("--plugin", "seasoning", "blocks", PYTHONPATH=str(tmp_path / "site"))
    assert "Snake" in done.stdout, done.stderr


def test_code_that_changes_between_yes_and_load_does_not_run(canary: tuple[Path, Path]) -> None:
    from app.plugins import load

    file, trace = canary
    plugin = named(file)
    file.write_text(file.read_text() + "\n")
    with pytest.raises(PluginError, match="has changed since it was allowed"):
        load(plugin)
    assert not trace.exists()


def test_opening_and_reopening_runs_nothing(canary: tuple[Path, Path], tmp_path: Path, write: Callable[[str], Path]) -> None:
    """A document that names a plug-in's block is read, kept and saved without it."""
    from app.document.storage import dumps, load

    _, trace = canary
    path = document(tmp_path / "net.netwright", ("Canary", {"x": 1}))
    again = json.loads(dumps(load(path)))
    assert again["graph"]["nodes"][1]["block"] == "Canary"
    assert again["graph"]["nodes"][1]["params"] == {"x": 1}
    assert not trace.exists()
