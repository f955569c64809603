"""A torch network as a learner: a small head with dropout, or a module of your own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, MissingSignalError, UnknownNameError
from querist.learners import arrays, dropout, laplace, torch_device, torch_training
from querist.learners.base import Codes, Matrix
from querist.learners.checking import check_matrix, check_training, unfitted, unreadable
from querist.learners.scaling import column_scales, one_hot

PREDICT_ROWS = 8_192
# Rows of which all passes are computed in one call: their activations stay near the processor.
SAMPLED_ROWS = 1_024
UNCERTAINTIES = ("dropout", "laplace")

_OF_THE_NETWORK = "network."
_OF_THE_POSTERIOR = "posterior."


class TorchLearner:
    """Standardised features, then a torch network trained by AdamW with early stopping.

    From 20 held-out labels (15 % of each class) the epoch with their lowest loss is kept; of fewer
    labels all train. The same data and seed give the same model on one device. Without ``module``
    the network is one hidden layer: linear, ReLU, dropout, linear.

    Args:
        hidden: Width of the hidden layer.
        dropout: Share of the hidden values that is dropped, 0 to below 1.
        epochs: Passes over the labels at most.
        learning_rate: Step of AdamW, over 0.
        weight_decay: Its decay, 0 or more.
        uncertainty: What ``sample_proba`` draws: ``dropout`` masks, or last layers of a
            ``laplace`` approximation, which needs a module that ends in ``nn.Linear``.
        shrink: Warm start: a second ``fit`` on the same object, or one after ``load``, starts from
            this share of the weights plus noise (Ash and Adams, 2020; 0.3 to 0.6). ``None`` starts
            from scratch, as each round of a project does.
        device: ``cpu``, ``cuda`` …; ``None`` takes a GPU where there is one.
        mixed_precision: Train in bfloat16 where the device can; for modules that are large.
        module: Makes a network from the numbers of columns and of classes; its output are logits
            (n, classes). It has no name, so it serves in Python but in no ``querist.toml``: for
            that, register a subclass as a plug-in.

    Example:
        >>> TorchLearner(hidden=64).parameters["hidden"]
        64
    """

    name: ClassVar[str] = "torch"
    summary: ClassVar[str] = "Neural network with dropout, or a module of your own; extra [torch]"
    paper: ClassVar[str] = "Srivastava et al. 2014"

    def __init__(
        self,
        hidden: int = 128,
        dropout: float = 0.2,
        epochs: int = 100,
        learning_rate: float = 3e-3,
        weight_decay: float = 0.01,
        uncertainty: str = "dropout",
        shrink: float | None = None,
        device: str | None = None,
        mixed_precision: bool = False,
        *,
        module: Callable[[int, int], Any] | None = None,
    ) -> None:
        _check("hidden", hidden, hidden >= 1, "1 or more")
        _check("dropout", dropout, 0 <= dropout < 1, "0 to below 1")
        _check("epochs", epochs, epochs >= 1, "1 or more")
        _check("learning_rate", learning_rate, 0 < learning_rate < math.inf, "a number over 0")
        _check("weight_decay", weight_decay, 0 <= weight_decay < math.inf, "0 or more")
        _check("shrink", shrink, shrink is None or 0 <= shrink <= 1, "0 to 1, or leave it out")
        if uncertainty not in UNCERTAINTIES:
            raise UnknownNameError.of("uncertainty", uncertainty, UNCERTAINTIES)
        self._parameters: dict[str, Any] = {
            "hidden": hidden,
            "dropout": dropout,
            "epochs": epochs,
            "learning_rate": learning_rate,
            "weight_decay": weight_decay,
            "uncertainty": uncertainty,
            "shrink": shrink,
            "device": device,
            "mixed_precision": bool(mixed_precision),
        }
        self._device = torch_device.choose(
            device, feature=f"The learner {self.name!r}", extra="torch"
        )
        self._module = module
        self._network: Any = None
        self.epochs_run = 0  # passes over the labels that the last ``fit`` took
        self._mean: Matrix = np.zeros(0, np.float32)  # (d,)
        self._scale: Matrix = np.zeros(0, np.float32)  # (d,)
        self._present: Codes = np.zeros(0, np.int64)  # (K,)
        self._class_count = 0
        self._posterior: laplace.Posterior | None = None

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What rebuilds it by name.

        Raises:
            InvalidInputError: it was given a module, which no name describes.
        """
        if self._module is not None:
            raise InvalidInputError(
                f"{self.name!r} was given a module of yours, which has no name.",
                remedy="Register a subclass as a plug-in to store it in a project.",
            )
        return dict(self._parameters)

    def fit(self, X: Matrix, y: Codes, *, class_count: int, rng: np.random.Generator) -> None:
        """Train on rows (n, d); ``rng`` seeds the weights, the order, and the dropout.

        Raises:
            InvalidInputError: no rows, fewer than two classes, shapes that disagree, or NaN; the
                loss does not stay finite, or the module's output has another shape.
        """
        import torch

        rows, codes, present = check_training(X, y, class_count)
        mean, scale = (values.astype(np.float32) for values in column_scales(rows, one_hot(codes)))
        seed = int(rng.integers(2**62))
        held = torch_training.held_out(codes, rng)
        places = np.searchsorted(present, codes)
        with torch_device.seeded(seed, self._device), torch_device.steady(self._device):
            network = self._built(rows.shape[1], len(present))
            if self._parameters["shrink"] is not None and self._network is not None:
                before = self._network.state_dict()
                torch_training.shrink_and_perturb(network, before, self._parameters["shrink"])
            table = torch.from_numpy((rows - mean) / scale).to(self._device)
            _logits_shape(network, table, len(present))
            self.epochs_run = torch_training.train(
                network,
                table,
                torch.from_numpy(places).to(self._device),
                held,
                **{
                    key: self._parameters[key]
                    for key in ("epochs", "learning_rate", "weight_decay", "mixed_precision")
                },
            )
        posterior = None
        if self._parameters["uncertainty"] == "laplace":
            features, weights = _last_layer(network, table)
            posterior = laplace.fit_posterior(features, weights, places)
        self._network, self._mean, self._scale, self._posterior = network, mean, scale, posterior
        self._present, self._class_count = present, class_count

    def predict_proba(self, X: Matrix) -> NDArray[np.float32]:
        """Probabilities (n, C), dropout off; a class never seen gets 0.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: NaN, or another number of columns than in training.
        """
        import torch

        rows = self._checked(X)
        found = np.zeros((len(rows), self._class_count), np.float32)
        with torch.inference_mode(), torch_device.steady(self._device):
            for part, table in self._tables(rows, PREDICT_ROWS):
                found[part, self._columns()] = _shares(self._network(table))
        return found

    def sample_proba(
        self, X: Matrix, *, samples: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Probabilities (S, n, C) of ``samples`` models, each the same one for all rows.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            MissingSignalError: the network has no dropout layer and no Laplace approximation.
        """
        rows = self._checked(X)
        _check("samples", samples, samples >= 1, "1 or more")
        found = np.zeros((samples, len(rows), self._class_count), np.float32)
        passes = self._dropout_passes if self._posterior is None else self._laplace_passes
        says = passes(samples, rng)
        with torch_device.steady(self._device):
            for part, table in self._tables(rows, SAMPLED_ROWS):
                found[:, part, self._columns()] = says(table)
        return found

    def save(self, folder: Path) -> None:
        """Write the network's state, and the posterior where there is one, as safetensors."""
        if self._network is None:
            raise unfitted(self.name)
        state: dict[str, NDArray[Any]] = {
            _OF_THE_NETWORK + name: tensor.cpu().numpy()
            for name, tensor in self._network.state_dict().items()
        }
        state |= {"mean": self._mean, "scale": self._scale, "present": self._present}
        if self._posterior is not None:
            for field in fields(self._posterior):
                state[_OF_THE_POSTERIOR + field.name] = getattr(self._posterior, field.name)
        arrays.write(folder, state, {"name": self.name, "class_count": self._class_count})

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            StorageError: the folder holds no model of this kind, or one of another network.
        """
        import torch

        state, facts = arrays.read(folder, self.name, ("mean", "scale", "present"))
        weights = {
            name.removeprefix(_OF_THE_NETWORK): torch.from_numpy(values)
            for name, values in state.items()
            if name.startswith(_OF_THE_NETWORK)
        }
        try:
            with torch_device.seeded(0, self._device):  # its first weights are drawn, then replaced
                network = self._built(len(state["mean"]), len(state["present"]))
            network.load_state_dict(weights)
            posterior = None
            if self._parameters["uncertainty"] == "laplace":
                names = [field.name for field in fields(laplace.Posterior)]
                posterior = laplace.Posterior(**{n: state[_OF_THE_POSTERIOR + n] for n in names})
        except (RuntimeError, KeyError) as error:  # torch: the names or shapes are others
            raise unreadable(self.name, folder, error) from error
        self._network, self._posterior = network.eval(), posterior
        self._mean, self._scale, self._present = state["mean"], state["scale"], state["present"]
        self._class_count = int(facts["class_count"])

    def go_on_from(self, other: TorchLearner) -> None:
        """Let the next ``fit`` start from the network of another learner, which stays as it is."""
        self._network = other._network

    def _built(self, width: int, classes: int) -> Any:
        from torch import nn

        if self._module is not None:
            return self._module(width, classes).to(self._device)
        hidden = self._parameters["hidden"]
        return nn.Sequential(
            nn.Linear(width, hidden),
            nn.ReLU(),
            nn.Dropout(self._parameters["dropout"]),
            nn.Linear(hidden, classes),
        ).to(self._device)

    def _columns(self) -> Codes | slice:
        # Copying whole rows takes less than half as long as copying columns by their numbers.
        return slice(None) if len(self._present) == self._class_count else self._present

    def _checked(self, X: Matrix) -> Matrix:
        if self._network is None:
            raise unfitted(self.name)
        return check_matrix(X, dimensions=len(self._mean))

    def _tables(self, rows: Matrix, step: int) -> Iterator[tuple[slice, Any]]:
        import torch

        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            yield part, torch.from_numpy((rows[part] - self._mean) / self._scale).to(self._device)

    def _dropout_passes(
        self, samples: int, rng: np.random.Generator
    ) -> Callable[[Any], NDArray[np.float32]]:
        seed = int(rng.integers(2**62))

        def says(table: Any) -> NDArray[np.float32]:
            logits = dropout.sampled_logits(self._network, table, samples=samples, seed=seed)
            return _shares(logits)

        return says

    def _laplace_passes(
        self, samples: int, rng: np.random.Generator
    ) -> Callable[[Any], NDArray[np.float32]]:
        assert self._posterior is not None
        weights = self._posterior.draw(samples, rng)
        return lambda table: laplace.sampled_shares(_last_layer(self._network, table)[0], weights)


def _shares(logits: Any) -> NDArray[np.float32]:
    """Softmax along the last axis; over a few classes five times as fast as torch's own."""
    import torch

    with torch.inference_mode():
        raised = (logits - logits.amax(dim=-1, keepdim=True)).exp_()
        raised /= raised.sum(dim=-1, keepdim=True)
        shares: NDArray[np.float32] = raised.float().cpu().numpy()
    return shares


def _last_layer(network: Any, table: Any) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """What the last linear layer sees of the rows (n, h), and its weights (K, h + 1)."""
    import torch
    from torch import nn

    linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    seen: list[Any] = []
    with torch.inference_mode():
        if linear:
            handle = linear[-1].register_forward_hook(
                lambda _, given, out: seen.extend((*given, out))
            )
            try:
                logits = network(table)
            finally:
                handle.remove()
        if len(seen) != 2 or seen[0].ndim != 2 or not torch.equal(seen[1], logits):
            raise MissingSignalError(
                "The network does not end in one nn.Linear: its last layer has no Laplace.",
                remedy="End the module in nn.Linear, or set uncertainty to 'dropout'.",
            )
        bias = linear[-1].bias
        if bias is None:
            bias = torch.zeros(linear[-1].out_features)
        weights = torch.cat([linear[-1].weight, bias.to(linear[-1].weight)[:, None]], dim=1)
    return seen[0].cpu().numpy(), weights.cpu().numpy().astype(np.float64)


def _logits_shape(network: Any, table: Any, classes: int) -> None:
    import torch

    with torch.inference_mode():
        shape = tuple(network.eval()(table[:2]).shape)
    if shape != (len(table[:2]), classes):
        raise InvalidInputError(
            f"The module gives {shape} for {len(table[:2])} rows and {classes} classes.",
            remedy="Make its last layer as wide as the second number that the factory is given.",
        )


def _check(name: str, value: object, right: bool, wanted: str) -> None:
    if not right:
        raise InvalidInputError(f"{name} is {value}.", remedy=f"Give {wanted}.")
