"""The examiner: every block of the catalogue against torch itself, over parameters and shapes drawn at random."""

import contextlib
import inspect
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from app.compiler import compile_graph
from blocks import catalogue
from blocks.core import Block, BlockError, Shapes
from blocks.data import Input, Output, Target
from blocks.rules import size
from resources import resource
from tests.blocks.drawing import draws
from tests.blocks.examining import BATCH, compiled_net, inputs_of, net_of, onnx_difference, run_in_torch

BLOCKS = list(catalogue.load().values())
WITH_INPUTS = [block for block in BLOCKS if block.inputs and block is not Output]
IN_ONNX = [block for block in WITH_INPUTS if not block.loss]
NAMES = Path(__file__).with_name("state_dict_names.json")

# Where a block refuses more than torch does, and why. Everything else must be refused by both.
STRICTER: dict[Any, str] = {
    "axes": "torch also takes samples without a batch, and the batch as an axis",
    "shapes-differ": "torch broadcasts, with a warning at most; a network drawn by hand rarely means that",
    "limits": "torch's functional form takes limits in the wrong order",
    "count": "torch leaves an axis that is not 1 as it is, and lets the batch take up what is left over",
    "empty": "torch gives a result without entries",
    "too-large": "refused before anything is allocated",
    "offsets": "our module would read offsets of another layout",
    "crop": "a Python slice takes what is there",
    "grid": "checked by torch too, but not where only the last axis differs",
    "range": "torch notices a wrong index only when it meets one",
    "sizes": "one number would be read as the square of it",
    ("DiceLoss", "scores"): "our function would broadcast",
    ("DeformConv2d", "window"): "our module takes the size of the result from the offsets",
}

# What torch's module has and the block has not, and why. "every" goes for all of them.
LEFT_OUT = {
    "every": {
        "inplace": "saves memory only where nothing else uses the value, which a graph can't promise",
        "size_average": "deprecated", "reduce": "deprecated", "reduction": "a loss is the mean over the batch, so that losses can be added",
        "batch_first": "always", "add_bias_kv": "hardly used", "add_zero_attn": "hardly used", "proj_size": "onnxruntime refuses it",
    },
    "Embedding": {"max_norm": "changes weights in forward", "norm_type": "as max_norm", "scale_grad_by_freq": "rare", "sparse": "few optimizers take it"},
    "AvgPool2d": {"divisor_override": "its ONNX export can't be told from a mean"},
    "AvgPool3d": {"divisor_override": "its ONNX export can't be told from a mean"},
    "BCEWithLogitsLoss": {"weight": "is the factor of the loss here; pos_weight is there"},
    **{f"AdaptiveMaxPool{k}d": {"return_indices": "bins differ in size, so nothing unpools them"} for k in (1, 2, 3)},
    **{f"ConvTranspose{k}d": {"padding_mode": "torch knows only zeros there"} for k in (1, 2, 3)},
}  # fmt: skip
# Parameters that follow from the shape of what comes in, or go by another name here.
FOLLOWS = {
    "in_features", "in_channels", "num_features", "num_channels", "normalized_shape", "num_parameters", "in1_features", "in2_features", "input_size",
    "embed_dim", "kdim", "vdim", "ndim", "device", "dtype", "self", "args", "kwargs", "elementwise_affine", "weight", "negval",
    "min_value", "max_value", "_weight", "_freeze", "start_dim", "end_dim", "bias", "log_target", "mode", "target_length", "dim",
}  # fmt: skip


def id_of(block: type[Block]) -> str:
    return block.__name__


