"""From a graph to ONNX nodes, block by block: each knows what it becomes. Nothing is traced."""

from app.compiler.compiled import Compiled, CompileError, Inside
from app.compiler.plan import InnerPlan, Line, Plan, Port, built
from app.document.graph import Instance
from app.document.repeating import repetitions
from blocks.core import Block
from blocks.data import Input, Output
from blocks.onnx import Nodes, OnnxNode


class NoRuleError(CompileError):
    """A block does not say what it becomes in ONNX: torch's own exporter may know."""


def onnx_nodes(compiled: Compiled) -> Nodes:
    """The nodes of a network in eval mode; inputs and outputs have the names that ``compiled`` gives them. Raises NoRuleError."""
    plan = compiled.plan
    g = Nodes()
    held: dict[Port, str] = {(id, 0): value.name for id, value in zip(plan.inputs, compiled.inputs, strict=True)}
    _add(g, plan, Inside(compiled.modules, compiled.inner), held, "", set(held.values()))
    _name_results(g, [held[port] for port in plan.results[: plan.count]], compiled)
    return g


def _add(g: Nodes, plan: Plan, inside: Inside, held: dict[Port, str], path: str, names: set[str]) -> None:
    """Add the nodes of one graph; ``path`` leads to its module, and ends in a dot."""
    graph = plan.graph
    for line in plan.forward:
        node = graph.nodes[line.node]
        if isinstance(node.block, Input):
            continue  # what comes in is held already
        args = tuple(held[port] for port in line.args)
        if isinstance(node.block, Output):
            held[line.node, 0] = args[0]
            continue
        module = inside.modules.get(line.node, "")
        if isinstance(node.block, Instance):
            results = _repeated(g, plan, line, inside.inner[line.node], args, path + module, names)
            held.update(((line.node, k), name) for k, name in enumerate(results))
            continue
        if node.block.no_onnx:
            raise CompileError(f"{node.name} can't be exported to ONNX: {node.block.no_onnx}")
        if not node.block.onnx and type(node.block).to_onnx is Block.to_onnx:
            raise NoRuleError(f"{node.name} has no ONNX rule")
        g.enter(path + module if module else _scope(path + node.name, names), path + module)
        result = node.block.to_onnx(g, args, tuple(tuple(map(int, shape)) for shape in plan.shapes(line)))
        outputs = (result,) if isinstance(result, str) else result
        held.update(((line.node, k), name) for k, name in enumerate(outputs))


def _repeated(
    g: Nodes, plan: Plan, line: Line, insides: tuple[Inside, ...], args: tuple[str, ...], path: str, names: set[str]
) -> list[str]:
    """Add what is inside a block of blocks, once for each repetition; returns the names of its results."""
    block = plan.graph.nodes[line.node].block
    assert isinstance(block, Instance)
    kinds = tuple(plan.facts[id].kinds[k] for id, k in line.args)
    flows = dict(zip((port.name for port in block.inputs), args, strict=True))
    several = len(insides) > 1 or (len(block.outputs) > 1 and block.repeat > 1)
    results: list[str] = []
    for k, (step, inside) in enumerate(zip(repetitions(block, plan.shapes(line), kinds), insides, strict=True)):
        inner = InnerPlan(built(step))
        held = {(id, 0): flows[inner.graph.nodes[id].name] for id in inner.inputs}
        _add(g, inner, inside, held, f"{path}.{0 if block.shared else k}." if several else f"{path}.", names)
        results = [held[port] for port in inner.results]
        for port, name in zip(block.outputs, results, strict=True):
            if port.name in block.feeds():
                flows[block.feeds()[port.name]] = name
    return results


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
