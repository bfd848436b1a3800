"""What the examiner does with a block: run it in torch as the compiler would, put it between Inputs and Outputs, compare ONNX."""

import math
from pathlib import Path
from typing import Any

import onnxruntime
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from app.compiler import Compiled, compile_graph, onnx_nodes
from app.compiler.modules import copied
from app.document.edits import add_node, connect
from app.document.graph import Edge, Graph
from app.engine.build import instantiate
from app.engine.export import write_onnx
from blocks.core import Block, Shapes
from blocks.data import Input, Output

BATCH = 5
INDICES = 4
LARGE = 1e4


def kinds(block: Block, xs: Shapes) -> list[str]:
    ports = block.inputs
    return [ports[min(k, len(ports) - 1)].kind for k in range(len(xs))]


def run_in_torch(block: Block, xs: Shapes, device: str) -> tuple[list[Tensor], nn.Module | None]:
    """What the block's source gives: executed as the compiler would write it."""
    texts = copied([block])
    scope: dict[str, Any] = {"nn": nn, "F": F, "torch": torch}
    source = block.module(*xs)
    names = tuple(f"a{k}" for k in range(len(xs)))
    expression = "" if source else block.forward(names, xs)
    exec("\n".join(texts.used(source + expression)), scope)
    inputs = [
        torch.zeros(BATCH, *x, dtype=torch.long, device=device) if kind == "index" else torch.randn(BATCH, *x, device=device)
        for x, kind in zip(xs, kinds(block, xs), strict=True)
    ]
    module = None
    if source:
        with torch.device(device):
            module = eval(source, scope)
        result = module(*inputs)
    else:
        result = eval(expression, {**scope, **dict(zip(names, inputs, strict=True))})
    return list(result) if isinstance(result, (tuple, list)) else [result], module


def net_of(block: Block, xs: Shapes) -> Graph:
    """Inputs to block to Outputs; every input of the block is an Input of its own."""
    graph, at = add_node(Graph(), block, (0, 0), "block")
    ports = block.inputs
    for k, shape in enumerate(xs):
        port = ports[min(k, len(ports) - 1)]
        kind = "index" if port.kind == "index" else "values"
        graph, source = add_node(
            graph, Input(size=shape, column=f"x{k}", kind=kind, classes=getattr(block, "num_embeddings", INDICES)), (0, 0), f"x{k}"
        )
        graph, _ = connect(graph, Edge(source, "y", at, port.name))
    for port in block.outputs:
        graph, out = add_node(graph, Output(), (0, 0))
        graph, _ = connect(graph, Edge(at, port.name, out, "x"))
    return graph


def compiled_net(block: Block, xs: Shapes) -> tuple[Compiled, nn.Module]:
    compiled = compile_graph(net_of(block, xs))
    return compiled, instantiate(compiled.source)


def inputs_of(block: Block, compiled: Compiled, batch: int, extreme: bool) -> tuple[Tensor, ...]:
    """Normal numbers; or samples that are 1e4, -1e4, 0 and normal numbers times 1e4, one after the other.

    A norm of numbers that are all 1e4 is 0 divided by sqrt(eps): single precision leaves nothing of it, in torch neither. There it is a ramp.
    """
    found = []
    for value in compiled.inputs:
        count = math.prod(value.shape)
        if value.kind == "index":
            places = torch.randint(value.classes, (batch, *value.shape))
            if block.onnx == "MaxUnpool":  # two values at one place: which of them stays is chance
                places = torch.stack([torch.randperm(count // value.shape[0]) for _ in range(batch * value.shape[0])]).view(
                    batch, *value.shape
                )
            found.append(places)
            continue
        x = torch.randn(batch, *value.shape)
        if extreme:
            one = torch.linspace(-1, 1, count).view(value.shape) if block.group == "Normalise" else torch.ones(value.shape)
            for k in range(batch):
                x[k] = (LARGE * one, -LARGE * one, 0 * one, LARGE * x[k], x[k])[k % 5]
        found.append(x)
    return tuple(found)


def onnx_difference(block: Block, xs: Shapes, folder: Path, *, extreme: bool = True) -> tuple[float, int]:
    """The largest difference between torch and onnxruntime (ordinary inputs), and the number of nodes. Asserts that it is small.

    Absolute 1e-5 or relative 1e-4; where numbers of 1e4 are added up, single precision leaves 3e-6 of the largest result (1e-5 after a norm).
    """
    torch.manual_seed(0)
    compiled, net = compiled_net(block, xs)
    net.eval()
    for name, buffer in net.named_buffers():
        if buffer.is_floating_point() and "positions" not in name:
            buffer.copy_(torch.rand_like(buffer) + 0.5)  # as after some training
    nodes = onnx_nodes(compiled)
    path = folder / "block.onnx"
    write_onnx(net, compiled, path, folder / "block.data")
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    largest = 0.0
    for batch, wild in ((2, False), (BATCH, False), (BATCH, True))[: 3 if extreme else 2]:
        inputs = inputs_of(block, compiled, batch, wild)
        with torch.inference_mode():
            result = net(*inputs)
        wanted = result if isinstance(result, tuple) else (result,)
        given = session.run(None, {v.name: x.numpy() for v, x in zip(compiled.inputs, inputs, strict=True)})
        for ours, theirs in zip(wanted, map(torch.from_numpy, given), strict=True):
            assert ours.shape == theirs.shape
            assert ours.dtype == theirs.dtype
            finite = ours[ours.isfinite()].abs()
            top = finite.max().item() if finite.numel() and wild else 0.0
            share = 1e-5 if block.group == "Normalise" else 3e-6
            close = torch.isclose(ours, theirs, atol=1e-5 + share * top, rtol=1e-4, equal_nan=True)
            assert close.all(), (block, xs, "extreme" if wild else "usual", ours[~close][:5], theirs[~close][:5])
            if not wild and ours.is_floating_point() and ours.numel():
                largest = max(largest, (ours - theirs).abs().nan_to_num().max().item())
    return largest, len(nodes.nodes)
