"""A folder that both sides can reach: items and answers as lines of JSON, for any other tool.

``items.jsonl`` in the folder of a place has an object a line: ``key``, ``media_type``, ``content``
(the text; base64 of other bytes) or ``url``, ``classes``, ``task`` and, if wanted, ``prelabel``
and ``opinions``: so many people shall answer it.
Whoever labels appends to ``answers.jsonl`` beside it: ``key``, ``answer_id``, ``at`` (ISO 8601 with
a zone), ``person``, and ``value`` (the JSON form of a label) or ``skipped``; ``seconds`` if known.
``withdrawn.jsonl`` names the keys that need no answer any more.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, cast
from urllib.parse import unquote, urlsplit

from querist.errors import InvalidInputError, UnavailableError
from querist.labeling.workforces.base import Access, Item, Replies, Reply
from querist.outside import told_of
from querist.schema import Asset, Media, Ontology, Value, from_json, to_json

ITEMS, ANSWERS, WITHDRAWN = "items.jsonl", "answers.jsonl", "withdrawn.jsonl"
_LONGEST_LINE = 64 * 1024 * 1024


class Folder:
    """Exchanges files in the folder that its address names, ``file:///path``."""

    name: ClassVar[str] = "folder"
    summary: ClassVar[str] = "A folder shared with any tool: items and answers as JSON lines."
    tells_people: ClassVar[bool] = True
    needs_token: ClassVar[bool] = False

    def __init__(self, access: Access) -> None:
        parts = urlsplit(access.url)
        if parts.scheme != "file" or parts.netloc or not parts.path.startswith("/"):
            raise InvalidInputError(
                f"The address {told_of(access.url)}cannot be used: it is no path of this machine.",
                remedy="Write file:///path/to/the/folder.",
            )
        self._folder = Path(unquote(parts.path))

    def check(self, ontology: Ontology, media: Media) -> None:
        """Everything can be asked."""

    def place(self, title: str, ontology: Ontology, media: Media) -> str:  # noqa: ARG002 - the seam
        """A folder below, named by a digest of the title."""
        place = hashlib.sha256(title.encode()).hexdigest()[:12]
        try:
            (self._folder / place).mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise self._away(problem) from None
        return place

    def send(self, place: str, items: Sequence[Item], ontology: Ontology) -> None:
        """Append the items that are not there."""
        there = {row.get("key") for row in self._rows(place, ITEMS)}
        fresh = [_line(item, ontology) for item in items if item.key not in there]
        self._append(place, ITEMS, fresh)

    def collect(self, places: Sequence[str], cursor: str) -> Replies:  # noqa: ARG002 - the seam
        """All answers as they are now: the lines are few beside what it costs to label."""
        replies, problems = list[Reply](), list[str]()
        for place in places:
            for row in self._rows(place, ANSWERS):
                self._take(row, replies, problems)
        replies.sort(key=lambda it: it.at)
        newest = {(it.key, it.answer_id): it for it in replies}
        return Replies(replies=list(newest.values()), problems=problems)

    def webhook(self, body: Any) -> Replies:
        """One answer, or a list of them, as they would stand in the file."""
        rows = body if isinstance(body, list) else [body]
        replies, problems = list[Reply](), list[str]()
        for row in rows:
            if not isinstance(row, dict):
                raise InvalidInputError("An answer is no object.", remedy="Send JSON objects.")
            self._take(row, replies, problems)
        return Replies(replies=replies, problems=problems)

    def read(self, reply: Reply, asset: Asset, ontology: Ontology) -> Value:  # noqa: ARG002 - the seam
        """The label from its JSON form."""
        return cast(Value, from_json(cast(Any, Value), reply.raw))

    def withdraw(self, place: str, keys: Iterable[str]) -> None:
        """Name the keys in a file of their own."""
        known = {row.get("key") for row in self._rows(place, WITHDRAWN)}
        self._append(place, WITHDRAWN, [{"key": key} for key in keys if key not in known])

    def status(self) -> str:
        """Which folder it is."""
        try:
            os.scandir(self._folder).close()
        except OSError as problem:
            raise self._away(problem) from None
        return f"Folder {self._folder}"

    def subscribe(self, place: str, url: str, secret: str) -> bool:  # noqa: ARG002 - the seam
        """A folder sends nothing by itself."""
        return False

    def close(self) -> None:
        """A folder needs no connection."""

    def _take(self, row: Mapping[str, Any], replies: list[Reply], problems: list[str]) -> None:
        try:
            at = datetime.fromisoformat(str(row["at"]))
            if at.tzinfo is None:
                raise ValueError(at)
            seconds = row.get("seconds")
            replies.append(
                Reply(
                    key=str(row["key"]),
                    answer_id=str(row["answer_id"]),
                    at=at,
                    person=str(row["person"]),
                    seconds=None if seconds is None else max(0.0, float(seconds)),
                    skipped=bool(row.get("skipped", False)),
                    raw=row.get("value"),
                )
            )
        except (KeyError, OverflowError, TypeError, ValueError):
            problems.append(f"The answer to {row.get('key')!r} has not the form of one.")

    def _rows(self, place: str, name: str) -> list[Mapping[str, Any]]:
        path = self._folder / place / name
        found: list[Mapping[str, Any]] = []
        try:
            with path.open("rb") as file:
                while line := file.readline(_LONGEST_LINE):
                    # The other side may be writing the last line just now: it comes next time.
                    if line.endswith(b"\n") and isinstance(row := _parsed(line), dict):
                        found.append(row)
        except FileNotFoundError:
            pass
        except OSError as problem:
            raise self._away(problem) from None
        return found

    def _append(self, place: str, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        try:
            with (self._folder / place / name).open("a", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as problem:
            raise self._away(problem) from None

    def _away(self, problem: OSError) -> UnavailableError:
        return UnavailableError(
            f"The folder {str(self._folder)!r} cannot be used ({type(problem).__name__}).",
            remedy="Make it, or mount it, then do the same again.",
        )


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _line(item: Item, ontology: Ontology) -> dict[str, Any]:
    content = item.content
    plain = content.media_type.startswith("text/") or content.media_type == "application/json"
    body: dict[str, Any] = {
        "key": item.key,
        "task": ontology.task.value,
        "classes": list(ontology.names),
        "media_type": content.media_type,
    }
    if content.url is not None:
        body["url"] = content.url
    else:
        coded = content.body.decode() if plain else base64.b64encode(content.body).decode("ascii")
        body["content"] = coded
    if item.opinions > 1:
        body["opinions"] = item.opinions
    if item.prelabel is not None:
        body["prelabel"] = to_json(item.prelabel)
    return body
