"""An example of a plug-in: three blocks, from the plainest to one that needs a torch module of its own.

A plug-in is a .py file, or a folder with an ``__init__.py`` such as this one. It imports from ``blocks`` only, never torch: blocks write
source text, and what torch lacks lies as plain source in ``modules/`` beside this file. A package that is installed with pip declares, in its
``pyproject.toml``::

    [project.entry-points."netwright.blocks"]
    seasoning = "seasoning"

Nothing here runs before the user has said yes to this folder and its SHA-256.
"""

from blocks.core import Block, Nodes, Shape, Shapes, param
from blocks.measured import Measured


class Snake(
    Block, label="Snake", group="Activation", slim=True, source="{0} + torch.sin({0}) ** 2", aka=("periodic",), example=((8, 4, 4),)
):
    """An activation that goes on waving: good for sounds and seasons.

    Formula: y = x + sin(x)^2
    Example: [0] gives [0]
    Use: where what is learned repeats
    Paper: Ziyin et al., arXiv 2006.08195
    """

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        wave = g.add("Sin", args[0])
        return g.add("Add", args[0], g.add("Mul", wave, wave))


class Salt(Block, label="Salt", group="Regularise", slim=True, modules=("salt",), onnx="Identity", aka=("noise",), example=((8, 4, 4),)):
    """While training, sets a share of the entries to 1; afterwards does nothing.

    Formula: y = 1 with probability p, else x
    Use: to see whether a network gets by with spoiled pixels
    """

    p: float = param(default=0.05, ge=0, le=1, help="Probability that an entry becomes 1.", chip="{}")

    def module(self, x: Shape) -> str:
        return f"Salt({self.p!r})"

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return args[0]


class Fold(Measured, label="Patches", group="Reshape", slim=True, aka=("im2col",), example=((3, 8, 8),)):
    """Cuts an image into patches. It has no shape rule: PyTorch is asked. It has no ONNX rule: PyTorch's exporter writes it."""

    size: int = param(default=2, ge=1, help="Height and width of a patch.", chip="{}")

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return f"F.unfold({args[0]}, {self.size}, stride={self.size})"
