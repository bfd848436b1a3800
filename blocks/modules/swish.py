import torch
from torch import nn


class Swish(nn.Module):
    """x * sigmoid(beta * x) with one learned beta (Ramachandran et al., arXiv 1710.05941)."""

    def __init__(self, beta=1.0):
        super().__init__()
        self.beta = nn.Parameter(torch.tensor(float(beta)))

    def forward(self, x):
        return x * torch.sigmoid(self.beta * x)
