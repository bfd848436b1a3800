"""ONNX files: the graph with the onnx package, then the weights behind it, straight from where they lie in memory.

A protobuf message may go on after what a library has written: the weights are appended to the graph in wire format, so that no second copy
of them is made. Where the whole would pass what protobuf can hold, they go into a file of their own beside it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

import onnx
import torch
from onnx import TensorProto, helper
from torch import Tensor

from app.compiler import Compiled, Value
from app.document import atomic
from blocks.onnx import OPSET, Constant, Nodes

IR_VERSION: Final = 10  # what opset 20 came with
MOST_BYTES: Final = 2**31 - 2**20  # protobuf refuses 2 GiB
GRAPH, INITIALIZER, RAW_DATA = 7, 5, 9  # field numbers in onnx.proto
TYPES: Final = {torch.float32: TensorProto.FLOAT, torch.int64: TensorProto.INT64, torch.bool: TensorProto.BOOL}


def write(path: Path, nodes: Nodes, compiled: Compiled, tensors: Mapping[str, Tensor], beside: Path, most: int = MOST_BYTES) -> None:
    """Write a network. ``tensors`` is its ``state_dict``; what nothing uses is left out. Raises OSError.

    Weights of more than ``most`` bytes go into ``beside``, a file in the same folder.
    """
    weights = {name: _plain(tensors[name]) for name in nodes.weights}
    heads = [_head(name, tensor) for name, tensor in weights.items()]
    if sum(tensor.nbytes for tensor in weights.values()) <= most:
        _write_model(path, nodes, compiled, heads, list(weights.values()))
        return
    _place_outside(heads, weights, beside.name)
    atomic.write_with(beside, lambda temporary: _write_raw(temporary, weights))
    _write_model(path, nodes, compiled, heads, None)


def _plain(tensor: Tensor) -> Tensor:
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.is_floating_point() else tensor).contiguous()


def _bytes(tensor: Tensor) -> memoryview:
    """The memory of a tensor, not copied."""
    return memoryview(tensor.numpy().reshape(-1).data).cast("B") if tensor.numel() else memoryview(b"")


def _write_raw(path: Path, weights: Mapping[str, Tensor]) -> None:
    with path.open("wb") as file:
        for tensor in weights.values():
            file.write(_bytes(tensor))


def _write_model(path: Path, nodes: Nodes, compiled: Compiled, heads: list[TensorProto], weights: list[Tensor] | None) -> None:
    """The graph, then one initializer after the other: its head, and the bytes of its numbers."""
    graph = _graph(nodes, compiled).SerializeToString()
    model = helper.make_model(
        onnx.GraphProto(), producer_name="Netwright", ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)]
    )
    model.ClearField("graph")
    parts = [head.SerializeToString() for head in heads]
    raws = [_bytes(tensor) for tensor in weights] if weights is not None else []
    lengths = [len(part) + (len(_tag(RAW_DATA, raw.nbytes)) + raw.nbytes if weights is not None else 0) for part, raw in _zip(parts, raws)]
    total = len(graph) + sum(len(_tag(INITIALIZER, length)) + length for length in lengths)
    with path.open("wb") as file:
        file.write(model.SerializeToString())
        file.write(_tag(GRAPH, total))
        file.write(graph)
        for (part, raw), length in zip(_zip(parts, raws), lengths, strict=True):
            _write_initializer(file, part, raw if weights is not None else None, length)


def _zip(parts: list[bytes], raws: list[memoryview]) -> Iterator[tuple[bytes, memoryview]]:
    return zip(parts, raws or [memoryview(b"")] * len(parts), strict=True)


def _write_initializer(file: BinaryIO, part: bytes, raw: memoryview | None, length: int) -> None:
    file.write(_tag(INITIALIZER, length))
    file.write(part)
    if raw is not None:
        file.write(_tag(RAW_DATA, raw.nbytes))
        file.write(raw)


def _tag(field: int, length: int) -> bytes:
    """The beginning of a length-delimited field of a protobuf message."""
    result = bytearray()
    for number in (field << 3 | 2, length):
        while number > 0x7F:
            result.append(number & 0x7F | 0x80)
            number >>= 7
        result.append(number)
    return bytes(result)


def _head(name: str, tensor: Tensor) -> TensorProto:
    return TensorProto(name=name, dims=list(tensor.shape), data_type=TYPES[tensor.dtype])


def _place_outside(heads: list[TensorProto], weights: Mapping[str, Tensor], file: str) -> None:
    offset = 0
    for head, tensor in zip(heads, weights.values(), strict=True):
        head.data_location = TensorProto.EXTERNAL
        for key, value in (("location", file), ("offset", str(offset)), ("length", str(tensor.nbytes))):
            head.external_data.add(key=key, value=value)
        offset += tensor.nbytes


def _graph(nodes: Nodes, compiled: Compiled) -> onnx.GraphProto:
    graph = onnx.GraphProto(name="Net")
    graph.node.extend(helper.make_node(n.op, n.inputs, n.outputs, name=n.outputs[0], **n.attributes) for n in nodes.nodes)
    graph.initializer.extend(_constant(name, constant) for name, constant in nodes.constants.items())
    graph.input.extend(_border(value) for value in compiled.inputs)
    graph.output.extend(_border(value) for value in compiled.results[: compiled.outputs])
    return graph


def _constant(name: str, constant: Constant) -> TensorProto:
    kind = TensorProto.INT64 if constant.whole else TensorProto.FLOAT
    return helper.make_tensor(name, kind, constant.dims, constant.values)


def _border(value: Value) -> onnx.ValueInfoProto:
    kind = TensorProto.INT64 if value.kind == "index" else TensorProto.FLOAT
    return helper.make_tensor_value_info(value.name, kind, ["batch", *value.shape])
