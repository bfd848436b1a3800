from torch.nn import functional as F


def policy_gradient_loss(scores, action, reward, baseline=None):
    """Minus the mean of (reward - baseline) * log p(action) (Williams, 1992). No gradient flows into the baseline."""
    chosen = -F.cross_entropy(scores, action, reduction="none")
    gain = reward if baseline is None else reward - baseline.detach()
    return -(gain * chosen).mean()
