import torch
from torch.nn import functional as F


def focal_loss(scores, target, gamma=2.0, weight=None, ignore_index=-100):
    """A cross-entropy whose easy samples count less (Lin et al., arXiv 1708.02002); the mean over labels that are not ignored."""
    loss = F.cross_entropy(scores, target, reduction="none", ignore_index=ignore_index)
    factor = (1 - torch.exp(-loss)) ** gamma
    kept = target != ignore_index
    if weight is not None:
        factor = factor * weight[target.clamp(min=0)]
    return (factor * loss).sum() / kept.sum().clamp(min=1)
