"""What annotators may not see, so that gold questions look like any other task."""

from __future__ import annotations

from querist.catalog import Catalog
from querist.errors import PermissionDeniedError
from querist.schema import Annotator, Role


def is_veiled(catalog: Catalog, annotator: Annotator) -> bool:
    """Whether somebody sees no labels but their own: annotators, while gold questions are asked.

    Opinions need no veil: no annotator sees any but their own, whatever the settings say.
    """
    labels = annotator.role in (Role.ANNOTATOR, Role.MODEL)
    return labels and catalog.settings.policy.gold_share > 0


def check_may_browse(catalog: Catalog, annotator: Annotator) -> None:
    """Refuse labels, selections and findings to who is veiled.

    Raises:
        PermissionDeniedError: they would tell gold questions from the others.
    """
    if is_veiled(catalog, annotator):
        raise PermissionDeniedError(
            f"{annotator.name!r} sees no labels but their own while gold questions are asked.",
            remedy="Lease a task; a reviewer may look at the catalog.",
            role=annotator.role.value,
            needed=Role.REVIEWER.value,
        )


def check_may_decide(catalog: Catalog, annotator: Annotator, asset_id: str) -> None:
    """Refuse a decision that nobody asked for to who is veiled.

    Raises:
        PermissionDeniedError: a conflict with the label that holds would show it.
    """
    if is_veiled(catalog, annotator):
        raise PermissionDeniedError(
            f"No task asks {annotator.name!r} about {asset_id!r}.",
            remedy="Lease a task.",
            asset_id=asset_id,
        )
