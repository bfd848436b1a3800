"""Trying a plug-in in a process of its own: prints the names of its blocks, or what is wrong, as a line of JSON."""

import json
import sys
from pathlib import Path

from app.plugins.found import Plugin
from app.plugins.loading import PluginError, load


def main(path: str, module: str, digest: str) -> None:
    """Load and tell."""
    try:
        blocks = load(Plugin(module or Path(path).stem, Path(path), digest, module))
        print(json.dumps({"blocks": [block.__name__ for block in blocks]}))
    except PluginError as error:
        print(json.dumps({"error": str(error)}))


if __name__ == "__main__":
    main(*sys.argv[1:4])
