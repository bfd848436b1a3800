import torch
from torch import nn


class Salt(nn.Module):
    """Sets a share ``p`` of the entries to 1 while training."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        return torch.where(torch.rand_like(x) < self.p, torch.ones_like(x), x) if self.training else x