def examine(block: type[Block], count: int) -> dict[str, int]:
    """Shape, weights and MACs of ``count`` draws against torch; what is refused here is refused there."""
    counts = {"agreed": 0, "refused": 0}

    @given(draw=draws(block))
    @settings(max_examples=count, database=None, derandomize=True)
    def run(draw: tuple[Block, Shapes]) -> None:
        made, xs = draw
        try:
            shape = made.shape(*xs)
        except BlockError as error:
            counts["refused"] += 1
            if error.code not in STRICTER and (block.__name__, error.code) not in STRICTER:
                with pytest.raises((RuntimeError, ValueError, IndexError, AssertionError, TypeError)):
                    run_in_torch(made, xs, "cpu")  # some checks are only made where numbers are
            return
        outputs = list(shape) if shape and isinstance(shape[0], tuple) else [shape]
        with FlopCounterMode(display=False) as counter:
            results, module = run_in_torch(made, xs, "cpu" if made.loss or block.__name__ in NOT_ON_META else "meta")
        assert [tuple(result.shape) for result in results] == [out if made.loss else (BATCH, *out) for out in outputs]
        parameters = {name: tuple(p.shape) for name, p in module.named_parameters()} if module else {}
        assert made.weights(*xs) == parameters
        counted = counter.get_total_flops() / 2
        assert made.macs(*xs) * BATCH == (by_hand(made, xs) * BATCH if block.__name__ in BY_HAND else counted)
        counts["agreed"] += 1

    run()
    return counts


NOT_ON_META = {"MaxUnpool2d", "MultiheadAttention"}


def by_hand(block: Any, xs: Shapes) -> int:
    """MACs where torch's counter sees nothing, or a fused kernel."""
    return BY_HAND[type(block).__name__](block, *xs)


def _attention(b: Any, q: Any, k: Any = None, v: Any = None) -> int:
    k = k or q
    v = v or k
    (length, e), steps, width = q, k[0], q[1] // b.num_heads
    projections = length * e * e + steps * k[1] * e + steps * v[1] * e + length * e * e
    return projections + b.num_heads * (length * width * steps + length * steps * width)


def _recurrent(b: Any, x: Any) -> int:
    gates, ways, total, width = {"RNN": 1, "GRU": 3, "LSTM": 4}[type(b).__name__], 2 if b.bidirectional else 1, 0, x[1]
    for _ in range(b.num_layers):
        total += ways * gates * b.hidden_size * (width + b.hidden_size)
        width = ways * b.hidden_size
    return x[0] * total


BY_HAND = {
    "MultiheadAttention": _attention, "RNN": _recurrent, "GRU": _recurrent, "LSTM": _recurrent,
    "Bilinear": lambda b, x, y: int(torch.Size(x[:-1]).numel()) * b.out_features * (x[-1] * y[-1] + y[-1]),
    "ScaledDotProduct": lambda b, q, k, v: int(torch.Size(q[:-1]).numel()) * (k[-2] * q[-1] + k[-2] * v[-1]),
}  # fmt: skip


@pytest.mark.parametrize("block", WITH_INPUTS, ids=id_of)
def test_shape_weights_and_macs_equal_torch(block: type[Block], record_property: Any) -> None:
    counts = examine(block, 200)
    record_property("examined", {"block": block.__name__, **counts})
    assert counts["agreed"] >= 10


@pytest.mark.slow
@pytest.mark.parametrize("block", WITH_INPUTS, ids=id_of)
def test_shape_weights_and_macs_equal_torch_at_length(block: type[Block]) -> None:
    assert examine(block, 2000)["agreed"] >= 100


def test_an_input_that_torch_refuses_is_refused() -> None:
    """The examiner's own control: a rule that accepted everything would be caught."""
    conv = catalogue.load()["Conv2d"](kernel_size=7, padding=0)
    with pytest.raises(BlockError, match="does not fit into height 5"):
        conv.shape((3, 5, 5))
    with pytest.raises(RuntimeError):
        run_in_torch(conv, ((3, 5, 5),), "meta")


