"""The backward half of BAIT: of too many picks, drop those that are missed least."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Positions

Table = NDArray[np.float64]


def pruned(v: Table, inverse: Table, root: Table, n: int) -> tuple[Positions, float]:
    """Places (n,) of the picks that stay, in their order, and how far the others raise the trace.

    One after the other that pick v goes whose loss raises tr(M⁻¹ F) least: by s / (1 - q) with
    s = vᵀM⁻¹FM⁻¹v and q = vᵀM⁻¹v. M⁻¹, s and q are kept by rank-one updates, O(m d + d²) a pick.
    Ash et al. (2021), "Gone fishing: neural active learning with Fisher embeddings", algorithm 1.

    Args:
        v: The picks (m, d), each a part of M.
        inverse: M⁻¹ (d, d), all picks included.
        root: R (d, d) of F = R Rᵀ.
        n: How many stay.
    """
    inverse = inverse.copy()
    ahead = v @ inverse
    on = ahead @ root
    s = np.einsum("ij,ij->i", on, on)
    q = np.einsum("ij,ij->i", ahead, v)
    stays = np.ones(len(v), dtype=bool)
    raised = 0.0
    for _ in range(len(v) - n):
        # Rounding may bring q to 1 where a pick is all that M has in its direction.
        missed = np.where(stays, s / np.maximum(1 - q, 1e-12), np.inf)
        place = int(missed.argmin())
        stays[place], raised = False, raised + float(missed[place])
        u = inverse @ v[place]
        left = max(1 - float(v[place] @ u), 1e-12)
        along, seen = v @ u, root.T @ u
        s += 2 * (along / left) * (on @ seen) + (along / left) ** 2 * float(seen @ seen)
        q += along**2 / left
        on += np.outer(along / left, seen)
        inverse += np.outer(u, u) / left
    return np.flatnonzero(stays), raised
