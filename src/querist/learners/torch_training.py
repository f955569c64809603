"""Training of a torch network on vectors: AdamW, early stopping, shrink and perturb."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.learners import torch_device
from querist.learners.base import Codes

BATCH = 128
PATIENCE = 10
# Share of each class that is held out to stop early; too few rows would stop by chance.
HELD_OUT = 0.15
LEAST_HELD_OUT = 20
PERTURB = 0.01


def train(
    network: Any,
    rows: Any,
    codes: Any,
    held: NDArray[np.bool_],
    *,
    epochs: int,
    learning_rate: float,
    weight_decay: float,
    mixed_precision: bool = False,
) -> int:
    """Train ``network`` in place on rows (n, d) and classes (n,); it ends in ``eval``.

    Where rows are held out, the state of the epoch with their lowest loss stays. Draws from torch's
    own random state, which the caller seeds. Returns how many passes over the rows it took.

    Args:
        network: The module.
        rows: Standardised rows (n, d), a tensor on the network's device.
        codes: Their classes (n,), a tensor on the same device.
        held: Which rows are held out (n,).
        epochs: Passes over the rows at most.
        learning_rate: Step of AdamW, over 0.
        weight_decay: Its decay, 0 or more.
        mixed_precision: Whether the passes of training are in bfloat16 where that can be.

    Raises:
        InvalidInputError: the loss is no longer a number.
    """
    import torch

    loss_of = torch.nn.functional.cross_entropy
    steps = torch.optim.AdamW(
        network.parameters(),
        lr=learning_rate,
        weight_decay=weight_decay,
        fused=rows.is_cuda,  # one call for all weights: a GPU waits longer for calls than it works
    )
    kept = torch.from_numpy(np.flatnonzero(~held))
    judged = torch.from_numpy(np.flatnonzero(held)).to(rows.device)
    mixed = torch_device.mixed_precision(rows.device.type) if mixed_precision else nullcontext()
    best, state, stale, passes = np.inf, None, 0, 0
    for _ in range(epochs):
        passes += 1
        network.train()
        # Parts of equal size: a last part of one row would break batch normalisation.
        order = kept[torch.randperm(len(kept))].to(rows.device)
        for at in order.tensor_split(max(len(kept) // BATCH, 1)):
            with mixed:
                loss: Any = loss_of(network(rows[at]), codes[at])
            steps.zero_grad()
            loss.backward()
            steps.step()
        check_finite(float(loss.detach()), learning_rate)
        if not len(judged):
            continue
        network.eval()
        with torch.inference_mode():
            judgement = float(loss_of(network(rows[judged]), codes[judged]))
        if judgement < best:
            best, state, stale = judgement, copy.deepcopy(network.state_dict()), 0
            continue
        stale += 1
        if stale == PATIENCE:
            break
    if state is not None:
        network.load_state_dict(state)
    network.eval()
    return passes


def held_out(codes: Codes, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which rows (n,) are held out: the same share of each class, none of few labels."""
    order = rng.permutation(len(codes))
    order = order[np.argsort(codes[order], kind="stable")]
    _, starts, inverse, counts = np.unique(
        codes[order], return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.arange(len(codes)) - starts[inverse]
    held = np.zeros(len(codes), np.bool_)
    held[order[rank < np.floor(HELD_OUT * counts)[inverse]]] = True
    return held if held.sum() >= LEAST_HELD_OUT else np.zeros(len(codes), np.bool_)


def shrink_and_perturb(network: Any, before: Mapping[str, Any], shrink: float) -> None:
    """Start ``network`` from ``shrink`` times the weights ``before`` plus noise, in place.

    Weights of another shape, such as those of a last layer that gained a class, stay fresh.

    Ash and Adams (2020), "On warm-starting neural network training".
    """
    import torch

    with torch.no_grad():
        for name, weights in network.named_parameters():
            old = before.get(name)
            if old is not None and old.shape == weights.shape:
                noise = torch.randn_like(weights) * PERTURB
                weights.copy_(shrink * old.to(weights.device) + noise)


def check_finite(loss: float, learning_rate: float) -> None:
    """Refuse to go on with a loss that is no number; raises InvalidInputError."""
    if not np.isfinite(loss):
        raise InvalidInputError(
            f"The loss became {loss} with a learning rate of {learning_rate}.",
            remedy="Give a lower learning_rate, such as a tenth of it.",
        )
