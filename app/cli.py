"""The command line. What a subcommand needs is imported when it runs, so that the window starts without the rest.

Exit status: 0 good, 1 a problem in the user's file, 2 wrong usage.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import __version__
from app.cli_gallery import UserError, new, templates, with_settings
from app.cli_train import add_data_options, add_training_options, data, given, train, tune

if TYPE_CHECKING:
    from app.document.analysis import Analysis
    from app.document.fitting import Columns
    from app.document.graph import Document
    from app.engine.export import Verdict


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand, or open the window. Returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    commands: dict[str, Callable[[argparse.Namespace], int]] = {
        "blocks": blocks, "check": check, "compile": compile_, "train": train, "data": data, "tune": tune, "evaluate": evaluate, "export": export, "templates": templates, "new": new,
    }  # fmt: skip
    plugins, arguments = _plugin_parser().parse_known_args(arguments)
    if plugins.plugin or plugins.plugins:
        status = _known_errors(_load_plugins, plugins)
        if status:
            return status
    if not arguments or (arguments[0] not in commands and arguments[0] not in ("-h", "--help", "--version")):
        return _known_errors(window, _window_parser().parse_args(arguments))
    options = _parser().parse_args(arguments)
    return _known_errors(commands[options.command], options)


def window_main() -> int:
    """Entry of ``netwright-gui``: no console, so what is wrong is said in the window."""
    return main()


def _known_errors(run: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    try:
        return run(options)
    except BrokenPipeError:  # the reader of our output has gone, as in `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if type(error).__module__.startswith(("app.", "blocks.")) or isinstance(error, OSError):
            print(f"netwright: {error}", file=sys.stderr)
            return 1
        raise


def _plugin_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--plugin", action="append", default=[], metavar="PATH|NAME")
    parser.add_argument("--plugins", action="store_true")
    return parser


def _load_plugins(options: argparse.Namespace) -> int:
    """Run the code of plug-ins: naming one on the command line is the yes."""
    from app import plugins

    wanted = plugins.Store().accepted() if options.plugins else []
    installed = {plugin.name: plugin for plugin in plugins.installed()} if any(not Path(name).exists() for name in options.plugin) else {}
    for name in options.plugin:
        if not Path(name).exists() and name not in installed:
            known = f"; installed are {', '.join(installed)}" if installed else ""
            raise UserError(f"there is no plug-in {name}: give the path of a .py file or of a folder with an __init__.py{known}")
        wanted.append(plugins.named(Path(name)) if Path(name).exists() else installed[name])
    for plugin in wanted:
        blocks_ = plugins.load(plugin)
        print(
            f"plug-in {plugin.name} ({plugin.path}, SHA-256 {plugin.digest[:16]}…): {', '.join(b.__name__ for b in blocks_)}",
            file=sys.stderr,
        )
    return 0


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="netwright", usage="netwright [FILE] | netwright COMMAND ... (see netwright --help)")
    parser.add_argument("file", nargs="?", type=Path)
    return parser


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="netwright",
        description="Draw a neural network, train it, take it with you. Without a command, opens the window.",
        epilog="Exit status: 0 good, 1 a problem in your file, 2 wrong usage. Before the command, --plugin PATH|NAME runs a plug-in with blocks of "
        "its own (may be repeated), --plugins those that were allowed in the window.",
    )
    parser.add_argument("--version", action="version", version=f"netwright {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    listing = command("blocks", "List the kinds of block.")
    checking = command("check", "Say what is wrong with a network, and what it costs.")
    compiling = command("compile", "Write a network as PyTorch source.")
    training = command("train", "Train a network and record the run in a folder.")
    judging = command("evaluate", "Judge the best weights of a run.")
    exporting = command("export", "Write a network as ONNX and prove the file equal to PyTorch.")
    looking = command("data", "Say what a data set is: samples, columns, classes, and what could not be read.")
    looking.add_argument("path", metavar="PATH", help="a file, a folder, or a set that comes with Netwright")
    tuning = command("tune", "Find a learning rate, or the largest batch that fits.")
    for sub in (checking, compiling, tuning):
        sub.add_argument("file", type=Path, metavar="FILE", help="a document, *.netwright")
    listing.add_argument("--markdown", action="store_true", help="write the whole reference: formulas, examples, parameters")
    gallery = command("templates", "List the template networks.")
    making = command("new", "Write a template network as a document of your own.")
    making.add_argument("name", metavar="NAME", help="one of `netwright templates`")
    making.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: NAME.netwright")
    making.add_argument("--force", action="store_true", help="write over what is there")
    for sub in (listing, checking, judging, gallery, looking, tuning):
        sub.add_argument("--json", action="store_true", help="print facts as JSON")
    compiling.add_argument("-o", "--output", type=Path, metavar="net.py", help="write here instead of to the terminal")
    add_training_options(training, tuning)
    add_data_options(checking, compiling, training, tuning, looking)
    for sub in (checking, compiling, training, exporting, making, tuning, looking):
        sub.add_argument(
            "--set", action="append", default=[], metavar="recipe.KEY=VALUE|network.NAME=VALUE",
            help="change one value of the recipe, or a parameter of the network; may be repeated",
        )  # fmt: skip
    judging.add_argument("run", type=Path, metavar="RUN", help="a run folder")
    judging.add_argument("--split", default="test", choices=("train", "validation", "test"))
    exporting.add_argument("source", type=Path, metavar="RUN|FILE", help="a run folder, or a document with --weights init")
    exporting.add_argument("-o", "--output", type=Path, required=True, metavar="model.onnx")
    exporting.add_argument("--weights", choices=("best", "last", "init"), help="which weights (default: best of a run, init of a document)")
    exporting.add_argument("--fold", action="store_true", help="let batch norms become part of the convolutions before them")
    exporting.add_argument(
        "--preprocessing", action="store_true", help="let the file take samples as they are stored: bytes, not normalised"
    )
    return parser


def window(options: argparse.Namespace) -> int:
    """Open the window."""
    if sys.platform.startswith("linux") and not any(os.environ.get(v) for v in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        raise UserError("there is no display to open a window on; `netwright train FILE` works without one")
    from app.window.application import run

    return run(options.file)


def blocks(options: argparse.Namespace) -> int:
    """List the catalogue."""
    from blocks.catalogue import load
    from blocks.help import markdown

    if options.markdown:
        print(markdown(load().values()), end="")
        return 0
    if options.json:
        print(json.dumps([_block_facts(block) for block in load().values()], indent=1, ensure_ascii=False))
        return 0
    for group, members in load().groups().items():
        print(group)
        for block in members:
            print(f"  {block.__name__:<16}{block.help()}")
    return 0


def _block_facts(block: Any) -> dict[str, Any]:
    from app.document.graph import as_json
    from blocks.help import page
    from blocks.params import describe

    made, limits = block(), ("ge", "gt", "le", "lt")
    parameters = [
        {"name": p.name, "type": describe(p.type), "default": as_json({"": p.default})[""], "help": p.help}
        | {limit: getattr(p, limit) for limit in limits if getattr(p, limit) is not None}
        for p in block.fields.values()
    ]
    return {
        "block": block.__name__, "label": block.label, "group": block.group, "help": block.help(), "page": dict(page(block).sections()),
        "onnx": block.onnx, "aka": list(block.aka),
        "inputs": [{"name": p.name, "kind": p.kind, "many": p.many} for p in made.inputs],
        "outputs": [{"name": p.name, "kind": p.kind} for p in made.outputs],
        "params": parameters,
    }  # fmt: skip


def check(options: argparse.Namespace) -> int:
    """Problems, shapes and costs."""
    from app.document import checks
    from app.document.graph import label, type_name
    from blocks.rules import dims

    document = with_settings(_load(options.file), options.set, **given(options))
    columns = _columns(document)
    analysis = _settled(document, columns)
    graph = analysis.graph
    problems = checks.check(graph, columns, analysis)
    order = [*analysis.wiring.order, *(id for id in graph.nodes if id in analysis.wiring.cyclic)]
    failed = any(problem.severity == "error" for problem in problems)
    if options.json:
        nodes = []
        for id in order:
            node, facts = graph.nodes[id], analysis.facts[id]
            names = [port.name for port in node.block.outputs] or ["value"]
            outputs = dict(zip(names, map(list, facts.outputs), strict=False)) if facts.outputs is not None else {}
            nodes.append({
                "id": id, "name": node.name, "block": type_name(node.block), "shapes": {"inputs": [list(s) for s in facts.inputs], "outputs": outputs},
                "params": facts.params, "macs": facts.macs, "memory": facts.memory, "error": facts.error or None,
            })  # fmt: skip
        told = [
            {
                "severity": p.severity,
                "code": p.code,
                "node": p.node,
                "name": graph.nodes[p.node].name if p.node else None,
                "text": p.text,
                "fixes": [f.label for f in p.fixes],
            }
            for p in problems
        ]
        totals = {"params": analysis.totals.params, "macs": analysis.totals.macs, "memory": analysis.totals.memory, "nodes": len(order)}
        print(json.dumps({"problems": told, "nodes": nodes, "totals": totals}, indent=1, ensure_ascii=False))
        return int(failed)
    width = max((len(graph.nodes[id].name) for id in order), default=4)
    print(f"{'name':<{width}}  {'block':<20} {'output':>14} {'params':>12} {'MACs':>14} {'bytes':>10}")
    for id in order:
        node, facts = graph.nodes[id], analysis.facts[id]
        shape = ", ".join(map(dims, facts.outputs)) if facts.outputs is not None else "?"
        print(f"{node.name:<{width}}  {label(node.block):<20} {shape:>14} {facts.params:>12,} {facts.macs:>14,} {facts.memory:>10,}")
    totals_ = analysis.totals
    print(f"{'':<{width}}  {'in all':<20} {'':>14} {totals_.params:>12,} {totals_.macs:>14,} {totals_.memory:>10,}   (for one sample)")
    for problem in problems:
        print(checks.describe(problem, graph))
    return int(failed)


def compile_(options: argparse.Namespace) -> int:
    """The PyTorch source."""
    from app.compiler import compile_document
    from app.document import atomic

    document = with_settings(_load(options.file), options.set, **given(options))
    columns = _columns(document)
    source = compile_document(document, _settled(document, columns)).source
    if options.output:
        atomic.write_text(options.output, source)
    else:
        print(source, end="")
    return 0


def evaluate(options: argparse.Namespace) -> int:
    """Metrics of a run."""
    from app.document.runs import RunFolder
    from app.engine.evaluate import evaluate as judge

    metrics = judge(RunFolder(options.run), options.split)
    if options.json:
        print(json.dumps({"split": options.split, "metrics": metrics}, indent=1))
        return 0
    print(f"{options.split}, {metrics['samples']} samples")
    for name, value in metrics.items():
        if isinstance(value, float):
            print(f"  {name:<10}{value:.4f}")
    for row in metrics.get("classes", []):
        print(
            f"  class {row['class']:<12} precision {row['precision']:.3f}  recall {row['recall']:.3f}  F1 {row['f1']:.3f}  of {row['support']}"
        )
    return 0


def export(options: argparse.Namespace) -> int:
    """An ONNX file, proven equal."""
    from app.document.runs import RunFolder, is_run

    if not options.source.exists():
        raise UserError(f"there is no {options.source}")
    weights = options.weights or ("best" if options.source.is_dir() else "init")
    if not options.source.is_dir() and weights != "init":
        raise UserError(f"{options.source} is a document without trained weights: give the run folder instead, or --weights init")
    if options.source.is_dir() and not is_run(options.source):
        raise UserError(f"{options.source} is no run folder: it should hold document.netwright and run.json")
    document = None if options.source.is_dir() else with_settings(_load(options.source), options.set)
    if not options.output.absolute().parent.is_dir():
        raise UserError(f"there is no folder {options.output.absolute().parent} to write to")
    print("Loading PyTorch ...", file=sys.stderr)
    from app.engine.build import build
    from app.engine.evaluate import open_run
    from app.engine.export import export_onnx
    from app.engine.preprocessing import of_run

    model = build(document, with_data=False) if document else open_run(RunFolder(options.source), weights, with_data=False)
    if options.preprocessing and document:
        raise UserError("--preprocessing needs a run: what is subtracted and divided by was measured there")
    steps = of_run(RunFolder(options.source), model) if options.preprocessing else None
    print(_verdict(export_onnx(model.net, model.compiled, options.output, options.fold, steps)))
    return 0


def _verdict(verdict: "Verdict") -> str:
    batches = " and ".join(map(str, verdict.batches))
    return (
        f"{verdict.path}: {verdict.size / 1024:,.1f} KiB, opset {verdict.opset}\n"
        + (f"written by PyTorch's exporter: {verdict.traced}\n" if verdict.traced else "")
        + f"ONNX matches PyTorch: largest difference {verdict.difference:.2g} (onnxruntime, batch sizes {batches})"
    )


def _columns(document: "Document") -> "Columns | None":
    """The columns of a document's data; a set that is not at hand is told, and the network is looked at without it."""
    from app.data.sources import DataError, open_data

    if document.recipe.dataset == "none":
        return None
    try:
        return open_data(document.recipe).columns
    except DataError as error:
        print(f"warning: data: {error}", file=sys.stderr)
        return None


def _settled(document: "Document", columns: "Columns | None" = None) -> "Analysis":
    """The analysis of a graph; PyTorch is loaded only where a plug-in's block asks it for a shape."""
    from app.document.analysis import analyse_document

    analysis = analyse_document(document, None, columns)
    if any(facts.code == "pending" for facts in analysis.facts.values()):
        from app.engine.measure import settle

        return settle(document, columns)
    return analysis


def _load(path: Path) -> "Document":
    from app.document.storage import load

    return load(path)
