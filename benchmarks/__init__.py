"""Figures measured against their targets; run one as ``python -m benchmarks.NAME``."""
