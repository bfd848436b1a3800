"""Where Netwright keeps what belongs to the user and to no document."""

import os
from pathlib import Path


def config_folder() -> Path:
    """The user's configuration folder, or the one that NETWRIGHT_CONFIG names. It need not be there yet."""
    if folder := os.environ.get("NETWRIGHT_CONFIG"):
        return Path(folder)
    from platformdirs import user_config_path

    return user_config_path("netwright", appauthor=False)
