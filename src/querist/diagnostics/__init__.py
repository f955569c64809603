"""Diagnostics: what a model gets wrong, why, and what to do about it. Arrays in, findings out."""

from querist.diagnostics.diagnose import diagnose

__all__ = ["diagnose"]
