"""Colours by role. One theme is current; whoever paints asks for it when it paints."""

from collections.abc import Mapping
from functools import cache

from PySide6.QtCore import QJsonDocument, QObject, Signal
from PySide6.QtGui import QColor, QPalette

from resources import resource

GLYPH = "#111418"
CATEGORIES: Mapping[str, str] = {
    "Convolution": "#56B4E9", "Upsampling": "#0072B2", "Pooling": "#009E73", "Linear": "#CC79A7",
    "Normalise": "#F0E442", "Regularise": "#F0E442", "Activation": "#E69F00", "Attention": "#CC79A7", "Recurrent": "#CC79A7", "Loss": "#D55E00",
}  # fmt: skip
STRONGER: Mapping[str, str] = {  # what each role looks like where contrast is wanted: the colour of the next stronger one
    "hairline": "block", "control": "block", "block": "text2", "wire": "text2", "text2": "text", "text3": "text", "plot_raw": "text3",
}  # fmt: skip


class Theme:
    """The colours of one theme, by role; ``base`` is "dark" or "light", ``name`` tells any two themes apart."""

    __slots__ = ("base", "colors", "name")

    def __init__(self, base: str, colors: Mapping[str, str], strong: bool = False) -> None:
        self.base, self.name = base, f"{base}, strong" if strong else base
        self.colors = {**colors, **{role: colors[stronger] for role, stronger in STRONGER.items()}} if strong else colors

    def __getitem__(self, role: str) -> str:
        return self.colors[role]

    def category(self, group: str) -> str:
        """The colour of a group of blocks; data, merges and shapes are neutral."""
        if group == "Upsampling" and self.base == "dark":
            return "#2E86CF"
        return CATEGORIES.get(group, self.colors["neutral"])

    def palette(self) -> QPalette:
        """The Qt palette that Fusion paints with."""
        palette = QPalette()
        role, c = QPalette.ColorRole, self.colors
        for at, name in (
            (role.Window, "panel"), (role.WindowText, "text"), (role.Base, "surface"), (role.AlternateBase, "raised"), (role.Text, "text"),
            (role.Button, "surface"), (role.ButtonText, "text"), (role.BrightText, "on_accent"), (role.ToolTipBase, "raised"),
            (role.ToolTipText, "text"), (role.PlaceholderText, "text3"), (role.Highlight, "accent_fill"), (role.HighlightedText, "on_accent"),
            (role.Link, "accent"), (role.Light, "hover"), (role.Midlight, "hover"), (role.Mid, "control"), (role.Dark, "hairline"), (role.Shadow, "hairline"),
        ):  # fmt: skip
            palette.setColor(at, QColor(c[name]))
        for at in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, at, QColor(c["text3"]))
        return palette


@cache
def load(name: str, strong: bool = False) -> Theme:
    """The theme "dark" or "light", with a strong contrast or as it is."""
    values = QJsonDocument.fromJson(resource("themes", f"{name}.json").read_bytes()).toVariant()  # json would cost the start 5 ms
    return Theme(name, values, strong)


class Current(QObject):
    """The theme in use; ``changed`` tells whoever keeps painted pixmaps."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.theme = load("dark")

    def set(self, name: str, strong: bool = False) -> None:
        """Use another theme."""
        if (wanted := load(name, strong)) is not self.theme:
            self.theme = wanted
            self.changed.emit()


current = Current()


def color(role: str) -> QColor:
    """A colour of the current theme."""
    return QColor(current.theme[role])
