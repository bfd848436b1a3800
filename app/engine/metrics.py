"""What is measured beside the loss. It follows from the losses on the canvas: accuracy for classes, mean absolute error for values."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from app.compiler import Compiled
from app.engine.build import loss_of, run_net

Columns = Mapping[str, Tensor]
MEASURES: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "accuracy": lambda prediction, target: (prediction.argmax(1) == target).float().mean(),
    "binary_accuracy": lambda prediction, target: ((prediction > 0) == (target > 0.5)).float().mean(),
    "mae": lambda prediction, target: (prediction - target).abs().mean(),
}


def batch_metrics(compiled: Compiled, results: tuple[Tensor, ...], batch: Columns) -> dict[str, Tensor]:
    """Means over a batch, as tensors on the device: reading them would make it wait."""
    found: dict[str, Tensor] = {}
    for term in compiled.losses:
        if term.result is None or not term.column or not term.metric:
            continue
        name = term.metric if term.metric not in found else f"{term.metric}/{compiled.results[term.result].name}"
        found[name] = MEASURES[term.metric](results[term.result].detach(), batch[term.column])
    return found


def judge(net: nn.Module, compiled: Compiled, columns: Columns, indices: Tensor, batch_size: int) -> dict[str, float]:
    """Loss and metrics over the samples at ``indices``, in eval mode; the net goes back to the mode it was in."""
    training, sums = net.training, dict[str, Tensor]()
    net.eval()
    with torch.inference_mode():
        for part in torch.split(indices, batch_size):
            batch = {name: column[part] for name, column in columns.items()}
            results = run_net(net, compiled, batch)
            values = {"loss": loss_of(net, compiled, results, batch), **batch_metrics(compiled, results, batch)}
            for name, value in values.items():
                sums[name] = sums.get(name, torch.zeros((), device=value.device)) + value.float() * len(part)
    net.train(training)
    return {name: float(value) / len(indices) for name, value in sums.items()}


def class_report(
    net: nn.Module, compiled: Compiled, columns: Columns, indices: Tensor, batch_size: int, classes: list[str]
) -> dict[str, Any]:
    """Precision, recall and F1 of each class and the confusion matrix (rows: true, columns: predicted), for the first loss over classes."""
    term = next((t for t in compiled.losses if t.metric == "accuracy" and t.result is not None and t.column), None)
    if term is None or term.result is None or compiled.results[term.result].shape[1:]:
        return {}
    from torchmetrics.functional.classification import multiclass_confusion_matrix

    predicted = []
    net.eval()
    with torch.inference_mode():
        for part in torch.split(indices, batch_size):
            batch = {name: column[part] for name, column in columns.items()}
            predicted.append(run_net(net, compiled, batch)[term.result].argmax(1))
    target = columns[term.column][indices]
    number = compiled.results[term.result].shape[0]
    matrix = multiclass_confusion_matrix(torch.cat(predicted), target, number).double()
    hits, said, true = matrix.diag(), matrix.sum(0), matrix.sum(1)
    precision, recall = hits / said.clamp(min=1), hits / true.clamp(min=1)
    f1 = 2 * precision * recall / (precision + recall).clamp(min=1e-12)
    names = classes if len(classes) == number else [str(k) for k in range(number)]
    rows = [
        {"class": name, "precision": float(p), "recall": float(r), "f1": float(f), "support": int(n)}
        for name, p, r, f, n in zip(names, precision, recall, f1, true, strict=True)
    ]
    return {"classes": rows, "confusion": [[int(n) for n in row] for row in matrix]}
