"""Registers the built-in strategies by importing them."""

from querist.strategies import (
    auto,
    badge,
    coreset,
    herds,
    power,
    random,
    typiclust,
    uncertainty,
    wkmeans,
)

__all__ = [
    "auto",
    "badge",
    "coreset",
    "herds",
    "power",
    "random",
    "typiclust",
    "uncertainty",
    "wkmeans",
]
