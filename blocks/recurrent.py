"""Recurrent layers: they read a sequence T×F step by step and remember."""

from typing import ClassVar, Literal

from blocks.attention import need_sequence
from blocks.core import Block, BlockError, Nodes, Port, Shape, Shapes, param
from blocks.params import bias_chip
from blocks.rules import dims, size
from blocks.source import call
from blocks.weighted import OwnWeights


class Recurrent(OwnWeights, group="Recurrent", modules=("recurrent",), outputs=(Port("sequence"), Port("last"))):
    """What RNN, LSTM and GRU share. ``order`` says where ONNX finds its gates among torch's."""

    order: ClassVar[tuple[int, ...]]
    hidden_size: int = param(default=32, ge=1, help="How many numbers it remembers.", label="Units", chip="{}")
    num_layers: int = param(
        default=1, ge=1, le=64, help="Layers on top of each other.", label="Layers", chip=lambda n: f"{n} layers" if n > 1 else ""
    )
    bidirectional: bool = param(
        default=False, help="Read from both ends; the results stand side by side.", chip=lambda b: "both ways" if b else ""
    )
    dropout: float = param(default=0.0, ge=0, le=1, help="Probability that a result is dropped between layers while training.")
    bias: bool = param(default=True, help="Learn offsets.", chip=bias_chip)

    @property
    def ways(self) -> int:
        """Two for both directions."""
        return 2 if self.bidirectional else 1

    def shape(self, x: Shape) -> Shapes:
        """T×F to the sequence T×(units * directions), and the last state of the top layer, units * directions."""
        need_sequence(x)
        return (x[0], self.hidden_size * self.ways), (self.hidden_size * self.ways,)

    def weights(self, x: Shape) -> dict[str, Shape]:
        gates, found, inner = len(self.order) * self.hidden_size, dict[str, Shape](), x[1]
        for layer in range(self.num_layers):
            for way in ("", "_reverse")[: self.ways]:
                end = f"_l{layer}{way}"
                found |= {f"weight_ih{end}": (gates, inner), f"weight_hh{end}": (gates, self.hidden_size)}
                if self.bias:
                    found |= {f"bias_ih{end}": (gates,), f"bias_hh{end}": (gates,)}
            inner = self.hidden_size * self.ways
        return found

    def macs(self, x: Shape) -> int:
        """Each weight once a step."""
        return x[0] * sum(size(shape) for name, shape in self.weights(x).items() if name.startswith("weight"))

    def module(self, x: Shape) -> str:
        omit = {"num_layers": 1, "bidirectional": False, "dropout": 0.0, "bias": True, "nonlinearity": "tanh"}
        options = {name: getattr(self, name) for name in omit if name in self.fields}
        options["dropout"] = self.dropout if self.num_layers > 1 else 0.0  # between layers: one has no between
        return call(type(self).__name__, x[1], self.hidden_size, **options, omit=omit)

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> tuple[str, ...]:
        y, last = g.add("Transpose", args[0], perm=[1, 0, 2]), ""
        steps, units = xs[0][0], self.hidden_size
        direction = "bidirectional" if self.bidirectional else "forward"
        for layer in range(self.num_layers):
            tables = [self._gathered(g, kind, layer) for kind in ("weight_ih", "weight_hh")]
            biases = []
            if self.bias:
                biases = [g.add("Concat", *(self._gathered(g, kind, layer) for kind in ("bias_ih", "bias_hh")), axis=1)]
            out, last = g.several(self.onnx, y, *tables, *biases, outputs=2, hidden_size=units, direction=direction, **self._attributes())
            y = g.reshape(g.add("Transpose", out, perm=[0, 2, 1, 3]), steps, -1, units * self.ways)
        state = g.reshape(g.add("Transpose", last, perm=[1, 0, 2]), -1, units * self.ways)
        return g.add("Transpose", y, perm=[1, 0, 2]), state

    def _attributes(self) -> dict[str, object]:
        return {}

    def _gathered(self, g: Nodes, kind: str, layer: int) -> str:
        """The weights of a layer, one direction after the other, with the gates in ONNX's order."""
        found = []
        for way in ("", "_reverse")[: self.ways]:
            table = g.weight(f"{kind}_l{layer}{way}")
            if self.order != tuple(range(len(self.order))):
                gates = g.several("Split", table, outputs=len(self.order), axis=0, num_outputs=len(self.order))
                table = g.add("Concat", *(gates[k] for k in self.order), axis=0)
            found.append(g.add("Unsqueeze", table, g.ints(0)))
        return g.add("Concat", *found, axis=0) if len(found) > 1 else found[0]


