"""How a network is trained: one declared value, from which the form, the file and ``--set`` follow. Each part has a file of its own."""

from app.document.recipe.augmentation import Augmentation
from app.document.recipe.data import Reading
from app.document.recipe.optimization import Optimization
from blocks.initialization import Initialization

__all__ = ["OLD_NAMES", "Augmentation", "Optimization", "Reading", "Recipe"]

# what older documents say, and what it is called now
OLD_NAMES: dict[str, dict[object, str]] = {
    "precision": {"32-true": "fp32", "bf16-mixed": "bf16", "16-mixed": "fp16"},
    "compile": {False: "auto", True: "on"},
}


class Recipe(Reading, Optimization, Augmentation, Initialization):
    """Everything about a training run that is not the network. Fractions are of all samples, rates are per step."""
