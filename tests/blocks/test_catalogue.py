"""The catalogue and its search."""

import pytest

from blocks.activation import ReLU
from blocks.catalogue import Catalogue, load


@pytest.mark.parametrize(
    ("text", "first"),
    [("conv2d", "Conv2d"), ("conv 2", "Conv2d"), ("fc", "Linear"), ("dense", "Linear"), ("gap", "GlobalAvgPool"), ("skip", "Add"), ("Gemm", "Linear"),
     ("bn", "BatchNorm2d"), ("mse", "MSELoss"), ("max pool", "MaxPool2d"), ("relu", "ReLU")],
)  # fmt: skip
def test_a_block_is_found_by_the_names_people_use(text: str, first: str) -> None:
    assert load().search(text)[0].__name__ == first


def test_nothing_matches_nonsense() -> None:
    assert load().search("xyzzy") == []


def test_an_empty_search_shows_all() -> None:
    assert len(load().search("")) == len(load())


def test_two_blocks_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two blocks are named ReLU"):
        Catalogue([ReLU, ReLU])


KERAS = {
    "Dense": "Linear", "Conv2DTranspose": "ConvTranspose2d", "DepthwiseConv2D": "DepthwiseConv2d", "MaxPooling2D": "MaxPool2d",
    "AveragePooling1D": "AvgPool1d", "GlobalAveragePooling2D": "GlobalAvgPool", "UpSampling2D": "UpsampleNearest", "ZeroPadding2D": "Pad2d",
    "Cropping2D": "Crop2d", "BatchNormalization": "BatchNorm2d", "LayerNormalization": "LayerNorm", "SpatialDropout2D": "Dropout2d",
    "SimpleRNN": "RNN", "ActivityRegularization": "ActivityPenalty", "Concatenate": "Concat", "UnitNormalization": "L2Normalize",
}  # fmt: skip
DOES = {
    "swish": "SiLU", "fc": "Linear", "dense": "Linear", "GAP": "GlobalAvgPool", "unpool": "MaxUnpool2d", "deconvolution": "ConvTranspose2d",
    "skip": "Add", "stochastic depth": "DropPath", "alexnet": "LocalResponseNorm", "mobilenet": "DepthwiseConv2d", "self-attention": "MultiheadAttention",
    "facenet": "TripletLoss", "shufflenet": "ChannelShuffle", "reinforce": "PolicyGradientLoss", "positional encoding": "SinePositions",
    "vit": "ClassToken", "svm": "HingeLoss", "segnet": "MaxUnpool2d", "espcn": "PixelShuffle", "squeeze": "Squeeze", "memory": "LSTM",
}  # fmt: skip


@pytest.mark.parametrize(("text", "block"), [*KERAS.items(), *DOES.items()])
def test_keras_papers_and_plain_words_find_it_among_the_first(text: str, block: str) -> None:
    assert block in [found.__name__ for found in load().search(text)[:3]]


def test_torch_and_onnx_names_find_it() -> None:
    for name, block in load().items():
        assert load().search(name)[0] is block
        if block.onnx:
            assert block in load().search(block.onnx)
