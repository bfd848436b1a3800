"""Blocks that others wrote: where they are found, whether the user said yes to exactly this code, and loading them.

Nothing of a plug-in runs before that yes. It names a path and the SHA-256 of what lies there; where either changes, it is asked again.
"""

from app.plugins.found import Plugin, in_folder, installed, named
from app.plugins.loading import PluginError, load
from app.plugins.store import Store

__all__ = ["Plugin", "PluginError", "Store", "in_folder", "installed", "load", "named"]
