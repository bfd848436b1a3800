"""The templates against torchvision's own models: weights copied over in order, the same logits. ``python -m tests.oracle.torchvision_logits``.

Needs torchvision (``pip install --no-deps torchvision==0.28.0``); it has no build for CPUs, so the operators that its Python side asks for
are declared by name only.
"""

import re
import sys

import torch

from app.compiler import compile_document
from app.document.gallery import templates
from app.document.storage import load
from app.engine.build import instantiate


def declare() -> None:
    """Let torchvision be imported without its compiled part: declare each operator that it misses until it misses none."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    for _ in range(60):
        try:
            import torchvision  # noqa: F401

            return
        except RuntimeError as error:
            missing = re.search(r"operator torchvision::(\w+) does not exist", str(error))
            if missing is None:
                raise
            library.define(f"{missing[1]}(Tensor x) -> Tensor")
            for name in [name for name in sys.modules if name.startswith("torchvision")]:
                del sys.modules[name]


def entries(net: torch.nn.Module) -> list[tuple[str, torch.Tensor]]:
    """Weights and running statistics, in order; of auxiliary heads last."""
    found = [(name, tensor) for name, tensor in net.state_dict().items() if tensor.is_floating_point()]
    return [e for e in found if "aux" not in e[0].lower()] + [e for e in found if "aux" in e[0].lower()]


def compare(template: str, reference: str) -> float:
    """The largest difference of the logits, relative to the largest logit."""
    import torchvision

    size = 299 if reference == "inception_v3" else 224
    options = {"aux_logits": False} if reference == "googlenet" else {"transform_input": False} if reference == "inception_v3" else {}
    torch.manual_seed(0)
    other = torchvision.models.get_model(reference, weights=None, **options).eval()
    compiled = compile_document(load(templates()[template].path))
    net = instantiate(compiled.source).eval()
    own = net.state_dict()
    names = [name for name, tensor in own.items() if tensor.is_floating_point()]
    values = entries(other)
    assert len(names) == len(values), (template, len(names), len(values))
    for name, (_, tensor) in zip(names, values, strict=True):
        assert own[name].shape == tensor.shape, (template, name, own[name].shape, tensor.shape)
        own[name].copy_(torch.rand_like(tensor) + 0.5 if name.endswith("running_var") else tensor)
    for name, (_, tensor) in zip(names, values, strict=True):
        tensor.copy_(own[name])
    x = torch.randn(2, 3, size, size)
    with torch.no_grad():
        mine, theirs = net(x), other(x)
        own[names[0]].add_(0.1)  # the control: another weight gives other logits
        assert not torch.equal(net(x), theirs), template
    return float((mine - theirs).abs().max() / theirs.abs().max())


def main() -> int:
    """Compare all that torchvision has too."""
    declare()
    import torchvision

    worst = 0.0
    known = set(torchvision.models.list_models())
    for template in templates().values():
        if template.reference in known:
            difference = compare(template.name, template.reference)
            worst = max(worst, difference)
            print(f"{template.name:<22} {template.reference:<22} {difference:.1e}", flush=True)
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}: largest relative difference {worst:.1e}")
    return int(worst > 1e-4)


if __name__ == "__main__":
    raise SystemExit(main())
