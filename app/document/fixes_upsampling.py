"""Quick fixes for upsampling: indices for a max-unpooling, channels for a sub-pixel layer."""

from functools import partial

from app.document.analysis import Analysis
from app.document.edits import connect, set_block, set_params
from app.document.graph import Edge, Graph, NodeId
from app.document.problem import Fix
from app.document.wiring import NO_EDGES
from blocks.convolution import Conv
from blocks.pooling import MaxPool2d
from blocks.transposed import ConvTranspose
from blocks.upsampling import BedOfNails, MaxUnpool2d, PixelShuffle


def without_indices(analysis: Analysis, id: NodeId) -> list[Fix]:
    """Link the max pool upstream that it undoes, the nearest first; or do without indices."""
    graph, block = analysis.graph, analysis.graph.nodes[id].block
    if not isinstance(block, MaxUnpool2d) or any(e.target_port == "indices" for e in analysis.wiring.incoming.get(id, NO_EDGES)):
        return []
    used = {e.source for e in graph.edges.values() if e.source_port == "indices"}
    pools = [i for i in analysis.wiring.reach(id, up=True) if isinstance(graph.nodes[i].block, MaxPool2d) and i not in used]
    pools.sort(key=lambda i: -analysis.wiring.rank[i])

    def link(graph: Graph, pool: NodeId) -> Graph:
        graph = set_params(graph, [pool], return_indices=True)
        return connect(graph, Edge(pool, "indices", id, "indices"))[0]

    found = [Fix(f"Link the indices of {graph.nodes[pool].name}", partial(link, pool=pool)) for pool in pools[:2]]
    nails = BedOfNails(scale_factor=block.stride)
    return [*found, Fix("Use bed of nails instead", lambda g: set_block(g, id, nails), "needs no indices")]


def enough_channels(analysis: Analysis, id: NodeId) -> list[Fix]:
    """For a sub-pixel layer: give the convolution before it the next number of filters that r * r divides."""
    graph, block = analysis.graph, analysis.graph.nodes[id].block
    if not isinstance(block, PixelShuffle) or not analysis.facts[id].inputs:
        return []
    square, here = block.upscale_factor**2, id
    while edges := analysis.wiring.incoming.get(here, NO_EDGES):
        here = edges[0].source
        maker = graph.nodes[here].block
        if isinstance(maker, (Conv, ConvTranspose)) and "out_channels" in maker.fields:
            wanted = -(-maker.out_channels // square) * square
            return [Fix(f"Set {graph.nodes[here].name} to {wanted} filters", partial(set_params, ids=[here], out_channels=wanted))]
        if not maker.slim or len(edges) > 1:
            break
    return []
