"""Whether the labels still to be had would change the model: one verdict from all readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from querist.diagnostics.stop_criteria import WINDOW
from querist.diagnostics.stop_readings import StopReading
from querist.schema import Estimate

# At or below this share the labels still to be had no longer mend what is wrong. Chosen on the runs
# of the bench `stopping`: the largest, in hundredths, that kept nine stops in ten good.
ENOUGH = 0.16
# The same, chosen with a learner whose models may bend as they like: those gain for longer.
ENOUGH_OF_OTHERS = 0.13
CHOSEN_WITH = "logistic-regression"
# With so many more errors in the last batches than it expected, the model does not know yet what
# it does not know, and its own doubt says nothing. With so many more on the audit set than on
# labels not learned, which are usually the harder ones, a part of the pool is hardly labelled.
SURPRISING = 0.15
# Where more than this share is labelled and fewer assets than that are left, labelling them is sure
# and costs little; a stop would save little and may miss.
FINISH, FEW_LEFT = 0.6, 1_000
# No model is surer than this of a whole pool; keeps the share readable where it nearly is.
_LEAST_DOUBT = 0.05
# The part of the doubt that the errors on labels not learned have in it; the rest is the model's
# own word. Errors alone say little: labels asked for are harder than the pool.
_ERRORS = 1 / 3
# Between these sizes the stop set begins to tell how much the rest of the pool would bring. In a
# smaller one a single asset moves too much, and its labels cost little anyway.
_SMALL, _LARGE = 500, 1_000
# Models that miss a third of the labels stand for half of all that could still be learned.
_PART = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StopVerdict:
    """Whether to stop, by what labels still change.

    Attributes:
        stop: Whether to stop.
        mendable: Share of the doubt that further labels would mend, about 0 to 1. ``None`` before
            three rounds with models of part of the labels.
        enough: At this share or less it stops.
        disagreement: Share of the stop set on which models of part of the labels disagree with the
            whole one, mean of three rounds.
        uncertainty: Mean chance of error by the model's own word, mean of three rounds.
        errors: Share of the labels that models had wrong which had not learned them, mean of three
            rounds.
        information: Share of the uncertainty that lies in assets not labelled yet.
        surprise: Errors in the batches of the last three rounds beyond those that the models had
            expected there, as a share of these batches; above 0.15 it does not stop.
        unlearned: Whether models were right on labels that they had not learned no oftener than one
            that always says the commonest class; it does not stop then.
        audit_errors: Share of the audit set that the newest model has wrong, if it was measured.
        unlike_audit: Whether that is surely more than 0.15 above ``errors``; it does not stop then.
        finish: Whether so few assets are left that labelling them is better than a stop.
        missing: Classes with too few labels to be judged.
    """

    stop: bool
    mendable: float | None
    enough: float
    disagreement: float | None
    uncertainty: float | None
    errors: float | None = None
    information: float
    surprise: float = 0.0
    unlearned: bool = False
    audit_errors: float | None = None
    unlike_audit: bool = False
    finish: bool = False
    missing: tuple[str, ...] = ()


def enough_for(learner: str) -> float:
    """The share at which models of this learner are no longer worth their labels."""
    return ENOUGH if learner == CHOSEN_WITH else ENOUGH_OF_OTHERS


def stop_verdict(
    readings: Sequence[StopReading],
    *,
    missing: Sequence[str] = (),
    enough: float = ENOUGH,
    audit: Estimate | None = None,
) -> StopVerdict:
    """Judge the rounds so far.

    Of what a model does not know, labels mend only the part on which models of a part of the labels
    disagree: where these all say the same and are unsure all the same, the classes overlap. So
    the disagreement is taken as a share of the doubt. How great that is two know: the model itself,
    which may be far too shy or too bold, and the errors on labels that it had not learned, which
    are real but of assets harder than the pool; their weighted geometric mean is taken. In a stop
    set that is large enough to tell, the share counts by how much of the uncertainty lies in assets
    that are still without a label. Classes with too few labels forbid to stop, and so do batches
    with far more errors than the model expected, models no better than the commonest class, which
    agree because they know nothing, an audit set with far more errors than labels not learned, and
    a pool of which little is left. Unlike the agreement of
    consecutive models, nothing here depends on the size of the batches.

    Args:
        readings: All rounds, oldest first.
        missing: Classes with too few labels to be judged.
        enough: Share of the doubt at which it stops, see ``enough_for``.
        audit: Share of the audit set that the newest model has right; ``None`` if not measured.
    """
    last = readings[-1] if readings else None
    window = [it for it in readings[-WINDOW:] if _is_complete(it)]
    if last is None or len(window) < WINDOW:
        return StopVerdict(
            stop=False,
            mendable=None,
            enough=enough,
            disagreement=None,
            uncertainty=None,
            information=1.0 if last is None else last.information,
            missing=tuple(missing),
        )
    disagreement = float(np.mean([it.disagreement for it in window]))
    uncertainty = float(np.mean([it.uncertainty for it in window]))
    errors = 1 - float(np.mean([it.unseen_right for it in window]))
    own, seen = uncertainty + _LEAST_DOUBT, errors + _LEAST_DOUBT
    mendable = disagreement / (own ** (1 - _ERRORS) * seen**_ERRORS) * _rest(last)
    surprise = _surprise(window)
    finish = last.labeled > FINISH and last.left < FEW_LEFT
    unlearned = last.commonest is not None and 1 - errors <= last.commonest
    # The lower end of the errors is the upper one of what is right.
    unlike = audit is not None and 1 - audit.high - errors > SURPRISING
    settled = mendable <= enough and surprise <= SURPRISING and not unlearned and not unlike
    return StopVerdict(
        stop=settled and not finish and not missing,
        mendable=mendable,
        enough=enough,
        disagreement=disagreement,
        uncertainty=uncertainty,
        errors=errors,
        information=last.information,
        surprise=surprise,
        unlearned=unlearned,
        audit_errors=None if audit is None else 1 - audit.value,
        unlike_audit=unlike,
        finish=finish,
        missing=tuple(missing),
    )


def _is_complete(reading: StopReading) -> bool:
    return reading.disagreement is not None and reading.unseen_right is not None


def _surprise(window: Sequence[StopReading]) -> float:
    """Errors beyond the expected ones as a share of the batches, 0 without any."""
    beyond = sum(
        it.batch * (it.batch_expected - it.batch_right)
        for it in window
        if it.batch_expected is not None and it.batch_right is not None
    )
    return float(beyond / max(sum(it.batch for it in window), 1))


def _rest(last: StopReading) -> float:
    """How much of the disagreement the rest of the pool could settle, 0 to 1."""
    span = np.log(_LARGE / _SMALL)
    trust = float(np.clip(np.log(max(last.size, 1) / _SMALL) / span, 0, 1))
    return float(min(1.0, _PART * last.information) ** trust)
