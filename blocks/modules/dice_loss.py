from torch.nn import functional as F


def dice_loss(scores, target, smooth=1.0):
    """One minus the mean overlap of the classes (Milletari et al., arXiv 1606.04797), over the whole batch."""
    p = F.softmax(scores, dim=1).flatten(2) if scores.dim() > 2 else F.softmax(scores, dim=1).unsqueeze(2)
    t = F.one_hot(target.reshape(target.shape[0], -1), scores.shape[1]).transpose(1, 2).to(p.dtype)
    overlap = (p * t).sum((0, 2))
    return 1 - ((2 * overlap + smooth) / (p.sum((0, 2)) + t.sum((0, 2)) + smooth)).mean()
