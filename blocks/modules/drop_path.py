import torch
from torch import nn


class DropPath(nn.Module):
    """Sets whole samples to zero with probability ``p`` while training (Huang et al., arXiv 1603.09382)."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training:
            return x
        keep = torch.rand(x.shape[0], *[1] * (x.dim() - 1), device=x.device) >= self.p
        return x * keep / (1 - self.p)
