"""What a template network is: how it is drawn, and what is said of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.document.graph import Parameter
from app.document.recipe import Recipe
from resources.gallery.pen import Pen, Source

SGD = {"optimizer": "SGD", "momentum": 0.9}


@dataclass(frozen=True)
class Template:
    """One network of the gallery. ``draw`` says in its docstring what to look at, its paper and the paper's recipe.

    ``reference`` is its row in the table of published counts; ``group`` the heading under which it stands.
    """

    name: str
    title: str
    group: str
    draw: Callable[[Pen], None]
    recipe: dict[str, Any] = field(default_factory=dict)
    reference: str = ""
    parameters: tuple[Parameter, ...] = (Parameter("classes", 1000, "Number of classes.", 2),)

    def made_recipe(self) -> Recipe:
        """How the paper trained it, as far as that can be said here; without data of its own."""
        return Recipe(**{"dataset": "none", **self.recipe})


def image(pen: Pen, size: int = 224, channels: int = 3) -> str:
    """The image that goes in."""
    return pen("Input", name="image", size=(channels, size, size), column="image")


def classify(pen: Pen, logits: Source | None = None, more: tuple[tuple[Source, float], ...] = ()) -> None:
    """The result, the labels and the loss; ``more`` are other heads, each with the weight of its loss."""
    own = logits if logits is not None else pen.last
    assert own is not None
    pen("Output", own, name="logits")
    label = pen("Target", name="label", kind="class", classes="= classes", column="label")
    pen("CrossEntropy", own, label, name="loss")
    for source, weight in more:
        pen("CrossEntropy", source, label, weight=weight)


def conv_relu(pen: Pen, channels: Any, kernel: Any, **options: Any) -> str:
    """A convolution with bias, and ReLU."""
    pen("Conv2d", out_channels=channels, kernel_size=kernel, **{"padding": kernel // 2 if isinstance(kernel, int) else 0, **options})
    return pen("ReLU")


def fully(pen: Pen, features: Any, dropout: float = 0.0) -> str:
    """A fully connected layer, ReLU, and perhaps dropout."""
    pen("Linear", out_features=features)
    last = pen("ReLU")
    return pen("Dropout", p=dropout) if dropout else last


def pool(pen: Pen, kernel: int = 2, stride: int = 2, **options: Any) -> str:
    """The largest of each window."""
    return pen("MaxPool2d", kernel_size=kernel, stride=stride, **{"padding": 0, **options})
