import torch
from torch import nn


class MultiheadAttention(nn.MultiheadAttention):
    """nn.MultiheadAttention, batch first, that gives the result alone. Without a key it looks at itself; ``causal`` hides what lies ahead."""

    def __init__(self, embed_dim, num_heads, causal=False, **options):
        super().__init__(embed_dim, num_heads, batch_first=True, **options)
        self.causal = causal

    def forward(self, query, key=None, value=None):
        key = query if key is None else key
        value = key if value is None else value
        ahead = torch.ones(query.shape[1], key.shape[1], dtype=torch.bool, device=query.device).triu(1) if self.causal else None
        return super().forward(query, key, value, need_weights=False, attn_mask=ahead)[0]
