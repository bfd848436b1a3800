"""Data, training and what belongs to it on the command line."""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli_gallery import UserError, with_settings

if TYPE_CHECKING:
    from app.engine.control import Control


def add_data_options(*parsers: argparse.ArgumentParser) -> None:
    """Which data; short for what could be said with --set too."""
    for parser in parsers:
        if parser.prog.split()[-1] != "data":
            parser.add_argument(
                "--data", metavar="PATH", help="the data set: a file, a folder, or one that comes along (default: what the document says)"
            )
        parser.add_argument("--target", metavar="COLUMN", help="the column to be predicted, for tables")


def add_training_options(training: argparse.ArgumentParser, tuning: argparse.ArgumentParser) -> None:
    """The options of ``train`` and ``tune``."""
    training.add_argument("file", type=Path, nargs="?", metavar="FILE", help="a document, *.netwright")
    training.add_argument("--run", type=Path, metavar="DIR", help="the run folder, new or empty (default: runs/NAME-1, -2, ...)")
    training.add_argument("--resume", type=Path, metavar="RUN", help="go on with a run from its last checkpoint; with --epochs, for longer")
    training.add_argument(
        "--from", dest="start_from", type=Path, metavar="RUN|FILE", help="begin with the weights of a run, a .safetensors or a .pt"
    )
    training.add_argument("--epochs", type=int, metavar="N")
    training.add_argument("--seed", type=int, metavar="N")
    training.add_argument(
        "--devices", type=int, default=1, metavar="N", help="how many devices of this machine; under torchrun or SLURM it is theirs to say"
    )
    training.add_argument(
        "--sharded",
        action="store_true",
        help="split weights, gradients and optimizer states over the devices (FSDP): for networks too large for one",
    )
    training.add_argument("--nodes", type=int, default=1, metavar="N", help="how many machines")
    tuning.add_argument("what", choices=("rate", "batch"), help="rate: the learning rate; batch: the largest batch_size that fits")
    for parser in (training, tuning):
        parser.add_argument("--device", default="auto", metavar="auto|cpu|cuda|mps")


def given(options: argparse.Namespace) -> dict[str, Any]:
    """The values of the recipe that have an option of their own."""
    found = {"dataset": getattr(options, "data", None), "target": getattr(options, "target", None)}
    found |= {name: getattr(options, name, None) for name in ("epochs", "seed")}
    return {name: value for name, value in found.items() if value is not None}


def data(options: argparse.Namespace) -> int:
    """What a data set is."""
    from app.data.sources import open_data
    from app.data.statistics import described
    from app.document.graph import Document

    recipe = with_settings(Document(), options.set, dataset=options.path, **given(options)).recipe
    facts = described(open_data(recipe), recipe, recipe.seed)
    if options.json:
        print(json.dumps(facts, indent=1, ensure_ascii=False))
        return 0
    print(f"{facts['title']} ({facts['kind']}, {facts['bytes'] / 2**20:,.1f} MiB in memory)")
    parts = ", ".join(f"{count:,} {part}" for part, count in facts["splits"].items())
    print(f"samples  {facts['samples']:,}: {parts}{' (as the data says)' if facts['splits_given'] else ''}")
    for column in facts["columns"]:
        role = " (input)" if column["name"] == facts["input"] else " (target)" if column["name"] == facts["target"] else ""
        shape = "×".join(map(str, column["shape"])) or "one a sample"
        print(f"  {column['name']}{role}: {shape}, {column['kind']}, {column['dtype']}")
        if "classes" in column:
            words = list(column["classes"].items())
            print(
                "    classes "
                + ", ".join(f"{name!r} {count:,}" for name, count in words[:20])
                + (f" and {len(words) - 20} more" if len(words) > 20 else "")
            )
        else:
            print(f"    mean {_numbers(column['mean'])}, std {_numbers(column['std'])}")
    for pair, count in facts["duplicates"].items():
        if count:
            print(f"note: {count} samples of {pair.partition('/')[2]} are in {pair.partition('/')[0]} too")
    for note in facts["notes"]:
        print(f"note: {note}")
    for entry in facts["skipped"][:20]:
        print(f"skipped: {entry['what']}: {entry['why']}")
    if len(facts["skipped"]) > 20:
        print(f"skipped: {len(facts['skipped']) - 20} more")
    return 0


