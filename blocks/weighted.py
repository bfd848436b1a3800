"""Blocks whose weights may begin in a way of their own."""

from typing import ClassVar, Literal

from blocks.core import Block, Shape, param
from blocks.initialization import HELP, SECTION, VALUE_HELP, BlockScheme, Initialization, Scheme, lines


class Weighted(Block):
    """A linear layer or a convolution: it follows what is chosen for the network, unless it says otherwise.

    ``fan`` names what torch counts as the inputs of a unit; a transposed convolution keeps its weight the other way round.
    """

    fan: ClassVar[str] = "fan_in"
    weight_init: BlockScheme = param(
        default="network", help="'network' takes what the recipe says. " + HELP, label="Weights", section=SECTION
    )
    weight_value: float = param(default=0.01, help=VALUE_HELP, label="Value", section=SECTION)
    bias_init: float | Literal["network", "torch"] = param(
        default="network", help="A number such as 0, or 'network' for what the recipe says, or 'torch'.", label="Biases", section=SECTION
    )

    def initial(self, network: Initialization, last: bool, *xs: Shape) -> list[str]:
        scheme, value = (
            (self.weight_init, self.weight_value) if self.weight_init != "network" else (network.weight_init, network.weight_value)
        )
        bias = network.bias_init if self.bias_init == "network" else self.bias_init
        if scheme == bias == "torch":
            return []
        return lines(self.weights(*xs), scheme, value, bias, self.fan)


class OwnWeights(Block):
    """A block whose weights follow a scheme only where it says so itself: embeddings, attention, recurrent layers."""

    weight_init: Scheme = param(default="torch", help=HELP, label="Weights", section=SECTION)
    weight_value: float = param(default=1.0, help=VALUE_HELP, label="Value", section=SECTION)
    bias_init: float | Literal["torch"] = param(default="torch", help="A number such as 0, or 'torch'.", label="Biases", section=SECTION)

    def initial(self, network: Initialization, last: bool, *xs: Shape) -> list[str]:
        if self.weight_init == self.bias_init == "torch":
            return []
        return lines(self.weights(*xs), self.weight_init, self.weight_value, self.bias_init)


class Normed(Block):
    """A norm with a learned scale, which may begin at 0."""

    weight_init: Literal["network", "ones", "zeros"] = param(
        default="network",
        help="'zeros' lets a residual branch begin as nothing; 'network' is ones, but where the recipe's zero_last_gamma applies.",
        label="Scale",
        section=SECTION,
    )

    def initial(self, network: Initialization, last: bool, *xs: Shape) -> list[str]:
        zero = self.weight_init == "zeros" or (self.weight_init == "network" and last and network.zero_last_gamma)
        return ["nn.init.zeros_({0}.weight)"] if zero and "weight" in self.weights(*xs) else []
