"""A language model fine-tuned on the texts themselves, for one class a text or a set of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.learners import arrays, torch_device
from querist.learners.base import NEVER, Codes
from querist.learners.checking import check_media, check_training, check_values, unfitted
from querist.learners.label_sets import set_table, sets_of_chances
from querist.learners.torch_training import held_out
from querist.learners.transformers_models import (
    PACKAGED,
    Tuning,
    fine_tune,
    padded,
    read_pretrained,
    write_pretrained,
)
from querist.learners.value_base import Guesses, Inputs
from querist.schema import ClassesValue, ClassValue, Media, TaskKind, Value

_READ = 1024
_PREDICT_BATCH = 64


class TransformersText:
    """A pre-trained encoder with a new last layer, all of it fine-tuned.

    Devlin et al. (2019), "BERT: pre-training of deep bidirectional transformers"; few labels want
    a small step with a warm-up (Mosbach et al., 2021, "On the stability of fine-tuning BERT").

    Args:
        model: ``all-MiniLM-L6-v2`` from its package, a local folder, or a name of a model hub.
        epochs: Passes over the labelled texts at most.
        learning_rate: Highest step of AdamW, over 0.
        batch_size: Texts a step.
        max_length: Word pieces that are read of a text.
        device: ``cpu``, ``cuda`` …; ``None`` takes a GPU where there is one.
    """

    name: ClassVar[str] = "transformers-text"
    summary: ClassVar[str] = "A language model fine-tuned on texts: classes or sets; extra [text]"
    paper: ClassVar[str] = "Devlin et al. 2019"
    tasks: ClassVar[frozenset[TaskKind]] = frozenset(
        {TaskKind.CLASSIFICATION, TaskKind.MULTI_LABEL}
    )

    def __init__(
        self,
        model: str = PACKAGED,
        epochs: int = 8,
        learning_rate: float = 1e-4,
        batch_size: int = 16,
        max_length: int = 256,
        device: str | None = None,
    ) -> None:
        self._tuning = Tuning(epochs=epochs, learning_rate=learning_rate, batch_size=batch_size)
        self._source, self._max_length, self._asked_device = model, max_length, device
        self._device = torch_device.choose(device, feature=self.name, extra="text")
        self._network: Any = None
        self._tokenizer: Any = None
        self._classes: tuple[str, ...] = ()
        self._present: Codes = np.zeros(0, np.int64)
        self._sets = False

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What rebuilds it."""
        return {
            "model": self._source,
            **asdict(self._tuning),
            "max_length": self._max_length,
            "device": self._asked_device,
        }

    def fit(
        self,
        inputs: Inputs,
        values: Sequence[Value],
        *,
        classes: Sequence[str],
        rng: np.random.Generator,
    ) -> None:
        """Fine-tune the pre-trained model anew on n texts.

        Raises:
            InvalidInputError: no texts, lengths that disagree, labels of another kind or of fewer
                than two classes, or a loss that is no number.
            StorageError: the pre-trained model cannot be read.
        """
        sets = bool(values) and isinstance(values[0], ClassesValue)
        truth = self._truth(inputs, values, classes, sets)
        held = held_out(np.zeros(len(truth), np.int64) if sets else truth, rng)
        import torch

        with torch_device.seeded(int(rng.integers(2**31)), self._device):
            network, tokenizer = read_pretrained(
                "AutoModelForSequenceClassification",
                self._source,
                self._device,
                feature=self.name,
                num_labels=len(classes) if sets else len(self._present),
            )
            encoded = [one for part in self._encoded(inputs, tokenizer) for one in part]
            goal = torch.as_tensor(truth, device=self._device)
            loss_function: Any = (
                torch.nn.functional.binary_cross_entropy_with_logits
                if sets
                else torch.nn.functional.cross_entropy
            )

            def loss_of(rows: NDArray[np.int64]) -> Any:
                batch = padded(tokenizer, [encoded[i] for i in rows.tolist()], self._device)
                return loss_function(network(**batch).logits, goal[torch.from_numpy(rows)])

            fine_tune(network, loss_of, held, self._tuning, self._device)
        self._network, self._tokenizer = network, tokenizer
        self._classes, self._sets = tuple(classes), sets

    def predict(self, inputs: Inputs) -> Guesses:
        """The likeliest class or set of n texts with the chance (n, C) of each class.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: an asset is no text.
        """
        if self._network is None:
            raise unfitted(self.name)
        logits = self._logits(inputs)
        if self._sets:
            chances = 0.5 * (1 + np.tanh(0.5 * logits))
            return sets_of_chances(chances.astype(np.float32), self._classes)
        whole = np.full((len(logits), len(self._classes)), NEVER)
        whole[:, self._present] = logits
        raised = np.exp(whole - whole.max(axis=1, keepdims=True))
        table = (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)
        return Guesses(
            values=[ClassValue(name=self._classes[code]) for code in table.argmax(axis=1)],
            uncertainty=1 - table.max(axis=1),
            probabilities=table,
        )

    def save(self, folder: Path) -> None:
        """Write weights as safetensors, all else as JSON.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
        """
        if self._network is None:
            raise unfitted(self.name)
        write_pretrained(self._network, self._tokenizer, folder / "network")
        facts = {"name": self.name, "classes": list(self._classes), "sets": self._sets}
        arrays.write(folder, {"present": self._present}, facts)

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            StorageError: the folder does not hold a model of this kind.
        """
        state, facts = arrays.read(folder, self.name, ("present",))
        self._network, self._tokenizer = read_pretrained(
            "AutoModelForSequenceClassification",
            folder / "network",
            self._device,
            feature=self.name,
        )
        self._present, self._sets = state["present"], bool(facts["sets"])
        self._classes = tuple(facts["classes"])

    def _truth(
        self, inputs: Inputs, values: Sequence[Value], classes: Sequence[str], sets: bool
    ) -> NDArray[Any]:
        """Classes (n,) among those that occur, or sets (n, C)."""
        if sets:
            labels = check_values(len(inputs), values, ClassesValue)
            return set_table(labels, classes).astype(np.float32)
        code_of = {name: code for code, name in enumerate(classes)}
        codes = [code_of[it.name] for it in check_values(len(inputs), values, ClassValue)]
        _, checked, self._present = check_training(
            np.zeros((len(codes), 1), np.float32), np.array(codes), len(classes)
        )
        return np.searchsorted(self._present, checked)

    def _encoded(self, inputs: Inputs, tokenizer: Any) -> Iterator[list[dict[str, Any]]]:
        """The word pieces of every text, some at a time."""
        for start in range(0, len(inputs), _READ):
            items = inputs.items(range(start, min(start + _READ, len(inputs))))
            check_media(items, Media.TEXT, self.name)
            found = tokenizer(
                [item.text for item in items], truncation=True, max_length=self._max_length
            )
            yield [{key: found[key][i] for key in found} for i in range(len(items))]

    def _logits(self, inputs: Inputs) -> NDArray[np.float64]:
        import torch

        count = len(self._classes) if self._sets else len(self._present)
        parts = [np.zeros((0, count))]
        for encoded in self._encoded(inputs, self._tokenizer):
            # Texts of like length share a batch, so that little of it is padding.
            order = np.argsort([-len(one["input_ids"]) for one in encoded], kind="stable")
            found = np.empty((len(encoded), count))
            for start in range(0, len(order), _PREDICT_BATCH):
                rows = order[start : start + _PREDICT_BATCH]
                batch = padded(self._tokenizer, [encoded[i] for i in rows], self._device)
                with torch.inference_mode():
                    found[rows] = self._network(**batch).logits.double().cpu().numpy()
            parts.append(found)
        return np.concatenate(parts)
