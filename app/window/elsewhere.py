"""Run elsewhere: a folder that holds everything a run needs, and the one command that starts it on another machine."""

import shlex
import shutil
from pathlib import Path

from app.data.source import DataError
from app.data.sources import belongings, is_path
from app.document import atomic, storage
from app.document.graph import Document
from resources import ROOT

SOURCE = Path(__file__).resolve().parents[2]
PACKAGES = ("app", "blocks", "resources")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "screenshots", "gallery")
SCRIPT = """#!/bin/sh
# Starts the run: sh run.sh, or sh run.sh --devices 4, or under torchrun or SLURM with sh run.sh.
# Needs Python 3.11 or later; what else is missing is installed into .venv beside this file.
set -eu
cd "$(dirname "$0")"
if ! python3 -c 'import torch, lightning_fabric, safetensors, tensorboardX, networkx, pydantic, PIL, platformdirs' 2>/dev/null; then
  [ -d .venv ] || python3 -m venv --system-site-packages .venv
  . .venv/bin/activate
  python -m pip install --quiet {needs}
fi
exec python3 -m app train network.netwright{data} --run "run-$(date +%Y%m%d-%H%M%S)" "$@"
"""
NEEDS = "'torch>=2.11' 'lightning-fabric>=2.6.6' safetensors tensorboardX networkx 'pydantic>=2.7' pillow platformdirs numpy pyarrow onnx onnxruntime"


def write(folder: Path, document: Document) -> str:
    """Fill an empty folder; returns the command. Raises OSError, or DataError where the data is gone."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise DataError(f"{folder} is not empty: choose a new folder, so that nothing of yours is written over")
    name, option = document.recipe.dataset, ""
    if is_path(name):
        data = Path(name).expanduser()
        if not data.exists():
            raise DataError(f"the data set {name} is not there any more")
        if data.is_dir():
            shutil.copytree(data, folder / "data" / data.name)
        else:
            (folder / "data").mkdir()
            for file in belongings(data):
                (folder / "data" / file.relative_to(data.parent)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, folder / "data" / file.relative_to(data.parent))
        option = f" --data {shlex.quote(f'data/{data.name}')}"
    for package in PACKAGES:
        shutil.copytree(SOURCE / package if package != "resources" else ROOT, folder / package, ignore=LEFT_OUT)
    atomic.write_text(folder / "network.netwright", storage.dumps(document))
    atomic.write_text(folder / "run.sh", SCRIPT.replace("{needs}", NEEDS).replace("{data}", option))
    (folder / "run.sh").chmod(0o755)
    return f"sh {shlex.quote(f'{folder.name}/run.sh')}"
