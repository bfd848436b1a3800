"""How the weights move: the optimizer, its rate over time, what holds it back, when it ends, and what it runs in."""

from typing import Final, Literal

from blocks.core import param
from blocks.params import Floats
from blocks.record import Record

SCHEDULE: Final = "Learning-rate schedule"
AGAINST: Final = "Regularisation and clipping"
STOPPING: Final = "When to stop"
SPEED: Final = "Speed and memory"


class Optimization(Record):
    """The optimizer and all that steers it. Where something is counted in epochs, fractions are fine."""

    epochs: int = param(default=30, ge=1, le=100_000, help="How often the network sees each training sample.")
    batch_size: int = param(
        default=32, ge=1, le=1_000_000, help="Samples for each step. Larger is faster on a GPU; smaller is noisier, which can help."
    )
    optimizer: Literal["SGD", "RMSprop", "Adagrad", "Adam", "AdamW", "Muon"] = param(
        default="AdamW",
        help="AdamW adapts the step of each weight and works almost always; SGD with momentum can end a little better. RMSprop and Adagrad are "
        "their forerunners. Muon makes the steps of matrices orthogonal, and leaves the rest to AdamW.",
    )
    learning_rate: float = param(
        default=0.002, gt=0, le=10, help="Length of a step. Too large, and the loss jumps or turns NaN; too small, and nothing moves."
    )
    momentum: float = param(default=0.9, ge=0, lt=1, help="For SGD, RMSprop and Muon: how much of the last step is kept.")
    nesterov: bool = param(default=False, help="For SGD: look where the momentum leads before measuring the slope (Nesterov, 1983).")
    weight_decay: float = param(
        default=0.01, ge=0, le=10, help="Pulls weights towards zero each step (L2; apart from the slope with AdamW); against overfitting."
    )
    schedule: Literal["constant", "step", "multi-step", "exponential", "cosine", "one-cycle", "plateau"] = param(
        default="cosine",
        help="How the learning rate changes. 'cosine' lets it fall to zero by the end, which ends more calmly (Loshchilov and Hutter, "
        "arXiv 1608.03983); 'one-cycle' rises first (Smith, arXiv 1708.07120); 'plateau' divides it when the validation stops getting better.",
    )
    seed: int = param(
        default=0,
        ge=0,
        le=2**32 - 1,
        help="Start of all random numbers: the split, the weights, the order of samples. The same seed gives the same run.",
    )

    warmup_epochs: float = param(
        default=0.0,
        ge=0,
        le=10_000,
        help="The rate grows evenly from 0 over so many epochs first. For large rates and batches.",
        section=SCHEDULE,
    )
    step_epochs: float = param(default=10.0, gt=0, le=100_000, help="'step': epochs from one drop to the next.", section=SCHEDULE)
    milestones: Floats = param(default=(), ge=0, help="'multi-step': the epochs after which the rate drops.", section=SCHEDULE)
    gamma: float = param(
        default=0.1,
        gt=0,
        le=1,
        help="'step', 'multi-step', 'plateau': factor of each drop; 'exponential': factor of each epoch.",
        section=SCHEDULE,
    )
    plateau_patience: int = param(
        default=3, ge=0, le=10_000, help="'plateau': epochs without a better validation before the rate drops.", section=SCHEDULE
    )
    final_rate: float = param(
        default=0.0, ge=0, lt=1, help="'cosine' and 'one-cycle': what is left of the rate at the end, as a share.", section=SCHEDULE
    )

    clip_norm: float = param(
        default=0.0,
        ge=0,
        le=1e9,
        help="Longest gradient allowed (0: any). For recurrent networks, and where the loss jumps.",
        section=AGAINST,
    )
    l1: float = param(
        default=0.0, ge=0, le=10, help="Adds this times the sum of all absolute weights to the loss: many become zero.", section=AGAINST
    )
    decay_biases: bool = param(
        default=True, help="Let L1 and L2 act on biases and norms too. Off is usual for large networks.", section=AGAINST
    )
    label_smoothing: float = param(
        default=0.0,
        ge=0,
        lt=1,
        help="Share of each label that is spread over all classes, where a cross-entropy does not say its own (arXiv 1512.00567).",
        section=AGAINST,
    )
    ema: float = param(
        default=0.0,
        ge=0,
        lt=1,
        help="Judge, keep and export an average of the weights over time with this decay, such as 0.999; calmer than the last weights.",
        section=AGAINST,
    )

    max_steps: int = param(
        default=0, ge=0, le=10**12, help="End after so many steps, whatever the epochs say (0: no limit).", section=STOPPING
    )
    max_minutes: float = param(default=0.0, ge=0, le=10**6, help="End after so many minutes (0: no limit).", section=STOPPING)
    patience: int = param(
        default=0,
        ge=0,
        le=100_000,
        help="Early stopping: end after so many epochs without a better validation (0: never).",
        section=STOPPING,
    )
    min_change: float = param(default=0.0, ge=0, le=1e9, help="Early stopping: what counts as better.", section=STOPPING)
    watch: Literal["loss", "accuracy", "top5", "iou", "mae", "rmse", "r2"] = param(
        default="loss", help="The validation figure that decides which epoch is the best, early stopping, and 'plateau'.", section=STOPPING
    )

    precision: Literal["auto", "fp32", "tf32", "bf16", "fp16"] = param(
        default="auto",
        help="Arithmetic. 'auto': the fastest that learns the same, tried for a moment on a GPU; fp32 on the CPU. bf16 is faster on GPUs and on "
        "new CPUs; tf32 rounds only inside of products (NVIDIA); fp16 needs an NVIDIA GPU.",
        section=SPEED,
    )
    accumulate: int = param(
        default=1,
        ge=1,
        le=100_000,
        help="Batches whose gradients are added up for one step: a large batch where memory is short.",
        section=SPEED,
    )
    channels_last: Literal["auto", "on", "off"] = param(
        default="auto",
        help="How images lie in memory. 'auto': the channels of a pixel together, where there are convolutions.",
        section=SPEED,
    )
    workers: int = param(
        default=0,
        ge=0,
        le=64,
        help="Threads that bring samples from the disk ahead of time; 0: only where the data does not fit on the device.",
        section=SPEED,
    )
    compile: Literal["auto", "off", "on", "graphs"] = param(
        default="auto",
        help="Let torch.compile write kernels for this network: a minute at the start, faster steps on a GPU; 'graphs' sends all of a step at "
        "once, for small networks (CUDA). 'auto': where a trial on the GPU shows that it pays; never on the CPU.",
        section=SPEED,
    )
