"""Numbers as people read them, and texts of others as they are."""

from html import escape


def si(value: float) -> str:
    """``9408`` as 9.4k, ``118013952`` as 118M, ``0`` as 0."""
    if value < 1000:
        return f"{value:.0f}"
    for suffix in ("k", "M", "G", "T"):
        value /= 1000
        if value < 999.5 or suffix == "T":
            return f"{value:.0f}{suffix}" if value >= 99.95 else f"{value:.1f}{suffix}"
    raise AssertionError


def size(count: float) -> str:
    """Bytes as 0.9 GB."""
    for suffix in ("B", "KB", "MB", "GB", "TB"):
        if count < 999.5 or suffix == "TB":
            return f"{count:.0f} {suffix}" if suffix == "B" or count >= 99.5 else f"{count:.1f} {suffix}"
        count /= 1024
    raise AssertionError


def duration(seconds: float) -> str:
    """``75`` as 1 min 15 s."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def plain(text: str) -> str:
    """A text for a tooltip, which Qt would take for HTML where it looks like it: names of classes come from files."""
    return f"<qt>{escape(text)}</qt>"
