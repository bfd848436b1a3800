"""Modules in a row that hand on several values."""

from torch import nn


class Repeated(nn.ModuleList):
    """Each module gets what the one before gave: its output k is the next one's input ``feeds[k]``, or only a result where that is None."""

    def __init__(self, modules, feeds):
        super().__init__(modules)
        self.feeds = feeds

    def forward(self, *inputs):
        """Gives the outputs of the last module."""
        values = list(inputs)
        for module in self:
            result = module(*values)
            outputs = result if isinstance(result, tuple) else (result,)
            for output, into in zip(outputs, self.feeds, strict=True):
                if into is not None:
                    values[into] = output
        return result
