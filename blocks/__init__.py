"""The kinds of block a network is drawn from. Pure Python: no Qt, no torch, no networkx."""
