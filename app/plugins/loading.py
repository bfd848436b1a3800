"""Loading a plug-in: its module is imported, and the blocks that it declares join the catalogue."""

import importlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

from app.plugins.found import Plugin, digest
from blocks import catalogue
from blocks.core import Block

PATIENCE: Final = 10.0  # seconds that an import may take when it is tried


class PluginError(Exception):
    """A plug-in can't be used. The text names it and says why."""


_loaded: dict[Path, list[type[Block]]] = {}


def load(plugin: Plugin) -> list[type[Block]]:
    """Import a plug-in that the user said yes to, and add its blocks to the catalogue. Raises PluginError.

    What is imported is what was accepted: where the files have changed since, nothing is run.
    """
    if plugin.path in _loaded:
        return _loaded[plugin.path]
    try:
        now = digest(plugin.path)
    except OSError as error:
        raise PluginError(f"plug-in {plugin.name}: {error}") from None
    if now != plugin.digest:
        raise PluginError(f"plug-in {plugin.name} has changed since it was allowed: {plugin.path}")
    try:
        module = _imported(plugin)
        blocks = [block for part in _parts(module) for block in catalogue.declared(part)]
        for block in blocks:
            _try_out(block)
        if not blocks:
            raise ValueError("it declares no blocks")
        catalogue.register(blocks)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plug-in may even call sys.exit
        reason = str(error).strip().splitlines()
        raise PluginError(
            f"plug-in {plugin.name} could not be loaded: {type(error).__name__}{': ' + reason[0] if reason else ''}"
        ) from error
    _loaded[plugin.path] = blocks
    return blocks


def _imported(plugin: Plugin) -> ModuleType:
    if plugin.module:
        return importlib.import_module(plugin.module)
    name = f"netwright_plugin_{plugin.path.stem}_{plugin.digest[:12]}"
    file = plugin.path / "__init__.py" if plugin.path.is_dir() else plugin.path
    inner = [str(plugin.path)] if plugin.path.is_dir() else None
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=inner)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _parts(module: ModuleType) -> list[ModuleType]:
    """The module, and those below it that it imported."""
    return [module, *(part for name, part in sys.modules.items() if name.startswith(module.__name__ + ".") and part is not None)]


def _try_out(block: type[Block]) -> None:
    """What the window asks of every block at once must not fail."""
    made = block()
    if made.inputs and not (block.example or made.inputs[0].many):
        raise ValueError(f"{block.__name__} needs example=, the shapes of an input that it takes")
    if not block.help():
        raise ValueError(f"{block.__name__} needs a docstring that says what it does")


def probe_command(plugin: Plugin) -> list[str]:
    """The command that tries a plug-in in a process of its own, where an endless loop does no harm."""
    return [sys.executable, "-m", "app.plugins.probe", str(plugin.path), plugin.module, plugin.digest]


def probe(plugin: Plugin, patience: float = PATIENCE) -> list[str]:
    """Load a plug-in in a process of its own and return the names of its blocks. Raises PluginError."""
    try:
        done = subprocess.run(probe_command(plugin), capture_output=True, text=True, timeout=patience, cwd=Path(__file__).parents[2])
    except subprocess.TimeoutExpired:
        raise PluginError(f"plug-in {plugin.name} did not finish loading within {patience:g} seconds") from None
    return verdict(plugin, done.returncode, done.stdout, done.stderr)


def verdict(plugin: Plugin, code: int, output: str, errors: str) -> list[str]:
    """What a probe found: the names of the blocks. Raises PluginError."""
    try:
        answer = json.loads(output.strip().splitlines()[-1])
    except (ValueError, IndexError):
        last = errors.strip().splitlines()[-1:] or [f"it ended with status {code}"]
        raise PluginError(f"plug-in {plugin.name} could not be loaded: {last[0][:200]}") from None
    if "error" in answer:
        raise PluginError(answer["error"])
    return [str(name) for name in answer["blocks"]]
