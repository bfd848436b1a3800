import torch
from torch import nn


def last_state(hidden, bidirectional):
    """The last state of the top layer, both directions side by side: (N, units * directions)."""
    return torch.cat((hidden[-2], hidden[-1]), dim=1) if bidirectional else hidden[-1]


class RNN(nn.RNN):
    """nn.RNN over (N, T, F); gives the sequence and the last state."""

    def __init__(self, input_size, hidden_size, **options):
        super().__init__(input_size, hidden_size, batch_first=True, **options)

    def forward(self, x):
        sequence, hidden = super().forward(x)
        return sequence, last_state(hidden, self.bidirectional)


class GRU(nn.GRU):
    """nn.GRU over (N, T, F); gives the sequence and the last state."""

    def __init__(self, input_size, hidden_size, **options):
        super().__init__(input_size, hidden_size, batch_first=True, **options)

    def forward(self, x):
        sequence, hidden = super().forward(x)
        return sequence, last_state(hidden, self.bidirectional)


class LSTM(nn.LSTM):
    """nn.LSTM over (N, T, F); gives the sequence and the last state."""

    def __init__(self, input_size, hidden_size, **options):
        super().__init__(input_size, hidden_size, batch_first=True, **options)

    def forward(self, x):
        sequence, (hidden, _) = super().forward(x)
        return sequence, last_state(hidden, self.bidirectional)
