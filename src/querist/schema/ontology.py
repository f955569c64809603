"""The ontology: the task and its classes, versioned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from querist.errors import InvalidInputError, UnknownNameError

# Okabe and Ito's eight colours plus Tol's muted ones: told apart by colour-blind people.
PALETTE = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#B8A800", "#6E6E6E",
    "#332288", "#88CCEE", "#117733", "#999933", "#882255", "#AA4499", "#44AA99", "#661100",
)  # fmt: skip
HOTKEYS = "1234567890qwertyuiopasdfghjklzxcvbnm"


class TaskKind(StrEnum):
    """What is asked about each asset."""

    CLASSIFICATION = "classification"
    MULTI_LABEL = "multi_label"
    BOXES = "boxes"
    POLYGONS = "polygons"
    SPANS = "spans"
    REGRESSION = "regression"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassDefinition:
    """One class: its name, colour, one-key shortcut, and the words of the guideline."""

    name: str
    colour: str
    hotkey: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an answer may be beyond its classes.

    Attributes:
        lowest: Least number of a regression; ``None`` for no limit.
        highest: Greatest number of a regression; ``None`` for no limit.
        unit: What the numbers count, for people: ``kg``, ``years``.
        overlapping: Whether spans may share characters.
    """

    lowest: float | None = None
    highest: float | None = None
    unit: str = ""
    overlapping: bool = False

    def __post_init__(self) -> None:
        low, high = self.lowest, self.highest
        if low is not None and high is not None and not low < high:
            raise InvalidInputError(
                f"The numbers run from {low} to {high}.",
                remedy="Give a lowest below the highest.",
            )


@dataclass(frozen=True, kw_only=True)  # no slots: there is no place in them for what is cached
class Ontology:
    """The task and its classes; a change makes the next version, nothing is overwritten."""

    task: TaskKind
    classes: tuple[ClassDefinition, ...]
    version: int = 1
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        names = self.names
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        if twice:
            raise InvalidInputError(
                f"The classes {twice} are named twice.", remedy="Give each class its own name."
            )
        if any(not name.strip() for name in names):
            raise InvalidInputError("A class has no name.", remedy="Give every class a name.")
        keys = [c.hotkey for c in self.classes if c.hotkey]
        if len(set(keys)) < len(keys):
            raise InvalidInputError(
                f"Two classes share a hot-key among {keys}.", remedy="Give each its own key."
            )

    @classmethod
    def of(
        cls,
        task: TaskKind | str,
        classes: Sequence[str],
        *,
        version: int = 1,
        limits: Limits | None = None,
    ) -> Ontology:
        """Build an ontology from class names, with colours and hot-keys in their order.

        Example:
            >>> Ontology.of("classification", ["shirt", "boot"]).names
            ('shirt', 'boot')
        """
        definitions = tuple(
            ClassDefinition(
                name=name,
                colour=PALETTE[i % len(PALETTE)],
                hotkey=HOTKEYS[i] if i < len(HOTKEYS) else None,
            )
            for i, name in enumerate(classes)
        )
        return cls(
            task=_task_kind(task),
            classes=definitions,
            version=version,
            limits=limits or Limits(),
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The class names in order; a class's position is its column in every matrix."""
        return tuple(c.name for c in self.classes)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names)}

    def has(self, name: str) -> bool:
        """Whether there is a class ``name``, told at once however many there are."""
        return name in self._places

    def index(self, name: str) -> int:
        """The position of class ``name``.

        Raises:
            UnknownNameError: there is no such class; the nearest names are offered.
        """
        try:
            return self._places[name]
        except KeyError:
            raise UnknownNameError.of("class", name, self.names) from None

    def with_class(self, name: str) -> Ontology:
        """The next version, with class ``name`` added at the end.

        It gets the first free hot-key, and of the colours that fewest classes have the first one.
        """
        keys = {c.hotkey for c in self.classes}
        worn = Counter(c.colour for c in self.classes)
        fresh = ClassDefinition(
            name=name,
            colour=min(PALETTE, key=worn.__getitem__),
            hotkey=next((key for key in HOTKEYS if key not in keys), None),
        )
        return replace(self, classes=(*self.classes, fresh), version=self.version + 1)


def _task_kind(task: TaskKind | str) -> TaskKind:
    try:
        return TaskKind(task)
    except ValueError:
        raise UnknownNameError.of("task", str(task), [k.value for k in TaskKind]) from None
