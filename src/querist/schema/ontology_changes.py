"""Changes of an ontology: rename, merge, split, retire, add, and back to an earlier version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from querist.errors import InvalidInputError, NotFoundError
from querist.schema.ontology import ClassDefinition, Ontology

MAX_CLASS_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameClass:
    """Give a class another name; its labels count under the new one."""

    TYPE: ClassVar[str] = "rename"
    name: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeClasses:
    """Make one class of several; their labels all count as it."""

    TYPE: ClassVar[str] = "merge"
    names: tuple[str, ...]
    into: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitClass:
    """Make several classes of one; its labels are asked for again, for nobody knows which."""

    TYPE: ClassVar[str] = "split"
    name: str
    into: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireClass:
    """Let a class be given no more; its labels are kept, but nothing trains on them."""

    TYPE: ClassVar[str] = "retire"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddClass:
    """Add a class at the end."""

    TYPE: ClassVar[str] = "add"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertOntology:
    """Go back to the classes of an earlier version; labels from then count as they did."""

    TYPE: ClassVar[str] = "revert"
    version: int


OntologyChange = RenameClass | MergeClasses | SplitClass | RetireClass | AddClass | RevertOntology

# What became of a class: the classes it may be now; None stands for "no class any more".
Became = tuple[str | None, ...]
GONE: Became = (None,)


@dataclass(frozen=True, slots=True, kw_only=True)
class OntologyVersion:
    """One version with the change that made it; ``None`` for the first, and plain additions."""

    ontology: Ontology
    change: OntologyChange | None = None


def apply_change(versions: Sequence[OntologyVersion], change: OntologyChange) -> Ontology:
    """The next version of the ontology.

    Args:
        versions: All versions so far, oldest first.
        change: What to change of the newest.

    Raises:
        UnknownNameError: it names a class that does not exist.
        InvalidInputError: a new name is taken, or the change changes nothing.
        NotFoundError: there is no such earlier version.
    """
    now = versions[-1].ontology
    match change:
        case RenameClass():
            return _renamed(now, change)
        case MergeClasses():
            return _merged(now, change)
        case SplitClass():
            return _split(now, change)
        case RetireClass():
            return _retired(now, change)
        case AddClass():
            _check_free(now, change.name)
            return now.with_class(change.name)
        case RevertOntology():
            earlier = version_of(versions[:-1], change.version)
            return replace(now, classes=earlier.classes, version=now.version + 1)


def touched(versions: Sequence[OntologyVersion], change: OntologyChange) -> dict[str, Became]:
    """What becomes of the classes of the newest version that do not stay as they are.

    For going back it is what becomes of labels made since; earlier ones count as they did.
    """
    match change:
        case RenameClass():
            return {change.name: (change.to,)}
        case MergeClasses():
            return {name: (change.into,) for name in change.names if name != change.into}
        case SplitClass():
            return {change.name: change.into}
        case RetireClass():
            return {change.name: GONE}
        case AddClass():
            return {}
        case RevertOntology():
            return _going_back(versions, change.version)


def became(versions: Sequence[OntologyVersion]) -> dict[int, dict[str, Became]]:
    """What became in the newest version of the classes of every version, where they changed.

    Returns:
        By version, by name; a class that is not listed is what it was.
    """
    found: dict[int, dict[str, Became]] = {}
    for i, version in enumerate(versions):
        change = version.change
        if i and change is not None:
            step = touched(versions[:i], change)
            found = {made: _then(known, step) for made, known in found.items()}
            if isinstance(change, RevertOntology):
                kept = [v for v in versions[:i] if v.ontology.version <= change.version]
                found |= became(kept)
        found[version.ontology.version] = {}
    return found


def version_of(versions: Sequence[OntologyVersion], number: int) -> Ontology:
    """The ontology of that number; raises NotFoundError."""
    for version in versions:
        if version.ontology.version == number:
            return version.ontology
    raise NotFoundError(
        f"There is no earlier version {number} of the ontology.",
        remedy="List the versions: querist ontology show",
    )


def _then(known: Mapping[str, Became], step: Mapping[str, Became]) -> dict[str, Became]:
    """First ``known``, then ``step``."""
    first = {name: (name,) for name in step} | dict(known)
    return {name: _along(now, step) for name, now in first.items()}


def _along(now: Became, step: Mapping[str, Became]) -> Became:
    further = (GONE if name is None else step.get(name, (name,)) for name in now)
    return tuple(dict.fromkeys(name for names in further for name in names))


def _going_back(versions: Sequence[OntologyVersion], number: int) -> dict[str, Became]:
    earlier = version_of(versions, number)
    known = became(versions)[number]
    sources: dict[str, list[str | None]] = {}
    for name in earlier.names:
        for now in known.get(name, (name,)):
            if now is not None:
                sources.setdefault(now, []).append(name)
    found = {name: tuple(sources.get(name, GONE)) for name in versions[-1].ontology.names}
    return {name: was for name, was in found.items() if was != (name,)}


def _renamed(now: Ontology, change: RenameClass) -> Ontology:
    place = now.index(change.name)
    _check_free(now, change.to)
    classes = list(now.classes)
    classes[place] = replace(classes[place], name=change.to)
    return replace(now, classes=tuple(classes), version=now.version + 1)


def _merged(now: Ontology, change: MergeClasses) -> Ontology:
    names = dict.fromkeys(change.names)
    places = [now.index(name) for name in names]
    if len(names) < 2:
        raise InvalidInputError(
            f"{len(names)} class is merged.", remedy="Name two classes or more."
        )
    if change.into not in names:
        _check_free(now, change.into)
    keeps = now.index(change.into) if change.into in names else places[0]
    classes = [
        replace(one, name=change.into) if i == keeps else one
        for i, one in enumerate(now.classes)
        if i == keeps or i not in places
    ]
    return replace(now, classes=tuple(classes), version=now.version + 1)


def _split(now: Ontology, change: SplitClass) -> Ontology:
    place = now.index(change.name)
    parts = list(dict.fromkeys(change.into))
    if len(parts) < 2 or len(parts) < len(change.into):
        raise InvalidInputError(
            f"{change.name!r} is split into {list(change.into)}.",
            remedy="Name two different classes or more.",
        )
    for name in parts:
        if name != change.name:
            _check_free(now, name)
    grown = replace(
        now,
        classes=tuple(
            replace(one, name=parts[0]) if i == place else one for i, one in enumerate(now.classes)
        ),
    )
    for name in parts[1:]:
        grown = grown.with_class(name)
    return replace(grown, version=now.version + 1)


def _retired(now: Ontology, change: RetireClass) -> Ontology:
    place = now.index(change.name)
    left: tuple[ClassDefinition, ...] = (*now.classes[:place], *now.classes[place + 1 :])
    if not left:
        raise InvalidInputError(
            f"{change.name!r} is the only class.", remedy="Add another one first."
        )
    return replace(now, classes=left, version=now.version + 1)


def _check_free(now: Ontology, name: str) -> None:
    if name in now.names:
        raise InvalidInputError(
            f"There is a class {name!r} already.", remedy="Choose another name, or merge."
        )
    check_class_name(name)


def check_class_name(name: str) -> None:
    """Refuse a new name that people cannot read or tell from another; raises InvalidInputError."""
    if not name.strip():
        raise InvalidInputError("A class has no name.", remedy="Give every class a name.")
    # Of new names only: a project that has such a class already still opens, and can rename it.
    if len(name) > MAX_CLASS_NAME or not name.isprintable():
        raise InvalidInputError(
            f"The class name {name[:40]!r} is too long or holds control characters.",
            remedy=f"Use at most {MAX_CLASS_NAME} printable characters.",
        )
    if name != name.strip():
        raise InvalidInputError(
            f"The class name {name!r} begins or ends with a blank.",
            remedy=f"Write {name.strip()!r}.",
        )
