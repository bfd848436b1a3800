"""What the window and the engine say to each other: plain values, a line of JSON each. Imports nothing heavy.

Metrics do not travel here: they are appended to the run folder, which anyone can read.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, get_args

# To the engine


@dataclass(frozen=True, slots=True)
class Train:
    """Train ``document`` (its JSON) and record it in the folder ``run``; with ``resume``, go on with what is recorded there.

    ``start_from`` is a run or a file whose weights are taken over; ``epochs`` makes a resumed run longer.
    """

    document: str
    run: str
    device: str = "auto"
    resume: bool = False
    start_from: str = ""
    epochs: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """Another "learning_rate", or number of "epochs", from the next step on."""

    what: str
    value: float


@dataclass(frozen=True, slots=True)
class Tune:
    """Look for a learning "rate", or for the largest "batch" that fits."""

    document: str
    what: str
    device: str = "auto"


@dataclass(frozen=True, slots=True)
class Preview:
    """Draw samples of the training part as the recipe changes them, into the picture ``path``."""

    document: str
    path: str
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Pause:
    """Hold the run after the current step; everything stays in memory."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End the run after the current step, with a checkpoint."""


@dataclass(frozen=True, slots=True)
class Export:
    """Write ``path`` from a run's weights, and check it; with ``fold``, batch norms go into the convolutions before them."""

    run: str
    path: str
    weights: str = "best"
    fold: bool = False
    preprocessing: bool = False


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Judge a run's best weights on a part of the data."""

    run: str
    split: str = "test"


@dataclass(frozen=True, slots=True)
class Watch:
    """Let a few samples flow through a run's best weights, and keep figures and pictures of each block's result in the run."""

    run: str


@dataclass(frozen=True, slots=True)
class Plugins:
    """Load what the user said yes to: (path, module, SHA-256) of each. What has changed since is not loaded."""

    plugins: list[list[str]]


@dataclass(frozen=True, slots=True)
class Measure:
    """Run blocks without a rule on the meta device: type, parameters and input shapes of each."""

    questions: list[list[Any]]


# From the engine


@dataclass(frozen=True, slots=True)
class Ready:
    """The engine has loaded torch. ``devices`` are (name for --device, name for people), the best first."""

    torch: str
    devices: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Alive:
    """Said every second, so that a hung engine is noticed."""


@dataclass(frozen=True, slots=True)
class Started:
    """A run began."""

    run: str
    device: str


@dataclass(frozen=True, slots=True)
class Paused:
    """The run holds, or goes on again."""

    paused: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """A run ended: ``state`` is "done", "stopped" or "failed", ``reason`` a sentence for the user."""

    run: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Exported:
    """An ONNX file was written and compared with PyTorch. ``difference`` is the largest absolute one, over ``batches``.

    ``traced`` says which block has no rule of its own, so that PyTorch's exporter wrote the file.
    """

    path: str
    difference: float
    batches: list[int]
    opset: int
    size: int
    traced: str = ""


@dataclass(frozen=True, slots=True)
class Tuned:
    """What was found: the "rate" or "batch", and a sentence about it."""

    what: str
    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Previewed:
    """A picture of samples was drawn."""

    path: str


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Metrics of a run on a part of the data."""

    run: str
    split: str
    metrics: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Watched:
    """The run keeps its activations now."""

    run: str


@dataclass(frozen=True, slots=True)
class Measured:
    """Answers to the questions, in their order: output shapes, weights by name, MACs, error."""

    answers: list[list[Any]]


@dataclass(frozen=True, slots=True)
class Failed:
    """A request could not be met; ``task`` is its name, ``reason`` a sentence for the user."""

    task: str
    reason: str


Message = (
    Train | Change | Tune | Preview | Pause | Resume | Stop | Export | Evaluate | Watch | Plugins | Measure
    | Ready | Alive | Started | Paused | Finished | Exported | Tuned | Previewed | Evaluated | Watched | Measured | Failed
)  # fmt: skip
KINDS: dict[str, type[Message]] = {kind.__name__: kind for kind in get_args(Message)}


def encode(message: Message) -> bytes:
    """One line of JSON."""
    return json.dumps({"kind": type(message).__name__, **asdict(message)}).encode() + b"\n"


def decode(line: bytes) -> Message | None:
    """The message in a line; None where it is none, as when a library prints to the wrong place."""
    try:
        value = json.loads(line)
        return KINDS[value.pop("kind")](**value)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
