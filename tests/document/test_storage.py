"""The file: what is written is read back, and what is broken is told in one clear message with its place."""

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest

from app.document.graph import Document, Unknown
from app.document.storage import DocumentError, dumps, load, loads, save
from resources import resource

TEXT = resource("examples", "first-cnn.netwright").read_text()


def changed(path: list[Any], value: Any) -> str:
    """The example with one value replaced."""
    document = json.loads(TEXT)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return json.dumps(document)


BROKEN = {
    "truncated": (TEXT[:900], "it is cut off or no JSON"),
    "empty": ("", "cut off or no JSON"),
    "no json": ("hello", "line 1, column 1"),
    "another format": ('{"format": "onnx"}', "'format' must be 'netwright'"),
    "a list": ("[]", "it is no Netwright document"),
    "a newer version": (changed(["version"], 99), "newer Netwright"),
    "wrong type": (changed(["graph", "nodes"], 3), "graph.nodes: input should be a valid list"),
    "wrong parameter type": (
        changed(["graph", "nodes", 1, "params", "stride"], "2"),
        "graph.nodes[1].params.stride: stride must be a list of 2",
    ),
    "out of range": (changed(["graph", "nodes", 1, "params", "stride"], [0, 1]), "stride must be at least 1"),
    "unknown parameter": (
        changed(["graph", "nodes", 1, "params", "filters"], 3),
        "graph.nodes[1].params.filters: Conv2d has no such parameter",
    ),
    "unknown key": (changed(["graph", "nodes", 1, "color"], "red"), "graph.nodes[1].color: this key is not known"),
    "unknown recipe": (changed(["recipe", "lr"], 1), "recipe.lr: Recipe has no such parameter"),
    "unknown node": (changed(["graph", "edges", 0, "from"], ["n99", "y"]), "graph.edges[0].from: there is no node 'n99'"),
    "unknown port": (changed(["graph", "edges", 0, "to"], ["n2", "z"]), "graph.edges[0].to: Conv2d has no input 'z'"),
    "two wires": (changed(["graph", "edges", 0, "to"], ["n4", "x"]), "takes only one wire"),
    "same id": (changed(["graph", "nodes", 1, "id"], "n1"), "stands twice"),
    "NaN": (TEXT.replace("0.004", "NaN"), "NaN is not a number that JSON knows"),
    "Infinity": (TEXT.replace("0.004", "-Infinity"), "-Infinity is not a number"),
    "1e999": (TEXT.replace("0.004", "1e999"), "recipe.learning_rate"),
    "deep": ("[" * 2000 + "]" * 2000, "nested deeper than"),
    "rather deep": (changed(["graph", "nodes", 0, "params"], json.loads('{"a":' * 90 + "1" + "}" * 90)), "nested deeper than 64"),
    "duplicate key": (TEXT.replace('"version": 1', '"version": 1, "version": 1'), "stands twice"),
    "big integer": (TEXT.replace('"version": 1', f'"version": {"9" * 5000}'), "5000 digits"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_document_is_told_clearly(name: str) -> None:
    text, words = BROKEN[name]
    with pytest.raises(DocumentError) as caught:
        loads(text)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 4000


def test_all_mistakes_are_told_at_once() -> None:
    document = json.loads(TEXT)
    document["graph"]["nodes"][1]["params"].update(stride=0, kernel_size="x", what=1)
    document["recipe"]["epochs"] = -1
    with pytest.raises(DocumentError) as caught:
        loads(json.dumps(document))
    assert [path for path, _ in caught.value.errors] == [
        "graph.nodes[1].params.kernel_size", "graph.nodes[1].params.stride", "graph.nodes[1].params.what", "recipe.epochs",
    ]  # fmt: skip


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(DocumentError, match="No such file"):
        load(Path("/nowhere/at-all.netwright"))


def test_no_text_at_all(tmp_path: Path) -> None:
    (tmp_path / "x.netwright").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DocumentError, match="UTF-8"):
        load(tmp_path / "x.netwright")


def test_an_unknown_block_is_kept_as_it_is() -> None:
    params = {"a": [1, {"b": None}], "c": "ü", "d": 1.5, "e": True}
    document = json.loads(TEXT)
    document["graph"]["nodes"][2].update(block="MyOwnBlock", params=params)
    document["graph"]["edges"].append({"from": ["n4", "second"], "to": ["n4", "odd"]})
    loaded = loads(json.dumps(document))
    assert isinstance(loaded.graph.nodes["n4"].block, Unknown)
    again = json.loads(dumps(loaded))
    assert again["graph"]["nodes"][2]["block"] == "MyOwnBlock"
    assert again["graph"]["nodes"][2]["params"] == params
    assert again["graph"]["edges"][-1] == {"from": ["n4", "second"], "to": ["n4", "odd"]}


def test_definitions_are_kept() -> None:
    document = json.loads(TEXT)
    inner = {"nodes": [document["graph"]["nodes"][1]], "edges": []}
    document["definitions"] = [
        {"name": "block", "help": "A block.", "parameters": [{"name": "width", "default": 64, "help": "w", "minimum": 1}], "graph": inner}
    ]
    again = json.loads(dumps(loads(json.dumps(document))))
    assert again["definitions"] == document["definitions"]


@pytest.mark.parametrize("name", ["plain", "with space", "naïve", "日本", "🙂", "x" * 180])
def test_saved_and_loaded_is_the_same(example: Document, tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name}.netwright"
    save(path, example)
    assert load(path) == example
    assert dumps(load(path)) == path.read_text() == TEXT
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_mutants_end_in_an_error_or_in_a_document() -> None:
    chance = random.Random(0)
    values: list[Any] = [None, True, -1, 0, 2**60, 1.5, "", "n1", [], {}, [[]], "é" * 500, [1] * 20]
    loaded = refused = 0
    for _ in range(1500):
        document = json.loads(TEXT)
        for _ in range(chance.randint(1, 3)):
            inner: Any = document
            while True:
                keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
                if not keys:
                    break
                key = chance.choice(keys)
                if isinstance(inner[key], (dict, list)) and chance.random() < 0.85:
                    inner = inner[key]
                    continue
                inner[key] = copy.deepcopy(chance.choice(values))
                break
        try:
            dumps(loads(json.dumps(document)))
            loaded += 1
        except DocumentError as error:
            assert str(error)
            refused += 1
    print(f"{loaded} loaded, {refused} refused")
    assert refused > 500
