"""ONNX out: written by torch's exporter, then proven equal in onnxruntime at batch sizes it was not exported with."""

import io
import logging
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import torch

from app.compiler import Compiled
from app.document import atomic
from app.engine.build import EngineError

EXPORTED_AT, CHECKED_AT = 2, (1, 5)
ABSOLUTE, RELATIVE = 1e-4, 1e-3


@dataclass(frozen=True, slots=True)
class Verdict:
    """The file, and how far onnxruntime is from PyTorch: the largest absolute difference over all outputs and ``batches``."""

    path: Path
    difference: float
    batches: tuple[int, ...]
    opset: int
    size: int


def export_onnx(net: torch.nn.Module, compiled: Compiled, path: Path) -> Verdict:
    """Write ``path`` and verify it. Raises EngineError, and leaves what was there, where the file would not give what PyTorch gives."""
    net = net.cpu().eval()
    names = [value.name for value in compiled.results[: compiled.outputs]]
    batch = torch.export.Dim("batch", min=1)
    dynamic = {value.name: {0: batch} for value in compiled.inputs}
    program = _quietly(net, compiled, names, dynamic)
    opset = int(program.model.opset_imports.get("", 0))
    verdict: list[float] = []

    def write(temporary: Path) -> None:
        program.save(str(temporary), external_data=False)
        verdict.append(_difference(net, compiled, temporary))

    try:
        atomic.write_with(path, write)
    except OSError as error:
        raise EngineError(f"{path} can't be written: {error.strerror or error}") from None
    return Verdict(path, verdict[0], CHECKED_AT, opset, path.stat().st_size)


def _quietly(net: torch.nn.Module, compiled: Compiled, names: list[str], dynamic: object) -> torch.onnx.ONNXProgram:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            program = torch.onnx.export(
                net, _samples(compiled, EXPORTED_AT), dynamo=True, verbose=False, optimize=True,
                input_names=[value.name for value in compiled.inputs], output_names=names, dynamic_shapes=dynamic,  # type: ignore[arg-type]
            )  # fmt: skip
        except Exception as error:
            cause = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise EngineError(f"torch could not write this network as ONNX: {cause}") from error
    assert program is not None
    return program


def _samples(compiled: Compiled, batch: int) -> tuple[torch.Tensor, ...]:
    random = torch.Generator().manual_seed(batch)
    return tuple(
        torch.zeros(batch, *value.shape, dtype=torch.long) if value.kind == "index" else torch.randn(batch, *value.shape, generator=random)
        for value in compiled.inputs
    )


def _difference(net: torch.nn.Module, compiled: Compiled, path: Path) -> float:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    largest = 0.0
    for batch in CHECKED_AT:
        samples = _samples(compiled, batch)
        with torch.inference_mode():
            result = net(*samples)
        wanted = result if isinstance(result, tuple) else (result,)
        given = session.run(None, {value.name: sample.numpy() for value, sample in zip(compiled.inputs, samples, strict=True)})
        for value, ours, theirs in zip(compiled.results, wanted, given, strict=False):
            other = torch.from_numpy(theirs)
            if ours.shape != other.shape:
                raise EngineError(
                    f"the ONNX file gives {tuple(other.shape)} for {value.name}, PyTorch {tuple(ours.shape)}: it was not kept"
                )
            if not ours.is_floating_point():
                if not torch.equal(ours, other):
                    raise EngineError(f"the ONNX file differs from PyTorch at {value.name}: it was not kept")
                continue
            if not torch.allclose(ours, other, atol=ABSOLUTE, rtol=RELATIVE, equal_nan=True):
                worst = (ours - other).abs().max().item()
                raise EngineError(f"the ONNX file differs from PyTorch by {worst:.3g} at {value.name} (batch {batch}): it was not kept")
            largest = max(largest, (ours - other).abs().nan_to_num().max().item())
    return largest
