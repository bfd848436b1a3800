"""From a graph to the source of a readable ``nn.Module``. No Qt, no torch."""

from app.compiler.compiled import Compiled, CompileError, Inside, LossArgument, LossTerm, Value
from app.compiler.names import Names
from app.compiler.onnx import NoRuleError, onnx_nodes
from app.compiler.plan import Plan, built
from app.compiler.source import Writer
from app.document.analysis import Analysis, analyse, analyse_document
from app.document.edits import without_bypassed
from app.document.graph import Document, Graph
from app.document.scope import Scope, named
from blocks.initialization import Initialization

__all__ = [
    "CompileError", "Compiled", "Inside", "LossArgument", "LossTerm", "NoRuleError", "Value", "compile_document", "compile_graph", "onnx_nodes"
]  # fmt: skip


def compile_document(document: Document, analysis: Analysis | None = None, *, watched: bool = False) -> Compiled:
    """Compile the network of a document; raises CompileError where something it needs is missing or wrong. Its parameters become arguments."""
    return compile_graph(document.graph, analysis or analyse_document(document), document.recipe, watched=watched)


def compile_graph(
    graph: Graph, analysis: Analysis | None = None, initialization: Initialization | None = None, *, watched: bool = False
) -> Compiled:
    """Compile ``graph``; raises CompileError where something it needs is missing or wrong. A recipe is an initialization.

    With ``watched``, whoever runs the source gives it a function ``watch``; see ``Compiled``.
    """
    analysis = analysis or analyse(graph)
    names = Names()
    arguments = {name: names.take(name, "value") for name, _ in analysis.scope.network}
    network = dict(analysis.scope.network)
    active = without_bypassed(analysis.origin)
    if active is not analysis.origin or network:
        symbols = {name: named(value, arguments[name]) for name, value in network.items()}
        scope = Scope(symbols, tuple(symbols.items()), symbolic=True, open=analysis.scope.open) if network else analysis.scope
        analysis = analyse(active, None, scope)
    return Writer(
        Plan(built(analysis)), initialization or Initialization(), {arguments[name]: value for name, value in network.items()}
    ).write(watched)
