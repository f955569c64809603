"""Registers the built-in stream strategies by importing them."""

from querist.strategies.streams import density, quantile, split, thresholds, volume

__all__ = ["density", "quantile", "split", "thresholds", "volume"]
