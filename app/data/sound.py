"""Folders of recordings (.wav): a class for each folder; as waveforms, or as pictures of loudness over pitch and time."""

import os
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.data import cache
from app.data.images import listed, sorted_in
from app.data.source import DataError, Skipped, Source, gathered, relative, told

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.document.recipe import Reading

    Wave = NDArray[np.float32]

MELS: Final = 64
WINDOW_SECONDS, HOP_SECONDS = 0.025, 0.010
FLOOR: Final = 1e-6


def sound_folder(path: Path, reading: "Reading") -> Source:
    """Recordings, brought to one rate and one length."""
    files = listed(path, (".wav", ".wave"))
    if not files:
        raise DataError(f"{path} holds no .wav files")
    name = cache.key(files, reading.sound, reading.sound_seconds)
    arrays, facts = cache.kept(name, len(files), lambda _: _read(files, path, reading))
    skipped = [Skipped(*entry) for entry in facts["skipped"]]
    classes, labels, part = sorted_in(path, [files[k] for k in facts["kept"]])
    columns: dict[str, Any] = {"sound": arrays["sound"]}
    named = {}
    if classes != [""]:
        columns["label"], named["label"] = labels, [word or "(no folder)" for word in classes]
    title = f"{len(facts['kept']):,} recordings in {path.name}, {facts['rate']:,} samples a second"
    return gathered(str(path), "sound", title, columns, named, "sound", "label" if named else "sound", part, skipped, facts["notes"])


def _read(files: list[Path], root: Path, reading: "Reading") -> "tuple[dict[str, NDArray[np.generic]], dict[str, Any]]":
    import numpy as np

    def attempt(file: Path) -> "tuple[Wave, int] | Skipped":
        try:
            return samples(file, reading.sound_seconds)
        except (DataError, OSError, EOFError, wave.Error, ValueError) as error:
            return Skipped(relative(file, root), f"it can't be read ({error})")

    with ThreadPoolExecutor(max(1, os.cpu_count() or 1)) as pool:
        read = list(pool.map(attempt, files))
    skipped = [entry for entry in read if isinstance(entry, Skipped)]
    kept = [k for k, entry in enumerate(read) if not isinstance(entry, Skipped)]
    if not kept:
        raise DataError(f"none of the {len(files)} recordings in {root} can be read: {told(skipped)}")
    good = [entry for entry in read if not isinstance(entry, Skipped)]
    rates = [rate for _, rate in good]
    rate = max(set(rates), key=lambda r: (rates.count(r), -r))
    notes = (
        [f"{len(rates) - rates.count(rate)} recordings have another rate; all are brought to {rate:,} samples a second"]
        if len(set(rates)) > 1
        else []
    )
    length = max(1, round(reading.sound_seconds * rate))
    rows = np.zeros((len(good), 1, length), np.float32)
    for row, (sound, own) in zip(rows, good, strict=True):
        if own != rate:
            sound = np.interp(np.arange(round(len(sound) * rate / own)) * own / rate, np.arange(len(sound)), sound).astype(np.float32)
        row[0, : min(length, len(sound))] = sound[:length]
    if reading.sound == "log-mel":
        rows = np.stack([log_mel(row[0], rate)[None] for row in rows])
    return {"sound": rows}, {"kept": kept, "rate": rate, "notes": notes, "skipped": [[s.what, s.why] for s in skipped]}


def samples(file: Path, seconds: float) -> "tuple[Wave, int]":
    """The first seconds of a recording, between -1 and 1, all its channels mixed; and its rate."""
    import numpy as np

    with wave.open(str(file), "rb") as stream:
        rate, width, channels = stream.getframerate(), stream.getsampwidth(), stream.getnchannels()
        data = stream.readframes(min(stream.getnframes(), round(seconds * rate) + 1))
    if rate <= 0 or not data:
        raise DataError("it holds no sound")
    data = data[: len(data) // (width * channels) * width * channels]
    if width == 1:
        values = np.frombuffer(data, np.uint8).astype(np.float32) / 128 - 1
    elif width == 3:
        bytes_ = np.frombuffer(data, np.uint8).reshape(-1, 3).astype(np.int32)
        values = (((bytes_[:, 2] << 24) | (bytes_[:, 1] << 16) | (bytes_[:, 0] << 8)) / 2**31).astype(np.float32)
    else:
        values = (np.frombuffer(data, "<i2" if width == 2 else "<i4") / float(1 << (8 * width - 1))).astype(np.float32)
    return values.reshape(-1, channels).mean(1, dtype=np.float32), rate


def log_mel(sound: "Wave", rate: int) -> "Wave":
    """The log of the energy in 64 bands of the mel scale (Stevens, Volkmann and Newman, 1937), a column every 10 ms."""
    import numpy as np

    window, hop = max(16, round(WINDOW_SECONDS * rate)), max(1, round(HOP_SECONDS * rate))
    size = 1 << (window - 1).bit_length()
    padded = np.pad(sound, (window // 2, window))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[: len(sound) : hop]
    power = np.abs(np.fft.rfft(frames * np.hanning(window).astype(np.float32), size)) ** 2
    return np.log(power @ bands(size, rate).T + FLOOR).T.astype(np.float32)


def bands(size: int, rate: int) -> "NDArray[np.float64]":
    """Triangles over the bins of a Fourier transform, evenly spaced on the mel scale."""
    import numpy as np

    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, MELS + 2) / 2595) - 1)
    bins = np.arange(size // 2 + 1) * rate / size
    up = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(up, down))
