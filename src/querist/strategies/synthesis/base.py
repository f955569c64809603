"""The synthesis seam: strategies that propose new inputs instead of choosing from a pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from querist.strategies.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One input to be labelled.

    Attributes:
        input: A vector (d,), an image (h, w, c) or a text.
        origin: Position of the pool row it is, or of the input it was made from; ``None`` for an
            input made from nothing that is there.
        label: The class it should have if the change left its meaning alone, to be confirmed by a
            person; ``None`` where that is not known.
        condition: What was done to it, in a few words; proposals of one condition share them.
        reason: One short sentence, for people.
    """

    input: Any
    origin: int | None = None
    label: int | None = None
    condition: str = ""
    reason: str


@runtime_checkable
class Synthesizer(Protocol):
    """Proposes inputs that are worth a label; the same generator state gives the same ones."""

    name: ClassVar[str]
    summary: ClassVar[str]
    paper: ClassVar[str]

    def propose(self, n: int, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """At most ``n`` proposals, none twice in the life of the object; fewer if none are left."""
        ...


REGISTRY: Registry[Synthesizer] = Registry(
    kind="synthesis strategy",
    group="querist.synthesis_strategies",
    builtin="querist.strategies.synthesis.builtin",
)
register = REGISTRY.register
create = REGISTRY.create
names = REGISTRY.names
