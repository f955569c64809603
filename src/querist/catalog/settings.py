"""Settings: what ``querist.toml`` says, read with helpful errors and written with its comments."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from querist.catalog import toml_form
from querist.catalog.durable import write_atomically
from querist.errors import InvalidInputError, NotFoundError
from querist.schema import MOST_MONEY, ConsensusMethod, Limits, Media, Ontology, TaskKind

FILE_NAME = "querist.toml"
_PASSWORD = re.compile(r"(://[^:/@\s]*):[^@\s]*@")
_COUNT = (lambda v: 0 <= v < math.inf, "0 or more")
_POSITIVE = (lambda v: 0 < v < math.inf, "a number above 0")
_MONEY = (lambda v: 0 <= v <= MOST_MONEY, f"0 to {MOST_MONEY:,}")
_SHARE = (lambda v: 0 <= v <= 1, "a share from 0 to 1")


def _is_overlap(asked: Any) -> bool:
    if not isinstance(asked, Mapping) or asked.keys() - {"opinions", "share"}:
        return False
    count, share = asked.get("opinions"), asked.get("share", 1.0)
    whole = isinstance(count, int) and not isinstance(count, bool) and count >= 1
    return whole and isinstance(share, int | float) and 0 <= share <= 1


# What must hold of a setting, and what to give instead.
_RANGES: toml_form.Ranges = {
    "lowest": (math.isfinite, "a finite number, or leave it out for no limit"),
    "highest": (math.isfinite, "a finite number, or leave it out for no limit"),
    "name": (lambda v: bool(v.strip()), "some text"),
    "records": (lambda v: bool(v.strip()), "records.db, a postgresql:// URL, or env:NAME"),
    "batch_size": _POSITIVE,
    "batch_growth": (lambda v: 1 <= v <= 4, "1 to 4"),
    "sub_pool": _POSITIVE,
    "retrain_change": _SHARE,
    "audit_size": _COUNT,
    "seed": _COUNT,
    "control_share": _SHARE,
    "overlap": _POSITIVE,
    "overlap_share": _SHARE,
    "again_share": _SHARE,
    "blind_share": _SHARE,
    "class_overlap": (
        lambda v: all(_is_overlap(asked) for asked in v.values()),
        "for each class { opinions = 1 or more, share = 0 to 1 }",
    ),
    "class_skills": (
        lambda v: all(isinstance(skill, str) and skill.strip() for skill in v.values()),
        "one skill for each class",
    ),
    "gold_share": (lambda v: 0 <= v <= 0.5, "a share from 0 to 0.5"),
    "budget_labels": _POSITIVE,
    "budget_seconds": _POSITIVE,
    "budget_money": _POSITIVE,
    "currency": (
        lambda v: re.fullmatch("[A-Z]{3}", v) is not None,
        "the three capital letters of ISO 4217, such as EUR",
    ),
    "hourly_cost": _MONEY,
    "compute_cost": _MONEY,
    "error_cost": _MONEY,
    "horizon": _COUNT,
    "target_accuracy": _SHARE,
    "stop_agreement": _SHARE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerSettings:
    """The ``[learner]`` table.

    Attributes:
        name: Name of the learner.
        encoder: Name of the encoder; ``auto`` takes the default one of the project's media.
        parameters: The learner's parameters.
        encoder_parameters: The encoder's parameters.
    """

    name: str = "logistic-regression"
    encoder: str = "auto"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    encoder_parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """The ``[policy]`` table: what each round does and when to stop.

    Attributes:
        strategy: Name of the strategy; ``auto`` lets Querist choose.
        parameters: The strategy's parameters.
        batch_size: Assets a round asks for.
        batch_growth: Each batch is so many times the one before; above 1, models are trained less
            often the more labels there are.
        sub_pool: Assets, drawn anew each round, among which the strategy chooses; ``None``: all.
        retrain_change: Train again only where more than this share of the predictions is expected
            to change, 0 to 1; 0 trains in every round.
        proxy: A learner of vectors that chooses between the trainings of the project's learner, as
            long as it doubts what that has wrong; ``None``: the learner chooses by itself.
        audit_size: Random assets that measure accuracy and never train.
        control_share: Random assets for the control arm, as a share of the batch, 0 to 1.
        seed: Seed of everything random.
        budget_labels: Most labels that rounds ask for, audit and control included; ``None`` for
            no limit.
        budget_seconds: Most seconds of labelling, as far as the mean pace so far foretells them.
        budget_money: Most money, likewise.
        currency: What money is in, three letters of ISO 4217; ``None`` tells plain numbers.
        hourly_cost: Money an hour of labelling, where people have no cost of their own.
        target_accuracy: Stop once the accuracy surely reaches this, 0 to 1.
        compute_cost: Money an hour of the machine that trains, predicts and selects.
        error_cost: Money that one wrong prediction costs.
        horizon: Predictions that the model will make in its life.
        stop_agreement: Stop once consecutive models agree this much (Cohen's kappa), 0 to 1, where
            training is too slow to tell what more labels would mend.
        overlap: Annotators who give an opinion on each asset of the overlap.
        overlap_share: Share of each batch that gets the overlap, 0 to 1.
        class_overlap: The same by the class that the model says: name = { opinions, share }.
        again_share: Share of each batch that asks for another opinion on labelled assets, 0 to 1.
        blind_share: Share of the tasks that are served without the model's suggestion, 0 to 1.
        class_skills: The skill that an annotator needs for assets that the model says are of a
            class.
        gold_share: Share of an annotator's tasks that are gold questions, 0 to 0.5.
        consensus: How labels are made of opinions when a round is finished.
    """

    strategy: str = "auto"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    batch_size: int = 50
    batch_growth: float = 1.0
    sub_pool: int | None = None
    retrain_change: float = 0.0
    proxy: str | None = None
    audit_size: int = 200
    control_share: float = 0.2
    seed: int = 0
    budget_labels: int | None = None
    budget_seconds: float | None = None
    budget_money: float | None = None
    currency: str | None = None
    hourly_cost: float | None = None
    target_accuracy: float | None = None
    compute_cost: float | None = None
    error_cost: float | None = None
    horizon: int | None = None
    stop_agreement: float = 0.99
    overlap: int = 1
    overlap_share: float = 0.0
    class_overlap: Mapping[str, Any] = field(default_factory=dict)
    again_share: float = 0.0
    blind_share: float = 0.0
    class_skills: Mapping[str, Any] = field(default_factory=dict)
    gold_share: float = 0.0
    consensus: ConsensusMethod = ConsensusMethod.MAJORITY


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """What a project is; the content of its ``querist.toml``.

    Attributes:
        name: The project's name.
        task: What is asked about each asset.
        media: What the assets are made of.
        classes: The class names in order; more can be added later.
        records: ``records.db`` inside the folder, a ``postgresql://`` URL, or ``env:NAME`` to take
            the URL from an environment variable, so that no password lies in the file.
        limits: What an answer may be: range and unit of numbers, overlap of spans.
        learner: The learner and its encoder.
        policy: What each round does.
        oracle_column: Metadata column that holds known labels, for demos and simulations.
    """

    name: str
    task: TaskKind = TaskKind.CLASSIFICATION
    media: Media = Media.IMAGE
    classes: tuple[str, ...] = ()
    records: str = "records.db"
    limits: Limits = field(default_factory=Limits)
    learner: LearnerSettings = field(default_factory=LearnerSettings)
    policy: PolicySettings = field(default_factory=PolicySettings)
    oracle_column: str | None = None

    @classmethod
    def of(cls, **values: Any) -> Settings:
        """Build settings from plain values, as they stand in the file.

        Args:
            **values: ``name="shop"``, ``classes=[…]``, ``policy={"batch_size": 20}``, …

        Raises:
            InvalidInputError: a value is of the wrong type or out of its range.
            UnknownNameError: there is no such setting; the nearest names are offered.
        """
        return _build(values, where="The settings")

    @classmethod
    def read(cls, folder: Path) -> Settings:
        """Read the ``querist.toml`` of ``folder``.

        Raises:
            NotFoundError: there is none.
            InvalidInputError: it is not TOML, or a value in it is wrong.
        """
        path = Path(folder) / FILE_NAME
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (FileNotFoundError, NotADirectoryError):
            raise NotFoundError(
                f"There is no project in {str(folder)!r}: {FILE_NAME} is missing.",
                remedy=f"Make one by: querist init {folder}",
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InvalidInputError(
                f"{path} is not valid TOML: {str(error).rstrip('.')}.", remedy="Correct that."
            ) from None
        return _build(values, where=str(path))

    def write(self, folder: Path) -> None:
        """Write ``querist.toml``; comments and order of an existing file are kept."""
        path = Path(folder) / FILE_NAME
        existing = path.read_text(encoding="utf-8-sig") if path.exists() else None
        header = "A Querist project. Edit and commit this file."
        write_atomically(path, toml_form.dump(self, existing, header=header).encode())

    def with_policy(self, **values: Any) -> Settings:
        """The same with other values of the policy.

        Raises:
            InvalidInputError: a value is of the wrong type or out of its range.
            UnknownNameError: there is no such setting; the nearest names are offered.
        """
        now = {item.name: getattr(self.policy, item.name) for item in fields(self.policy)}
        policy = toml_form.build(
            PolicySettings,
            {**now, **values},
            where="The settings",
            ranges=_RANGES,
            prefix="policy.",
        )
        return replace(self, policy=policy)

    def ontology(self) -> Ontology:
        """The first ontology: the task, the classes and the limits."""
        return Ontology.of(self.task, self.classes, limits=self.limits)

    def __repr__(self) -> str:
        shown = (
            f"{f.name}={mask_password(v) if f.name == 'records' else v!r}"
            for f in fields(self)
            for v in (getattr(self, f.name),)
        )
        return f"Settings({', '.join(shown)})"


def mask_password(url: str) -> str:
    """``url`` with its password, if any, replaced by stars.

    Example:
        >>> mask_password("postgresql://ana:secret@db/shop")
        'postgresql://ana:***@db/shop'
    """
    return _PASSWORD.sub(r"\1:***@", url)


def _build(values: Mapping[str, Any], *, where: str) -> Settings:
    settings = toml_form.build(Settings, values, where=where, ranges=_RANGES)
    settings.ontology()  # refuses empty and repeated class names
    return settings
