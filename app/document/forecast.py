"""How much memory a network will need: to be trained with a recipe, and to be used."""

from dataclasses import dataclass

from app.document.analysis import BYTES, Totals
from app.document.recipe import Recipe

STATES = {"SGD": 1, "RMSprop": 2, "Adagrad": 1, "Adam": 2, "AdamW": 2, "Muon": 1}  # numbers an optimizer keeps for each weight


@dataclass(frozen=True, slots=True)
class Forecast:
    """Bytes. Real use is a little more: kernels keep some room of their own."""

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def training(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.activations

    @property
    def inference(self) -> int:
        """One batch, with the results of all blocks counted; a network that lets them go needs less."""
        return self.weights + self.activations


def forecast(totals: Totals, recipe: Recipe) -> Forecast:
    """What training with a recipe will hold at once."""
    weights = totals.params * BYTES
    states = STATES[recipe.optimizer] if recipe.optimizer != "SGD" or recipe.momentum else 0
    half = 1 if recipe.precision in ("auto", "fp32", "tf32") else 2
    return Forecast(weights, weights, weights * states, totals.memory * recipe.batch_size // half)
