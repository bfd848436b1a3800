import torch
from torch import nn


class ClassToken(nn.Module):
    """Puts a learned position in front of a sequence (N, L, E)."""

    def __init__(self, width):
        super().__init__()
        self.token = nn.Parameter(torch.randn(1, 1, width) * 0.02)

    def forward(self, x):
        return torch.cat((self.token.expand(x.shape[0], -1, -1), x), dim=1)
