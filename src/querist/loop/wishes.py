"""What one batch shall have of its own; what is not wished for stays as the settings say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from querist.catalog import Catalog
from querist.catalog.settings import PolicySettings
from querist.errors import InvalidInputError
from querist.labeling import check_rules_of_classes
from querist.loop import proxies, training
from querist.loop.remedies import strategy_for, strategy_like
from querist.loop.slices import Slices
from querist.loop.thrift import next_batch_size
from querist.loop.value_signals import check_strategy
from querist.schema import is_whole
from querist.strategies import Strategy, create


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Wishes for one batch.

    Attributes:
        strategy: Name of the strategy, without parameters.
        overlap: Annotators who give an opinion on each asset of the overlap.
        overlap_share: Share of the tasks that get the overlap, 0 to 1.
        again_share: Share of the batch that asks for another opinion on labelled assets, 0 to 1.
        blind_share: Share of the tasks that are served without the model's suggestion, 0 to 1.
        skill: The skill that every task of the batch needs.
        remedy: The finding whose batch this shall be, such as ``3.2``, in place of a strategy.
        examples: Assets that half the batch shall be like, in place of a strategy; the other half
            is what the model wavers on.
        slice: A saved slice whose assets are such examples.
    """

    strategy: str | None = None
    overlap: int | None = None
    overlap_share: float | None = None
    again_share: float | None = None
    blind_share: float | None = None
    skill: str | None = None
    remedy: str | None = None
    examples: Sequence[str] = ()
    slice: str | None = None

    def __post_init__(self) -> None:
        for name in ("overlap_share", "again_share", "blind_share"):
            share = getattr(self, name)
            if share is not None and not 0 <= share <= 1:
                raise InvalidInputError(f"{name} is {share}.", remedy="Give a share from 0 to 1.")
        if self.overlap is not None and self.overlap < 1:
            raise InvalidInputError(
                f"overlap is {self.overlap}.", remedy="Ask at least one annotator."
            )
        given = {"finding": self.remedy, "slice": self.slice, "examples": self.examples or None}
        named = [name for name, value in given.items() if value is not None]
        if len(named) > 1:
            raise InvalidInputError(
                f"Both {' and '.join(named)} were given.",
                remedy="Give one of them: a finding and a slice have examples of their own.",
            )

    def over(self, policy: PolicySettings) -> PolicySettings:
        """The settings with what is wished for in their place."""
        given: dict[str, Any] = {k: v for k, v in asdict(self).items() if v is not None}
        for name in ("skill", "remedy", "examples", "slice"):
            given.pop(name, None)
        if "strategy" in given:
            given["parameters"] = {}
        return replace(policy, **given)


NO_WISHES = Wishes()


def asked_for(
    catalog: Catalog, *, batch_size: int | None, wishes: Wishes
) -> tuple[PolicySettings, int, Strategy]:
    """The policy of a batch with its wishes, its size and its strategy; nothing is changed.

    What will learn the labels is looked at now: who has given them all shall not be told then that
    nothing can.

    Raises:
        InvalidInputError: ``batch_size`` is below one, the finding has no batch, the strategy does
            not serve the project's task, or the learner or proxy of the settings cannot be made.
        NotFoundError: there is no such finding, example or slice.
        UnknownNameError: there is no such strategy, learner or proxy, or no class of a rule.
        UnavailableError: the learner is a script that is not there.
    """
    if training.trains(catalog):
        training.check_learner(catalog)
    proxies.check_proxy_name(catalog)
    check_rules_of_classes(catalog)
    policy = wishes.over(catalog.settings.policy)
    if wishes.remedy is not None:
        name, parameters = strategy_for(catalog, wishes.remedy)
        policy = replace(policy, strategy=name, parameters=parameters)
    elif wishes.examples or wishes.slice is not None:
        examples = wishes.examples or Slices(catalog).examples(str(wishes.slice))
        name, parameters = strategy_like(catalog, examples)
        policy = replace(policy, strategy=name, parameters=parameters)
    wanted = next_batch_size(catalog, policy) if batch_size is None else batch_size
    if not is_whole(wanted) or wanted < 1:
        raise InvalidInputError(
            f"The batch size is {wanted!r}.",
            remedy="Ask for 1 or more, at most what the pool holds.",
        )
    strategy = create(policy.strategy, **policy.parameters)
    check_strategy(catalog, strategy)
    return policy, wanted, strategy
