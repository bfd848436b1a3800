"""What can go wrong in a sentence for the user."""


class EngineError(Exception):
    """A request can't be met. The text is a sentence for the user."""


class NotFiniteError(Exception):
    """The loss is NaN or infinite."""
