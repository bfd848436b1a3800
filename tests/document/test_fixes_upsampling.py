"""Fixes for upsampling: indices are linked, channels are made to divide."""

from typing import Any

from app.document.analysis import analyse
from app.document.checks import check


def test_unpool_without_indices(draw: Any) -> None:
    draw.add("Input", size=(3, 8, 8))
    draw.add("Conv2d", out_channels=4)
    draw.add("MaxPool2d", name="pool")
    draw.add("ReLU")
    unpool = draw.add("MaxUnpool2d")
    draw.add("Output")
    [problem] = [p for p in check(draw.graph) if p.node == unpool]
    assert [fix.label for fix in problem.fixes] == ["Link the indices of pool", "Use bed of nails instead"]
    for fix in problem.fixes:
        after = analyse(fix.edit(draw.graph))
        assert after.facts[unpool].outputs == ((4, 8, 8),)
        assert not [f for f in after.facts.values() if f.error]


def test_channels_of_a_sub_pixel_layer(draw: Any) -> None:
    draw.add("Input", size=(3, 8, 8))
    draw.add("Conv2d", out_channels=30, name="conv")
    draw.add("BatchNorm2d")
    shuffle = draw.add("PixelShuffle", upscale_factor=4)
    [problem] = [p for p in check(draw.graph) if p.node == shuffle and p.severity == "error"]
    assert [fix.label for fix in problem.fixes] == ["Set conv to 32 filters"]
    assert analyse(problem.fixes[0].edit(draw.graph)).facts[shuffle].outputs == ((2, 32, 32),)
