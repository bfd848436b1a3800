"""How weights begin: for one block, or for the whole network. What is chosen stands in the generated source."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from blocks.params import param
from blocks.record import Record
from blocks.source import call

SECTION: Final = "First weights"
Scheme = Literal[
    "torch", "he_normal", "he_uniform", "xavier_normal", "xavier_uniform", "lecun_normal", "lecun_uniform", "normal", "constant", "orthogonal"
]  # fmt: skip
BlockScheme = Literal[
    "network", "torch", "he_normal", "he_uniform", "xavier_normal", "xavier_uniform", "lecun_normal", "lecun_uniform", "normal", "constant",
    "orthogonal",
]  # fmt: skip
HELP: Final = (
    "'torch' is PyTorch's own. He (std sqrt(2/n), arXiv 1502.01852) suits ReLU, LeCun (std 1/sqrt(n), 1998) SELU, Xavier "
    "(std sqrt(2/(n + m)), Glorot and Bengio, 2010) tanh and sigmoid; n inputs, m outputs of a unit."
)
VALUE_HELP: Final = "The standard deviation for 'normal', the number itself for 'constant', the gain for 'orthogonal'."


class Initialization(Record):
    """The first weights of a whole network: of its linear layers and convolutions, unless a block says otherwise."""

    weight_init: Scheme = param(default="torch", help=HELP, label="Weights", section=SECTION)
    weight_value: float = param(default=0.01, help=VALUE_HELP, label="Value", section=SECTION)
    bias_init: float | Literal["torch"] = param(
        default="torch",
        help="A number such as 0 for every bias, or 'torch'. A small positive one wakes up ReLUs.",
        label="Biases",
        section=SECTION,
    )
    zero_last_gamma: bool = param(
        default=False,
        help="Let the last norm of each residual branch begin at 0, so that each block begins as the identity (Goyal et al., arXiv 1706.02677).",
        section=SECTION,
    )


def lines(weights: Mapping[str, tuple[int, ...]], scheme: str, value: float, bias: float | str, fan: str = "fan_in") -> list[str]:
    """Source lines for a module ``{0}``: tensors of two axes and more take ``scheme``, those called bias the number ``bias``."""
    found = []
    for name, shape in weights.items():
        if "bias" in name:
            if not isinstance(bias, str):
                found.append(_fill(f"{{0}}.{name}", bias))
        elif len(shape) > 1 and scheme not in ("torch", "network"):
            found.append(_statement(f"{{0}}.{name}", scheme, value, fan))
    return found


def _fill(name: str, value: float) -> str:
    return f"nn.init.zeros_({name})" if value == 0 else f"nn.init.constant_({name}, {value!r})"


def _statement(name: str, scheme: str, value: float, fan: str) -> str:
    kind, _, law = scheme.rpartition("_")
    if kind in ("he", "lecun"):
        options: dict[str, Any] = {"mode": fan, "nonlinearity": "relu" if kind == "he" else "linear"}
        text = call(f"nn.init.kaiming_{law}_", **options, omit={"mode": "fan_in"})
    elif kind == "xavier":
        text = f"nn.init.xavier_{law}_()"
    elif scheme == "constant":
        return _fill(name, value)
    else:
        text = f"nn.init.orthogonal_(gain={value!r})" if scheme == "orthogonal" else f"nn.init.normal_(std={value!r})"
    head, _, rest = text.partition("(")
    return f"{head}({name}{', ' if rest != ')' else ''}{rest}"
