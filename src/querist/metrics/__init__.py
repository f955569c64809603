"""Metrics with their intervals: pure numpy."""
