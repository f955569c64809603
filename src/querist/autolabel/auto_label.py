"""Auto-labelling: propose, ask for checks, accept, audit, roll back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from querist.autolabel import auditing, proposing
from querist.autolabel.auditing import AutoLabelSet
from querist.autolabel.proposing import Proposal
from querist.catalog import Catalog
from querist.catalog.records.auto_labels import ACCEPTED, ASKED, ROLLED_BACK
from querist.errors import ConflictError, InvalidInputError
from querist.schema import AUTO_LABELER, Role, check_whole, is_number

_STREAM = 62
# With each round so many labels of every standing set are asked of people.
AUDIT = 20


class AutoLabel:
    """Labels the easy rest under a promised error rate, and keeps checking the promise.

    Example:
        >>> auto.propose(max_error=0.02).sentence                          # doctest: +SKIP
        >>> auto.ask(300, max_error=0.02)       # where checks are missing # doctest: +SKIP
        >>> auto.accept(max_error=0.02)                                    # doctest: +SKIP
        >>> auto.audit(20)                      # ask about 20 more labels # doctest: +SKIP
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._log = catalog.records.auto_labels

    def propose(self, max_error: float = 0.02, confidence: float = 0.95) -> Proposal:
        """What could be labelled without a person so that the promise holds; changes no label.

        Args:
            max_error: The error rate to promise, between 0 and 1, both excluded.
            confidence: Probability with which it holds, likewise.

        Raises:
            InvalidInputError: a rate is out of range, there is no model, or the task is not to
                give one class to each asset.
        """
        _check_rates(max_error, confidence)
        return proposing.propose(self._catalog, max_error, confidence)

    def proposal(self, proposal_id: str) -> Proposal:
        """A proposal that was made; raises NotFoundError."""
        return proposing.stored(self._catalog, proposal_id)[0]

    def ask(self, count: int = 300, *, max_error: float = 0.02) -> Sequence[str]:
        """Ask people about random assets among those that could be accepted; returns their ids.

        A promise needs checks where it is made: of a draw from the whole pool most lie elsewhere.
        The questions come without a suggestion, in the newest round, and their answers train
        models like any label. What may be accepted then lies within the region they were drawn
        from. Each counts as wrong until a person has given it a label.

        Raises:
            InvalidInputError: ``count`` is below one, or there is no model.
            NotFoundError: there is no round that could ask.
        """
        _check_rates(max_error, 0.95)
        check_whole("count", count, least=1)
        region, places = proposing.open_region(self._catalog, max_error)
        seed = [self._catalog.settings.policy.seed, len(self._log.events()), _STREAM]
        rng = np.random.default_rng(seed)
        chosen = rng.choice(places, min(count, len(places)), replace=False).tolist()
        ids = self._catalog.assets.ids()
        asked = [ids[at] for at in chosen]
        if asked:
            questions = auditing.questions(asked)
            self._log.ask(ASKED, region, asked, questions, {"max_error": max_error})
        return asked

    def accept(
        self,
        proposal: Proposal | str | None = None,
        *,
        max_error: float = 0.02,
        confidence: float = 0.95,
    ) -> AutoLabelSet:
        """Label what a proposal lets in, as the model's word, in one transaction.

        Assets that somebody has decided on meanwhile are passed over. The same proposal again
        stores nothing. The checks are read once more: what they no longer bear out is refused.

        Args:
            proposal: A proposal or its id; one is made by default.
            max_error: As in ``propose``, where one is made.
            confidence: Likewise.

        Raises:
            ConflictError: nothing can be promised, the set was rolled back, or what was proposed
                does not hold any more.
            NotFoundError: there is no such proposal.
        """
        if proposal is None:
            proposal = self.propose(max_error, confidence)
        proposal_id = proposal if isinstance(proposal, str) else proposal.id
        happened = {it.event for it in self._log.events() if it.set_id == proposal_id}
        if ROLLED_BACK in happened:
            raise ConflictError(
                f"The set {proposal_id!r} was rolled back.",
                remedy="Propose again, then accept that.",
            )
        if ACCEPTED in happened:
            return auditing.find(self._catalog, proposal_id)
        fixed, labels = proposing.stored(self._catalog, proposal_id)
        if fixed.certificate.threshold is None:
            raise ConflictError(
                fixed.sentence,
                remedy="Answer or ask for checks, or promise less: querist autolabel ask 300",
            )
        proposing.check_again(self._catalog, fixed)
        records = self._catalog.records
        records.annotators.ensure(AUTO_LABELER, Role.MODEL)
        certificate = fixed.certificate
        self._log.accept(
            fixed.id,
            labels,
            ontology_version=records.ontologies.current().version,
            facts={
                "max_error": certificate.max_error,
                "confidence": certificate.confidence,
                "upper": certificate.upper,
                "checked": certificate.checked,
                "wrong": certificate.wrong,
                "threshold": certificate.threshold,
                "label_seq": fixed.label_seq,
            },
        )
        return auditing.find(self._catalog, fixed.id)

    def audit(self, count: int = 0) -> Sequence[AutoLabelSet]:
        """Read what people said about accepted labels, roll back what is broken, and ask for more.

        The bounds hold however often one looks: a set whose promise holds is rolled back with
        probability 1 - ``confidence`` at most, in all its life.

        Args:
            count: So many random labels of each standing set are asked of people, beside those
                that wait for an answer. What was returned unanswered with an earlier round, the
                newest checks included, is asked again.

        Returns:
            All sets as they stand then.
        """
        check_whole("count", count)
        for known in auditing.sets(self._catalog):
            if known.broken and known.rolled_back_at is None:
                self.roll_back(known.id, reason=known.sentence)
        if count:
            auditing.ask_again(self._catalog)
        for known in auditing.sets(self._catalog) if count else ():
            if known.rolled_back_at is None:
                auditing.ask_more(self._catalog, known, count)
        return auditing.sets(self._catalog)

    def roll_back(self, set_id: str, *, reason: str = "By hand.") -> AutoLabelSet:
        """Take back every label of a set that still holds, by entries that say so.

        If its audit has broken the promise, only checks that are asked from then on count.
        Labels that a person has confirmed or mended since are the person's and stay.

        Raises:
            NotFoundError: there is no such set.
        """
        known = auditing.find(self._catalog, set_id)
        self._log.take_back(set_id, facts={"reason": reason, "broken": known.broken})
        return auditing.find(self._catalog, set_id)

    def history(self) -> Sequence[AutoLabelSet]:
        """All sets that were accepted, oldest first."""
        return auditing.sets(self._catalog)


def _check_rates(max_error: float, confidence: float) -> None:
    for name, value in (("max_error", max_error), ("confidence", confidence)):
        if not (is_number(value) and 0 < value < 1):
            raise InvalidInputError(
                f"{name} is {value!r}.", remedy="Give a number between 0 and 1, both excluded."
            )
