"""What flows through a trained network, against forward hooks and sums by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.cli import main
from app.compiler import compile_graph
from app.document import activations
from app.document.activations import SIDE
from app.document.graph import type_name
from app.document.runs import RunFolder
from app.engine.activations import measured, picture, watch
from app.engine.build import instantiate
from app.engine.evaluate import open_run
from tests.conftest import Builder
from tests.engine import networks


def trained(capsys: Any, tmp_path: Path, make: Any = networks.convolutional) -> RunFolder:
    file = networks.written(tmp_path / "net.netwright", make)
    run = str(tmp_path / "run")
    assert main(["train", str(file), "--data", "digits", "--epochs", "1", "--run", run, "--device", "cpu"]) == 0
    capsys.readouterr()
    return RunFolder(tmp_path / "run")


def test_a_run_keeps_what_each_block_gave(capsys: Any, tmp_path: Path) -> None:
    folder = trained(capsys, tmp_path)
    found = watch(folder, "cpu")
    model = open_run(folder)
    assert activations.read(folder) == found
    seen = {type_name(model.document.graph.nodes[id].block): value for id, value in found.items()}
    assert [value.shape for value in seen.values()] == [(1, 8, 8), (16, 8, 8), (16, 8, 8), (16, 8, 8), (16, 4, 4), (256,), (10,)]
    relu = seen["ReLU"]
    assert relu.low == 0 < relu.zeros < 1
    sheet = Image.open(folder.pictures)
    assert sheet.size == (7 * SIDE, SIDE)
    assert [value.picture for value in found.values()] == list(range(7))


def test_watching_changes_nothing_and_misses_nothing(draw: Builder) -> None:
    """Branches, blocks that only pass on: each block is seen once, and its value is what a hook sees."""
    draw.add("Input", size=(3, 8, 8))
    a = draw.add("Conv2d", out_channels=4)
    b = draw.add("ReLU")
    c = draw.add("Conv2d", b, out_channels=4)
    draw.add("Add", a, c)
    draw.add("Dropout")
    draw.add("Flatten")
    draw.add("Linear", out_features=3)
    draw.add("Output")
    plain, watched = compile_graph(draw.graph), compile_graph(draw.graph, watched=True)
    assert "watch" not in plain.source
    assert plain.watched == ()
    seen: dict[str, torch.Tensor] = {}
    net = instantiate(watched.source, watch=lambda k, value: seen.setdefault(watched.watched[k], value.clone())).eval()
    other = instantiate(plain.source).eval()
    other.load_state_dict(net.state_dict())
    hooked: dict[str, torch.Tensor] = {}
    for id, name in plain.modules.items():
        other.get_submodule(name).register_forward_hook(lambda _m, _i, out, id=id: hooked.setdefault(id, out.clone()))
    x = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(net(x), other(x))
    inner = [id for id, node in draw.graph.nodes.items() if node.block.outputs]
    assert sorted(seen) == sorted(inner)
    assert len(set(watched.watched)) == len(watched.watched)
    for id, value in hooked.items():
        torch.testing.assert_close(seen[id], value)


@given(st.lists(st.integers(1, 7), min_size=1, max_size=4), st.integers(0, 100))
def test_figures_and_picture_of_any_shape(shape: list[int], seed: int) -> None:
    value = torch.relu(torch.randn(5, *shape, generator=torch.Generator().manual_seed(seed)))
    figures, array = measured(value), value.numpy()
    assert (figures.low, figures.high) == (array.min(), array.max())
    assert figures.mean == pytest.approx(array.mean(), abs=1e-6)
    assert figures.std == pytest.approx(array.std(), abs=1e-6)
    assert figures.zeros == pytest.approx(np.mean(array == 0))
    tile = picture(value[0])
    if value[0].numel() < 2:
        assert tile is None
    else:
        assert tile is not None
        assert (tile.shape, tile.dtype) == ((SIDE, SIDE, 3), torch.uint8)


def test_the_maps_that_vary_most_are_shown() -> None:
    value = torch.zeros(6, 4, 4)
    value[1, 0, 0], value[4, 3, 3] = 5, 9
    tile = picture(value)
    assert tile is not None
    corners = [int(tile[top : top + 47, left : left + 47].max()) for top in (0, 49) for left in (0, 49)]
    assert sorted(corners) == [0, 0, 255, 255]


def test_colours_stay_colours() -> None:
    image = torch.zeros(3, 2, 2)
    image[0] = 1
    tile = picture(image, colors=True)
    assert tile is not None
    assert tile[0, 0].tolist() == [255, 0, 0]


def test_what_is_not_finite_has_figures_but_no_picture() -> None:
    value = torch.tensor([[1.0, float("nan")]])
    assert picture(value[0]) is None
    assert measured(value).mean != measured(value).mean


def test_a_run_without_activations_has_none(tmp_path: Path) -> None:
    assert activations.read(RunFolder(tmp_path)) == {}
    (tmp_path / "activations.json").write_text('{"n1": 3}')
    assert activations.read(RunFolder(tmp_path)) == {}
