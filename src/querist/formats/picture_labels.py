"""The label of one picture, as files for detectors want it."""

from __future__ import annotations

from dataclasses import dataclass

from querist.formats.base import Loss
from querist.schema import Arm, BoxesValue, PolygonsValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLabel:
    """What is marked in one picture.

    Attributes:
        file_name: The name of its file, with folders where the id of the asset has them.
        width: Pixels of the upright picture.
        height: Pixels of the upright picture.
        value: Its boxes or polygons, in pixels of the upright picture.
        arm: What the label is held for, see ``LabelRow``.
    """

    file_name: str
    width: int
    height: int
    value: BoxesValue | PolygonsValue
    arm: str | None = None

    @property
    def trains(self) -> bool:
        """Whether a model may learn it that shall be measured on the others."""
        return self.arm in (None, Arm.ACTIVE.value)


def lost(count: int) -> tuple[Loss, ...]:
    """What these files cannot hold of ``count`` labels."""
    columns = "annotator, seconds, round, origin, created_at, propensity, why"
    message = "only classes, shapes and arms are written; .csv, .jsonl and .parquet keep them"
    return (Loss(column=columns, count=count, message=message),) if count else ()
