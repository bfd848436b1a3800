"""Large networks that fill the plane, as the canvas would have them at worst."""

from math import sqrt

from app.document.edits import move
from app.document.graph import Graph
from tests.benchmarks.networks import chain

ACROSS, DOWN = 250.0, 110.0  # from block to block


def grid(count: int) -> Graph:
    """A residual net of about ``count`` blocks, in columns that together are about as wide as high."""
    graph = chain(count)
    rows = int(sqrt(len(graph.nodes) * ACROSS / DOWN)) + 1
    return move(graph, {id: (k // rows * ACROSS, k % rows * DOWN) for k, id in enumerate(graph.nodes)})
