"""Documents in files (``*.netwright``) and on the clipboard: JSON that is checked at the door.

Reading runs nothing and guesses nothing. Whatever is wrong is told at once, each with its place, such as ``graph.nodes[3].params.stride``.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.document import atomic
from app.document.definitions import wrong_definition, wrong_definition_name
from app.document.formulas import FormulaError, is_formula, parse, takes_formula, wrong_name
from app.document.graph import Definition, Document, Edge, Formulas, Frame, Graph, Node, Parameter, Unknown, as_json, port, type_name
from app.document.recipe import OLD_NAMES, Recipe
from blocks import catalogue
from blocks.core import Block
from blocks.params import ParamError
from blocks.record import Record

if TYPE_CHECKING:
    from app.document.schema import DocumentModel, GraphModel, ParameterModel

SUFFIX = ".netwright"
MOST_BYTES = 64 * 2**20
MOST_DEPTH = 64
MOST_SHOWN = 20
FLAGS = ("bypassed", "frozen", "collapsed")  # of a node; written where they are set


class DocumentError(Exception):
    """A document can't be read. ``errors`` holds (path, message) for each mistake found."""

    def __init__(self, errors: list[tuple[str, str]], source: str = "the document") -> None:
        self.errors = errors
        lines = [f"{path}: {message}" if path else message for path, message in errors[:MOST_SHOWN]]
        if len(errors) > MOST_SHOWN:
            lines.append(f"... and {len(errors) - MOST_SHOWN} more")
        super().__init__(f"{source} can't be read: " + (lines[0] if len(lines) == 1 else "\n  " + "\n  ".join(lines)))


def load(path: Path) -> Document:
    """Read a document; raises DocumentError, also where the file is not there."""
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise DocumentError([("", error.strerror or str(error))], str(path)) from None
    return loads(data, str(path))


def save(path: Path, document: Document) -> None:
    """Write a document, whole or not at all; raises OSError."""
    atomic.write_text(path, dumps(document))


def loads(data: bytes | str, source: str = "the document") -> Document:
    """A document from its JSON; raises DocumentError."""
    errors: list[tuple[str, str]] = []
    model = _structure(_parse(data, source), source)
    definitions = _definitions(model, errors)
    graph = _graph(model.graph, "graph", errors, definitions)
    parameters = _parameters(model.parameters, "parameters", errors)
    recipe = Recipe(**_values(Recipe, model.recipe, "recipe", errors))
    if errors:
        raise DocumentError(errors, source)
    return Document(graph, definitions, recipe, parameters)


def _definitions(model: "DocumentModel", errors: list[tuple[str, str]]) -> dict[str, Definition]:
    """The definitions of a document by name, each made after those that it uses."""
    places = {d.name: k for k, d in enumerate(model.definitions)}
    if len(places) < len(model.definitions):
        errors.append(("definitions", "two of them have the same name"))
    made: dict[str, Definition] = {}
    waiting = dict(places)
    while waiting:
        ready = [name for name, k in waiting.items() if not any(n.block in waiting for n in model.definitions[k].graph.nodes)]
        if not ready:
            names = ", ".join(list(waiting)[:5])
            errors.append(("definitions", f"these contain themselves, directly or through one another: {names}"))
            return made
        for name in ready:
            place, d = f"definitions[{waiting[name]}]", model.definitions[waiting.pop(name)]
            if wrong := wrong_definition_name(name):
                errors.append((f"{place}.name", wrong))
                return made
            graph = _graph(d.graph, f"{place}.graph", errors, made)
            definition = Definition(name, graph, d.help, _parameters(d.parameters, f"{place}.parameters", errors))
            if wrong := wrong_definition(definition):
                errors.append((place, wrong))
            made[name] = definition
    return {name: made[name] for name in places}


def _parameters(models: "list[ParameterModel]", place: str, errors: list[tuple[str, str]]) -> tuple[Parameter, ...]:
    made: dict[str, Parameter] = {}
    for k, p in enumerate(models):
        parameter = Parameter(p.name, p.default, p.help, p.minimum, p.maximum)
        wrong = wrong_name(p.name) or ("the name stands twice" if p.name in made else "")
        try:
            made[p.name] = parameter
            parameter.declared().named("default", type(p.default))
        except ParamError as error:
            wrong = wrong or str(error)
        if wrong:
            errors.append((f"{place}[{k}]", wrong))
    return tuple(p for p in made.values() if not wrong_name(p.name))