class LSTM(Recurrent, label="LSTM", onnx="LSTM", aka=("long short-term memory", "sequence", "memory"), example=((7, 5),)):
    """Reads a sequence and remembers what gates let it: the usual recurrent layer.

    Formula: c = f * c + i * g; h = o * tanh(c), with gates i, f, o = sigmoid(W x + U h + b) and g = tanh(W x + U h + b)
    Example: 5 inputs, 32 units: 4 * 32 * (5 + 32) + 2 * 4 * 32 = 4,992 weights
    Use: for sensors, text and sound of some hundred steps; 'sequence' for an answer at each step, 'last' for one answer
    Paper: Hochreiter and Schmidhuber, Long short-term memory, 1997
    """

    order = (0, 3, 1, 2)


class GRU(Recurrent, label="GRU", onnx="GRU", aka=("gated recurrent unit", "sequence"), example=((7, 5),)):
    """An LSTM with one gate less: often as good, a quarter cheaper.

    Formula: h = (1 - z) * n + z * h, with z, r = sigmoid(W x + U h + b) and n = tanh(W x + b + r * (U h + b'))
    Example: 5 inputs, 32 units: 3 * 32 * (5 + 32) + 2 * 3 * 32 = 3,744 weights
    Use: as an LSTM
    Paper: Cho et al., arXiv 1406.1078
    """

    order = (1, 0, 2)

    def _attributes(self) -> dict[str, object]:
        return {"linear_before_reset": 1}


class RNN(Recurrent, label="RNN", onnx="RNN", aka=("elman", "simplernn", "vanilla", "sequence"), example=((7, 5),)):
    """The simplest recurrent layer: each step mixes the new input with what was before. It forgets quickly.

    Formula: h = tanh(W x + U h + b)
    Example: 5 inputs, 32 units: 32 * (5 + 32) + 2 * 32 = 1,248 weights
    Use: to learn how recurrence works; for real data take an LSTM or a GRU
    Paper: Elman, Finding structure in time, 1990
    """

    order = (0,)
    nonlinearity: Literal["tanh", "relu"] = param(default="tanh", help="What bends each step.", chip="{}")

    def _attributes(self) -> dict[str, object]:
        return {"activations": [{"tanh": "Tanh", "relu": "Relu"}[self.nonlinearity]] * self.ways}


class LastStep(
    Block,
    label="Last step",
    group="Recurrent",
    onnx="Gather",
    slim=True,
    inputs=(Port("x", "any"),),
    outputs=(Port("y", "any"),),
    aka=("final", "return_sequences"),
    example=((7, 5),),
):
    """Keeps only the last step of a sequence.

    Formula: y = x_T
    Example: [[1, 2], [3, 4]] gives [3, 4]
    Use: between a recurrent layer's sequence and a classifier; with both directions take the output 'last' instead
    """

    def shape(self, x: Shape) -> Shape:
        """T×... to ...."""
        if not x:
            raise BlockError(f"needs a sequence, got {dims(x)}", "axes")
        return x[1:]

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        return f"{args[0]}[:, -1]"

    def to_onnx(self, g: Nodes, args: tuple[str, ...], xs: Shapes) -> str:
        return g.add("Gather", args[0], g.ints(-1, dims=()), axis=1)
