"""ONNX files: written in one go behind the graph, outside it when too large, folded when asked, by torch where a rule is missing."""

from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import pytest
import torch

from app.compiler import compile_graph
from app.document.graph import Document
from app.engine import export, onnx_file
from app.engine.build import EngineError, build, instantiate
from app.engine.export import compare, export_onnx, samples
from blocks import catalogue
from blocks.core import Block
from blocks.onnx import OPSET
from tests.conftest import Builder


def net_of(draw: Builder) -> tuple[Any, Any]:
    compiled = compile_graph(draw.graph)
    torch.manual_seed(0)
    net = instantiate(compiled.source).eval()
    for buffer in net.buffers():
        if buffer.is_floating_point():
            buffer.copy_(torch.rand_like(buffer) + 0.5)
    return net, compiled


def conv_and_norms(draw: Builder) -> tuple[Any, Any]:
    draw.add("Input", size=(3, 8, 8))
    draw.add("Conv2d", out_channels=8, bias=False)
    draw.add("BatchNorm2d")
    draw.add("ReLU")
    draw.add("ConvTranspose2d", out_channels=6)
    draw.add("BatchNorm2d", affine=True)
    draw.add("Flatten")
    draw.add("Linear", out_features=5)
    draw.add("BatchNorm1d")
    draw.add("BatchNorm1d")
    return net_of(draw)


def test_the_file_is_sound_and_says_what_it_is(example: Document, tmp_path: Path) -> None:
    model = build(example)
    verdict = export_onnx(model.net, model.compiled, tmp_path / "net.onnx")
    onnx.checker.check_model(str(verdict.path), full_check=True)
    found = onnx.load(str(verdict.path))
    assert (found.opset_import[0].version, found.producer_name, verdict.opset, verdict.traced) == (OPSET, "Netwright", OPSET, "")
    state = model.net.state_dict()
    weights = {i.name: onnx.numpy_helper.to_array(i) for i in found.graph.initializer if i.name in state}
    assert weights
    assert all(torch.equal(torch.from_numpy(w.copy()), state[name]) for name, w in weights.items())
    assert verdict.size == verdict.path.stat().st_size


def test_weights_that_are_too_many_lie_beside_the_file(draw: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net, compiled = conv_and_norms(draw)
    path = tmp_path / "net.onnx"
    monkeypatch.setattr(onnx_file.write, "__defaults__", (1000,))
    first = export_onnx(net, compiled, path)
    export_onnx(net, compiled, path)
    assert len(list(tmp_path.iterdir())) == 2  # the weights of the first file went with it
    assert first.size > 1000
    beside = next(p for p in tmp_path.iterdir() if p.suffix == ".data")
    onnx.checker.check_model(str(path))
    monkeypatch.setattr(export, "difference", lambda *_: (_ for _ in ()).throw(EngineError("differs")))
    with pytest.raises(EngineError):
        export_onnx(net, compiled, path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([path.name, beside.name])


def test_batch_norms_fold_only_if_asked(draw: Builder, tmp_path: Path) -> None:
    net, compiled = conv_and_norms(draw)
    plain, folded = tmp_path / "plain.onnx", tmp_path / "folded.onnx"
    export_onnx(net, compiled, plain)
    verdict = export_onnx(net, compiled, folded, fold=True)
    ops = {path: [node.op_type for node in onnx.load(str(path)).graph.node] for path in (plain, folded)}
    assert ops[plain].count("BatchNormalization") == 4
    assert ops[folded].count("BatchNormalization") == 1  # the second of two in a row
    assert verdict.difference < 1e-5
    assert "bn1.weight" not in {i.name for i in onnx.load(str(folded)).graph.initializer}


def test_a_norm_whose_convolution_is_used_twice_stays(draw: Builder, tmp_path: Path) -> None:
    draw.add("Input", size=(3, 8, 8))
    conv = draw.add("Conv2d", out_channels=8)
    norm = draw.add("BatchNorm2d", conv)
    draw.add("Add", conv, norm)
    net, compiled = net_of(draw)
    verdict = export_onnx(net, compiled, tmp_path / "net.onnx", fold=True)
    assert "BatchNormalization" in [node.op_type for node in onnx.load(str(verdict.path)).graph.node]


def test_torchs_exporter_is_the_way_out(draw: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mish = catalogue.load()["Mish"]
    monkeypatch.setattr(mish, "to_onnx", Block.to_onnx)
    monkeypatch.setattr(mish, "onnx", "")
    draw.add("Input", size=(4,))
    draw.add("Mish", name="smooth")
    net, compiled = net_of(draw)
    verdict = export_onnx(net, compiled, tmp_path / "net.onnx")
    assert "smooth" in verdict.traced
    assert verdict.difference < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lenet", "residual", "resnet50"])
def test_torchs_exporter_as_the_oracle(name: str, tmp_path: Path) -> None:
    """Both files give the same, on whole networks."""
    from tests.benchmarks import networks

    graph = getattr(networks, name)()
    compiled = compile_graph(graph)
    net = instantiate(compiled.source).eval()
    ours, theirs = tmp_path / "ours.onnx", tmp_path / "theirs.onnx"
    export_onnx(net, compiled, ours)
    export.traced(net, compiled).save(str(theirs), external_data=False)
    inputs = samples(compiled, 3)
    feed = {value.name: x.numpy() for value, x in zip(compiled.inputs, inputs, strict=True)}
    a, b = (onnxruntime.InferenceSession(str(path)).run(None, feed)[0] for path in (ours, theirs))
    assert torch.allclose(torch.from_numpy(a), torch.from_numpy(b), atol=1e-5, rtol=1e-4)
    assert compare(net, compiled, onnxruntime.InferenceSession(str(ours)), inputs) < 1e-3


def test_indices_are_tried_within_their_range(draw: Builder, tmp_path: Path) -> None:
    draw.add("Input", size=(6,), kind="index", classes=7, column="words")
    draw.add("Embedding", num_embeddings=7, embedding_dim=3)
    net, compiled = net_of(draw)
    assert samples(compiled, 50)[0].max() == 6
    assert export_onnx(net, compiled, tmp_path / "net.onnx").difference == 0
