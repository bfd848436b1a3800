"""Plain text, for networks that guess the next character."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.data.source import DataError, Source, gathered

if TYPE_CHECKING:
    from app.document.recipe import Reading

MOST_BYTES: Final = 1 << 30
MOST_LETTERS: Final = 10_000


def text_file(path: Path, reading: "Reading") -> Source:
    """A text as pieces of equal length: ``text`` holds the characters, ``next`` those that follow each of them."""
    import numpy as np

    if path.stat().st_size > MOST_BYTES:
        raise DataError(f"{path} is {path.stat().st_size / 2**30:.1f} GiB; at most 1 GiB of text is read")
    data = path.read_bytes()
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{path} is no text: it holds bytes that no text has")
    notes = []
    try:
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
        notes.append("it is not UTF-8, so it was read as Latin-1")
    length = reading.sequence_length
    count = (len(text) - 1) // length
    if count < 3:
        raise DataError(
            f"{path} has {len(text):,} characters, too few for pieces of {length}: set sequence_length to {max(1, len(text) // 20)} or less"
        )
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    letters, indices = np.unique(codes, return_inverse=True)
    if len(letters) > MOST_LETTERS:
        raise DataError(f"{path} has {len(letters):,} different characters, more than {MOST_LETTERS:,}")
    indices = indices.astype(np.int64)
    used = count * length
    classes = [chr(code) for code in letters]
    commonest = "".join(letter for letter, _ in Counter(text[:100_000]).most_common(5))
    notes.append(f"{len(text):,} characters, {len(classes)} different ones, most often {commonest!r}")
    arrays = {"text": indices[:used].reshape(count, length), "next": indices[1 : used + 1].reshape(count, length)}
    return gathered(
        str(path),
        "text",
        f"{count:,} pieces of {length} characters of {path.name}",
        arrays,
        {"text": classes, "next": classes},
        "text",
        "next",
        notes=notes,
    )
