import torch
from torch.nn import functional as F


def ctc_loss(prediction, target, blank=0, zero_infinity=True):
    """F.ctc_loss for log-probabilities (N, T, C) against texts (N, S) that are filled up with the blank (Graves et al., 2006)."""
    steps = torch.full((prediction.shape[0],), prediction.shape[1], dtype=torch.long, device=prediction.device)
    letters = (target != blank).sum(1)
    return F.ctc_loss(prediction.transpose(0, 1), target, steps, letters, blank=blank, zero_infinity=zero_infinity)
