"""Blocks without a shape rule: what comes out of them is asked of the engine, which runs them on torch's meta device.

A rule must answer at once, so it says that it does not know yet and notes the question; whoever has torch at hand answers it, and the graph is
analysed again.
"""

from dataclasses import dataclass

from blocks.core import Block, BlockError, Shape, Shapes

Question = tuple[Block, Shapes]


@dataclass(frozen=True, slots=True)
class Answer:
    """What torch said: shapes of the outputs, weights and MACs; or in ``error`` why it refused."""

    shapes: Shapes = ()
    weights: tuple[tuple[str, Shape], ...] = ()
    macs: int = 0
    error: str = ""


_answers: dict[Question, Answer] = {}
_open: dict[Question, None] = {}


class Measured(Block):
    """The base of blocks that leave their rules to torch: they declare ``module`` or ``forward``, and no ``shape``."""

    def _answer(self, xs: Shapes) -> Answer:
        answer = _answers.get((self, xs))
        if answer is None:
            _open[self, xs] = None
            raise BlockError("its shape is being measured: PyTorch is asked", "pending")
        if answer.error:
            raise BlockError(answer.error, "measured")
        return answer

    def shape(self, *xs: Shape) -> Shape | Shapes:
        shapes = self._answer(xs).shapes
        return shapes if len(shapes) != 1 else shapes[0]

    def weights(self, *xs: Shape) -> dict[str, Shape]:
        return dict(self._answer(xs).weights)

    def macs(self, *xs: Shape) -> int:
        return self._answer(xs).macs


def questions() -> list[Question]:
    """What was asked and not answered yet."""
    return list(_open)


def answer(question: Question, said: Answer) -> None:
    """Remember what torch said. Analyses made before must be made again."""
    _open.pop(question, None)
    _answers[question] = said
