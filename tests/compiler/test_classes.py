"""Blocks of blocks become classes: shared where the parameters can express the difference, equal in what they compute."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from app.compiler import compile_document, onnx_nodes
from app.document.analysis import analyse
from app.document.definitions import gathered, unpack
from app.document.gallery import shipped
from app.document.graph import Definition, Document, Graph, Parameter
from app.engine.build import instantiate
from app.engine.export import export_onnx
from resources.gallery.pen import Pen
from tests.document.test_definitions import FORMULAS, REPEATED


def pen(*definitions: Definition) -> Pen:
    return Pen({**shipped(), **{d.name: d for d in definitions}})


def compiled(graph: Graph, *parameters: Parameter) -> Any:
    return compile_document(gathered(Document(graph, parameters=parameters)))


def weights(net: torch.nn.Module) -> list[torch.Tensor]:
    return list(dict.fromkeys([*net.parameters(), *net.buffers()]))


@settings(max_examples=25)
@given(REPEATED, st.integers(1, 4), st.data())
def test_a_repeat_computes_what_it_computes_unpacked(name: str, repeat: int, data: st.DataObject) -> None:
    values = {p.name: data.draw(st.sampled_from(FORMULAS[p.name])) for p in shipped()[name].parameters if p.name in FORMULAS}
    draw = pen()
    draw("Input", size=(16, 8, 8))
    id = draw(name, repeat=repeat, **values)
    draw("Tanh")
    analysis = analyse(draw.graph)
    if analysis.facts[id].error:
        return
    torch.manual_seed(1)
    one = instantiate(compiled(draw.graph).source).eval()
    other = instantiate(compiled(unpack(draw.graph, id, analysis)[0]).source).eval()
    for net in (one, other):
        torch.manual_seed(2)
        for tensor in sorted(weights(net), key=lambda t: -t.dim()):
            if tensor.is_floating_point():
                with torch.no_grad():
                    tensor.copy_(torch.rand(tensor.shape) * 0.2 + 0.4)
    x = torch.randn(2, 16, 8, 8)
    assert torch.allclose(one(x), other(x), atol=1e-5)


def test_one_class_for_all_that_its_parameters_express() -> None:
    draw = pen()
    draw("Input", size=(3, 32, 32))
    for width in (16, 32, 64):
        draw("Conv-BN-ReLU", out_channels=width, kernel=3 if width < 64 else 5)
    source = compiled(draw.graph).source
    assert source.count("class ConvBNReLU") == 1
    assert "ConvBNReLU(16, out_channels=32, kernel=3, stride=1, groups=1)" in source
    assert "padding=kernel // 2" in source


def test_two_classes_where_a_switch_makes_the_difference() -> None:
    draw = pen()
    draw("Input", size=(16, 32, 32))
    draw("Residual block", width=16)
    draw("Residual block", width=32)
    source = compiled(draw.graph).source
    assert source.count("class ResidualBlock") == 2
    assert "Switch" not in source


def test_repeats_read_as_loops() -> None:
    draw = pen()
    draw("Input", size=(16, 8, 8))
    draw("Dense layer", growth=8, repeat=5)
    draw("Conv-BN-ReLU", out_channels=16, repeat=3)
    source = compiled(draw.graph).source
    assert "nn.Sequential(*[DenseLayer(i * 8 + 16, growth=8) for i in range(5)])" in source
    assert "*[ConvBNReLU(16, out_channels=16, kernel=3, stride=1, groups=1) for _ in range(2)]" in source


def test_network_parameters_are_arguments_of_the_network() -> None:
    draw = pen()
    draw("Input", size=(3, 8, 8))
    draw("Conv2d", out_channels="= width")
    draw("Conv-BN-ReLU", out_channels="= 2 * width")
    draw("GlobalAvgPool")
    draw("Linear", out_features="= classes")
    source = compiled(draw.graph, Parameter("width", 8), Parameter("classes", 10), Parameter("unused", 1)).source
    assert "def __init__(self, width=8, classes=10):" in source
    namespace: dict[str, Any] = {"__name__": "net"}
    exec(source, namespace)
    assert namespace["Net"](width=12, classes=3)(torch.zeros(1, 3, 8, 8)).shape == (1, 3)


def two_ports() -> Definition:
    draw = pen()
    a, b = draw("Input", size=(8,), name="a", column=""), draw("Input", size=(8,), name="b", column="")
    total = draw("Add", draw("Linear", a, out_features=8), b)
    draw("Output", total, name="b")
    draw("Output", draw("Tanh", total), name="a")
    return Definition("Coupled", draw.graph)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("repeat", [1, 3])
def test_several_ports_feed_the_next_by_name(shared: bool, repeat: int, tmp_path: Any) -> None:
    draw = pen(two_ports())
    x, y = draw("Input", size=(8,)), draw("Input", size=(8,))
    id = draw("Coupled", x, y, repeat=repeat, shared=shared)
    for port in ("a", "b"):
        draw("Output", (id, port), name=port)
    result = compiled(draw.graph)
    net = instantiate(result.source).eval()
    a, b = torch.randn(2, 8), torch.randn(2, 8)
    layers = [m for m in net.modules() if isinstance(m, torch.nn.Linear)]
    assert len(layers) == (1 if shared else repeat)
    wanted_a, wanted_b = a, b
    for k in range(repeat):
        wanted_b = layers[0 if shared else k](wanted_a) + wanted_b
        wanted_a = torch.tanh(wanted_b)
    found_a, found_b = net(a, b)
    assert torch.allclose(found_a, wanted_a)
    assert torch.allclose(found_b, wanted_b)
    assert export_onnx(net, result, tmp_path / "m.onnx").difference < 1e-5


def test_onnx_finds_the_weights_inside() -> None:
    draw = pen()
    draw("Input", size=(8, 8, 8))
    draw("Residual block", width=8, repeat=2, name="stage")
    result = compiled(draw.graph)
    wanted = {name for name in instantiate(result.source).state_dict() if "num_batches" not in name}
    assert set(onnx_nodes(result).weights) == wanted
    assert "stage.1.conv2.weight" in wanted


def test_what_is_frozen_inside_gets_no_gradient() -> None:
    from dataclasses import replace

    from app.document.definitions import redefine
    from app.document.edits import set_flags
    from app.engine.build import Model
    from app.engine.frozen import frozen

    draw = pen()
    draw("Input", size=(8, 8, 8))
    draw("Residual block", width=8, repeat=2, name="stage")
    document = gathered(Document(draw.graph))
    old = document.definitions["Residual block"]
    conv = next(id for id, node in old.graph.nodes.items() if node.name == "conv1")
    document = redefine(document, replace(old, graph=set_flags(old.graph, [conv], frozen=True)))
    result = compile_document(document)
    net = instantiate(result.source)
    frozen(Model(document, result, net, None))  # type: ignore[arg-type]
    still = {name for name, p in net.named_parameters() if not p.requires_grad}
    assert still == {"stage.0.conv1.weight", "stage.1.conv1.weight"}


def test_no_text_of_the_document_reaches_the_source() -> None:
    draw = pen()
    draw("Input", name='x"""; import os', size=(8, 8, 8), column="")
    draw("Conv2d", name="os.system('x')")
    draw("Output", name="\n y")
    evil = Definition('A"""\nimport os #', draw.graph, '"""; os.system("x")', (Parameter("width", 1),))
    draw = pen(evil)
    draw("Input", size=(8, 8, 8))
    draw(evil.name)
    source = compiled(draw.graph).source
    assert "import os" not in source
    assert "system(" not in source
    assert "class AImportOs(nn.Module):" in source
    instantiate(source)


