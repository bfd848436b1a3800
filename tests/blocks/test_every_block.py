"""The examiner: every block of the catalogue against torch itself, over parameters and shapes drawn at random."""

import types
from typing import Any, Literal, Union, get_args, get_origin

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from app.compiler import compile_graph
from app.document.edits import add_node, connect
from app.document.graph import Edge, Graph
from app.engine.build import instantiate
from app.engine.export import export_onnx
from blocks import catalogue
from blocks.core import Block, BlockError, Shape
from blocks.data import Input, Output, Target
from blocks.loss import Classification
from blocks.params import Param
from blocks.reshape import Reshape

BLOCKS = list(catalogue.load().values())
WITH_INPUTS = [block for block in BLOCKS if block.inputs and block is not Output]
BATCH = 5

# Where a block refuses more than torch does, and why. Everything else must be refused by both.
STRICTER = {
    "axes": "torch also takes samples without a batch, and the batch as an axis",
    "shapes-differ": "torch broadcasts, with a warning at most; a network drawn by hand rarely means that",
    "limits": "torch's functional form takes limits in the wrong order",
    "count": "torch leaves an axis that is not 1 as it is, and lets the batch take up what is left over",
    "empty": "torch gives a result without entries",
    "too-large": "refused before anything is allocated",
}


def values(param: Param) -> st.SearchStrategy[Any]:
    """Small values of a parameter's type, within its limits, and its default every other time."""
    return st.just(param.default) | _values(param.type, param)


def _values(kind: Any, param: Param) -> st.SearchStrategy[Any]:
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return st.one_of([_values(arg, param) for arg in args])
    if origin is Literal:
        return st.sampled_from(args)
    if origin is tuple and args[-1] is ...:
        return st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*(_values(arg, param) for arg in args))
    if kind is bool:
        return st.booleans()
    if kind is str:
        return st.just(param.default)
    if kind is int:
        low = int(param.ge) if param.ge is not None else -4
        return st.integers(max(low, -4), min(low + 5, int(param.le) if param.le is not None else low + 5))
    low_f = param.ge if param.ge is not None else param.gt or 0.0
    high = next((limit for limit in (param.le, param.lt) if limit is not None), 2.0)
    made = st.floats(low_f, high, width=32, exclude_min=param.gt is not None, exclude_max=param.lt is not None)
    return made.filter(lambda v: v == 0 or v > 1e-6)


def shapes(block: type[Block]) -> st.SearchStrategy[tuple[Shape, ...]]:
    """Shapes of the ranks of the block's example, mostly equal to each other where there are several inputs."""
    example = block.example
    if len(example) < 2:
        return st.tuples(*(st.tuples(*(st.integers(1, 12) for _ in shape)) for shape in example))
    if block.inputs[0].many:
        one = st.tuples(*(st.integers(1, 6) for _ in example[0]))
        equal = st.tuples(one, st.integers(1, 4)).map(lambda pair: (pair[0],) * pair[1])
        return equal | st.lists(one, min_size=1, max_size=3).map(tuple)
    if issubclass(block, Classification):
        spatial = st.lists(st.integers(1, 4), max_size=2).map(tuple)
        return st.tuples(st.integers(1, 6), spatial, spatial, st.booleans()).map(lambda d: ((d[0], *d[1]), d[1] if d[3] else d[2]))
    one = st.tuples(*(st.integers(1, 6) for _ in example[0]))
    return one.map(lambda shape: (shape, shape)) | st.tuples(one, one)


def draws(block: type[Block]) -> st.SearchStrategy[tuple[Block, tuple[Shape, ...]]]:
    if block is Reshape:  # two random shapes hardly ever hold as many numbers
        size = st.lists(st.integers(1, 6), min_size=2, max_size=3).map(tuple)
        return st.tuples(size, st.randoms()).map(lambda d: (block(size=tuple(d[1].sample(d[0], len(d[0])))), (d[0],)))  # type: ignore[call-arg]
    made = st.fixed_dictionaries({name: values(p) for name, p in block.fields.items()}).map(lambda given: block(**given))
    return st.tuples(made, shapes(block))


def run_in_torch(block: Block, xs: tuple[Shape, ...], device: str) -> tuple[Any, nn.Module | None]:
    """What the block's source gives: executed as the compiler would write it."""
    scope = {"nn": nn, "F": F, "torch": torch}
    kinds = [port.kind for port in block.inputs]
    inputs = [
        torch.zeros(BATCH, *x, dtype=torch.long, device=device)
        if kinds[min(k, len(kinds) - 1)] == "index"
        else torch.randn(BATCH, *x, device=device)
        for k, x in enumerate(xs)
    ]
    source = block.module(*xs)
    with torch.device(device):
        module = eval(source, dict(scope)) if source else None
    if module is not None:
        return module(*inputs), module
    names = tuple(f"a{k}" for k in range(len(xs)))
    return eval(block.forward(names, xs), {**scope, **dict(zip(names, inputs, strict=True))}), None


