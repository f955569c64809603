"""Diagnostics: what a model gets wrong, why, and what to do about it. Arrays in, findings out."""

from querist.diagnostics.diagnose import diagnose
from querist.diagnostics.error_types import error_types
from querist.diagnostics.sample import Learned, Sample
from querist.diagnostics.slices import Slice, alike, find_slices

__all__ = [
    "Learned",
    "Sample",
    "Slice",
    "alike",
    "diagnose",
    "error_types",
    "find_slices",
]
