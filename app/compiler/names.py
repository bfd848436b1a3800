"""Python names for what people call things on the canvas. No text of theirs reaches the source in any other way."""

import keyword
import re
from collections.abc import Iterable

# what nn.Module itself has, and what the generated file uses; tests compare the first part with torch
RESERVED = frozenset({
    "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children", "compile", "cpu", "cuda", "double",
    "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer", "get_extra_state", "get_parameter", "get_submodule", "half",
    "ipu", "load_state_dict", "modules", "mtia", "named_buffers", "named_children", "named_modules", "named_parameters", "parameters",
    "register_backward_hook", "register_buffer", "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
    "register_full_backward_pre_hook", "register_load_state_dict_post_hook", "register_load_state_dict_pre_hook", "register_module",
    "register_parameter", "register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_", "set_extra_state",
    "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train", "training", "type", "xpu", "zero_grad", "loss",
    "for_loss", "total", "watch", "self", "torch", "nn", "F", "Net", "x", "y", "z", "super", "print",
})  # fmt: skip


def identifier(name: str, fallback: str) -> str:
    """``name`` as an ASCII identifier: "Conv 1" becomes ``conv_1``; ``fallback`` where nothing of it can be used."""
    text, fallback = (re.sub(r"[^0-9A-Za-z]+", "_", word)[:60].strip("_") for word in (name, fallback))
    fallback = fallback if re.match("[A-Za-z]", fallback) else "value"
    if not text or not re.search("[A-Za-z]", text):
        text = fallback
    if text[0].isdigit():
        text = f"{fallback}_{text}"
    text = text.lower()
    return f"{text}_" if text in RESERVED or keyword.iskeyword(text) or keyword.issoftkeyword(text) else text


class Names:
    """Hands out identifiers, each once, and none of those that are ``taken`` from the start."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken: set[str] = set(taken)

    def take(self, name: str, fallback: str) -> str:
        """An identifier like ``name`` that nothing else has."""
        base = identifier(name, fallback)
        result, k = base, 2
        while result in self._taken or result in RESERVED:
            result, k = f"{base}_{k}", k + 1
        self._taken.add(result)
        return result

    def take_class(self, name: str) -> str:
        """A name for a class: "residual block" becomes ``ResidualBlock``."""
        words = re.findall(r"[0-9A-Za-z]+", name)[:8]
        base = "".join(word[0].upper() + word[1:] for word in words)[:60]
        if not base or base[0].isdigit() or base in RESERVED or keyword.iskeyword(base):
            base = f"Block{base}"
        result, k = base, 2
        while result in self._taken or result in RESERVED:
            result, k = f"{base}{k}", k + 1
        self._taken.add(result)
        return result


class Variables:
    """Names for values in the order in which they are made: the main line is ``x``, a branch beside it ``y``, then ``z``, ``x1``, ...

    A value takes over the name of one that dies as it is made, so that nothing is held longer than it is used.
    """

    POOL = ("x", "y", "z")

    def __init__(self, taken: set[str]) -> None:
        self._live: set[str] = set()
        self._reserved = taken  # arguments: they keep their names

    def bind(self, dying: list[str], count: int = 1) -> tuple[list[str], list[str]]:
        """Names for ``count`` new values, and the names of values that must be let go after them."""
        free = [name for name in dict.fromkeys(dying) if name not in self._reserved]
        free.sort(key=lambda name: name != "x")  # the main line goes on as x
        names = free[:count]
        k = 0
        while len(names) < count:
            name = self.POOL[k] if k < len(self.POOL) else f"x{k - len(self.POOL) + 1}"
            k += 1
            if name not in self._live and name not in self._reserved and name not in names:
                names.append(name)
        gone = [name for name in free if name not in names]
        self._live = (self._live - set(gone)) | set(names)
        return names, gone
