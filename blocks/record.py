"""Records: frozen values whose fields are declared, typed and checked. Blocks are records, and so is the training recipe."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self, dataclass_transform

from blocks.params import MISSING, Param, ParamError, param


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(param,))
class Record:
    """A frozen value with declared, checked fields. A subclass that sets an inherited field to anything but a param() does without it."""

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
        inherited = {name: value for base in cls.__bases__ for name, value in getattr(base, "fields", {}).items()}
        merged = {name: value for name, value in {**inherited, **own}.items() if name in own or name not in cls.__dict__}
        cls.fields = MappingProxyType(dict(sorted(merged.items(), key=lambda item: bool(item[1].section))))  # sections come last
        for name, declared in own.items():
            setattr(cls, name, declared.default)

    def __init__(self, /, **values: Any) -> None:
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

    def replace(self, /, **values: Any) -> Self:
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
