"""MC dropout: sampled predictions of a torch network in one call, dropout layers on, others not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from querist.errors import MissingSignalError


def sampled_logits(network: Any, rows: Any, *, samples: int, seed: int) -> Any:
    """Logits (S, n, K) of ``network`` under ``samples`` masks, from rows (n, …).

    A mask is the same for all rows, so that a pass is one model and joint entropies mean something;
    it depends on ``seed`` alone, not on which rows are asked together. In a ``Sequential`` all that
    comes before its first dropout layer runs once. The network stays in ``eval``: normalisation
    does what it does at prediction. Dropout that is no layer (``functional.dropout``) stays off.

    Gal and Ghahramani (2016), "Dropout as a Bayesian approximation"; Kirsch, van Amersfoort and Gal
    (2019), "BatchBALD", for masks that all rows share.

    Raises:
        MissingSignalError: the network has no dropout layer, or one that cannot be sampled.
    """
    import torch

    layers = _dropout_layers(network)
    first, rest = _split(network, layers)
    # Drawn on the CPU: every device gets the same masks.
    generator = torch.Generator().manual_seed(seed)
    with torch.inference_mode(), _switched_on(layers, samples, generator):
        reached = first(rows)
        if _is_head(rest) and reached.ndim == 2:
            return _head_logits(rest[0], rest[1], reached, samples, generator)
        tiled = reached.expand(samples, *reached.shape).flatten(0, 1)
        return rest(tiled).unflatten(0, (samples, -1))


def _dropout_layers(network: Any) -> list[Any]:
    from torch import nn

    found = [m for m in network.modules() if isinstance(m, nn.modules.dropout._DropoutNd) and m.p]
    strange = [type(m).__name__ for m in found if "Alpha" in type(m).__name__]
    if strange or not found:
        raise MissingSignalError(
            f"The network has {strange[0] if strange else 'no dropout layer'}: "
            "MC dropout has nothing to draw.",
            remedy="Give it nn.Dropout layers, or set uncertainty to 'laplace'.",
        )
    return found


def _split(network: Any, layers: list[Any]) -> tuple[Any, Any]:
    from torch import nn

    if type(network) is nn.Sequential:
        for place, child in enumerate(network):
            if any(module in layers for module in child.modules()):
                return network[:place], network[place:]
    return nn.Identity(), network


def _is_head(rest: Any) -> bool:
    from torch import nn

    kinds = [type(layer) for layer in rest] if type(rest) is nn.Sequential else []
    return kinds == [nn.Dropout, nn.Linear]


def _head_logits(layer: Any, linear: Any, reached: Any, samples: int, generator: Any) -> Any:
    """Dropping inputs is dropping columns of the weights: one product, no copy of the rows."""
    import torch

    mask = _mask(layer, [samples, 1, reached.shape[1]], generator).to(linear.weight)
    weights = (linear.weight * mask).flatten(0, 1)  # (S K, h)
    bias = None if linear.bias is None else linear.bias.repeat(samples)
    logits: Any = torch.nn.functional.linear(reached, weights, bias)
    return logits.unflatten(1, (samples, -1)).transpose(0, 1)


def _mask(layer: Any, shape: list[int], generator: Any) -> Any:
    import torch

    kept = torch.rand(shape, generator=generator) >= layer.p
    return kept / max(1 - layer.p, 1e-12)


@contextmanager
def _switched_on(layers: list[Any], samples: int, generator: Any) -> Iterator[None]:
    from torch import nn

    def drop(layer: Any, _given: Any, output: Any) -> Any:
        passes = output.unflatten(0, (samples, -1))
        shape = [samples, 1, *passes.shape[2:]]
        if not isinstance(layer, nn.Dropout):  # Dropout2d and its like drop whole channels
            shape[3:] = [1] * len(shape[3:])
        return (passes * _mask(layer, shape, generator).to(passes)).flatten(0, 1)

    handles = [layer.register_forward_hook(drop) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
