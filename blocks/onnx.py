"""ONNX nodes as plain values: what a block's ``to_onnx`` writes into, without the onnx package.

One place says which operators there are: `OPSET`. The engine turns `Nodes` into a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, Final, NamedTuple

OPSET: Final = 20
INF: Final = float("inf")


class OnnxNode(NamedTuple):
    """One node. An empty input is an optional one that is left out."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]


class Constant(NamedTuple):
    """A small tensor that stands in the file: whole numbers (int64) or real ones (float32). ``dims`` () is a scalar."""

    values: tuple[float, ...] | tuple[int, ...]
    dims: tuple[int, ...]
    whole: bool


@dataclass
class Nodes:
    """Nodes in the order in which they are computed. ``weights`` names the tensors of the network's ``state_dict`` that they use."""

    nodes: list[OnnxNode] = field(default_factory=list)
    constants: dict[str, Constant] = field(default_factory=dict)
    weights: dict[str, None] = field(default_factory=dict)
    _scope: str = ""
    _module: str = ""
    _taken: set[str] = field(default_factory=set)
    _known: dict[Constant, str] = field(default_factory=dict)

    def enter(self, name: str, module: str = "") -> None:
        """Nodes added from here on belong to the block ``name``, whose weights are those of ``module``."""
        self._scope, self._module = name, module

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Add a node; returns the name of its output. An attribute that is None is left out."""
        return self.several(op, *inputs, outputs=1, **attributes)[0]

    def several(self, op: str, *inputs: str, outputs: int, **attributes: Any) -> tuple[str, ...]:
        """Add a node of several outputs."""
        names = tuple([self._name(op) for _ in range(outputs)])
        if None in attributes.values():
            attributes = {name: value for name, value in attributes.items() if value is not None}
        self.nodes.append(OnnxNode(op, inputs, names, attributes))
        return names

    def weight(self, name: str) -> str:
        """A tensor of the block's module, by its name in the ``state_dict``."""
        full = f"{self._module}.{name}"
        self.weights[full] = None
        return full

    def real(self, *values: float, dims: Sequence[int] | None = None) -> str:
        """Real numbers: one is a scalar, several are a vector unless ``dims`` says otherwise."""
        return self._constant(tuple(map(float, values)), dims, whole=False)

    def ints(self, *values: int, dims: Sequence[int] | None = None) -> str:
        """A vector of whole numbers, unless ``dims`` says otherwise."""
        return self._constant(values, (len(values),) if dims is None else dims, whole=True)

    def filled(self, value: float, shape: Sequence[int]) -> str:
        """A tensor of one number, however large."""
        return self.add("Expand", self.real(value), self.ints(*shape))

    def reshape(self, x: str, *shape: int) -> str:
        """The same numbers; -1 is what is left over, 0 what the axis has."""
        return self.add("Reshape", x, self.ints(*shape))

    def batch(self, x: str) -> str:
        """The size of the batch, as a vector of one number."""
        return self.add("Shape", x, start=0, end=1)

    def sized(self, x: str, *shape: int) -> str:
        """The shape (batch of ``x``, *shape), as a vector."""
        return self.add("Concat", self.batch(x), self.ints(*shape), axis=0) if shape else self.batch(x)

    def sum(self, op: str, x: str, axes: Sequence[int], keepdims: bool = False) -> str:
        """A reduction such as ReduceMean over axes."""
        return self.add(op, x, self.ints(*axes), keepdims=int(keepdims))

    def _name(self, op: str) -> str:
        name, k = f"{self._scope}/{op}", 2
        while name in self._taken:
            name, k = f"{self._scope}/{op}_{k}", k + 1
        self._taken.add(name)
        return name

    def _constant(self, values: tuple[Any, ...], dims: Sequence[int] | None, whole: bool) -> str:
        shape = tuple(dims) if dims is not None else () if len(values) == 1 else (len(values),)
        assert prod(shape) == len(values)
        constant = Constant(values, shape, whole)
        if constant not in self._known:
            text = "x".join(map(str, values)) if len(values) <= 6 else f"table{len(self._known)}"
            name = f"{'int' if whole else 'real'}:{text}:{'x'.join(map(str, shape))}"
            self._known[constant] = name
            self.constants[name] = constant
        return self._known[constant]
