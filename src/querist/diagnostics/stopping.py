"""Whether the labels still to be had would change the model: one verdict from all readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from querist.diagnostics.stop_criteria import WINDOW
from querist.diagnostics.stop_readings import StopReading

# At or below this share the labels still to be had no longer mend what is wrong. Chosen on half of
# the sets of the bench `stopping`, rounded.
ENOUGH = 0.2
# A model is never surer than this of a whole pool; keeps the share readable where it nearly is.
_LEAST_DOUBT = 0.02
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
        mendable: Share of the model's doubt that further labels would mend, about 0 to 1; it stops
            at 0.2 or less. ``None`` before three rounds with models of part of the labels.
        disagreement: Share of the stop set on which models of part of the labels disagree with the
            whole one, mean of three rounds.
        uncertainty: Mean chance of error by the model's own word, mean of three rounds.
        information: Share of the uncertainty that lies in assets not labelled yet.
        missing: Classes with too few labels to be judged.
    """

    stop: bool
    mendable: float | None
    disagreement: float | None
    uncertainty: float | None
    information: float
    missing: tuple[str, ...] = ()


def stop_verdict(readings: Sequence[StopReading], *, missing: Sequence[str] = ()) -> StopVerdict:
    """Judge the rounds so far.

    Of what a model does not know, labels mend only the part on which models of a part of the labels
    disagree: where these all say the same and are unsure all the same, the classes overlap. So
    the disagreement is taken as a share of the uncertainty, and in a stop set that is large enough
    to tell, it counts by how much of the uncertainty lies in assets that are still without a label.
    A class with too few labels forbids to stop. Unlike the agreement of consecutive models, nothing
    here depends on the size of the batches.

    Args:
        readings: All rounds, oldest first.
        missing: Classes with too few labels to be judged.
    """
    last = readings[-1] if readings else None
    window = [it for it in readings[-WINDOW:] if it.disagreement is not None]
    if last is None or len(window) < WINDOW:
        return StopVerdict(
            stop=False,
            mendable=None,
            disagreement=None,
            uncertainty=None,
            information=1.0 if last is None else last.information,
            missing=tuple(missing),
        )
    disagreement = float(np.mean([it.disagreement for it in window]))
    uncertainty = float(np.mean([it.uncertainty for it in window]))
    mendable = disagreement / (uncertainty + _LEAST_DOUBT) * _rest(last)
    return StopVerdict(
        stop=mendable <= ENOUGH and not missing,
        mendable=mendable,
        disagreement=disagreement,
        uncertainty=uncertainty,
        information=last.information,
        missing=tuple(missing),
    )


def _rest(last: StopReading) -> float:
    """How much of the disagreement the rest of the pool could settle, 0 to 1."""
    span = np.log(_LARGE / _SMALL)
    trust = float(np.clip(np.log(max(last.size, 1) / _SMALL) / span, 0, 1))
    return float(min(1.0, _PART * last.information) ** trust)
