import torch
from torch import nn


class SinePositions(nn.Module):
    """Adds sines and cosines of the position to a sequence (N, L, E) (Vaswani et al., arXiv 1706.03762)."""

    def __init__(self, length, width):
        super().__init__()
        angles = torch.arange(length).unsqueeze(1) / 10000 ** (torch.arange(0, width, 2) / width)
        self.register_buffer("positions", torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)[:, :width])

    def forward(self, x):
        return x + self.positions


class LearnedPositions(nn.Module):
    """Adds a learned vector for each position to a sequence (N, L, E)."""

    def __init__(self, length, width):
        super().__init__()
        self.positions = nn.Parameter(torch.randn(length, width) * 0.02)

    def forward(self, x):
        return x + self.positions
