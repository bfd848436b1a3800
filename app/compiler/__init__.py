"""From a graph to the source of a readable ``nn.Module``. No Qt, no torch."""

from app.compiler.compile import Compiled, CompileError, LossArgument, LossTerm, Value, compile_graph

__all__ = ["CompileError", "Compiled", "LossArgument", "LossTerm", "Value", "compile_graph"]
