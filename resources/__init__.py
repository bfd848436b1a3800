"""Files that come with Netwright: icons, fonts, example documents, data."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent


def resource(*parts: str) -> Path:
    """The path of a file below ``resources/``."""
    return ROOT.joinpath(*parts)
