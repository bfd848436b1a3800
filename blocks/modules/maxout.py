from torch import nn


class Maxout(nn.Linear):
    """The largest of ``pieces`` linear layers, over the last axis (Goodfellow et al., arXiv 1302.4389)."""

    def __init__(self, in_features, out_features, pieces, bias=True):
        super().__init__(in_features, out_features * pieces, bias=bias)
        self.pieces = pieces

    def forward(self, x):
        return super().forward(x).unflatten(-1, (-1, self.pieces)).amax(-1)
