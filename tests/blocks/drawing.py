"""What the examiner draws: parameters within their limits, and shapes that mostly fit together."""

import types
from collections.abc import Callable
from typing import Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st

from blocks.core import Block, Shape, Shapes
from blocks.loss import Classification
from blocks.params import Param

Draw = tuple[Block, Shapes]
small = st.integers(1, 6)
FORMULAS = ["a * sigmoid(b)", "max(a, 0.5) - b / 2", "-tanh(a) + exp(-b * b)", "abs(a) ** 0.5 + relu(b)", "min(a, b) * sin(c)", "softplus(x) + 3 * 2 ** -1",
            "erf(a) * cos(b) - sign(a)", "floor(a) + log(1 + abs(b))", "sqrt(abs(p)) / (1 + q ** 2)", "2 ** a", "min(3, a) + max(-1, b)"]  # fmt: skip


def values(param: Param) -> st.SearchStrategy[Any]:
    """Small values of a parameter's type, within its limits, and its default every other time."""
    return st.just(param.default) | _values(param.type, param)


def _values(kind: Any, param: Param) -> st.SearchStrategy[Any]:
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return st.one_of([_values(arg, param) for arg in args])
    if origin is Literal:
        return st.sampled_from(args)
    if origin is tuple and args[-1] is ...:
        if args[0] is float:
            return st.just(())
        return st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*(_values(arg, param) for arg in args))
    if kind is bool:
        return st.booleans()
    if kind is str:
        return st.just(param.default)
    if kind is int:
        low = int(param.ge) if param.ge is not None else -4
        return st.integers(max(low, -4), min(low + 5, int(param.le) if param.le is not None else low + 5))
    low_f = param.ge if param.ge is not None else param.gt or 0.0
    high = next((limit for limit in (param.le, param.lt) if limit is not None), 2.0)
    made = st.floats(low_f, max(high, low_f), width=32, exclude_min=param.gt is not None, exclude_max=param.lt is not None)
    return made.filter(lambda v: v == 0 or abs(v) > 1e-6)


def vector(*sizes: Any) -> st.SearchStrategy[Shape]:
    return st.tuples(*(small if size is None else size if isinstance(size, st.SearchStrategy) else st.just(size) for size in sizes))


def _attention(_: Block) -> st.SearchStrategy[Shapes]:
    e = st.integers(1, 4).map(lambda n: 2 * n)
    one = st.tuples(small, e).map(lambda x: (x,))
    two = st.tuples(small, e, small, small).map(lambda d: ((d[0], d[1]), (d[2], d[3])))
    three = st.tuples(small, e, small, small, small, small).map(lambda d: ((d[0], d[1]), (d[2], d[3]), (d[2] if d[5] > 1 else d[5], d[4])))
    return one | two | three


def _dot_product(_: Block) -> st.SearchStrategy[Shapes]:
    lead = st.lists(small, max_size=2).map(tuple)
    return st.tuples(lead, small, small, small, small).map(lambda d: ((*d[0], d[1], d[2]), (*d[0], d[3], d[2]), (*d[0], d[3], d[4])))


def _deformable(block: Any) -> st.SearchStrategy[Shapes]:
    def build(d: Any) -> Shapes:
        x, wrong, mask = d
        try:
            out = block.shape(x)
        except Exception:
            out = (1, 1, 1)
        taps = block.kernel_size[0] * block.kernel_size[1] * block.offset_groups
        shapes = (x, (2 * taps + (wrong == 0), *out[1:]), (taps, *out[1:]))
        return shapes if mask else shapes[:2]

    channels = st.sampled_from([1, 2, 3, 4, 6])
    return st.tuples(st.tuples(channels, st.integers(1, 9), st.integers(1, 9)), st.integers(0, 9), st.booleans()).map(build)


def _unpool(block: Any) -> st.SearchStrategy[Shapes]:
    one = vector(None, None, None)
    return one.map(lambda x: (x, x)) | st.tuples(one, one)


def _scores(_: Block) -> st.SearchStrategy[Shapes]:
    spatial = st.lists(st.integers(1, 4), max_size=2).map(tuple)
    return st.tuples(small, spatial, spatial, st.booleans()).map(lambda d: ((d[0], *d[1]), d[1] if d[3] else d[2]))


def _policy(_: Block) -> st.SearchStrategy[Shapes]:
    lead = st.lists(small, max_size=1).map(tuple)
    return st.tuples(small, lead, st.booleans()).map(lambda d: ((d[0], *d[1]), d[1], d[1]) + ((d[1],) if d[2] else ()))


def _split(block: Any) -> st.SearchStrategy[Shapes]:
    x = vector(None, None, None)
    if not block.sizes:
        return st.tuples(x)
    at = block.dim % 4 - 1
    return st.tuples(x.map(lambda s: (*s[:at], sum(block.sizes), *s[at + 1 :]) if at >= 0 else s))


