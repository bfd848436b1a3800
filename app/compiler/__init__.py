"""From a graph to the source of a readable ``nn.Module``. No Qt, no torch."""

from app.compiler.compiled import Compiled, CompileError, LossArgument, LossTerm, Value
from app.compiler.onnx import NoRuleError, onnx_nodes
from app.compiler.plan import Plan
from app.compiler.source import Writer
from app.document.analysis import Analysis, analyse
from app.document.edits import without_bypassed
from app.document.graph import Graph
from blocks.initialization import Initialization

__all__ = ["CompileError", "Compiled", "LossArgument", "LossTerm", "NoRuleError", "Value", "compile_graph", "onnx_nodes"]


def compile_graph(graph: Graph, analysis: Analysis | None = None, initialization: Initialization | None = None) -> Compiled:
    """Compile ``graph``; raises CompileError where something it needs is missing or wrong. A recipe is an initialization."""
    active = without_bypassed(graph)
    if active is not graph:
        graph, analysis = active, None
    return Writer(Plan(graph, analysis or analyse(graph)), initialization or Initialization()).write()
