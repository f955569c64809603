"""Several learners that answer together: of different kinds, one kind several times, snapshots."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.learners import arrays
from querist.learners.base import Codes, Learner, Matrix
from querist.learners.checking import check_training, unfitted, unreadable
from querist.learners.committee import bootstrap_draw

if TYPE_CHECKING:
    from querist.learners.torch_learner import TorchLearner

_KINDS = ("logistic-regression", "random-forest", "naive-bayes")


class _Together(ABC):
    """Members that were trained elsewhere; what they say is averaged."""

    name: ClassVar[str]

    def __init__(self) -> None:
        self._trained: Sequence[Learner] = []

    @abstractmethod
    def _made(self) -> Sequence[Learner]:
        """The members anew, not trained."""

    @property
    def member_count(self) -> int:
        """How many members there are; 0 before ``fit`` or ``load``."""
        return len(self._trained)

    def predict_proba(self, X: Matrix) -> NDArray[np.float32]:
        """The mean (n, C) of what the members say.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: NaN, or another number of columns than in training.
        """
        if not self._trained:
            raise unfitted(self.name)
        first, *others = self._trained
        total = first.predict_proba(X).astype(np.float64)
        for member in others:
            total += member.predict_proba(X)
        return (total / len(self._trained)).astype(np.float32)

    def sample_proba(
        self, X: Matrix, *, samples: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Probabilities (S, n, C) of ``samples`` members, all of them before one comes again.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
        """
        if not self._trained:
            raise unfitted(self.name)
        drawn = rng.permutation(len(self._trained))[np.arange(samples) % len(self._trained)]
        said = {at: self._trained[at].predict_proba(X) for at in np.unique(drawn).tolist()}
        return np.stack([said[at] for at in drawn.tolist()])

    def save(self, folder: Path) -> None:
        """Write each member into a folder of its own."""
        if not self._trained:
            raise unfitted(self.name)
        for at, member in enumerate(self._trained):
            member.save(folder / f"member-{at}")
        arrays.write(folder, {}, {"name": self.name, "members": self.member_count})

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            StorageError: the folder holds no committee, or one of other members.
        """
        _, facts = arrays.read(folder, self.name)
        members = self._made()
        if facts.get("members") != len(members):
            reason = ValueError(f"it has {facts.get('members')} members, not {len(members)}")
            raise unreadable(self.name, folder, reason)
        for at, member in enumerate(members):
            member.load(folder / f"member-{at}")
        self._trained = members


class CommitteeLearner(_Together):
    """Members that train on the same labels; what they say is averaged, where they differ is doubt.

    Different kinds are a heterogeneous committee (Seung, Opper and Sompolinsky, 1992, "Query by
    committee"). One kind of network several times, each from its own seed, is a deep ensemble
    (Lakshminarayanan, Pritzel and Blundell, 2017). With ``bootstrap`` each member learns from its
    own draw of the labels (Abe and Mamitsuka, 1998).

    Args:
        members: Names of learners, two or more; or tables of a ``name`` and its parameters.
        bootstrap: Whether each trains on its own draw.

    Example:
        >>> CommitteeLearner(["naive-bayes", {"name": "svm-rbf", "C": 1.0}]).parameters["members"]
        ['naive-bayes', {'name': 'svm-rbf', 'C': 1.0}]
    """

    name: ClassVar[str] = "committee"
    summary: ClassVar[str] = "Several learners that answer together; deep ensembles too"
    paper: ClassVar[str] = "Lakshminarayanan et al. 2017"

    def __init__(
        self, members: Sequence[str | Mapping[str, Any]] = _KINDS, bootstrap: bool = False
    ) -> None:
        super().__init__()
        self._members = [it if isinstance(it, str) else dict(it) for it in members]
        self._bootstrap = bool(bootstrap)
        if isinstance(members, str) or len(self._members) < 2:
            raise InvalidInputError(
                f"The committee has the members {members!r}.",
                remedy="Name two learners or more, such as ['torch', 'torch', 'torch'].",
            )
        self._made()  # refuses what cannot be built

    @property
    def parameters(self) -> Mapping[str, Any]:
        """``members`` and ``bootstrap``."""
        return {"members": list(self._members), "bootstrap": self._bootstrap}

    def fit(self, X: Matrix, y: Codes, *, class_count: int, rng: np.random.Generator) -> None:
        """Train all members anew on rows (n, d), one after the other.

        Raises:
            InvalidInputError: no rows, fewer than two classes, shapes that disagree, or NaN.
        """
        rows, codes, _ = check_training(X, y, class_count)
        members = self._made()
        for member in members:
            drawn = bootstrap_draw(codes, rng) if self._bootstrap else slice(None)
            member.fit(rows[drawn], codes[drawn], class_count=class_count, rng=rng)
        self._trained = members

    def _made(self) -> list[Learner]:
        # Late: the registry knows this class by name.
        from querist.learners.registry import create_learner, starts_script

        made = []
        for member in self._members:
            asked: dict[str, Any] = {"name": member} if isinstance(member, str) else dict(member)
            if "name" not in asked:
                raise InvalidInputError(
                    f"A member of the committee has no name: {member!r}.",
                    remedy="Give each table the name of a learner beside its parameters.",
                )
            name = asked.pop("name")
            if starts_script(name):  # its parameters stand in the records, which start no program
                raise InvalidInputError(
                    f"{name!r} cannot be a member of a committee.",
                    remedy="Let the script itself answer for several models.",
                )
            made.append(create_learner(name, **asked))
        return made


class SnapshotLearner(_Together):
    """One network at several times of its training; each time starts anew from the last one.

    Huang et al. (2017), "Snapshot ensembles: train 1, get M for free". Restarts take the optimiser
    back to its full step, as theirs do; each round of training ends by early stopping instead of a
    fixed schedule. What a later one holds out anew the network has mostly learned before, so that
    its first pass is mostly the best: members are about a pass apart, and differ far less than in a
    deep ensemble.

    Args:
        snapshots: How many, 2 or more.
        **parameters: Those of the learner ``torch``, without ``shrink``.
    """

    name: ClassVar[str] = "torch-snapshots"
    summary: ClassVar[str] = "Neural network at several times of its training; extra [torch]"
    paper: ClassVar[str] = "Huang et al. 2017"

    def __init__(self, snapshots: int = 5, **parameters: Any) -> None:
        super().__init__()
        if snapshots < 2 or "shrink" in parameters:
            raise InvalidInputError(
                f"{self.name!r} cannot take {snapshots} snapshots with {sorted(parameters)}.",
                remedy="Give 2 or more, and the parameters of 'torch' without shrink.",
            )
        self._snapshots, self._parameters = int(snapshots), dict(parameters)
        self._made()  # refuses what cannot be built

    @property
    def parameters(self) -> Mapping[str, Any]:
        """``snapshots`` and those of the network."""
        return {"snapshots": self._snapshots, **self._parameters}

    def fit(self, X: Matrix, y: Codes, *, class_count: int, rng: np.random.Generator) -> None:
        """Train one network anew on rows (n, d), and go on from it for each further snapshot.

        Raises:
            InvalidInputError: no rows, fewer than two classes, shapes that disagree, or NaN.
        """
        network, *others = self._made()
        network.fit(X, y, class_count=class_count, rng=rng)
        members = [network]
        for member in others:
            member.go_on_from(members[-1])
            member.fit(X, y, class_count=class_count, rng=rng)
            members.append(member)
        self._trained = members

    def _made(self) -> list[TorchLearner]:
        from querist.learners.registry import create_learner

        given = {**self._parameters, "shrink": 1.0}
        made = [create_learner("torch", **given) for _ in range(self._snapshots)]
        return cast("list[TorchLearner]", made)
