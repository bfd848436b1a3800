"""ONNX out: written block by block, or by torch's exporter where a block has no rule; then proven equal in onnxruntime."""

import glob
import io
import logging
import secrets
import warnings
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from app.compiler import Compiled, NoRuleError, onnx_nodes
from app.document import atomic
from app.engine import onnx_file
from app.engine.build import EngineError
from app.engine.fold import fold_batch_norms
from app.engine.preprocessing import Prepared, Step, prepend
from blocks.onnx import OPSET

EXPORTED_AT, CHECKED_AT = 2, (1, 5)
ABSOLUTE, RELATIVE = 1e-4, 1e-3


@dataclass(frozen=True, slots=True)
class Verdict:
    """The file, and how far onnxruntime is from PyTorch: the largest absolute difference over all outputs and ``batches``.

    ``traced`` says which block had no rule of its own, so that torch's exporter wrote the file.
    """

    path: Path
    difference: float
    batches: tuple[int, ...]
    opset: int
    size: int
    traced: str = ""


def export_onnx(net: nn.Module, compiled: Compiled, path: Path, fold: bool = False, steps: Mapping[str, Step] | None = None) -> Verdict:
    """Write ``path`` and verify it. Raises EngineError, and leaves what was there, where the file would not give what PyTorch gives.

    ``fold`` lets batch norms go into the convolutions before them; ``steps`` become a part of the network, so that it takes samples as stored.
    """
    net = net.cpu().eval()
    whole = Prepared(net, compiled, steps).eval() if steps else net
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.data")
    told: list[tuple[str, int, float]] = []

    def write(temporary: Path) -> None:
        why, opset = write_onnx(net, compiled, temporary, beside, fold, steps)
        told.append((why, opset, difference(whole, compiled, temporary)))

    try:
        atomic.write_with(path, write)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise EngineError(f"{path} can't be written: {error.strerror or error}") from None
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    for old in path.parent.glob(f"{glob.escape(path.name)}.????????.data"):
        if old != beside:
            old.unlink(missing_ok=True)  # of the file that was replaced
    [(why, opset, largest)] = told
    size = path.stat().st_size + (beside.stat().st_size if beside.exists() else 0)
    return Verdict(path, largest, CHECKED_AT, opset, size, why)


def write_onnx(
    net: nn.Module, compiled: Compiled, path: Path, beside: Path, fold: bool = False, steps: Mapping[str, Step] | None = None
) -> tuple[str, int]:
    """Write the network in eval mode; returns why torch's exporter had to do it (or nothing), and the opset.

    ``beside`` takes the weights where they are too many for one file.
    """
    try:
        nodes = onnx_nodes(compiled)
    except NoRuleError as reason:
        program = traced(Prepared(net, compiled, steps).eval() if steps else net, compiled)
        program.save(str(path), external_data=False)
        return str(reason), int(program.model.opset_imports.get("", 0))
    tensors: dict[str, Tensor] = dict(net.state_dict())
    if fold:
        fold_batch_norms(nodes, tensors)
    if steps:
        prepend(nodes, steps)
    onnx_file.write(path, nodes, compiled, tensors, beside)
    return "", OPSET


def traced(net: nn.Module, compiled: Compiled) -> torch.onnx.ONNXProgram:
    """What torch's own exporter makes of a network. Raises EngineError."""
    batch = torch.export.Dim("batch", min=1)
    dynamic = {value.name: {0: batch} for value in compiled.inputs}
    names = [value.name for value in compiled.results[: compiled.outputs]]
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            program = torch.onnx.export(
                net, samples(compiled, EXPORTED_AT), dynamo=True, verbose=False, optimize=True,
                input_names=[value.name for value in compiled.inputs], output_names=names, dynamic_shapes=dynamic,
            )  # fmt: skip
        except Exception as error:
            cause = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise EngineError(f"torch could not write this network as ONNX: {cause}") from error
    assert program is not None
    return program


def samples(compiled: Compiled, batch: int) -> tuple[Tensor, ...]:
    """Random inputs for a network: normal numbers, and indices within their range."""
    random = torch.Generator().manual_seed(batch)
    return tuple(
        torch.randint(max(value.classes, 1), (batch, *value.shape), generator=random)
        if value.kind == "index"
        else torch.randn(batch, *value.shape, generator=random)
        for value in compiled.inputs
    )


def difference(net: nn.Module, compiled: Compiled, path: Path) -> float:
    """The largest difference between a file in onnxruntime and the network; raises EngineError where it is too large."""
    import onnxruntime

    try:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what goes wrong is raised, and need not be printed too
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise EngineError(f"onnxruntime could not read the ONNX file: {str(error).splitlines()[0]}: it was not kept") from error
    return max(compare(net, compiled, session, samples(compiled, batch)) for batch in CHECKED_AT)


def compare(
    net: nn.Module, compiled: Compiled, session: Any, inputs: tuple[Tensor, ...], absolute: float = ABSOLUTE, relative: float = RELATIVE
) -> float:
    """The largest absolute difference of all outputs; raises EngineError where one is beyond ``absolute + relative * |value|``."""
    with torch.inference_mode():
        result = net(*inputs)
    wanted = result if isinstance(result, tuple) else (result,)
    given = session.run(None, {value.name: sample.numpy() for value, sample in zip(compiled.inputs, inputs, strict=True)})
    largest, batch = 0.0, len(inputs[0])
    for value, ours, theirs in zip(compiled.results, wanted, given, strict=False):
        other = torch.from_numpy(theirs)
        if ours.shape != other.shape:
            raise EngineError(f"the ONNX file gives {tuple(other.shape)} for {value.name}, PyTorch {tuple(ours.shape)}: it was not kept")
        if not ours.is_floating_point():
            if not torch.equal(ours, other):
                raise EngineError(f"the ONNX file differs from PyTorch at {value.name}: it was not kept")
            continue
        apart = (ours - other).abs().nan_to_num()
        if not torch.allclose(ours, other, atol=absolute, rtol=relative, equal_nan=True):
            raise EngineError(
                f"the ONNX file differs from PyTorch by {apart.max().item():.3g} at {value.name} (batch {batch}): it was not kept"
            )
        largest = max(largest, apart.max().item()) if apart.numel() else largest
    return largest
