"""What is measured beside the loss. It follows from the losses on the canvas: accuracy for classes, errors for values.

Over many batches sums are gathered on the device, and read once: a measure is a vector that adds up, and what follows from it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn

from app.compiler import Compiled, LossTerm
from app.document.confusion import Confusion
from app.engine.build import loss_of, run_net

Columns = Mapping[str, Tensor]
MOST_CLASSES: Final = 1000  # more than this, and no confusion matrix is kept
HIGHER_IS_BETTER: Final = frozenset(("accuracy", "binary_accuracy", "top5", "iou", "r2"))
LARGE: Final = 1 << 14  # numbers in a prediction from which on it is not kept until it is measured
MEASURES: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {  # of each element; a batch is measured by their mean
    "accuracy": lambda prediction, target: (prediction.argmax(1) == target).float(),
    "binary_accuracy": lambda prediction, target: ((prediction > 0) == (target > 0.5)).float(),
    "mae": lambda prediction, target: (prediction - target).abs(),
}


def judged_terms(compiled: Compiled) -> list[tuple[LossTerm, str]]:
    """The losses that something is measured for, with what makes the names of a second one differ."""
    found: list[tuple[LossTerm, str]] = []
    for term in compiled.losses:
        if term.result is None or not term.column or not term.metric:
            continue
        again = any(term.metric == other.metric for other, _ in found)
        found.append((term, f"/{compiled.results[term.result].name}" if again else ""))
    return found


def batch_metrics(compiled: Compiled, results: tuple[Tensor, ...], batch: Columns) -> dict[str, Tensor]:
    """Means over a batch, as tensors on the device: reading them would make it wait."""
    return {
        f"{term.metric}{suffix}": MEASURES[term.metric](results[term.result].detach(), batch[term.column]).mean()
        for term, suffix in judged_terms(compiled)
        if term.result is not None
    }


class Later:
    """Measures the batches of a run: small predictions are kept for a moment and measured many at a time, which costs a tenth."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.terms = judged_terms(compiled)
        self.names = [f"{term.metric}{suffix}" for term, suffix in self.terms]
        self._pairs: list[list[tuple[Tensor, Tensor]]] = [[] for _ in self.terms]

    def take(self, results: tuple[Tensor, ...], batch: Columns) -> None:
        """One batch."""
        for (term, _), pairs in zip(self.terms, self._pairs, strict=True):
            assert term.result is not None
            prediction, target = results[term.result].detach(), batch[term.column]
            if prediction.numel() > LARGE:
                pairs.append((MEASURES[term.metric](prediction, target).mean(), target[:0]))
            else:
                pairs.append((prediction, target))

    def means(self) -> list[Tensor]:
        """For each measure a figure for each batch taken since last time."""
        found = []
        for (term, _), pairs in zip(self.terms, self._pairs, strict=True):
            found.append(_means(MEASURES[term.metric], pairs))
            pairs.clear()
        return found


def _means(measure: Callable[[Tensor, Tensor], Tensor], pairs: list[tuple[Tensor, Tensor]]) -> Tensor:
    if any(not prediction.dim() for prediction, _ in pairs):  # measured already
        return torch.stack([p if not p.dim() else measure(p, t).mean() for p, t in pairs])
    each = measure(torch.cat([p for p, _ in pairs]), torch.cat([t for _, t in pairs])).flatten(1 if pairs[0][1].dim() > 1 else 0)
    each = each.mean(1) if each.dim() > 1 else each
    sizes = [len(p) for p, _ in pairs]
    if len(set(sizes)) == 1:
        return each.view(len(pairs), -1).mean(1)
    return torch.stack([part.mean() for part in torch.split(each, sizes)])


def sums(metric: str, prediction: Tensor, target: Tensor) -> dict[str, Tensor]:
    """What adds up over batches."""
    if metric == "accuracy":
        classes = prediction.shape[1]
        said = prediction.argmax(1)
        real = (target >= 0) & (target < classes)  # what a loss ignores counts for nothing
        found = {"hits": ((said == target) & real).sum(), "count": real.sum()}
        if classes > 5:
            best = prediction.topk(5, 1).indices
            found["top5"] = ((best == target.unsqueeze(1)).any(1) & real).sum()
        if classes <= MOST_CLASSES:
            index = (target.clamp(0, classes - 1) * classes + said)[real]
            found["confusion"] = torch.bincount(index, minlength=classes * classes)
        return {name: value.double() for name, value in found.items()}
    if metric == "binary_accuracy":
        return {
            "hits": ((prediction > 0) == (target > 0.5)).sum().double(),
            "count": torch.tensor(float(target.numel()), dtype=torch.float64),
        }
    error, target = (prediction.double() - target.double()), target.double()
    return {
        "count": torch.tensor(float(target.numel()), dtype=torch.float64), "absolute": error.abs().sum(), "squared": (error**2).sum(),
        "total": target.sum(), "total_squared": (target**2).sum(),
    }  # fmt: skip