def _parse(data: bytes | str, source: str) -> Any:
    def refuse(path: str, message: str) -> DocumentError:
        return DocumentError([(path, message)], source)

    def pairs(entries: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(entries)
        if len(result) < len(entries):
            twice = next(key for key, _ in entries if sum(key == other for other, _ in entries) > 1)
            raise refuse("", f"the key {twice[:60]!r} stands twice in one object")
        return result

    def constant(name: str) -> Any:
        raise refuse("", f"{name} is not a number that JSON knows")

    def whole(digits: str) -> int:
        if len(digits) > 20:
            raise refuse("", f"a number of {len(digits)} digits is too large")
        return int(digits)

    if len(data) > MOST_BYTES:
        raise refuse("", f"it is larger than {MOST_BYTES // 2**20} MiB")
    try:
        text = data.decode() if isinstance(data, bytes) else data
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant, parse_int=whole)
    except UnicodeDecodeError as error:
        raise refuse("", f"it is no UTF-8 text (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise refuse("", f"line {error.lineno}, column {error.colno}: {error.msg}: it is cut off or no JSON") from None
    except RecursionError:
        raise refuse("", f"it is nested deeper than {MOST_DEPTH} levels") from None
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MOST_DEPTH:
            raise refuse("", f"it is nested deeper than {MOST_DEPTH} levels")
        level = [inner for outer in level for inner in _inner(outer)]
    return value


def _inner(value: Any) -> Iterable[Any]:
    return (
        v for v in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()) if isinstance(v, (dict, list))
    )


def _structure(value: Any, source: str) -> "DocumentModel":
    from pydantic import ValidationError  # 45 ms: when a file is opened, not when the window starts

    from app.document.schema import FORMAT, VERSION, DocumentModel

    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise DocumentError([("format", f"it is no Netwright document: 'format' must be {FORMAT!r}")], source)
    version = value.get("version")
    if isinstance(version, int) and version > VERSION:
        raise DocumentError(
            [("version", f"it was written by a newer Netwright (format {version}, this one reads {VERSION}): please update")], source
        )
    try:
        return DocumentModel.model_validate(value)
    except ValidationError as error:
        raise DocumentError([(_path(e["loc"]), _plain(e)) for e in error.errors(include_url=False)], source) from None


