"""ONNX files: the graph with the onnx package, then the weights behind it, straight from where they lie in memory.

A protobuf message may go on after what a library has written: the weights are appended to the graph in wire format, so that no second copy
of them is made. Where the whole would pass what protobuf can hold, they go into a file of their own beside it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

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
    if tensor.dtype in TYPES and tensor.device.type == "cpu" and not tensor.requires_grad and tensor.is_contiguous():
        return tensor
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.is_floating_point() else tensor).contiguous()


def _bytes(tensor: Tensor) -> memoryview:
    """The memory of a tensor, not copied."""
    return tensor.numpy().data.cast("B") if tensor.numel() else memoryview(b"")


def _write_raw(path: Path, weights: Mapping[str, Tensor]) -> None:
    with path.open("wb") as file:
        for tensor in weights.values():
            file.write(_bytes(tensor))


def _write_model(path: Path, nodes: Nodes, compiled: Compiled, heads: list[TensorProto], weights: list[Tensor] | None) -> None:
    """The graph, then one initializer after the other: its head, and the bytes of its numbers."""
    graph = _graph(nodes, compiled).SerializeToString()
    model = onnx.ModelProto(ir_version=IR_VERSION, producer_name="Netwright", opset_import=[helper.make_opsetid("", OPSET)])
    raws = [_bytes(tensor) for tensor in weights] if weights is not None else [None] * len(heads)
    fronts: list[bytes] = []
    total = len(graph)
    for head, raw in zip(heads, raws, strict=True):
        inner = head.SerializeToString() + (_tag(RAW_DATA, raw.nbytes) if raw is not None else b"")
        length = len(inner) + (raw.nbytes if raw is not None else 0)
        fronts.append(_tag(INITIALIZER, length) + inner)
        total += len(fronts[-1]) - len(inner) + length
    with path.open("wb") as file:
        file.write(model.SerializeToString() + _tag(GRAPH, total) + graph)
        for front, raw in zip(fronts, raws, strict=True):
            file.write(front)
            if raw is not None:
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
    for n in nodes.nodes:
        node = graph.node.add(op_type=n.op, name=n.outputs[0], input=n.inputs, output=n.outputs)
        for name, value in n.attributes.items():
            _add_attribute(node, name, value)
    graph.initializer.extend(_constant(name, constant) for name, constant in nodes.constants.items())
    graph.input.extend(_border(value) for value in compiled.inputs)
    graph.output.extend(_border(value) for value in compiled.results[: compiled.outputs])
    return graph


def _add_attribute(node: onnx.NodeProto, name: str, value: Any) -> None:
    """What ``helper.make_attribute`` does, for the types that rules use, at a third of its time."""
    attribute = node.attribute.add(name=name)
    match value:
        case int():
            attribute.type, attribute.i = onnx.AttributeProto.INT, value
        case float():
            attribute.type, attribute.f = onnx.AttributeProto.FLOAT, value
        case str():
            attribute.type, attribute.s = onnx.AttributeProto.STRING, value.encode()
        case [str(), *_]:
            attribute.type = onnx.AttributeProto.STRINGS
            attribute.strings.extend(word.encode() for word in value)
        case list():
            attribute.type = onnx.AttributeProto.INTS
            attribute.ints.extend(value)
        case _:
            raise TypeError(f"{node.op_type}: {name} is {value!r}")


def _constant(name: str, constant: Constant) -> TensorProto:
    kind = TensorProto.INT64 if constant.whole else TensorProto.FLOAT
    return helper.make_tensor(name, kind, constant.dims, constant.values)


def _border(value: Value) -> onnx.ValueInfoProto:
    kind = TensorProto.INT64 if value.kind == "index" else TensorProto.FLOAT
    return helper.make_tensor_value_info(value.name, kind, ["batch", *value.shape])
