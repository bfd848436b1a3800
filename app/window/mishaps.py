"""What happens when the program itself is wrong: a sentence instead of a silent or sudden end. The document stays as it is."""

import functools
import sys
import traceback
from collections.abc import Callable, Iterator
from types import FunctionType, TracebackType
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QGraphicsItem

from app.window.shell import Shell

OURS = "app."


def tell(shell: Shell) -> None:
    """Say in the window's banner what nobody caught; the details go to the error output, and to the clipboard if asked."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, trace)
        if not issubclass(kind, Exception) or shell.workspace is None:
            return
        banner = shell.workspace.banner
        details = "".join(traceback.format_exception(kind, error, trace))
        text = banner.tr("A mistake in Netwright, not of yours: {0}. Your document is as it was; save it and go on.")
        what = f"{kind.__name__}: {error}"
        banner.say(
            text.format(what[:200]),
            "error",
            banner.tr("Copy the details"),
            lambda: QApplication.clipboard().setText(f"Netwright\n{details}"),
        )

    sys.excepthook = hook


def harden() -> None:
    """Make every method of ours that Qt may call end in a whole exception.

    Before Python 3.12 an exception on its way out of a method may lack its object, and PySide 6 then ends the process. Catching and raising
    it again completes it. Later Pythons have no such half exceptions.
    """
    if sys.version_info >= (3, 12):
        return
    for kind in {*_below(QObject), *_below(QGraphicsItem)}:
        if not kind.__module__.startswith(OURS):
            continue
        qt = [base for base in kind.__mro__ if base.__module__.startswith("PySide6.")]
        for name, method in list(vars(kind).items()):
            if isinstance(method, FunctionType) and not name.startswith("_") and any(name in vars(base) for base in qt):
                setattr(kind, name, _whole(method))


def _below(kind: type) -> Iterator[type]:
    child: type
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def _whole(method: Callable[..., Any]) -> Callable[..., Any]:
    if hasattr(method, "whole"):
        return method

    @functools.wraps(method)
    def call(*values: Any) -> Any:
        try:
            return method(*values)
        except BaseException as error:
            raise error from error.__cause__

    call.whole = True  # type: ignore[attr-defined]
    return call