def _plain(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "this key is not known"
    return str(error["msg"])[0].lower() + str(error["msg"])[1:]


def _path(place: Iterable[int | str]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def _graph(model: "GraphModel", place: str, errors: list[tuple[str, str]], definitions: Mapping[str, Definition]) -> Graph:
    nodes: dict[str, Node] = {}
    for k, node in enumerate(model.nodes):
        if node.id in nodes:
            errors.append((f"{place}.nodes[{k}].id", f"the id {node.id!r} stands twice"))
        block, formulas = _block(node.block, node.params, f"{place}.nodes[{k}].params", errors, definitions)
        nodes[node.id] = Node(node.id, block, node.name, _place(node.position), node.bypassed, node.frozen, node.collapsed, formulas)
    numbers = [int(id[1:]) for id in nodes if id[0] == "n" and id[1:].isdecimal() and len(id) < 16]
    next_id = max(numbers, default=0) + 1
    edges: dict[str, Edge] = {}
    for k, model_edge in enumerate(model.edges):
        (source, out), (target, into) = model_edge.start, model_edge.end
        edge = Edge(source, out, target, into, tuple(map(_place, model_edge.via)))
        ends = ((edge.source, edge.source_port, "from", "outputs"), (edge.target, edge.target_port, "to", "inputs"))
        for id, name, key, side in ends:
            if id not in nodes:
                errors.append((f"{place}.edges[{k}].{key}", f"there is no node {id!r}"))
            elif port(nodes[id].block, name, side) is None:
                errors.append((f"{place}.edges[{k}].{key}", f"{type_name(nodes[id].block)} has no {side[:-1]} {name!r}"))
        edges[f"e{next_id + k}"] = edge
    _check_single(nodes, edges, place, errors)
    next_id += len(edges)
    frames = {f"f{next_id + k}": Frame(f.text, _place(f.position), _place(f.size)) for k, f in enumerate(model.frames)}
    return Graph(nodes, edges, next_id + len(frames), frames, model.across)


def _place(values: list[float]) -> tuple[float, float]:
    return values[0], values[1]


def _check_single(nodes: dict[str, Node], edges: dict[str, Edge], place: str, errors: list[tuple[str, str]]) -> None:
    taken: set[tuple[str, str]] = set()
    for k, edge in enumerate(edges.values()):
        end = (edge.target, edge.target_port)
        target = port(nodes[edge.target].block, edge.target_port, "inputs") if edge.target in nodes else None
        if target and not target.many and end in taken:
            errors.append((f"{place}.edges[{k}].to", f"the input {edge.target_port!r} of {edge.target!r} takes only one wire"))
        taken.add(end)


def _block(
    name: str, params: dict[str, Any], place: str, errors: list[tuple[str, str]], definitions: Mapping[str, Definition]
) -> tuple[Block, Formulas]:
    kind = definitions[name].kind if name in definitions else catalogue.load().get(name)
    if kind is None:
        return Unknown(type_name=name, data=json.dumps(params)), ()
    formulas = tuple(
        (name, text) for name, text in params.items() if is_formula(text) and name in kind.fields and takes_formula(kind.fields[name])
    )
    for key, text in formulas:
        try:
            parse(text)
        except FormulaError as error:
            errors.append((f"{place}.{key}", str(error)))
    plain = {key: value for key, value in params.items() if key not in dict(formulas)}
    return kind(**_values(kind, plain, place, errors)), formulas


def revive(graph: Graph) -> Graph:
    """The graph with blocks that were unknown and are known now, as far as their parameters fit."""
    nodes = dict(graph.nodes)
    for id, node in graph.nodes.items():
        if isinstance(node.block, Unknown) and node.block.type_name in catalogue.load():
            errors: list[tuple[str, str]] = []
            block, formulas = _block(node.block.type_name, json.loads(node.block.data), "", errors, {})
            nodes[id] = node if errors else replace(node, block=block, formulas=formulas)
    return replace(graph, nodes=nodes)


def _values(kind: type[Record], values: dict[str, Any], place: str, errors: list[tuple[str, str]]) -> dict[str, Any]:
    """The values that fit; for the others an error each."""
    good: dict[str, Any] = {}
    for name, value in values.items():
        if kind is Recipe and isinstance(value, (str, bool)):
            value = OLD_NAMES.get(name, {}).get(value, value)
        try:
            if name not in kind.fields:
                raise ParamError(name, f"{kind.__name__} has no such parameter; it has {', '.join(kind.fields) or 'none'}")
            good[name] = kind.fields[name].coerce(value)
        except ParamError as error:
            errors.append((f"{place}.{name[:60]}", str(error)))
    return good


def dumps(document: Document) -> str:
    """A document as JSON, a line for each node and wire, so that it compares well."""
    definitions = [
        {
            "name": d.name, "help": d.help, "parameters": _parameters_json(d.parameters), "graph": _graph_json(d.graph),
        }
        for d in document.definitions.values()
    ]  # fmt: skip
    value = {
        "format": "netwright",
        "version": 1,
        "graph": _graph_json(document.graph),
        "definitions": definitions,
        "recipe": as_json(document.recipe.values()),
        **({"parameters": _parameters_json(document.parameters)} if document.parameters else {}),
    }
    return _lines(value, 0) + "\n"


def _parameters_json(parameters: Iterable[Parameter]) -> list[dict[str, Any]]:
    return [{key: v for key in Parameter.__slots__ if (v := getattr(p, key)) is not None} for p in parameters]


def _graph_json(graph: Graph) -> dict[str, Any]:
    nodes = [
        {
            "id": n.id, "block": type_name(n.block), "name": n.name, "params": {**params(n.block), **dict(n.formulas)}, "position": _shorts(n.position),
            **{flag: True for flag in FLAGS if getattr(n, flag)},
        }
        for n in graph.nodes.values()
    ]  # fmt: skip
    edges = [
        {"from": [e.source, e.source_port], "to": [e.target, e.target_port], **({"via": list(map(_shorts, e.via))} if e.via else {})}
        for e in graph.edges.values()
    ]
    frames = [{"text": f.text, "position": _shorts(f.position), "size": _shorts(f.size)} for f in graph.frames.values()]
    return {"nodes": nodes, "edges": edges, **({"frames": frames} if frames else {}), **({"across": True} if graph.across else {})}


def params(block: Block) -> dict[str, Any]:
    """The parameters of a block as they stand in a file: all of them, so that a later default changes no document."""
    if isinstance(block, Unknown):
        return dict(json.loads(block.data))
    return as_json(block.values())


def _shorts(values: Iterable[float]) -> list[float | int]:
    return [_short(value) for value in values]


def _short(value: float) -> float | int:
    return int(value) if value == int(value) else round(value, 2)


def _lines(value: Any, depth: int) -> str:
    """JSON with the outer three levels spread over lines."""
    if depth > 2 or not value or not isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    pad = " " * (depth + 1)
    if isinstance(value, dict):
        body = [f"{pad}{json.dumps(key, ensure_ascii=False)}: {_lines(inner, depth + 1)}" for key, inner in value.items()]
        return "{\n" + ",\n".join(body) + "\n" + " " * depth + "}"
    return "[\n" + ",\n".join(pad + _lines(inner, depth + 1) for inner in value) + "\n" + " " * depth + "]"
