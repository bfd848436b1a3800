"""A network ready to take steps: on its device, in its arithmetic, with its optimizer and its samples. A run and every trial begin here."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from app.data.splits import Splits, split
from app.engine import checkpoint
from app.engine.augment import Augment, augments
from app.engine.build import EngineError, Model, loss_of, run_net
from app.engine.devices import images_first
from app.engine.frozen import frozen
from app.engine.optimize import add_l1, make_optimizer
from app.engine.progress import drawn
from app.engine.sharded import even_out, exchange, fill, gathered, shard, split_states
from app.engine.supply import Batch, Moments, Supply, measured, scaled


class Prepared:
    """Made from a model and from Fabric, which says where and with whom. ``net`` is what is called, ``bare`` the module itself."""

    def __init__(self, model: Model, chosen: Any, splits: Splits, moments: Moments, *, sharded: bool = False) -> None:
        self.model, self.compiled, self.fabric = model, model.compiled, chosen
        self.recipe = recipe = model.document.recipe
        self.device: torch.device = chosen.device
        self.world, self.rank = int(chosen.world_size), int(chosen.global_rank)
        self.bare = model.net.to(self.device)
        self.frozen = frozen(model)
        if not any(p.requires_grad for p in self.bare.parameters()):
            raise EngineError("the network has no weights to train: put a Linear or a convolution between Input and loss, or thaw one")
        wide = not sharded and images_first(self.bare, recipe.channels_last, [value.shape for value in self.compiled.inputs])
        if wide:
            self.bare.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.sharded = sharded
        if sharded:
            shard(self.bare, recipe, self.device, self.world)
        self.supply = supply(model, self.device, moments)
        if wide:
            self.supply.channels_last()
        self.augment = Augment(recipe, _pixels(self.supply), self.supply.inputs, self.device)
        self.optimizer: Any = make_optimizer(recipe, self.bare)
        self.graphs = recipe.compile == "graphs" and self.device.type == "cuda"
        self.net: Any = self.bare
        if recipe.compile in ("on", "graphs"):
            self.net = torch.compile(self.bare, mode="reduce-overhead" if self.graphs else "default")
        self.wrapped = self.world > 1 or recipe.precision in ("bf16", "fp16")  # else the bare module is called
        if self.wrapped and not sharded:
            self.net, self.optimizer = chosen.setup(self.net, self.optimizer)
        self.train_at, self.validation_at = (torch.from_numpy(part).to(self.device) for part in (splits.train, splits.validation))

    def train(self) -> None:
        """As it is trained: what is frozen stays as it is judged, or a batch norm would change its statistics."""
        self.net.train()
        for module in self.frozen:
            module.eval()

    def seed(self, number: int) -> None:
        """Begin the random numbers of a step."""
        if self.device.type == "cuda":
            torch.cuda.default_generators[self.device.index or 0].manual_seed(number)
        torch.default_generator.manual_seed(number)
        if self.augment.active:
            self.augment.seed(drawn(number, 1))

    def rate(self, value: float) -> None:
        """The learning rate of the next step."""
        for entry in self.optimizer.param_groups:
            entry["lr"] = value

    def changed(self, raw: Batch) -> tuple[Batch, tuple[Tensor, float] | None]:
        """A raw batch as the network sees it, augmented; and whom each sample was blended with."""
        if not self.augment.active:
            return self.supply.prepared(raw), None
        found = self.supply.prepared(self.augment({name: scaled(value) for name, value in raw.items()}))
        paired = self.augment.pairs(found)
        return (found, None) if paired is None else (paired[0], (paired[1], paired[2]))

    def autocast(self) -> Any:
        """The arithmetic of the recipe, while one is inside."""
        return self.fabric.autocast() if self.wrapped else nullcontext()

    def forward(self, batch: Batch, mixed: tuple[Tensor, float] | None = None) -> tuple[tuple[Tensor, ...], Tensor]:
        """Results and loss."""
        if self.graphs:
            torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        with self.autocast():
            results = run_net(self.net, self.compiled, batch)
            if self.graphs:  # the next step writes over what this one gave
                results = tuple(result.clone() for result in results)
            loss = loss_of(self.bare, self.compiled, results, batch)
            if mixed is not None:
                partner, share = mixed
                other = {name: value[partner] if name not in self.supply.inputs else value for name, value in batch.items()}
                loss = share * loss + (1 - share) * loss_of(self.bare, self.compiled, results, other)
        return results, loss

    def backward(self, loss: Tensor, last: bool = True) -> None:
        """Add up gradients. Only the ``last`` of several batches makes the processes exchange them."""
        if self.sharded:
            exchange(self.bare, last)
        if not self.wrapped or self.sharded:
            loss.backward()  # type: ignore[no-untyped-call]
            return
        with nullcontext() if self.world == 1 else self.fabric.no_backward_sync(self.net, enabled=not last):
            self.fabric.backward(loss)

    def step(self) -> None:
        """Let the optimizer use the gradients, with the penalties and limits of the recipe."""
        if self.recipe.l1:
            add_l1(self.bare, self.recipe)
        if self.recipe.clip_norm:
            if self.wrapped and not self.sharded:
                self.fabric.clip_gradients(self.net, self.optimizer, max_norm=self.recipe.clip_norm, error_if_nonfinite=False)
            else:
                torch.nn.utils.clip_grad_norm_(self.bare.parameters(), self.recipe.clip_norm)
        self.optimizer.step()

    def whole_state(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The states of network and optimizer, with whole tensors; where they are split, every process must ask."""
        optimizer = getattr(self.optimizer, "optimizer", self.optimizer)  # what Fabric has wrapped
        if not self.sharded:
            return self.bare.state_dict(), optimizer.state_dict()
        even_out(self.bare)
        return gathered(self.bare.state_dict()), gathered(optimizer.state_dict())

    def load(self, place: Path) -> None:
        """Network and optimizer as they were at a checkpoint. Raises CheckpointError."""
        optimizer = getattr(self.optimizer, "optimizer", self.optimizer)
        if self.sharded:
            fill(self.bare, checkpoint.tensors(place / checkpoint.WEIGHTS))
        else:
            checkpoint.load_weights(self.bare, place, averaged=False)
        checkpoint.load_optimizer(optimizer, place)
        split_states(optimizer)

    def trial(self, index: Tensor, rate: float, number: int) -> Tensor:
        """One whole step on the samples at ``index``, which nobody records; its loss, still on the device."""
        self.rate(rate)
        self.seed(drawn(self.recipe.seed, number))
        self.optimizer.zero_grad(set_to_none=True)
        _, loss = self.forward(*self.changed(self.supply.raw(index)))
        self.backward(loss)
        self.step()
        return loss.detach()


def parts(model: Model) -> tuple[Splits, Moments]:
    """How the data is split, and the moments of the inputs over what is trained on."""
    recipe = model.document.recipe
    splits = split(model.source, recipe.validation, recipe.test, recipe.seed)
    return splits, measured(model.source, recipe, {value.column for value in model.compiled.inputs}, splits.train)


def supply(model: Model, device: torch.device, moments: Moments) -> Supply:
    """All columns that a network and its losses read."""
    inputs = {value.column for value in model.compiled.inputs}
    wanted: Sequence[str] = sorted(inputs | {arg.column for arg in model.compiled.loss_arguments if arg.column})
    recipe = model.document.recipe
    return Supply(model.source, wanted, inputs, device, moments, workers=recipe.workers, raw=augments(recipe))


def _pixels(found: Supply) -> dict[str, bool]:
    """The columns that hold pixels: True for values, False for masks of indices."""
    result = {}
    for name, tensor in found.columns.items():
        if found.kinds[name] == "real" and tensor.dim() == 4:
            result[name] = True
        elif found.kinds[name] == "index" and tensor.dim() == 3:
            result[name] = False
    return result
