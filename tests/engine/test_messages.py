"""Messages survive the wire; rubbish does not stop the reader."""

import json

import pytest

from app.engine import messages as m

SAMPLES: list[m.Message] = [
    m.Train("{}", "/run", "cpu"), m.Watch("/run"), m.Watched("/run"), m.Pause(), m.Resume(), m.Stop(), m.Export("/run", "/x.onnx"), m.Evaluate("/run"), m.Ready("2.13", [["cpu", "CPU"]]), m.Alive(),
    m.Started("/run", "cpu"), m.Paused(True), m.Finished("/run", "done", "ok"), m.Exported("/x", 1e-6, [1, 5], 18, 9), m.Evaluated("/run", "test", {"loss": 1.0}),
    m.Change("epochs", 5.0), m.Tune("{}", "rate"), m.Preview("{}", "/x.png"), m.Tuned("rate", 0.1, "so"), m.Previewed("/x.png"),
    m.Failed("Export", "no"), m.Plugins([["/p.py", "", "ab"]]), m.Measure([["Fold", {"size": 2}, [[1, 8, 8]]]]), m.Measured([[[[4, 16]], [], 0, ""]]),
]  # fmt: skip


@pytest.mark.parametrize("message", SAMPLES, ids=lambda message: type(message).__name__)
def test_there_and_back(message: m.Message) -> None:
    assert m.decode(m.encode(message)) == message


def test_every_kind_has_a_sample() -> None:
    assert {type(message) for message in SAMPLES} == set(m.KINDS.values())


@pytest.mark.parametrize(
    "line", [b"", b"hello\n", b"{}", b"[]", b"3", json.dumps({"kind": "Nope"}).encode(), b'{"kind": "Stop", "x": 1}', b"\xff"]
)
def test_rubbish_is_no_message(line: bytes) -> None:
    assert m.decode(line) is None
