"""Import and export: sources into candidates, labels into files, each with a report of losses."""

from querist.formats import coco, yolo
from querist.formats.base import (
    Format,
    Loss,
    LossReport,
    ReadOptions,
    ReadReport,
    Source,
    create,
    names,
    register,
)
from querist.formats.choosing import read_labels, read_pairs, read_source, write_labels
from querist.formats.label_row import COLUMNS, LabelRow
from querist.formats.picture_labels import PictureLabel

__all__ = [
    "COLUMNS",
    "Format",
    "LabelRow",
    "Loss",
    "LossReport",
    "PictureLabel",
    "ReadOptions",
    "ReadReport",
    "Source",
    "coco",
    "create",
    "names",
    "read_labels",
    "read_pairs",
    "read_source",
    "register",
    "write_labels",
    "yolo",
]
