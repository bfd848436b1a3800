"""Netwright: draw a neural network, train it, take it with you."""

__version__ = "0.1.0"
