"""The data set that the recipe names: opened beside the window, so that a large one never makes it wait."""

from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.data.sources import READING, Source, known_columns, open_data
from app.document.recipe import Recipe
from app.session.document import Session

OF_INTEREST = ("dataset", *READING, "validation", "test", "seed")
SHOWN = 24  # samples that are looked at


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a data set: ``facts`` as `app.data.statistics.described` gives them, and some samples with their labels."""

    facts: dict[str, Any] = field(default_factory=dict)
    samples: Any = None  # N×C×H×W, as bytes, where they are images
    labels: tuple[str, ...] = ()
    points: Any = None  # N×2, and their classes, where they are points on a plane


class Data(QObject):
    """``state`` is "none", "reading", "ready" or "failed"; ``text`` says why."""

    changed = Signal()
    _done = Signal(object, object, str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.state, self.text = "none", ""
        self.seen = Seen()
        self._asked: tuple[Any, ...] = ()
        self.wanted = False  # whether anyone looks: a set that comes along need not be read before
        self._done.connect(self._take)
        session.title_changed.connect(self.look)

    def look(self) -> None:
        """Read the data set if it is another one than before, and someone needs it."""
        recipe = self.session.document.recipe
        needed = self.wanted or known_columns(recipe) is None
        asked = tuple(getattr(recipe, name) for name in OF_INTEREST)
        if asked == self._asked or not needed:
            if recipe.dataset != "none" and not needed and self.state != "ready":
                self._asked = ()
            return
        self._asked = asked
        self.seen = Seen()
        if recipe.dataset in ("none", ""):
            self._say("none", "")
            return
        self._say("reading", "")
        Thread(target=self._read, args=(recipe, asked), daemon=True).start()

    def again(self) -> None:
        """Read it anew: the files may be others now."""
        self._asked = ()
        self.look()

    def _read(self, recipe: Recipe, asked: tuple[Any, ...]) -> None:
        """In a thread of its own."""
        try:
            source = open_data(recipe)
            self._done.emit(asked, _seen(source, recipe), "")
        except RuntimeError:  # the window has gone meanwhile
            return
        except Exception as error:
            own = type(error).__module__.startswith("app.")
            self._emit_failure(asked, str(error) if own else f"it can't be read: {type(error).__name__}: {error}")

    def _emit_failure(self, asked: tuple[Any, ...], text: str) -> None:
        try:
            self._done.emit(asked, None, text)
        except RuntimeError:
            return

    def _take(self, asked: tuple[Any, ...], seen: Seen | None, text: str) -> None:
        if asked != self._asked:
            return  # meanwhile another one was chosen
        self.seen = seen or Seen()
        self._say("ready" if seen else "failed", text)
        self.session.look_again()

    def _say(self, state: str, text: str) -> None:
        self.state, self.text = state, text
        self.changed.emit()


def _seen(source: Source, recipe: Recipe) -> Seen:
    import numpy as np

    from app.data.splits import split
    from app.data.statistics import described

    facts = described(source, recipe, recipe.seed)
    samples, column = source.load(), source.columns[source.entry]
    train = split(source, recipe.validation, recipe.test, recipe.seed).train
    picked = np.sort(np.random.default_rng(0).choice(train, min(SHOWN, len(train)), replace=False))
    answer = source.columns.get(source.answer)
    labels: tuple[str, ...] = ()
    if answer is not None and answer.kind == "index" and not answer.shape:
        labels = tuple(answer.classes[int(k)] for k in samples[source.answer][picked])
    if column.kind == "real" and len(column.shape) == 3:
        return Seen(facts, _bytes(np.array(samples[source.entry][picked])), labels)
    if column.kind == "real" and column.shape == (2,) and labels:
        some = train[:1000]
        return Seen(facts, None, labels, (np.array(samples[source.entry][some]), np.array(samples[source.answer][some])))
    return Seen(facts, None, labels)


def _bytes(images: Any) -> Any:
    """Images of any range as 0 to 255."""
    import numpy as np

    if images.dtype == np.uint8:
        return images
    low, high = float(images.min()), float(images.max())
    low, high = (0.0, 1.0) if low >= 0 and high <= 1 else (low, max(high, low + 1e-9))
    return ((images - low) / (high - low) * 255).astype(np.uint8)
