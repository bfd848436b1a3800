"""What is measured beside a loss follows from its kind; a loss without a prediction and a target has nothing beside it."""

from typing import Any

import pytest
import torch

from app.compiler import compile_graph
from app.engine.build import instantiate, loss_of, run_net
from app.engine.metrics import batch_metrics


@pytest.mark.parametrize(
    ("loss", "target", "metric"),
    [
        ("CrossEntropy", {}, "accuracy"), ("FocalLoss", {}, "accuracy"), ("HingeLoss", {}, "accuracy"),
        ("MSELoss", {"kind": "values", "size": (10,)}, "mae"), ("BCEWithLogitsLoss", {"kind": "values", "size": (10,)}, "binary_accuracy"),
        ("KLDivLoss", {"kind": "values", "size": (10,)}, ""),
    ],
)  # fmt: skip
def test_the_metric_of_a_loss(draw: Any, loss: str, target: dict[str, Any], metric: str) -> None:
    draw.add("Input", size=(6,), column="x")
    last = draw.add("Linear", out_features=10)
    draw.add("Target", column="t", **target)
    draw.add(loss, last, draw.last)
    draw.add("ActivityPenalty", last)
    compiled = compile_graph(draw.graph)
    net = instantiate(compiled.source)
    batch = {"x": torch.randn(4, 6), "t": torch.rand(4, 10) if target else torch.randint(10, (4,))}
    results = run_net(net, compiled, batch)
    assert set(batch_metrics(compiled, results, batch)) == ({metric} if metric else set())
    assert torch.isfinite(loss_of(net, compiled, results, batch))


def test_a_policy_is_learned_from_rewards(draw: Any) -> None:
    """REINFORCE on a bandit: the arm that pays becomes the likely one."""
    draw.add("Input", size=(1,), column="state")
    scores = draw.add("Linear", out_features=3, name="policy")
    action = draw.add("Target", name="action", column="action", classes=3)
    reward = draw.add("Target", name="reward", column="reward", kind="values")
    draw.add("PolicyGradientLoss", scores, action, reward)
    compiled = compile_graph(draw.graph)
    torch.manual_seed(0)
    net = instantiate(compiled.source)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    for _ in range(100):
        state = torch.ones(64, 1)
        with torch.no_grad():
            action_ = torch.distributions.Categorical(logits=net(state)).sample()
        batch = {"state": state, "action": action_, "reward": (action_ == 2).float()}
        loss = loss_of(net, compiled, run_net(net, compiled, batch), batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert torch.softmax(net(torch.ones(1, 1)), 1)[0, 2] > 0.9
