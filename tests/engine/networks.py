"""Small networks that leave open what follows from the data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.document.definitions import set_formula
from app.document.graph import Document
from app.document.recipe import Recipe
from app.document.storage import save
from tests.conftest import Builder


def open_(draw: Builder, *places: tuple[str, str]) -> Builder:
    for id, name in places:
        draw.graph = set_formula(draw.graph, [id], name, "auto")
    return draw


def convolutional(draw: Builder) -> Builder:
    image = draw.add("Input", name="image")
    draw.add("Conv2d", out_channels=16)
    draw.add("BatchNorm2d")
    draw.add("ReLU")
    draw.add("AdaptiveAvgPool2d", output_size=4)
    draw.add("Flatten")
    last = draw.add("Linear")
    label = draw.add("Target")
    draw.add("CrossEntropy", last, label)
    return open_(draw, (image, "size"), (last, "out_features"), (label, "classes"))


def perceptron(draw: Builder) -> Builder:
    features = draw.add("Input", column="features")
    draw.add("Linear", out_features=32)
    draw.add("ReLU")
    last = draw.add("Linear")
    label = draw.add("Target")
    draw.add("CrossEntropy", last, label)
    return open_(draw, (features, "size"), (last, "out_features"), (label, "classes"))


def regressor(draw: Builder) -> Builder:
    features = draw.add("Input", column="features")
    draw.add("Linear", out_features=32)
    draw.add("Tanh")
    last = draw.add("Linear")
    answer = draw.add("Target", column="target", kind="values")
    draw.add("MSELoss", last, answer)
    return open_(draw, (features, "size"), (last, "out_features"), (answer, "size"))


def segmenter(draw: Builder) -> Builder:
    image = draw.add("Input", name="image")
    draw.add("Conv2d", out_channels=8)
    draw.add("ReLU")
    last = draw.add("Conv2d", kernel_size=1, padding=0)
    mask = draw.add("Target", column="mask")
    draw.add("CrossEntropy", last, mask)
    return open_(draw, (image, "size"), (last, "out_channels"), (mask, "classes"), (mask, "size"))


def letters(draw: Builder) -> Builder:
    text = draw.add("Input", column="text", kind="index")
    embedding = draw.add("Embedding", embedding_dim=16)
    draw.add("LSTM", hidden_size=48, num_layers=1)
    last = draw.add("Linear")
    draw.add("Permute", order=(2, 1))
    after = draw.last
    target = draw.add("Target", column="next")
    draw.add("CrossEntropy", str(after), target)
    return open_(
        draw,
        (text, "size"),
        (text, "classes"),
        (embedding, "num_embeddings"),
        (last, "out_features"),
        (target, "classes"),
        (target, "size"),
    )


def autoencoder(draw: Builder) -> Builder:
    image = draw.add("Input", name="image")
    draw.add("Conv2d", out_channels=8, stride=2)
    draw.add("ReLU")
    draw.add("ConvTranspose2d", out_channels=8, kernel_size=2, stride=2, padding=0)
    draw.add("ReLU")
    last = draw.add("Conv2d")
    draw.add("MSELoss", last, image)
    return open_(draw, (image, "size"), (last, "out_channels"))


def written(path: Path, make: Callable[[Builder], Builder], **recipe: Any) -> Path:
    save(path, Document(make(Builder()).graph, {}, Recipe(dataset="none").replace(**recipe)))
    return path
