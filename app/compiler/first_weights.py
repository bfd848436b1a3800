"""The part of the source that says how weights begin, where that is not torch's own way."""

from collections.abc import Mapping

from app.compiler.plan import Plan
from app.document.graph import NodeId
from blocks.initialization import Initialization
from blocks.merge import Add
from blocks.weighted import Normed


def first_weights(plan: Plan, modules: Mapping[NodeId, str], initialization: Initialization) -> list[str]:
    """Statements for ``__init__``: one for a layer of its own, a loop for layers that begin alike."""
    last = _last_norms(plan) if initialization.zero_last_gamma else set()
    alike: dict[str, list[str]] = {}
    for line in plan.lines:
        if line.node in modules:
            block = plan.graph.nodes[line.node].block
            for statement in block.initial(initialization, line.node in last, *plan.shapes(line)):
                alike.setdefault(statement, []).append(f"self.{modules[line.node]}")
    groups: dict[tuple[str, ...], list[str]] = {}
    for statement, layers in alike.items():
        groups.setdefault(tuple(layers), []).append(statement)
    found: list[str] = []
    for layers_, statements in groups.items():
        if len(layers_) == 1:
            found += [statement.format(layers_[0]) for statement in statements]
        else:
            found += [f"for layer in ({', '.join(layers_)}):", *(f"    {statement.format('layer')}" for statement in statements)]
    return found


def _last_norms(plan: Plan) -> set[NodeId]:
    """The norms that end a residual branch: of those that feed an Add, the one with the most layers before it."""
    depth: dict[NodeId, int] = {}
    found: set[NodeId] = set()
    for line in plan.lines:
        depth[line.node] = 1 + max((depth[node] for node, _ in line.args), default=0)
        if isinstance(plan.graph.nodes[line.node].block, Add):
            norms = [node for node, _ in line.args if isinstance(plan.graph.nodes[node].block, Normed)]
            if norms and len(line.args) > 1:
                found.add(max(norms, key=depth.__getitem__))
    return found