@pytest.mark.parametrize("block", WITH_INPUTS, ids=lambda b: b.__name__)
def test_shape_weights_and_macs_equal_torch(block: type[Block]) -> None:
    counts = {"agreed": 0, "refused": 0}

    @given(draw=draws(block))
    @settings(max_examples=200, database=None, derandomize=True)
    def examine(draw: tuple[Block, tuple[Shape, ...]]) -> None:
        made, xs = draw
        try:
            shape = made.shape(*xs)
        except BlockError as error:
            counts["refused"] += 1
            if error.code not in STRICTER:
                with pytest.raises((RuntimeError, ValueError, IndexError)):
                    run_in_torch(made, xs, "cpu")  # some checks are only made where numbers are
            return
        with FlopCounterMode(display=False) as counter:
            result, module = run_in_torch(made, xs, "cpu" if block.loss else "meta")  # the meta device lacks a loss over images
        assert tuple(result.shape) == (shape if made.loss else (BATCH, *shape))
        parameters = {name: tuple(p.shape) for name, p in module.named_parameters()} if module else {}
        assert made.weights(*xs) == parameters
        assert made.macs(*xs) * BATCH == counter.get_total_flops() / 2
        counts["agreed"] += 1

    examine()
    print(f"{block.__name__:<16} {counts['agreed']:>4} agreed {counts['refused']:>4} refused by both")
    assert counts["agreed"] >= 10


def test_an_input_that_torch_refuses_is_refused() -> None:
    """The examiner's own control: a rule that accepted everything would be caught."""
    conv = catalogue.load()["Conv2d"](kernel_size=7, padding=0)
    with pytest.raises(BlockError, match="does not fit into height 5"):
        conv.shape((3, 5, 5))
    with pytest.raises(RuntimeError):
        run_in_torch(conv, ((3, 5, 5),), "meta")


def net_of(block: Block) -> Graph:
    """Input to block to Output; every input of the block is an Input of its own."""
    graph, at = add_node(Graph(), block, (0, 0))
    for k, shape in enumerate(block.example):
        graph, source = add_node(graph, Input(size=shape, column=f"x{k}"), (0, 0))
        port = block.inputs[min(k, len(block.inputs) - 1)].name
        graph, _ = connect(graph, Edge(source, "y", at, port))
    graph, out = add_node(graph, Output(), (0, 0))
    return connect(graph, Edge(at, "y", out, "x"))[0]


@pytest.mark.parametrize("block", [b for b in WITH_INPUTS if not b.loss], ids=lambda b: b.__name__)
def test_onnx_agrees(block: type[Block], tmp_path: Any) -> None:
    compiled = compile_graph(net_of(block()))
    torch.manual_seed(0)
    verdict = export_onnx(instantiate(compiled.source), compiled, tmp_path / "block.onnx")
    print(f"{block.__name__:<16} largest difference {verdict.difference:.2g}")
    assert verdict.difference < 1e-5


@pytest.mark.parametrize("block", [b for b in WITH_INPUTS if b.example and b().weights(*b.example)], ids=lambda b: b.__name__)
def test_a_training_step_moves_every_weight(block: type[Block]) -> None:
    torch.manual_seed(0)
    _, module = run_in_torch(block(), block.example, "cpu")
    assert module is not None
    before = {name: p.detach().clone() for name, p in module.named_parameters()}
    inputs = [torch.randn(BATCH, *x) for x in block.example]
    module(*inputs).square().mean().backward()
    torch.optim.SGD(module.parameters(), lr=1.0).step()
    assert all(not torch.equal(before[name], p) for name, p in module.named_parameters())


@pytest.mark.parametrize("block", BLOCKS, ids=lambda b: b.__name__)
def test_says_what_it_is(block: type[Block]) -> None:
    assert block.help().endswith(".")
    assert all(param.help for param in block.fields.values())
    assert block.onnx or block in (Input, Target, Output) or block.loss
    if block.inputs and block.example:
        block().shape(*block.example)
    from resources import resource

    assert resource("icons", "blocks", f"{block.glyph}.svg").exists()


@pytest.mark.parametrize("block", BLOCKS, ids=lambda b: b.__name__)
def test_source_is_ascii(block: type[Block]) -> None:
    if block.inputs and block.example:
        made = block()
        assert made.module(*block.example).isascii()
        assert made.forward(tuple("abc"[: len(block.example)]), block.example).isascii()
