def bed_of_nails(x, scale_factor):
    """Each pixel of x (N, C, H, W) in the top left corner of a block of zeros: (N, C, factor * H, factor * W)."""
    down, across = scale_factor if isinstance(scale_factor, tuple) else (scale_factor, scale_factor)
    result = x.new_zeros(*x.shape[:2], x.shape[2] * down, x.shape[3] * across)
    result[:, :, ::down, ::across] = x
    return result