@pytest.mark.parametrize(
    "name", ["self", "torch", "nn", "F", "x", "y", "x1", "image", "conv1", "in_channels", "total", "super_", "Width", "value", "fc"]
)
def test_a_parameter_may_be_called_as_it_likes(name: str) -> None:
    """Names that mean something in the source are written differently there; inside and out, the numbers are those that were given."""
    inner = pen()
    inner("Input", name="x", size=(4,))
    inner("Linear", name="fc", out_features=f"={name}")
    inner("Power", exponent=f"={name}")
    inner("Output")
    part = Definition("Part", inner.graph, "", (Parameter(name, 5),))
    draw = pen(part)
    draw("Input", name="image", size=(4,))
    first = draw("Linear", name="conv1", out_features=f"={name}")
    draw("Add", first, draw("Power", exponent=f"={name}"))
    draw("Part", **{name: f"=2 * {name}"})
    draw("Linear", out_features=f"={name} + 1")
    draw("Output")
    result = compiled(draw.graph, Parameter(name, 3))
    net = instantiate(result.source)
    assert [layer.out_features for layer in net.modules() if isinstance(layer, torch.nn.Linear)] == [3, 6, 4]
    assert net(torch.ones(2, 4)).shape == (2, 4)
    assert net(torch.ones(2, 4)).isfinite().all()
