"""A language model fine-tuned to mark entities: a label for each word, spans by the best path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import TooFewLabelsError, UnknownNameError
from querist.learners import arrays, torch_device
from querist.learners.checking import check_values, unfitted
from querist.learners.span_tagger_answers import AGGREGATES, say
from querist.learners.span_tagger_chain import Packed
from querist.learners.span_tagger_labels import OUTSIDE, allowed, labels_of, renumbered
from querist.learners.span_tagger_tokens import Tokens, texts_of, tokenize
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
from querist.schema import SpansValue, TaskKind, Value

_KIND = "AutoModelForTokenClassification"
_TEXTS, _PREDICT_BATCH = 512, 32
# The label of word pieces that torch's loss does not look at.
_UNSEEN = -100


class TransformersSpans:
    """A pre-trained encoder that gives each word a label; all of it is fine-tuned.

    Devlin et al. (2019), "BERT: pre-training of deep bidirectional transformers". A word has the
    label of its first piece; the spans are the likeliest ones in which no entity goes on that did
    not begin. Long texts are read in pieces of whole sentences. Confidence and doubt are those of
    ``span-tagger``, by the scores of the network.

    Args:
        model: ``all-MiniLM-L6-v2`` from its package, a local folder, or a name of a model hub.
        aggregate: How the doubt of words becomes that of a text: ``mean``, ``max``, ``sum`` or
            ``path``.
        epochs: Passes over the labelled texts at most.
        learning_rate: Highest step of AdamW, over 0.
        batch_size: Pieces of texts a step.
        max_length: Word pieces that are read at once; what is beyond is no entity.
        device: ``cpu``, ``cuda`` …; ``None`` takes a GPU where there is one.
    """

    name: ClassVar[str] = "transformers-spans"
    summary: ClassVar[str] = "A language model fine-tuned to mark spans; extra [text]"
    paper: ClassVar[str] = "Devlin et al. 2019"
    tasks: ClassVar[frozenset[TaskKind]] = frozenset({TaskKind.SPANS})

    def __init__(
        self,
        model: str = PACKAGED,
        aggregate: str = "mean",
        epochs: int = 10,
        learning_rate: float = 1e-4,
        batch_size: int = 16,
        max_length: int = 256,
        device: str | None = None,
    ) -> None:
        if aggregate not in AGGREGATES:
            raise UnknownNameError.of("aggregate", str(aggregate), AGGREGATES)
        self._tuning = Tuning(epochs=epochs, learning_rate=learning_rate, batch_size=batch_size)
        self._source, self._aggregate, self._max_length = model, aggregate, max_length
        self._asked_device = device
        self._device = torch_device.choose(device, feature=self.name, extra="text")
        self._network: Any = None
        self._tokenizer: Any = None
        self._classes: tuple[str, ...] = ()

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What rebuilds it."""
        return {
            "model": self._source,
            "aggregate": self._aggregate,
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
        """Fine-tune the pre-trained model anew on the spans of n texts.

        Raises:
            InvalidInputError: no texts, lengths that disagree, labels of another kind, not one
                span in all labels, or a loss that is no number.
            StorageError: the pre-trained model cannot be read.
        """
        known = check_values(len(inputs), values, SpansValue)
        texts = texts_of(inputs, range(len(inputs)), self.name)
        tokens = tokenize(texts)
        labels = labels_of(tokens, texts, known, classes)
        codes = np.unique(labels[labels % 2 == 1] // 2)
        if not len(codes):
            raise TooFewLabelsError(
                f"None of the {len(known)} labels has a span that holds a word or sign.",
                remedy="Label texts that have entities, then train.",
            )
        goals = np.split(renumbered(labels, codes), np.cumsum(tokens.chains)[:-1])
        held = held_out(np.zeros(len(goals), np.int64), rng)
        import torch

        with torch_device.seeded(int(rng.integers(2**31)), self._device):
            network, tokenizer = read_pretrained(
                _KIND,
                self._source,
                self._device,
                feature=self.name,
                num_labels=1 + 2 * len(codes),
            )
            encoded, firsts = self._encoded(tokens, texts, tokenizer)

            def loss_of(rows: NDArray[np.int64]) -> Any:
                batch = padded(tokenizer, [encoded[i] for i in rows.tolist()], self._device)
                logits = network(**batch).logits
                goal = np.full(tuple(logits.shape[:2]), _UNSEEN)
                for row, i in enumerate(rows.tolist()):
                    goal[row, firsts[i]] = goals[i][: len(firsts[i])]
                wanted = torch.as_tensor(goal, device=self._device)
                return torch.nn.functional.cross_entropy(
                    logits.flatten(0, 1), wanted.flatten(), ignore_index=_UNSEEN
                )

            fine_tune(network, loss_of, held, self._tuning, self._device)
        self._network, self._tokenizer = network, tokenizer
        self._classes = tuple(classes[code] for code in codes.tolist())

    def predict(self, inputs: Inputs) -> Guesses:
        """The spans of each of n texts with their confidence, and the doubt of each text.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: an asset is no text.
        """
        if self._network is None:
            raise unfitted(self.name)
        values: list[SpansValue] = []
        doubts = np.zeros(len(inputs), dtype=np.float32)
        follow, begin = allowed(len(self._classes))
        moves = np.where(follow, 0.0, -np.inf), np.where(begin, 0.0, -np.inf)
        for start in range(0, len(inputs), _TEXTS):
            rows = range(start, min(start + _TEXTS, len(inputs)))
            texts = texts_of(inputs, rows, self.name)
            tokens = tokenize(texts)
            packed = Packed.of(tokens.chains)
            scores = self._scores(tokens, texts)[packed.order]
            said, doubts[rows.start : rows.stop] = say(
                tokens, packed, scores, moves, len(texts), self._classes, self._aggregate
            )
            values.extend(said)
        return Guesses(values=values, uncertainty=doubts)

    def save(self, folder: Path) -> None:
        """Write weights as safetensors, all else as JSON.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
        """
        if self._network is None:
            raise unfitted(self.name)
        write_pretrained(self._network, self._tokenizer, folder / "network")
        arrays.write(folder, {}, {"name": self.name, "classes": list(self._classes)})

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            StorageError: the folder does not hold a model of this kind.
        """
        _, facts = arrays.read(folder, self.name)
        self._network, self._tokenizer = read_pretrained(
            _KIND, folder / "network", self._device, feature=self.name
        )
        self._classes = tuple(facts["classes"])

    def _scores(self, tokens: Tokens, texts: Sequence[str]) -> NDArray[np.float64]:
        """Log-chance (T, L) of each label of each token; what is beyond the limit is outside."""
        import torch

        found = np.full((len(tokens), 1 + 2 * len(self._classes)), -30.0)
        found[:, OUTSIDE] = 0
        heads = np.cumsum(tokens.chains) - tokens.chains
        encoded, firsts = self._encoded(tokens, texts, self._tokenizer)
        # Pieces of like length share a batch, so that little of it is padding.
        order = np.argsort([-len(one["input_ids"]) for one in encoded], kind="stable")
        for start in range(0, len(order), _PREDICT_BATCH):
            rows = order[start : start + _PREDICT_BATCH].tolist()
            batch = padded(self._tokenizer, [encoded[i] for i in rows], self._device)
            with torch.inference_mode():
                logits = self._network(**batch).logits.double().log_softmax(dim=-1).cpu().numpy()
            for row, i in enumerate(rows):
                at = np.arange(len(firsts[i])) + heads[i]
                found[at] = logits[row, firsts[i]]
        return found

    def _encoded(
        self, tokens: Tokens, texts: Sequence[str], tokenizer: Any
    ) -> tuple[list[dict[str, Any]], list[NDArray[np.int64]]]:
        """The word pieces of each chain, and where in them each of its words begins."""
        encoded, firsts = [], []
        for words in _words(tokens, texts):
            one = tokenizer(
                words, is_split_into_words=True, truncation=True, max_length=self._max_length
            )
            # A word of signs that the tokenizer drops has no piece: all after it would be shifted.
            places = {word: at for at, word in reversed(list(enumerate(one.word_ids())))}
            kept = 0
            while kept in places:
                kept += 1
            encoded.append({key: one[key] for key in one})
            firsts.append(np.array([places[word] for word in range(kept)], dtype=np.int64))
        return encoded, firsts


def _words(tokens: Tokens, texts: Sequence[str]) -> Iterator[list[str]]:
    """The words of each chain."""
    columns = zip(tokens.texts.tolist(), tokens.starts.tolist(), tokens.ends.tolist(), strict=True)
    words = [texts[row][start:end] for row, start, end in columns]
    after = 0
    for length in tokens.chains.tolist():
        yield words[after : after + length]
        after += length