def _equal(count: int, rank: int = 1) -> Callable[[Block], st.SearchStrategy[Shapes]]:
    def build(_: Block) -> st.SearchStrategy[Shapes]:
        one = vector(*[None] * rank)
        return one.map(lambda x: (x,) * count) | st.tuples(*[one] * count)

    return build


SHAPES: dict[str, Callable[[Any], st.SearchStrategy[Shapes]]] = {
    "MultiheadAttention": _attention,
    "ScaledDotProduct": _dot_product,
    "DeformConv2d": _deformable,
    "MaxUnpool2d": _unpool,
    "PolicyGradientLoss": _policy,
    "Split": _split,
    "TripletLoss": _equal(3),
    "CosineEmbeddingLoss": lambda b: _equal(2)(b).map(lambda xs: (*xs, ())),
    "CTCLoss": lambda b: st.tuples(vector(None, st.integers(2, 6)), vector(None)),
    "Bilinear": lambda b: st.tuples(st.lists(small, max_size=2).map(tuple), small, small).map(lambda d: ((*d[0], d[1]), (*d[0], d[2]))),
    "GridSample": lambda b: st.tuples(vector(None, None, None), vector(None, None, st.sampled_from([2, 2, 2, 3]))),
    "AffineGrid": lambda b: st.tuples(st.sampled_from([(2, 3), (2, 3), (2, 3), (3, 3)])),
    "Formula": lambda b: vector(None, None).map(lambda x: (x,) * len(b.inputs)),
    "GroupNorm": lambda b: st.tuples(
        vector(st.integers(1, 12), None, st.integers(2, 6)) | vector(st.integers(2, 4).map(lambda n: n * b.num_groups))
    ),
    "PixelShuffle": lambda b: st.tuples(vector(st.sampled_from([b.upscale_factor**2, 2 * b.upscale_factor**2, 3]), None, None)),
    "PixelUnshuffle": lambda b: st.tuples(vector(None, small.map(lambda n: n * b.downscale_factor), st.integers(1, 12))),
    "ChannelShuffle": lambda b: st.tuples(vector(st.sampled_from([b.groups, 2 * b.groups, 5]), None, None)),
}


ONE_AXIS = {"Reshape"}


def shapes(block: Block) -> st.SearchStrategy[Shapes]:
    """Shapes of the ranks of the block's example, mostly equal to each other where there are several inputs."""
    own = SHAPES.get(type(block).__name__)
    if own:
        return own(block)
    if isinstance(block, Classification):
        return _scores(block)
    example = block.example
    if len(example) == 1 and len(example[0]) == 1 and type(block).__name__ not in ONE_AXIS:
        return st.tuples(st.lists(st.integers(1, 12), min_size=1, max_size=3).map(tuple))
    if len(example) < 2:
        return st.tuples(*(st.tuples(*(st.integers(1, 12) for _ in shape)) for shape in example))
    one = st.tuples(*(small for _ in example[0])) if len(example[0]) > 1 else st.lists(small, min_size=1, max_size=3).map(tuple)
    if block.inputs[0].many:
        equal = st.tuples(one, st.integers(1, 4)).map(lambda pair: (pair[0],) * pair[1])
        return equal | st.lists(one, min_size=1, max_size=3).map(tuple)
    return one.map(lambda shape: (shape, shape)) | st.tuples(one, one)


def _made(kind: type[Block]) -> st.SearchStrategy[Block]:
    fields = {name: values(p) for name, p in kind.fields.items() if not p.section}
    if kind.__name__ == "Formula":
        fields["expression"] = st.sampled_from(FORMULAS)
    for name in ("groups", "offset_groups"):
        if name in fields:
            fields[name] = st.sampled_from([1, 1, 1, 2, 3])  # larger ones hardly ever divide both channel counts
    if kind.__name__ == "Embedding":
        fields["num_embeddings"] = st.integers(4, 9)
    if kind.__name__ == "Crop2d":
        fields["size"] = st.tuples(small, small)
    return st.fixed_dictionaries(fields).map(lambda given: kind(**given))


def draws(kind: type[Block]) -> st.SearchStrategy[Draw]:
    """A block and shapes for its inputs."""
    if kind.__name__ == "Reshape":  # two random shapes hardly ever hold as many numbers
        size = st.lists(small, min_size=2, max_size=3).map(tuple)
        return st.tuples(size, st.randoms()).map(lambda d: (kind(size=tuple(d[1].sample(d[0], len(d[0])))), (d[0],)))
    if kind.__name__ == "Permute":
        orders = st.lists(small, min_size=1, max_size=3).flatmap(
            lambda x: st.tuples(st.just(tuple(x)), st.permutations(range(1, len(x) + 1)))
        )
        return orders.map(lambda d: (kind(order=tuple(d[1])), (d[0],)))
    if kind.__name__ == "Squeeze":
        return st.tuples(st.integers(-4, 4), vector(None, st.sampled_from([1, 1, 3]), None)).map(lambda d: (kind(dim=d[0]), (d[1],)))
    return _made(kind).flatmap(lambda block: st.tuples(st.just(block), shapes(block)))
