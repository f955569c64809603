"""The seam to tools outside: what a connector does, and the words it uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from querist.schema import Asset, Media, Ontology, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a connector gets to its tool.

    Attributes:
        url: Where it is; nothing else may be asked.
        token: Its token, ``None`` where it needs none; never to be logged, stored or shown.
        seconds: The longest it may be silent.
    """

    url: str
    token: str | None = None
    seconds: float = 60.0

    def __repr__(self) -> str:
        return f"Access(url={self.url!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What an annotator sees of an asset: bytes with their media type, or an address of them."""

    media_type: str
    body: bytes = b""
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One task on its way out.

    Attributes:
        key: The tool carries it and gives it back with the answer.
        asset: What is asked about.
        content: What is shown of it; for texts the UTF-8 bytes of the text.
        prelabel: What a model suggests; ``None`` for no suggestion.
        confidence: The model's probability of it, 0 to 1.
        opinions: How many people shall answer it; all items of a place want as many.
    """

    key: str
    asset: Asset
    content: Content
    prelabel: Value | None = None
    confidence: float | None = None
    opinions: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the tool says about an item, as it says it; ``Connector.read`` makes a label of it.

    Attributes:
        key: The item.
        answer_id: The tool's own id of the answer; a change of the answer keeps it.
        at: When it was given or last changed, by the tool's clock.
        person: Who, in the tool's words: an e-mail address, a user's id.
        seconds: Working time; ``None`` where the tool does not know.
        skipped: Whether the person passed over it.
        raw: The answer in the tool's own form.
    """

    key: str
    answer_id: str
    at: datetime
    person: str
    seconds: float | None
    skipped: bool
    raw: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """Replies of one look at the tool.

    Attributes:
        replies: In any order; the same ones may come again.
        cursor: From where the next look has to begin, in the connector's own words.
        problems: Sentences about what could not be understood.
    """

    replies: Sequence[Reply]
    cursor: str = ""
    problems: Sequence[str] = ()


class Connector(Protocol):
    """Talks to one tool; made with its ``Access``, holds no state, knows no records.

    Every call that talks to the tool raises ``UnavailableError`` when the tool cannot be reached,
    hangs, refuses the token or answers what cannot be understood; nothing is half done then that
    doing again would not mend.

    Attributes:
        name: The word by which it is chosen.
        summary: One line that says what it is.
        tells_people: Whether its replies say who answered, so that several may answer one item.
        needs_token: Whether the tool answers nobody without a token; where it is left out, it does
            without.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    tells_people: ClassVar[bool]
    needs_token: ClassVar[bool] = False

    def __init__(self, access: Access) -> None: ...

    def check(self, ontology: Ontology, media: Media) -> None:
        """Refuse what the tool cannot ask.

        Raises:
            InvalidInputError: a task, a medium or a class that it cannot hold.
        """
        ...

    def place(self, title: str, ontology: Ontology, media: Media) -> str:
        """Where items under this ontology go: found by its title, made if it is not there."""
        ...

    def send(self, place: str, items: Sequence[Item], ontology: Ontology) -> None:
        """Put items there; those that are there already are not put there again."""
        ...

    def collect(self, places: Sequence[str], cursor: str) -> Replies:
        """Answers that are new or changed since ``cursor``; too many are no harm."""
        ...

    def webhook(self, body: Any) -> Replies:
        """Answers in what the tool sent by itself.

        Raises:
            InvalidInputError: it is not what the tool sends.
        """
        ...

    def read(self, reply: Reply, asset: Asset, ontology: Ontology) -> Value:
        """The label in a reply that was not skipped.

        Args:
            reply: Of ``collect`` or ``webhook``.
            asset: What was asked about.
            ontology: The classes it was asked under.

        Raises:
            InvalidInputError: it holds no label, or one that would lose something.
        """
        ...

    def withdraw(self, place: str, keys: Iterable[str]) -> None:
        """Take items away that are not answered yet; those that are not there do not matter."""
        ...

    def status(self) -> str:
        """One line about the tool that was reached: what it is, and its version."""
        ...

    def subscribe(self, place: str, url: str, secret: str) -> bool:
        """Have the tool send answers by itself; whether it can.

        Args:
            place: Answers of which place.
            url: Where they are sent to.
            secret: Goes with them in the header ``X-Querist-Secret``.
        """
        ...

    def close(self) -> None:
        """End its connections; safe to call twice."""
        ...
