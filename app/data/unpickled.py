"""Reading the data in a pickle without running it: a machine that knows only what plain values and numpy arrays need.

A pickle is a program. This one builds lists, dictionaries, texts, numbers and arrays; whatever else it asks for is refused, and nothing that it
names is ever looked up, imported or called.
"""

import pickletools
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MARK = object()
ARRAY = (("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"))
DTYPE = (("numpy", "dtype"),)
ENCODE = (("_codecs", "encode"),)
NDARRAY = (("numpy", "ndarray"),)
CONSTANTS = {
    "NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple,
}  # fmt: skip
VALUES = frozenset((
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE",
    "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
))  # fmt: skip


class UnpickleError(Exception):
    """The pickle asks for more than data. The text says for what."""


class Name:
    """Something that the pickle names; it is compared with what is known, and never looked up."""

    def __init__(self, module: str, name: str) -> None:
        self.parts = (module, name)


class Made:
    """An array or a dtype that is being put together."""

    def __init__(self, kind: str, args: Any) -> None:
        self.kind, self.args = kind, args
        self.state: Any = None


def loads(stream: BinaryIO) -> Any:
    """The value; texts of Python 2 stay bytes. Raises UnpickleError."""
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            if opcode.name == "STOP":
                return finished(stack.pop())
            _step(opcode.name, argument, stack, memo)
    except UnpickleError:
        raise
    except Exception as error:
        raise UnpickleError(f"it is damaged ({type(error).__name__})") from None
    raise UnpickleError("it ends too early")


def _step(name: str, argument: Any, stack: list[Any], memo: dict[int, Any]) -> None:
    if name in VALUES:
        stack.append(argument.encode("latin-1") if name.endswith("STRING") and isinstance(argument, str) else argument)
    elif name in CONSTANTS:
        value = CONSTANTS[name]
        stack.append(value() if isinstance(value, type) else value)
    elif name == "MARK":
        stack.append(MARK)
    elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
        memo[argument] = stack[-1]
    elif name == "MEMOIZE":
        memo[len(memo)] = stack[-1]
    elif name in ("GET", "BINGET", "LONG_BINGET"):
        stack.append(memo[argument])
    elif name in ("TUPLE", "LIST", "DICT"):
        items = _above(stack)
        stack.append(tuple(items) if name == "TUPLE" else items if name == "LIST" else dict(zip(items[::2], items[1::2], strict=True)))
    elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
        count = int(name[-1])
        stack[-count:] = [tuple(stack[-count:])]
    elif name in ("APPEND", "APPENDS"):
        items = _above(stack) if name == "APPENDS" else [stack.pop()]
        stack[-1].extend(items)
    elif name in ("SETITEM", "SETITEMS"):
        items = _above(stack) if name == "SETITEMS" else [stack.pop(-2), stack.pop()]
        stack[-1].update(zip(items[::2], items[1::2], strict=True))
    elif name in ("GLOBAL", "STACK_GLOBAL"):
        module, _, what = argument.partition(" ") if name == "GLOBAL" else (stack.pop(-2), "", stack.pop())
        if (module, what) not in (*ARRAY, *DTYPE, *ENCODE, *NDARRAY):
            raise UnpickleError(f"it asks for {module}.{what}, which is code and not data")
        stack.append(Name(module, what))
    elif name == "REDUCE":
        args = stack.pop()
        stack.append(_made(stack.pop(), args))
    elif name == "BUILD":
        state = stack.pop()
        if not isinstance(stack[-1], Made):
            raise UnpickleError("it builds something that is no array")
        stack[-1].state = state
    elif name not in ("PROTO", "FRAME"):
        raise UnpickleError(f"it uses {name}, which data does not need")


def _above(stack: list[Any]) -> list[Any]:
    at = len(stack) - 1 - next(k for k, value in enumerate(reversed(stack)) if value is MARK)
    items = stack[at + 1 :]
    del stack[at:]
    return items


def _made(called: Any, args: Any) -> Any:
    if not isinstance(called, Name) or not isinstance(args, tuple):
        raise UnpickleError("it calls something")
    if called.parts in ENCODE:  # how Python 3 writes bytes for Python 2
        text, coding = args
        if coding != "latin1" or not isinstance(text, str):
            raise UnpickleError("it encodes a text in an unknown way")
        return text.encode("latin-1")
    if called.parts in DTYPE:
        return Made("dtype", args)
    if called.parts in ARRAY:
        return Made("array", args)
    raise UnpickleError(f"it calls {'.'.join(called.parts)}")


def finished(value: Any, depth: int = 0) -> Any:
    """The value with its arrays put together."""
    if depth > 20:
        raise UnpickleError("it is nested deeper than data is")
    if isinstance(value, Made):
        if value.kind != "array":
            raise UnpickleError("it holds a type and no data")
        return _array(value)
    if isinstance(value, dict):
        return {finished(k, depth + 1): finished(v, depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(finished(item, depth + 1) for item in value)
    if isinstance(value, Name) or value is MARK:
        raise UnpickleError("it holds a name and no data")
    return value


def _array(made: Made) -> "NDArray[np.generic]":
    import numpy as np

    if not isinstance(made.state, tuple) or len(made.state) != 5:
        raise UnpickleError("an array in it is not whole")
    _, shape, dtype, fortran, data = made.state
    if not isinstance(dtype, Made) or dtype.kind != "dtype" or not isinstance(data, bytes):
        raise UnpickleError("an array in it does not hold plain numbers")
    code = dtype.args[0].decode() if isinstance(dtype.args[0], bytes) else dtype.args[0]
    said: Any = dtype.state
    order = said[1] if isinstance(said, tuple) and len(said) > 1 else "|"
    order = order.decode() if isinstance(order, bytes) else order
    if not isinstance(code, str) or code[:1] not in "buif" or order not in ("<", ">", "|", "="):
        raise UnpickleError("an array in it does not hold plain numbers")
    kind = np.dtype(f"{order}{code}")
    return np.frombuffer(data, kind).reshape(shape, order="F" if fortran is True else "C")
