"""How a network is trained: one declared value, from which the form, the file and ``--set`` follow."""

from typing import Literal

from blocks.core import param
from blocks.initialization import Initialization


class Recipe(Initialization):
    """Everything about a training run that is not the network. Fractions are of all samples, rates are per step."""

    dataset: Literal["digits", "none"] = param(
        default="digits", help="The data set: 'digits' comes with Netwright, 1,797 handwritten digits of 8×8; 'none' is chosen later."
    )
    validation: float = param(
        default=0.2, ge=0, lt=1, help="Share of the samples on which the network is judged after each epoch; it never learns from them."
    )
    test: float = param(default=0.2, ge=0, lt=1, help="Share of the samples kept for one last, honest judgement.")
    epochs: int = param(default=30, ge=1, le=100_000, help="How often the network sees each training sample.")
    batch_size: int = param(
        default=32, ge=1, le=1_000_000, help="Samples for each step. Larger is faster on a GPU; smaller is noisier, which can help."
    )
    optimizer: Literal["SGD", "AdamW"] = param(
        default="AdamW", help="AdamW adapts the step of each weight and works almost always; SGD with momentum can end a little better."
    )
    learning_rate: float = param(
        default=0.002, gt=0, le=10, help="Length of a step. Too large, and the loss jumps or turns NaN; too small, and nothing moves."
    )
    momentum: float = param(default=0.9, ge=0, lt=1, help="For SGD: how much of the last step is kept.")
    weight_decay: float = param(default=0.01, ge=0, le=10, help="Pulls weights towards zero each step (L2); against overfitting.")
    schedule: Literal["constant", "cosine"] = param(
        default="cosine",
        help="'cosine' lets the learning rate fall to zero by the end, which ends more calmly (Loshchilov and Hutter, arXiv 1608.03983).",
    )
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = param(
        default="32-true", help="Arithmetic: mixed precision is faster on a GPU."
    )
    seed: int = param(
        default=0,
        ge=0,
        le=2**32 - 1,
        help="Start of all random numbers: the split, the weights, the order of samples. The same seed gives the same run.",
    )
