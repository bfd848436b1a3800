"""Shapes that only PyTorch knows: questions of the rules go to the engine, its answers back to the document."""

from typing import Any

from PySide6.QtCore import QObject

from app.document import analysis
from app.document.graph import as_json, type_name
from app.engine import messages as m
from app.session.document import Session
from app.session.engine import Engine
from blocks.measured import Answer, Question, answer, questions


class Measuring(QObject):
    """Asks the engine whenever an analysis leaves questions open."""

    def __init__(self, session: Session, engine: Engine) -> None:
        super().__init__(session)
        self.session, self.engine = session, engine
        self._asked: list[list[Question]] = []
        session.analysed.connect(self._ask)
        engine.message.connect(self._take)
        engine.ready.connect(self._again)

    def _ask(self) -> None:
        waiting = {question for asked in self._asked for question in asked}
        new = [question for question in questions() if question not in waiting]
        if new and self.engine.state not in ("dead", "starting"):
            self._asked.append(new)
            self.engine.send(m.Measure([[type_name(block), as_json(block.values()), [list(x) for x in xs]] for block, xs in new]))

    def _again(self, _: Any) -> None:
        self._asked.clear()  # a new process knows nothing of what the old one was asked
        self._ask()

    def _take(self, message: m.Message) -> None:
        if isinstance(message, m.Failed) and message.task == "Measure" and self._asked:
            for question in self._asked.pop(0):
                answer(question, Answer(error=message.reason))
        elif isinstance(message, m.Measured) and self._asked:
            for question, (shapes, weights, macs, error) in zip(self._asked.pop(0), message.answers, strict=True):
                answer(question, Answer(_shapes(shapes), tuple((name, tuple(shape)) for name, shape in weights), macs, error))
        else:
            return
        analysis.forget()
        self.session.look_again()


def _shapes(values: list[list[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(shape) for shape in values)
