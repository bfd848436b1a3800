"""Networks twice: drawn as a graph, and written by hand as a person would."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from app.document.graph import Graph
from tests.conftest import Builder


def chain(count: int) -> Graph:
    """A residual net of about ``count`` nodes at 16×32×32."""
    draw = Builder()
    x = draw.add("Input", size=(16, 32, 32))
    while len(draw.graph.nodes) < count:
        skip = x
        for _ in range(2):
            draw.add("Conv2d", x, out_channels=16)
            draw.add("BatchNorm2d")
            x = draw.add("ReLU")
        x = draw.add("Add", x, skip)
    return draw.graph


def lenet() -> Graph:
    draw = Builder()
    draw.add("Input", size=(1, 28, 28))
    for channels in (6, 16):
        draw.add("Conv2d", out_channels=channels, kernel_size=5, padding=2 if channels == 6 else 0)
        draw.add("ReLU")
        draw.add("MaxPool2d")
    draw.add("Flatten")
    for width in (120, 84):
        draw.add("Linear", out_features=width)
        draw.add("ReLU")
    draw.add("Linear", out_features=10)
    return draw.graph


class LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


def residual(blocks: int = 30, width: int = 16) -> Graph:
    """Two convolutions and a skip, 30 times: 216 nodes with the stem and the head."""
    draw = Builder()
    draw.add("Input", size=(3, 16, 16))
    draw.add("Conv2d", out_channels=width, bias=False)
    draw.add("BatchNorm2d")
    x = draw.add("ReLU")
    for _ in range(blocks):
        draw.add("Conv2d", x, out_channels=width, bias=False)
        draw.add("BatchNorm2d")
        draw.add("ReLU")
        draw.add("Conv2d", out_channels=width, bias=False)
        main = draw.add("BatchNorm2d")
        draw.add("Add", main, x)
        x = draw.add("ReLU")
    draw.add("GlobalAvgPool")
    draw.add("Linear", out_features=10)
    return draw.graph


class Residual(nn.Module):
    def __init__(self, blocks: int = 30, width: int = 16) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(width)
        self.blocks = nn.ModuleList([BasicBlock(width) for _ in range(blocks)])
        self.fc = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn(self.conv(x)))
        for block in self.blocks:
            x = block(x)
        return self.fc(x.mean((2, 3)))


class BasicBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + x)


STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))


def resnet50() -> Graph:
    """He et al., arXiv 1512.03385, with the stride in the 3×3 convolution."""
    draw = Builder()
    draw.add("Input", size=(3, 224, 224))
    draw.add("Conv2d", out_channels=64, kernel_size=7, stride=2, padding=3, bias=False)
    draw.add("BatchNorm2d")
    draw.add("ReLU")
    x = draw.add("MaxPool2d", kernel_size=3, stride=2, padding=1)
    for width, count, first in STAGES:
        for k in range(count):
            stride = first if k == 0 else 1
            draw.add("Conv2d", x, out_channels=width, kernel_size=1, padding=0, bias=False)
            draw.add("BatchNorm2d")
            draw.add("ReLU")
            draw.add("Conv2d", out_channels=width, stride=stride, bias=False)
            draw.add("BatchNorm2d")
            draw.add("ReLU")
            draw.add("Conv2d", out_channels=4 * width, kernel_size=1, padding=0, bias=False)
            main = draw.add("BatchNorm2d")
            if k == 0:
                draw.add("Conv2d", x, out_channels=4 * width, kernel_size=1, stride=stride, padding=0, bias=False)
                x = draw.add("BatchNorm2d")
            draw.add("Add", main, x)
            x = draw.add("ReLU")
    draw.add("GlobalAvgPool")
    draw.add("Linear", out_features=1000)
    return draw.graph


class Bottleneck(nn.Module):
    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.skip: nn.Module = nn.Identity()
        if channels != 4 * width:
            self.skip = nn.Sequential(nn.Conv2d(channels, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + self.skip(x))


class ResNet50(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn = nn.BatchNorm2d(64)
        channels, blocks = 64, []
        for width, count, first in STAGES:
            for k in range(count):
                blocks.append(Bottleneck(channels, width, first if k == 0 else 1))
                channels = 4 * width
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(2048, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn(self.conv(x)))
        x = F.max_pool2d(x, 3, 2, 1)
        x = self.blocks(x)
        return self.fc(x.mean((2, 3)))


def same_weights(ours: nn.Module, theirs: nn.Module) -> None:
    """Copy by order: both name their layers in their own way."""
    with torch.no_grad():
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            b.copy_(a)


def densenet121(growth: int = 32) -> Graph:
    """Huang et al., arXiv 1608.06993: four dense blocks of 6, 12, 24 and 16 layers."""
    draw = Builder()
    draw.add("Input", size=(3, 224, 224))
    draw.add("Conv2d", out_channels=64, kernel_size=7, stride=2, padding=3, bias=False)
    draw.add("BatchNorm2d")
    draw.add("ReLU")
    x = draw.add("MaxPool2d", kernel_size=3, stride=2, padding=1)
    channels = 64
    for k, count in enumerate((6, 12, 24, 16)):
        for _ in range(count):
            draw.add("BatchNorm2d", x)
            draw.add("ReLU")
            draw.add("Conv2d", out_channels=4 * growth, kernel_size=1, padding=0, bias=False)
            draw.add("BatchNorm2d")
            draw.add("ReLU")
            new = draw.add("Conv2d", out_channels=growth, bias=False)
            x = draw.add("Concat", x, new)
            channels += growth
        draw.add("BatchNorm2d", x)
        draw.add("ReLU")
        if k < 3:
            channels //= 2
            draw.add("Conv2d", out_channels=channels, kernel_size=1, padding=0, bias=False)
            x = draw.add("AvgPool2d")
    draw.add("GlobalAvgPool")
    draw.add("Linear", out_features=1000)
    return draw.graph
