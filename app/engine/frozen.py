"""Blocks whose weights stand still, and the names of modules."""

from torch import nn

from app.compiler import Inside
from app.document.graph import Graph, Instance
from app.engine.build import Model


def frozen(model: Model) -> list[nn.Module]:
    """The modules of frozen nodes; their weights need no gradient from now on."""
    compiled = model.compiled
    modules = _frozen(model.net, compiled.plan.graph, Inside(compiled.modules, compiled.inner))
    for module in modules:
        module.requires_grad_(False)
    return modules


def _frozen(net: nn.Module, graph: Graph, inside: Inside) -> list[nn.Module]:
    found: list[nn.Module] = []
    for id, name in inside.modules.items():
        node, module = graph.nodes[id], net.get_submodule(name)
        if node.frozen:
            found.append(module)
        elif isinstance(node.block, Instance):
            several = module.children() if isinstance(module, (nn.Sequential, nn.ModuleList)) else [module]
            for one, inner in zip(several, inside.inner[id], strict=False):
                found += _frozen(one, node.block.definition.graph, inner)
    return found
