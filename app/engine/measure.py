"""Shapes by trial: blocks without a rule are run on torch's meta device, where numbers have shapes and no values."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from app.compiler.modules import copied
from app.document import analysis as rules
from app.document.analysis import Analysis, analyse_document
from app.document.fitting import Columns
from app.document.graph import Document
from blocks.core import Shapes
from blocks.measured import Answer, Question, answer, questions

BATCH = 2


def settle(document: Document, columns: Columns | None = None) -> Analysis:
    """The analysis of a document in which every question is answered."""
    result = analyse_document(document, None, columns)
    while asked := questions():
        for question in asked:
            answer(question, measured(question))
        rules.forget()
        result = analyse_document(document, None, columns)
    return result


def measured(question: Question) -> Answer:
    """Run a block for shapes at its inputs. What torch refuses, or code that fails, becomes an answer with an error."""
    block, xs = question
    try:
        source = block.module(*xs)
        names = tuple(f"a{k}" for k in range(len(xs)))
        expression = "" if source else block.forward(names, xs)
        scope: dict[str, Any] = {"nn": nn, "F": F, "torch": torch}
        exec("\n".join(copied([block]).used(source + expression)), scope)
        with torch.device("meta"), FlopCounterMode(display=False) as counter:
            inputs = [torch.zeros(BATCH, *x) for x in xs]
            module = eval(source, scope) if source else None
            result = module(*inputs) if module is not None else eval(expression, {**scope, **dict(zip(names, inputs, strict=True))})
        weights = tuple((name, tuple(p.shape)) for name, p in module.named_parameters()) if module is not None else ()
        return Answer(_shapes(result), weights, counter.get_total_flops() // 2 // BATCH)
    except Exception as error:
        lines = str(error).strip().splitlines()
        return Answer(error=f"PyTorch refuses it: {lines[0] if lines else type(error).__name__}")


def _shapes(result: Any) -> Shapes:
    outputs: tuple[Tensor, ...] = tuple(result) if isinstance(result, (tuple, list)) else (result,)
    return tuple(tuple(output.shape[1:]) for output in outputs)
