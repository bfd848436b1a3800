"""What a block is: typed parameters, ports, and the rules that follow from them.

A block is declared once, as a class with typed fields. Its palette entry, its editors, its shape rule, its counts, its
torch source and its tests all come from that one declaration::

    class ReLU(Block, label="ReLU", group="Activation", onnx="Relu", slim=True, source="F.relu({0})"):
        \"\"\"Keeps what is positive and cuts the rest to zero.\"\"\"

Shapes leave the batch axis out: an RGB image is ``(3, 224, 224)``. Instances are values: frozen, hashable, equal when type and parameters are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Self, dataclass_transform

from blocks.params import MISSING, Param, ParamError, param

__all__ = ["Block", "BlockError", "Kind", "Many", "Param", "ParamError", "Port", "Record", "Shape", "Shapes", "param"]

Shape = tuple[int, ...]
Shapes = tuple[Shape, ...]
Kind = Literal["real", "index", "any"]


class BlockError(Exception):
    """A rule of a block is broken. The text says what, with the numbers, and what would mend it.

    ``code`` names the kind of mistake, so that a quick fix can be found for it.
    """

    def __init__(self, message: str, code: str = "shape") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Port:
    """A place where a wire ends. ``kind`` says what flows: real numbers, or indices such as class labels."""

    name: str
    kind: Kind = "real"
    many: bool = False  # takes any number of wires, in order
    optional: bool = False


def Many(name: str, kind: Kind = "real") -> tuple[Port, ...]:
    """A single input that takes any number of wires, at least one, in the order in which they were drawn."""
    return (Port(name, kind, many=True),)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(param,))
class Record:
    """A frozen value with declared, checked fields. Blocks are records, and so is the training recipe."""

    fields: ClassVar[Mapping[str, Param]] = MappingProxyType({})
    _values: tuple[Any, ...]
    _hash: int

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = (
            {
                name: value.named(name, annotation)
                for name, annotation in cls.__annotations__.items()
                if isinstance(value := cls.__dict__.get(name, MISSING), Param)
            }
            if "__annotations__" in cls.__dict__
            else {}
        )
        cls.fields = MappingProxyType({**cls.fields, **own})
        for name, declared in own.items():
            setattr(cls, name, declared.default)

    def __init__(self, **values: Any) -> None:
        checked = self.__dict__
        for name, declared in self.fields.items():
            checked[name] = declared.coerce(values.pop(name)) if name in values else declared.default
        if values:
            name = next(iter(values))
            raise ParamError(name, f"{type(self).__name__} has no parameter {name!r}; it has {', '.join(self.fields) or 'none'}")
        checked["_values"] = tuple(checked[name] for name in self.fields)
        checked["_hash"] = hash((type(self), self._values))

    def values(self) -> dict[str, Any]:
        """All parameters by name."""
        return dict(zip(self.fields, self._values, strict=True))

    def changed(self) -> dict[str, Any]:
        """The parameters that differ from their defaults."""
        return {name: value for name, value in self.values().items() if value != self.fields[name].default}

    def replace(self, **values: Any) -> Self:
        """The same record with some parameters changed; raises ParamError where a value does not fit."""
        return type(self)(**{**self.values(), **values})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is a value: use replace({name}=...)")

    def __eq__(self, other: object) -> bool:
        return self is other or (type(self) is type(other) and self._values == other._values)

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.changed().items())})"


class Block(Record):
    """The base of every block. A subclass without a label is abstract and appears nowhere.

    Class arguments: ``label`` and ``group`` for the palette; ``inputs`` and ``outputs``; ``onnx``, the operator it becomes;
    ``source``, a torch expression with ``{0}``, ``{1}``, ... for its inputs, for blocks without weights; ``slim`` for one-to-one
    operations; ``glyph``, the icon; ``aka``, other names people search for; ``example``, input shapes that it takes as it is.
    """

    label: ClassVar[str] = ""
    group: ClassVar[str] = ""
    onnx: ClassVar[str] = ""
    glyph: ClassVar[str] = ""
    aka: ClassVar[tuple[str, ...]] = ()
    example: ClassVar[Shapes] = ()
    slim: ClassVar[bool] = False
    source: ClassVar[str] = ""
    loss: ClassVar[bool] = False
    inputs: ClassVar[tuple[Port, ...]] = (Port("x"),)
    outputs: ClassVar[tuple[Port, ...]] = (Port("y"),)

    def __init_subclass__(cls, label: str = "", **declared: Any) -> None:
        cls.label = label  # not inherited: an abstract family stays out of the palette
        for name, value in declared.items():
            if name not in Block.__annotations__:
                raise TypeError(f"{cls.__name__}: a block has no class argument {name!r}")
            setattr(cls, name, value)
        super().__init_subclass__()
        if label and not (cls.__doc__ and cls.group and cls.glyph):
            raise TypeError(f"{cls.__name__} needs a docstring, a group and a glyph")

    # The rules. ``xs`` are the shapes at the inputs, in port order, those of a Many port one after the other.

    def shape(self, *xs: Shape) -> Shape | Shapes:
        """The shape of the output, or a tuple of shapes where there are several outputs. Raises BlockError."""
        return xs[0]

    def weights(self, *xs: Shape) -> dict[str, Shape]:
        """The learned tensors by the names torch gives them."""
        return {}

    def macs(self, *xs: Shape) -> int:
        """Multiply-accumulate operations for one sample, as matrix products and convolutions count them."""
        return 0

    def module(self, *xs: Shape) -> str:
        """Source of the torch module that holds the weights; empty for a block that needs none."""
        return ""

    def forward(self, args: tuple[str, ...], xs: Shapes) -> str:
        """Source of the expression that computes a block without a module from its inputs."""
        return self.source.format(*args)

    def kinds(self, *kinds: Kind) -> tuple[Kind, ...]:
        """What flows out of each output: a port declared "any" passes on what came in."""
        return tuple(kinds[0] if port.kind == "any" and kinds else port.kind for port in self.outputs)

    def chips(self, *xs: Shape) -> list[tuple[str, bool]]:
        """Short texts for the face of the block, each with whether it says something other than the default."""
        return list(self._chips())

    def _chips(self) -> Iterator[tuple[str, bool]]:
        for name, declared in self.fields.items():
            if declared.chip and (text := declared.chip(getattr(self, name))):
                yield text, getattr(self, name) != declared.default

    @classmethod
    def help(cls) -> str:
        """The first sentence of the docstring: what the block does, for a beginner."""
        return (cls.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " ").replace("`", "")
