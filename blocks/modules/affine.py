import torch
from torch import nn


class Scale(nn.Module):
    """Multiplies by a learned tensor."""

    def __init__(self, size, init):
        super().__init__()
        self.weight = nn.Parameter(torch.full(size, init))

    def forward(self, x):
        return x * self.weight


class Bias(nn.Module):
    """Adds a learned tensor."""

    def __init__(self, size, init):
        super().__init__()
        self.bias = nn.Parameter(torch.full(size, init))

    def forward(self, x):
        return x + self.bias
