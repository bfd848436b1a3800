"""First weights: each scheme has the spread its paper gives, stands in the source, and applies where it should."""

import math
from typing import Any

import pytest
import torch
from torch import nn

from app.compiler import compile_graph
from app.document.recipe import Recipe
from app.engine.build import instantiate
from blocks.initialization import Initialization
from tests.conftest import Builder

N, M = 400, 300


def linear(draw: Builder, initialization: Initialization | None = None, **params: Any) -> nn.Linear:
    draw.add("Input", size=(N,))
    draw.add("Linear", out_features=M, name="fc", **params)
    torch.manual_seed(0)
    return instantiate(compile_graph(draw.graph, initialization=initialization).source).fc  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("scheme", "std"),
    [
        ("he_normal", math.sqrt(2 / N)), ("he_uniform", math.sqrt(2 / N)), ("xavier_normal", math.sqrt(2 / (N + M))),
        ("xavier_uniform", math.sqrt(2 / (N + M))), ("lecun_normal", 1 / math.sqrt(N)), ("lecun_uniform", 1 / math.sqrt(N)), ("normal", 0.01),
        ("torch", 1 / math.sqrt(3 * N)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["block", "network"])
def test_the_spread_is_that_of_the_paper(draw: Builder, scheme: Any, std: float, where: str) -> None:
    layer = linear(draw, weight_init=scheme) if where == "block" else linear(draw, Recipe(weight_init=scheme))
    assert layer.weight.std().item() == pytest.approx(std, rel=0.02)
    assert abs(layer.weight.mean().item()) < std / 20


def test_constant_orthogonal_and_biases(draw: Builder) -> None:
    layer = linear(draw, weight_init="orthogonal", weight_value=2.0, bias_init=0.1)
    assert torch.allclose(layer.weight @ layer.weight.T, 4 * torch.eye(M), atol=1e-3)
    assert torch.all(layer.bias == 0.1)
    layer = linear(Builder(), weight_init="constant", weight_value=0.5, bias_init=0)
    assert torch.all(layer.weight == 0.5)
    assert torch.all(layer.bias == 0)


def test_a_block_may_differ_from_the_network(draw: Builder) -> None:
    draw.add("Input", size=(3, 8, 8))
    draw.add("Conv2d", name="a")
    draw.add("Conv2d", name="b", weight_init="torch")
    draw.add("Conv2d", name="c")
    source = compile_graph(draw.graph, initialization=Recipe(weight_init="he_normal", bias_init=0)).source
    assert "for layer in (self.a, self.c):\n            nn.init.kaiming_normal_(layer.weight, nonlinearity='relu')" in source
    assert "for layer in (self.a, self.b, self.c):\n            nn.init.zeros_(layer.bias)" in source


def test_a_transposed_convolution_counts_its_inputs(draw: Builder) -> None:
    draw.add("Input", size=(64, 8, 8))
    draw.add("ConvTranspose2d", out_channels=16, kernel_size=3, stride=1, weight_init="he_normal", name="up")
    weight = instantiate(compile_graph(draw.graph).source).up.weight  # type: ignore[union-attr]
    assert weight.std().item() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.05)  # type: ignore[union-attr, operator]


def test_zero_last_gamma_takes_the_norm_that_ends_the_longer_branch(draw: Builder) -> None:
    x = draw.add("Input", size=(8, 8, 8))
    draw.add("Conv2d", x, out_channels=16)
    draw.add("BatchNorm2d", name="first")
    draw.add("Conv2d", out_channels=16)
    main = draw.add("BatchNorm2d", name="last")
    draw.add("Conv2d", x, out_channels=16, kernel_size=1, padding=0)
    side = draw.add("BatchNorm2d", name="shortcut")
    draw.add("Add", main, side)
    net: Any = instantiate(compile_graph(draw.graph, initialization=Recipe(zero_last_gamma=True)).source)
    assert torch.all(net.last.weight == 0)
    assert torch.all(net.first.weight == 1)
    assert torch.all(net.shortcut.weight == 1)


def test_nothing_is_written_where_torchs_own_is_meant(draw: Builder) -> None:
    draw.add("Input", size=(8,))
    draw.add("Linear")
    assert "nn.init" not in compile_graph(draw.graph).source
