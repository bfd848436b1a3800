import torch
from torch import nn


class GaussianNoise(nn.Module):
    """Adds normal noise of standard deviation ``std`` while training."""

    def __init__(self, std):
        super().__init__()
        self.std = std

    def forward(self, x):
        return x + self.std * torch.randn_like(x) if self.training else x
