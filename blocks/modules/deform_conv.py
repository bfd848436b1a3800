import torch
from torch import nn
from torch.nn import functional as F


class DeformConv2d(nn.Conv2d):
    """A convolution that reads x at p + p_k + offset, weighed by mask (Dai et al., arXiv 1703.06211; Zhu et al., arXiv 1811.11168).

    x is (N, C, H, W); offset (N, 2 * offset_groups * kh * kw, H_out, W_out), dy before dx; mask (N, offset_groups * kh * kw, H_out, W_out).
    Zeros are read outside the image. Gives (N, out_channels, H_out, W_out).
    """

    def __init__(self, in_channels, out_channels, kernel_size, offset_groups=1, **options):
        super().__init__(in_channels, out_channels, kernel_size, **options)
        self.offset_groups = offset_groups

    def forward(self, x, offset, mask=None):
        n, c, h, w = x.shape
        (kh, kw), (sy, sx), (py, px), (dy, dx) = self.kernel_size, self.stride, self.padding, self.dilation
        parts, taps, (rows, columns) = self.offset_groups, kh * kw, offset.shape[-2:]
        y = (
            torch.arange(rows, device=x.device).view(1, -1, 1) * sy
            - py
            + torch.arange(kh, device=x.device).repeat_interleave(kw).view(-1, 1, 1) * dy
        )
        z = (
            torch.arange(columns, device=x.device).view(1, 1, -1) * sx
            - px
            + torch.arange(kw, device=x.device).repeat(kh).view(-1, 1, 1) * dx
        )
        offset = offset.view(n * parts, taps, 2, rows, columns)
        y, z = y + offset[:, :, 0], z + offset[:, :, 1]
        grid = torch.stack(((2 * z + 1) / w - 1, (2 * y + 1) / h - 1), dim=-1)  # pixels to [-1, 1], as grid_sample counts
        read = F.grid_sample(x.reshape(n * parts, c // parts, h, w), grid.view(n * parts, taps * rows, columns, 2), align_corners=False)
        read = read.view(n, parts, c // parts, taps, rows * columns)
        if mask is not None:
            read = read * mask.view(n, parts, 1, taps, rows * columns)
        read = read.view(n, self.groups, c // self.groups * taps, rows * columns)
        weight = self.weight.view(self.groups, self.out_channels // self.groups, -1)
        result = torch.matmul(weight, read).view(n, self.out_channels, rows, columns)
        return result if self.bias is None else result + self.bias.view(-1, 1, 1)