def _numbers(values: list[float]) -> str:
    return ", ".join(f"{value:.4g}" for value in values[:8]) + (", ..." if len(values) > 8 else "")


def train(options: argparse.Namespace) -> int:
    """Train, or go on, with a bar in a terminal and lines elsewhere."""
    from app.document.runs import RunFolder, new_run
    from app.document.storage import load

    if (options.file is None) == (options.resume is None):
        print("netwright train: error: name a document to train, or a run to --resume", file=sys.stderr)
        raise SystemExit(2)
    if options.resume and (options.data or options.target or options.set or options.run or options.seed is not None or options.start_from):
        raise UserError(
            "a run goes on with the document and the data it began with: only --epochs, --device and --devices go with --resume"
        )
    document = None if options.resume else with_settings(load(options.file), options.set, **given(options))
    if options.run and options.run.exists() and any(options.run.iterdir()) and not _child():
        raise UserError(f"{options.run} is not empty: a run is never written over another; name a new folder")
    silent = _child()  # asked now: when the run is over, this process is on its own again
    _say("Loading PyTorch ...")
    from app.engine.train import Control, Spread, resume
    from app.engine.train import train as start
    from app.progress import Progress

    control, spread = Control(), Spread(options.devices, options.nodes, options.sharded)
    _stop_on_interrupt(control)
    if document is None:
        folder = RunFolder(options.resume)
        epochs = options.epochs or load(folder.document).recipe.epochs if folder.document.exists() else 0
        progress = Progress(epochs)
        outcome = resume(folder, device=options.device, control=control, listen=progress.row, spread=spread, epochs=options.epochs)
    else:
        made: list[RunFolder] = []

        def place() -> RunFolder:
            """Made when all that could be refused was."""
            if options.run:
                options.run.mkdir(parents=True, exist_ok=True)
            made.append(RunFolder(options.run) if options.run else new_run(Path("runs"), options.file.stem))
            return made[0]

        progress = Progress(document.recipe.epochs)
        outcome = start(
            document, place, device=options.device, control=control, listen=progress.row, spread=spread, start_from=options.start_from
        )
        folder = made[0] if made else RunFolder(Path())
    if silent:
        return 1 if outcome.state == "failed" else 0
    progress.close()
    print(f"{outcome.state}: {outcome.reason}")
    print(f"run: {folder.path}")
    return 1 if outcome.state == "failed" else 0


def _child() -> bool:
    """Whether this process is one of several, and not the one that speaks."""
    import os

    return int(os.environ.get("RANK", os.environ.get("SLURM_PROCID", os.environ.get("LOCAL_RANK", "0"))) or 0) > 0


def _say(text: str) -> None:
    if not _child():
        print(text, file=sys.stderr)


def _stop_on_interrupt(control: "Control") -> None:
    def interrupt(*_: object) -> None:
        if control.stopping:
            raise KeyboardInterrupt
        print("\nStopping after this step ...", file=sys.stderr)
        control.stop()

    signal.signal(signal.SIGINT, interrupt)


def tune(options: argparse.Namespace) -> int:
    """A learning rate, or a batch size."""
    from app.document.storage import load

    document = with_settings(load(options.file), options.set, **given(options))
    print("Loading PyTorch ...", file=sys.stderr)
    from app.engine.tune import find_rate, largest_batch

    if options.what == "batch":
        found = largest_batch(document, options.device)
        if options.json:
            print(json.dumps({"batch_size": found.batch_size, "why": found.why}))
        else:
            print(f"batch_size {found.batch_size}: {found.why}")
        return 0
    curve = find_rate(document, options.device)
    if options.json:
        print(json.dumps({"learning_rate": curve.suggested, "rates": curve.rates, "losses": curve.losses}))
        return 0
    for rate, loss in list(zip(curve.rates, curve.losses, strict=True))[:: max(1, len(curve.rates) // 20)]:
        print(f"  {rate:10.3g}  {loss:.4f}")
    print(f"learning_rate {curve.suggested:.2g}: the loss falls fastest there")
    return 0
