"""Registers the built-in strategies by importing them."""

from querist.strategies import auto, coreset, random, uncertainty

__all__ = ["auto", "coreset", "random", "uncertainty"]