def export(block: type[Block], count: int, folder: Path) -> dict[str, Any]:
    """ONNX of ``count`` draws against torch, at two batch sizes and with extreme inputs."""
    found: dict[str, Any] = {"exported": 0, "nodes": 0, "difference": 0.0}

    @given(draw=draws(block))
    @settings(max_examples=count, database=None, derandomize=True)
    def run(draw: tuple[Block, Shapes]) -> None:
        made, xs = draw
        try:
            made.shape(*xs)
        except BlockError:
            return
        if block.__name__ == "MaxUnpool2d" and size(made.shape(*xs)) < size(xs[0]):
            return  # more values than places: which of two stays is chance
        difference, nodes = onnx_difference(made, xs, folder)
        found["exported"] += 1
        found["nodes"] = max(found["nodes"], nodes)
        found["difference"] = max(found["difference"], difference)

    run()
    return found


@pytest.mark.parametrize("block", IN_ONNX, ids=id_of)
def test_onnx_agrees(block: type[Block], tmp_path: Path, record_property: Any) -> None:
    onnx_difference(block(), block.example, tmp_path)
    record_property("examined", {"block": block.__name__, **export(block, 12, tmp_path)})


@pytest.mark.slow
@pytest.mark.parametrize("block", IN_ONNX, ids=id_of)
def test_onnx_agrees_at_length(block: type[Block], tmp_path: Path) -> None:
    assert export(block, 200, tmp_path)["exported"] >= 10


def test_a_wrong_onnx_rule_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a rule that is nearly right."""
    leaky = catalogue.load()["LeakyReLU"]
    monkeypatch.setattr(leaky, "to_onnx", lambda self, g, args, xs: g.add("LeakyRelu", args[0], alpha=0.02))
    with pytest.raises(AssertionError, match="usual"):
        onnx_difference(leaky(), leaky.example, tmp_path)


@pytest.mark.parametrize("block", [b for b in WITH_INPUTS if b.example and b().weights(*b.example)], ids=id_of)
def test_a_training_step_moves_every_weight(block: type[Block]) -> None:
    torch.manual_seed(0)
    compiled, net = compiled_net(block(), block.example)
    before = {name: p.detach().clone() for name, p in net.named_parameters()}
    result = net(*inputs_of(block(), compiled, BATCH, extreme=False))
    outputs = [y for y in (result if isinstance(result, tuple) else (result,)) if y.is_floating_point()]
    sum(y.square().mean() for y in outputs).backward()
    torch.optim.SGD(net.parameters(), lr=1.0).step()
    assert before
    assert all(not torch.equal(before[name], p) for name, p in net.named_parameters())


@pytest.mark.parametrize("block", IN_ONNX, ids=id_of)
def test_the_source_runs_alone(block: type[Block]) -> None:
    source = compile_graph(net_of(block(), block.example)).source
    assert source.isascii()
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(source, {"__name__": "__main__"})
    assert "tensor(" in printed.getvalue()


def test_names_in_the_state_dict_are_what_they_were() -> None:
    """Files of weights are read by these names. To change one on purpose, run with NETWRIGHT_WRITE_NAMES=1 and say why."""
    names = {
        block.__name__: sorted(compiled_net(block(), block.example)[1].state_dict()) for block in IN_ONNX if block().module(*block.example)
    }
    if os.environ.get("NETWRIGHT_WRITE_NAMES"):
        NAMES.write_text(json.dumps(names, indent=1) + "\n")
    assert names == json.loads(NAMES.read_text())


@pytest.mark.parametrize("block", [b for b in BLOCKS if hasattr(nn, b.__name__)], ids=id_of)
def test_what_torch_has_more_is_told(block: type[Block]) -> None:
    theirs = set(inspect.signature(getattr(nn, block.__name__).__init__).parameters)
    told = set(LEFT_OUT["every"]) | set(LEFT_OUT.get(block.__name__, {}))
    assert not theirs - set(block.fields) - told - FOLLOWS


@pytest.mark.parametrize("block", BLOCKS, ids=id_of)
def test_says_what_it_is(block: type[Block]) -> None:
    assert block.help().endswith(".")
    assert all(param.help for param in block.fields.values())
    assert block.onnx or block in (Input, Target, Output) or block.loss
    assert block.aka
    if block.inputs and block.example:
        block().shape(*block.example)
    assert resource("icons", "blocks", f"{block.glyph}.svg").exists()
