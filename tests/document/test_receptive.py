"""What a place sees: against published figures, and against the gradient of the network itself."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from app.compiler import compile_graph
from app.document.analysis import analyse, analyse_document
from app.document.gallery import shipped, templates
from app.document.receptive import receptive_fields
from app.document.storage import load
from app.engine.build import instantiate
from resources.gallery.pen import Pen


@pytest.mark.parametrize(
    ("template", "name", "size"),
    [
        ("vgg-16", "stage 5", 196),
        ("alexnet", "relu5", 163),
        ("resnet-18", "stage 4", 435),
        ("resnet-50", "stage 4", 427),
    ],
)
def test_published_figures(template: str, name: str, size: int) -> None:
    document = load(templates()[template].path)
    fields = receptive_fields(analyse_document(document))
    id = next(id for id, node in document.graph.nodes.items() if node.name == name)
    assert fields[id].field[0].size == size
    last = next(id for id, node in document.graph.nodes.items() if node.name == "logits")
    assert fields[last].text() == "all"


def test_three_3x3_see_what_one_7x7_sees() -> None:
    draw = Pen({})
    x = draw("Input", size=(64, 32, 32))
    for _ in range(3):
        three = draw("Conv2d", out_channels=64, kernel_size=3, padding=1, bias=False)
    seven = draw("Conv2d", x, out_channels=64, kernel_size=7, padding=3, bias=False)
    analysis = analyse(draw.graph)
    fields = receptive_fields(analysis)
    assert fields[three].field == fields[seven].field
    assert analysis.facts[seven].params == 49 * 64 * 64
    assert sum(facts.params for id, facts in analysis.facts.items() if id != seven) == 3 * 9 * 64 * 64


STEPS = st.sampled_from([
    ("Conv2d", {"kernel_size": 3, "padding": 1}), ("Conv2d", {"kernel_size": 5, "stride": 2, "padding": 2}), ("Conv2d", {"kernel_size": 3, "dilation": 2, "padding": 2}),
    ("MaxPool2d", {"kernel_size": 2, "stride": 2, "padding": 0}), ("AvgPool2d", {"kernel_size": 3, "stride": 2, "padding": 1}), ("Softplus", {}),
    ("ConvTranspose2d", {"out_channels": 2, "kernel_size": 2, "stride": 2, "padding": 0}), ("UpsampleNearest", {"scale_factor": 2}), ("Residual block", {"width": 2}),
    ("Residual block", {"width": 2, "repeat": 2, "stride": "= 2 if i else 1"}), ("Conv2d", {"kernel_size": 1, "padding": 0}),
])  # fmt: skip


@settings(max_examples=40)
@given(st.lists(STEPS, min_size=1, max_size=4))
def test_it_is_where_the_gradient_is(steps: list[tuple[str, dict[str, object]]]) -> None:
    draw = Pen(shipped())
    draw("Input", size=(2, 96, 96))
    last = ""
    for name, values in steps:
        last = draw(name, **({"out_channels": 2, **values} if name == "Conv2d" else values))
    analysis = analyse(draw.graph)
    if analysis.facts[last].error:
        return
    seen = receptive_fields(analysis)[last]
    torch.manual_seed(0)
    net = instantiate(compile_graph(draw.graph).source).double().eval()
    for parameter in net.parameters():
        torch.nn.init.uniform_(parameter, 0.1, 1.0)  # all positive: nothing cancels, and no ReLU cuts off
    x = torch.rand(1, 2, 96, 96, dtype=torch.double, requires_grad=True)
    result = net(x)
    at = result.shape[-1] // 2
    touched = torch.zeros(96, dtype=torch.bool)
    for k in range(-2, 3):  # with strides above 1 and pools that pick, neighbours look together at what one may see
        result[0, :, at + k, at + k].sum().backward(retain_graph=True) if 0 <= at + k < result.shape[-1] else None
    assert x.grad is not None
    touched = x.grad[0].abs().sum(0).sum(0) > 0
    places = touched.nonzero().flatten()
    axis = seen.field[1]
    up = any(name in ("UpsampleNearest", "ConvTranspose2d") for name, _ in steps)
    slack = 16.0 if up else 1e-9  # behind an upsampling, odd and even places look to either side of the middle
    low = axis.start + (at - 2) * axis.stride - axis.size / 2
    high = axis.start + (at + 2) * axis.stride + axis.size / 2
    assert places.min() >= max(0.0, low) - slack  # never more than it says
    assert places.max() + 1 <= min(96.0, high) + slack
    if not any(name in ("MaxPool2d", "UpsampleNearest", "ConvTranspose2d") for name, _ in steps):  # and where every window counts, no less
        assert places.min() <= max(0.0, low) + 1e-9
        assert places.max() + 1 >= min(96.0, high) - 1e-9
