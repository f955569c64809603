"""Registers the built-in synthesis strategies by importing them."""

from querist.strategies.synthesis import boundary, images, templates, texts

__all__ = ["boundary", "images", "templates", "texts"]
