"""Inter and JetBrains Mono, which come with the app, so that it looks the same everywhere."""

from functools import cache

from PySide6.QtGui import QFont, QFontDatabase, QFontMetricsF

from resources import resource

FIRST = ("Inter-Regular.otf", "Inter-SemiBold.otf")  # what the empty window shows
LATER = ("Inter-Medium.otf", "JetBrainsMono-Regular.ttf")
WEIGHTS = {400: QFont.Weight.Normal, 500: QFont.Weight.Medium, 600: QFont.Weight.DemiBold}


def install(names: tuple[str, ...] = FIRST + LATER) -> None:
    """Make fonts known to Qt."""
    for name in names:
        QFontDatabase.addApplicationFont(str(resource("fonts", name)))


@cache
def inter(size: int, weight: int = 400) -> QFont:
    """Inter with tabular figures, ``size`` in logical pixels."""
    font = QFont("Inter")
    font.setPixelSize(size)
    font.setWeight(WEIGHTS[weight])
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


@cache
def mono(size: int = 12) -> QFont:
    """JetBrains Mono."""
    font = QFont("JetBrains Mono")
    font.setPixelSize(size)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setStyleHint(QFont.StyleHint.Monospace)
    return font


@cache
def metrics(font: QFont) -> QFontMetricsF:
    """Measures of a font; making them anew each time costs more than using them."""
    return QFontMetricsF(font)
