"""The worker: reads messages from stdin, trains, answers on stdout. It ends when its stdin does, so that it never outlives the window."""

import contextlib
import os
import queue
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from app.engine import messages as m

if TYPE_CHECKING:
    from app.engine.train import Control

GRACE_SECONDS = 3.0


class Worker:
    """One task at a time, in the main thread; stop and pause arrive in another."""

    def __init__(self, commands: BinaryIO, answers: BinaryIO) -> None:
        self._commands, self._answers = commands, answers
        self._lock = threading.Lock()
        self._tasks: queue.SimpleQueue[m.Message | None] = queue.SimpleQueue()
        self._control: Control | None = None

    def say(self, message: m.Message) -> None:
        """Send a message; a window that is gone is no error."""
        with self._lock, contextlib.suppress(OSError):
            self._answers.write(m.encode(message))
            self._answers.flush()

    def run(self) -> None:
        """Load torch, then serve until stdin ends."""
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._beat, daemon=True).start()
        import torch

        from app.engine.build import devices

        self.say(m.Ready(torch.__version__, devices()))
        while (task := self._tasks.get()) is not None:
            self._serve_or_fail(task)

    def _serve_or_fail(self, task: m.Message) -> None:
        try:
            self._serve(task)
        except Exception as error:
            traceback.print_exc()
            self.say(m.Failed(type(task).__name__, _reason(error)))

    def _listen(self) -> None:
        for line in self._commands:
            message = m.decode(line)
            control = self._control
            if isinstance(message, m.Stop) and control:
                control.stop()
            elif isinstance(message, m.Pause) and control:
                control.pause()
                self.say(m.Paused(True))
            elif isinstance(message, m.Resume) and control:
                control.resume()
                self.say(m.Paused(False))
            elif isinstance(message, m.Change) and control:
                control.change(message.what, message.value)
            elif isinstance(message, (m.Measure, m.Preview)) and control:  # a run goes on for long; these can't wait for its end
                threading.Thread(target=self._serve_or_fail, args=(message,), daemon=True).start()
            elif isinstance(message, (m.Train, m.Tune, m.Preview, m.Export, m.Evaluate, m.Watch, m.Plugins, m.Measure)):
                self._tasks.put(message)
        if self._control:
            self._control.stop()
        self._tasks.put(None)
        time.sleep(GRACE_SECONDS)
        os._exit(0)

    def _beat(self) -> None:
        while True:
            self.say(m.Alive())
            time.sleep(1.0)

    def _serve(self, task: m.Message) -> None:
        from app.document.runs import RunFolder

        if isinstance(task, m.Train):
            self._train(task)
        elif isinstance(task, m.Export):
            from app.engine.evaluate import open_run
            from app.engine.export import export_onnx
            from app.engine.preprocessing import of_run

            model = open_run(RunFolder(Path(task.run)), task.weights, with_data=False)
            steps = of_run(RunFolder(Path(task.run)), model) if task.preprocessing else None
            verdict = export_onnx(model.net, model.compiled, Path(task.path), task.fold, steps)
            batches = list(verdict.batches)
            self.say(m.Exported(str(verdict.path), verdict.difference, batches, verdict.opset, verdict.size, verdict.traced))
        elif isinstance(task, m.Evaluate):
            from app.engine.evaluate import evaluate

            self.say(m.Evaluated(task.run, task.split, evaluate(RunFolder(Path(task.run)), task.split)))
        elif isinstance(task, m.Watch):
            from app.engine.activations import watch

            watch(RunFolder(Path(task.run)))
            self.say(m.Watched(task.run))
        elif isinstance(task, m.Tune):
            self.say(_tuned(task))
        elif isinstance(task, m.Preview):
            from app.document import storage
            from app.engine.preview import draw

            draw(storage.loads(task.document), Path(task.path), task.seed)
            self.say(m.Previewed(task.path))
        elif isinstance(task, m.Plugins):
            from app.plugins import Plugin, load

            for path, module, digest in task.plugins:
                load(Plugin(module or Path(path).stem, Path(path), digest, module))
        elif isinstance(task, m.Measure):
            self.say(m.Measured([_measured(*question) for question in task.questions]))

    def _train(self, task: m.Train) -> None:
        from app.document import storage
        from app.document.runs import RunFolder
        from app.engine.train import Control, resume, train

        self._control = Control()
        try:
            self.say(m.Started(task.run, task.device))
            folder, device, control = RunFolder(Path(task.run)), task.device, self._control
            if task.resume:
                outcome = resume(folder, device=device, control=control, epochs=task.epochs or None)
            else:
                start_from = Path(task.start_from) if task.start_from else None
                outcome = train(storage.loads(task.document), folder, device=device, control=control, start_from=start_from)
            self.say(m.Finished(task.run, outcome.state, outcome.reason))
        except Exception as error:
            traceback.print_exc()
            self.say(m.Finished(task.run, "failed", _reason(error)))
        finally:
            self._control = None


def _tuned(task: m.Tune) -> m.Tuned:
    from app.document import storage
    from app.engine.tune import find_rate, largest_batch

    document = storage.loads(task.document)
    if task.what == "rate":
        curve = find_rate(document, task.device)
        return m.Tuned("rate", curve.suggested, f"The loss falls fastest at a learning_rate of {curve.suggested:g}")
    found = largest_batch(document, task.device)
    return m.Tuned("batch", found.batch_size, f"A batch_size of {found.batch_size} fits: {found.why}")


def _measured(name: str, params: dict[str, Any], shapes: list[list[int]]) -> list[Any]:
    from app.engine.measure import measured
    from blocks import catalogue

    said = measured((catalogue.load()[name](**params), tuple(map(tuple, shapes))))
    return [said.shapes, said.weights, said.macs, said.error]


def _reason(error: Exception) -> str:
    """What an exception says to a user: our own errors are sentences already."""
    text = str(error).strip() or type(error).__name__
    known = type(error).__module__.startswith(("app.", "blocks.")) or isinstance(error, OSError)
    return text if known else f"{type(error).__name__}: {text.splitlines()[0]}"


def main() -> None:
    """Serve on stdin and stdout. What libraries print goes to stderr, so that it can't break a message."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    Worker(sys.stdin.buffer, answers).run()
