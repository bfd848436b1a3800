"""From a graph to ONNX nodes, block by block: each knows what it becomes. Nothing is traced."""

from app.compiler.compiled import Compiled, CompileError
from app.compiler.plan import Port
from blocks.core import Block
from blocks.data import Input, Output
from blocks.onnx import Nodes, OnnxNode


class NoRuleError(CompileError):
    """A block does not say what it becomes in ONNX: torch's own exporter may know."""


def onnx_nodes(compiled: Compiled) -> Nodes:
    """The nodes of a network in eval mode; inputs and outputs have the names that ``compiled`` gives them. Raises NoRuleError."""
    plan, graph = compiled.plan, compiled.plan.graph
    g = Nodes()
    held: dict[Port, str] = {(id, 0): value.name for id, value in zip(plan.inputs, compiled.inputs, strict=True)}
    names = set(held.values())
    for line in plan.forward:
        node = graph.nodes[line.node]
        if isinstance(node.block, Input):
            continue
        args = tuple(held[port] for port in line.args)
        if isinstance(node.block, Output):
            held[line.node, 0] = args[0]
            continue
        if node.block.no_onnx:
            raise CompileError(f"{node.name} can't be exported to ONNX: {node.block.no_onnx}")
        if not node.block.onnx and type(node.block).to_onnx is Block.to_onnx:
            raise NoRuleError(f"{node.name} has no ONNX rule")
        module = compiled.modules.get(line.node, "")
        g.enter(module or _scope(node.name, names), module)
        result = node.block.to_onnx(g, args, plan.shapes(line))
        outputs = (result,) if isinstance(result, str) else result
        held.update(((line.node, k), name) for k, name in enumerate(outputs))
    _name_results(g, [held[port] for port in plan.results[: plan.count]], compiled)
    return g


def _scope(name: str, taken: set[str]) -> str:
    """The name on the canvas, made different from all others."""
    plain = name.encode("ascii", "replace").decode()
    k, result = 2, plain
    while result in taken:
        result, k = f"{plain}_{k}", k + 1
    taken.add(result)
    return result


def _name_results(g: Nodes, results: list[str], compiled: Compiled) -> None:
    """Give the outputs their names. What is an input, a weight or an output already is copied."""
    made = {name for node in g.nodes for name in node.outputs}
    renamed: dict[str, str] = {}
    for have, value in zip(results, compiled.results, strict=False):
        if have in made and have not in renamed:
            renamed[have] = value.name
        else:
            g.nodes.append(OnnxNode("Identity", (have,), (value.name,), {}))
    for k, node in enumerate(g.nodes):
        if not renamed.keys().isdisjoint(node.inputs) or not renamed.keys().isdisjoint(node.outputs):
            g.nodes[k] = node._replace(
                inputs=tuple(renamed.get(name, name) for name in node.inputs),
                outputs=tuple(renamed.get(name, name) for name in node.outputs),
            )
