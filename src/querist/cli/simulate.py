"""simulate: prove a strategy on labelled data, offline."""

from __future__ import annotations