def finished(metric: str, found: Mapping[str, Tensor], spatial: bool) -> dict[str, float]:
    """The figures that follow from sums."""
    count = max(1.0, float(found["count"]))
    if metric in ("accuracy", "binary_accuracy"):
        result = {metric: float(found["hits"]) / count}
        if "top5" in found:
            result["top5"] = float(found["top5"]) / count
        if spatial and "confusion" in found:
            matrix = square(found["confusion"])
            hits, union = matrix.diag(), matrix.sum(0) + matrix.sum(1) - matrix.diag()
            result["iou"] = float((hits / union.clamp(min=1))[union > 0].mean())
        return result
    squared = float(found["squared"])
    spread = float(found["total_squared"]) - float(found["total"]) ** 2 / count
    return {
        "mae": float(found["absolute"]) / count,
        "rmse": (squared / count) ** 0.5,
        "r2": 1 - squared / spread if spread > 1e-12 else 0.0,
    }


def square(flat: Tensor) -> Tensor:
    """A confusion matrix: rows true, columns predicted."""
    side = round(flat.numel() ** 0.5)
    return flat.view(side, side)


def figures(compiled: Compiled) -> list[str]:
    """The names of all that is measured, the loss first."""
    found = ["loss"]
    for term, suffix in judged_terms(compiled):
        assert term.result is not None
        shape = compiled.results[term.result].shape
        if term.metric == "accuracy":
            names = ["accuracy", *(["top5"] if shape[0] > 5 else []), *(["iou"] if len(shape) > 1 and shape[0] <= MOST_CLASSES else [])]
        else:
            names = ["mae", "rmse", "r2"] if term.metric == "mae" else [term.metric]
        found += [name + suffix for name in names]
    return found


class Judgement:
    """Sums over batches: ``take`` each, then ``figures``, and ``confusion`` for the first loss over classes."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.terms = judged_terms(compiled)
        self.sums: dict[str, Tensor] = {}

    def take(self, loss: Tensor, results: tuple[Tensor, ...], batch: Columns) -> None:
        """One batch."""
        count = len(next(iter(batch.values())))
        self._add("loss", loss.double() * count)
        self._add("samples", torch.tensor(float(count), dtype=torch.float64, device=loss.device))
        for k, (term, _) in enumerate(self.terms):
            assert term.result is not None
            for name, value in sums(term.metric, results[term.result], batch[term.column]).items():
                self._add(f"{k}.{name}", value.to(loss.device))

    def _add(self, name: str, value: Tensor) -> None:
        self.sums[name] = self.sums[name] + value if name in self.sums else value

    def reduce(self, over: Callable[[Tensor], Tensor]) -> None:
        """Add up what several processes have gathered."""
        self.sums = {name: over(value) for name, value in self.sums.items()}

    def figures(self) -> dict[str, float]:
        """Loss and metrics."""
        self.sums = {name: value.cpu() for name, value in self.sums.items()}
        found = {"loss": float(self.sums["loss"]) / max(1.0, float(self.sums["samples"]))}
        for k, (term, suffix) in enumerate(self.terms):
            own = {name.partition(".")[2]: value for name, value in self.sums.items() if name.startswith(f"{k}.")}
            assert term.result is not None
            spatial = len(self.compiled.results[term.result].shape) > 1
            found |= {name + suffix: value for name, value in finished(term.metric, own, spatial).items()}
        return found

    def confusion(self, names: Sequence[str]) -> Confusion | None:
        """Who was taken for whom, for the first loss over classes; None where there is none, or too many classes."""
        k = next((k for k, (term, _) in enumerate(self.terms) if term.metric == "accuracy"), None)
        if k is None or f"{k}.confusion" not in self.sums:
            return None
        matrix = square(self.sums[f"{k}.confusion"].cpu())
        at = matrix.nonzero()
        cells = torch.cat([at, matrix[at[:, 0], at[:, 1]].long()[:, None]], 1)
        return Confusion.of(names, len(matrix), cells.tolist())


def judge(net: nn.Module, compiled: Compiled, batches: Iterable[Columns], loss_net: Any = None, *, kept: bool = False) -> Judgement:
    """Loss and metrics over batches, in eval mode; the net goes back to the mode it was in. ``kept`` is for weights that are tensors of their own."""
    result, training = Judgement(compiled), net.training
    net.eval()
    with torch.no_grad() if kept else torch.inference_mode():
        for batch in batches:
            results = run_net(net, compiled, batch)
            result.take(loss_of(loss_net or net, compiled, results, batch), results, batch)
    net.train(training)
    return result
