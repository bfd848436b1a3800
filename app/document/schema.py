"""The file format, as pydantic models: the shape of the JSON, before it means anything. Strict, and nothing extra is let in."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT = "netwright"
VERSION = 1

Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
Name = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=20_000)]
Coordinate = Annotated[float, Field(ge=-1e7, le=1e7, allow_inf_nan=False, strict=False)]
Place = Annotated[list[Coordinate], Field(min_length=2, max_length=2)]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NodeModel(Model):
    id: Id
    block: Annotated[str, Field(min_length=1, max_length=200)]
    name: Name
    params: dict[str, Any] = {}
    position: Place = [0.0, 0.0]
    bypassed: bool = False
    frozen: bool = False
    collapsed: bool = False


class EdgeModel(Model):
    start: Annotated[list[str], Field(alias="from", min_length=2, max_length=2)]
    end: Annotated[list[str], Field(alias="to", min_length=2, max_length=2)]
    via: Annotated[list[Place], Field(max_length=100)] = []


class FrameModel(Model):
    text: Text = ""
    position: Place
    size: Place


class GraphModel(Model):
    nodes: Annotated[list[NodeModel], Field(max_length=100_000)] = []
    edges: Annotated[list[EdgeModel], Field(max_length=400_000)] = []
    across: bool = False
    frames: Annotated[list[FrameModel], Field(max_length=10_000)] = []


class ParameterModel(Model):
    name: Name
    default: bool | int | float
    help: Text = ""
    minimum: int | float | None = None
    maximum: int | float | None = None


class DefinitionModel(Model):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    help: Text = ""
    parameters: Annotated[list[ParameterModel], Field(max_length=100)] = []
    graph: GraphModel = GraphModel()


class DocumentModel(Model):
    format: Literal["netwright"]
    version: Literal[1]
    graph: GraphModel = GraphModel()
    definitions: Annotated[list[DefinitionModel], Field(max_length=1000)] = []
    recipe: dict[str, Any] = {}
    parameters: Annotated[list[ParameterModel], Field(max_length=100)] = []
