"""From a graph to the source of a readable ``nn.Module``. No Qt, no torch."""

from app.compiler.compiled import Compiled, CompileError, LossArgument, LossTerm, Value
from app.compiler.plan import Plan
from app.compiler.source import Writer
from app.document.analysis import Analysis, analyse
from app.document.graph import Graph

__all__ = ["CompileError", "Compiled", "LossArgument", "LossTerm", "Value", "compile_graph"]


def compile_graph(graph: Graph, analysis: Analysis | None = None) -> Compiled:
    """Compile ``graph``; raises CompileError where something it needs is missing or wrong."""
    return Writer(Plan(graph, analysis or analyse(graph))).write()
