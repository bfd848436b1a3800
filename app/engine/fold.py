"""Folding: a batch norm right after a convolution or a linear layer only scales and shifts its filters, so it can become part of them."""

from collections import Counter

import torch
from torch import Tensor

from blocks.onnx import Nodes, OnnxNode

OUT_AXIS = {"Conv": 0, "Gemm": 0, "ConvTranspose": 1}


def fold_batch_norms(nodes: Nodes, tensors: dict[str, Tensor]) -> int:
    """Take batch norms out of ``nodes`` and put new weights into ``tensors``; returns how many. Others of one convolution stay."""
    uses = Counter(name for node in nodes.nodes for name in node.inputs)
    made = {name: k for k, node in enumerate(nodes.nodes) for name in node.outputs}
    folded = 0
    for k, norm in enumerate(nodes.nodes):
        at = made.get(norm.inputs[0]) if norm.op == "BatchNormalization" else None
        if at is None or uses[norm.inputs[0]] != 1 or any(name not in tensors for name in norm.inputs[1:]):
            continue
        layer = nodes.nodes[at]
        grouped = layer.op == "ConvTranspose" and layer.attributes.get("group", 1) != 1
        if layer.op not in OUT_AXIS or layer.inputs[1] not in tensors or grouped:
            continue
        nodes.nodes[at] = _merged(layer, norm, tensors, nodes)
        nodes.nodes[k] = OnnxNode("", (), (), {})
        folded += 1
    nodes.nodes[:] = [node for node in nodes.nodes if node.op]
    used = {name for node in nodes.nodes for name in node.inputs}
    for name in [name for name in nodes.weights if name not in used]:
        del nodes.weights[name]
    return folded


def _merged(layer: OnnxNode, norm: OnnxNode, tensors: dict[str, Tensor], nodes: Nodes) -> OnnxNode:
    scale, shift, mean, variance = (tensors[name].double() for name in norm.inputs[1:])
    factor = scale / torch.sqrt(variance + norm.attributes.get("epsilon", 1e-5))
    weight = tensors[layer.inputs[1]].double()
    bias = tensors[layer.inputs[2]].double() if len(layer.inputs) > 2 else torch.zeros_like(mean)
    along = [1] * weight.dim()
    along[OUT_AXIS[layer.op]] = -1
    new = {
        f"{layer.inputs[1]}, folded": (weight * factor.reshape(along)).float(),
        f"{layer.inputs[1].removesuffix('.weight')}.bias, folded": ((bias - mean) * factor + shift).float(),
    }
    tensors.update(new)
    nodes.weights.update(dict.fromkeys(new))
    return OnnxNode(layer.op, (layer.inputs[0], *new), norm.outputs, layer.attributes)
