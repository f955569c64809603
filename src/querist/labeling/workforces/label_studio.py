"""Label Studio (1.x): a project for each ontology, items as tasks, annotations as answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from querist.errors import InvalidInputError
from querist.labeling.workforces.base import Access, Item, Replies, Reply
from querist.outside import RefusedError, Tool, told_of
from querist.outside import label_studio_values as values
from querist.schema import Asset, Media, Ontology, Value

ACTIONS = ("ANNOTATION_CREATED", "ANNOTATION_UPDATED")
# Changes may become visible a little after the time they carry: the next look begins earlier.
_OVERLAP = timedelta(seconds=60)
_PAGE = 500
_PAGES = 100_000
# How it says that it will not call a webhook: its guard of private networks, an unknown host.
_GUARDED = ("reserved network address", "URL was not allowed", "resolve hostname")


class LabelStudio:
    """Talks to the API of one Label Studio server."""

    name: ClassVar[str] = "label-studio"
    summary: ClassVar[str] = "A Label Studio server: HTTP API with a token, webhooks."
    tells_people: ClassVar[bool] = True
    needs_token: ClassVar[bool] = True

    def __init__(self, access: Access) -> None:
        token = {} if access.token is None else {"Authorization": f"Token {access.token}"}
        self._tool = Tool("Label Studio", access.url, headers=token, seconds=access.seconds)
        self._people: dict[int, str] = {}

    def check(self, ontology: Ontology, media: Media) -> None:
        """Refuse boxes of texts and spans of pictures, and classes that would be changed there."""
        values.check(ontology, media)

    def place(self, title: str, ontology: Ontology, media: Media) -> str:
        """The project of that title, made with the ontology's labeling interface if new."""
        for found in self._pages("/api/projects", {"title": title}, "results"):
            if found.get("title") == title:
                return str(self._number(found, "id"))
        made = self._tool.ask(
            "POST",
            "/api/projects",
            body={
                "title": title,
                "label_config": values.configuration(ontology, media),
                "maximum_annotations": 1,
                "show_collab_predictions": True,
            },
        )
        return str(self._number(made, "id"))

    def send(self, place: str, items: Sequence[Item], ontology: Ontology) -> None:  # noqa: ARG002 - the seam
        """Import the items as tasks, without those that an earlier import has brought there."""
        there = {key for key, _ in self._tasks(place, min(it.key for it in items))} if items else ()
        fresh = [item for item in items if item.key not in there]
        if fresh:
            wanted = max(item.opinions for item in fresh)
            if wanted > 1:
                body = {"maximum_annotations": wanted}
                self._tool.ask("PATCH", f"/api/projects/{int(place)}", body=body)
            self._tool.ask(
                "POST",
                f"/api/projects/{int(place)}/import",
                body=[_task(item) for item in fresh],
            )

    def collect(self, places: Sequence[str], cursor: str) -> Replies:
        """The annotations of tasks that were changed since the cursor, a time of the tool."""
        since = _time(cursor) if cursor else None
        newest, replies, problems = since, list[Reply](), list[str]()
        for place in places:
            for task in self._changed(place, since):
                moment = _time(task.get("updated_at"))
                if moment is not None and (newest is None or moment > newest):
                    newest = moment
                said = task.get("annotations") or []
                for annotation in said if isinstance(said, list) else [said]:
                    self._take(task, annotation, replies, problems)
        return Replies(
            replies=replies,
            cursor="" if newest is None else newest.isoformat(),
            problems=problems,
        )

    def webhook(self, body: Any) -> Replies:
        """The annotation of one event; events of other kinds hold none."""
        if not isinstance(body, dict) or not isinstance(body.get("action"), str):
            raise InvalidInputError(
                "This is no event of Label Studio.", remedy="Point only its webhooks here."
            )
        if body["action"] not in ACTIONS:
            return Replies(replies=())
        replies, problems = list[Reply](), list[str]()
        self._take(body.get("task"), body.get("annotation"), replies, problems)
        return Replies(replies=replies, problems=problems)

    def read(self, reply: Reply, asset: Asset, ontology: Ontology) -> Value:
        """The label in an annotation's regions."""
        return values.decode(reply.raw, asset, ontology)

    def withdraw(self, place: str, keys: Iterable[str]) -> None:
        """Delete the tasks that nobody has annotated."""
        wanted = set(keys)
        for key, task in list(self._tasks(place, min(wanted))) if wanted else ():
            if key in wanted and not task.get("total_annotations"):
                self._tool.ask("DELETE", f"/api/tasks/{self._number(task, 'id')}", missing=True)

    def status(self) -> str:
        """Its name and version; also tells whether the token is good."""
        self._tool.ask("GET", "/api/current-user/whoami")
        found = self._tool.ask("GET", "/api/version")
        release = found.get("release") if isinstance(found, dict) else None
        return f"Label Studio {release or '(unknown version)'}"

    def subscribe(self, place: str, url: str, secret: str) -> bool:
        """Make a webhook of the project, or bring the one that is there in line."""
        wanted = {
            "project": int(place),
            "url": url,
            "send_payload": True,
            "send_for_all_actions": False,
            "is_active": True,
            "headers": {"X-Querist-Secret": secret},
            "actions": list(ACTIONS),
        }
        known = self._tool.ask("GET", "/api/webhooks/", params={"project": int(place)})
        if not isinstance(known, list):
            raise self._tool.nonsense("/api/webhooks/")
        same = [it for it in known if isinstance(it, dict) and it.get("url") == url]
        try:
            if same:
                path = f"/api/webhooks/{self._number(same[0], 'id')}/"
                self._tool.ask("PATCH", path, body=wanted)
            else:
                self._tool.ask("POST", "/api/webhooks/", body=wanted)
        except RefusedError as refused:
            said = str(refused.details["said"])
            if not any(words in said for words in _GUARDED):
                raise
            raise InvalidInputError(
                f"Label Studio does not call the address {told_of(url)}of this server: {said}.",
                remedy="Give one that it can reach; for a private or local one set "
                "SSRF_PROTECTION_ENABLED=false where it runs.",
            ) from None
        return True

    def close(self) -> None:
        """End its connections."""
        self._tool.close()

    def _take(self, task: Any, annotation: Any, replies: list[Reply], problems: list[str]) -> None:
        """Add what an annotation of a task says; tasks that are not ours say nothing."""
        data = task.get("data") if isinstance(task, dict) else None
        key = data.get(values.KEY) if isinstance(data, dict) else None
        if not isinstance(key, str):
            return
        try:
            seconds = annotation.get("lead_time")
            reply = Reply(
                key=key,
                answer_id=str(int(annotation["id"])),
                at=_moment(annotation["updated_at"]),
                person=self._person(annotation.get("completed_by")),
                seconds=None if seconds is None else max(0.0, float(seconds)),
                skipped=bool(annotation.get("was_cancelled")),
                raw=annotation.get("result"),
            )
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            problems.append(f"An annotation of {key!r} has not the usual form.")
            return
        replies.append(reply)

    def _person(self, said: Any) -> str:
        """The e-mail address of a user, or the number where the tool tells no more."""
        if isinstance(said, dict):
            said = said.get("id")
        if said is None:
            return "unknown"
        number = int(said)
        if number not in self._people:
            found = self._tool.ask("GET", f"/api/users/{number}", missing=True)
            mail = found.get("email") if isinstance(found, dict) else None
            self._people[number] = str(mail or number)
        return self._people[number]

    def _tasks(self, place: str, oldest: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The tasks there that are ours, by their keys, newest first, as far back as ``oldest``.

        Keys sort by the time at which they were made, and go out in that order.
        """
        query = json.dumps({"ordering": ["-tasks:id"]})
        for task in self._pages("/api/tasks", {"project": int(place), "query": query}, "tasks"):
            data = task.get("data")
            key = data.get(values.KEY) if isinstance(data, dict) else None
            if isinstance(key, str):
                if key < oldest:
                    return
                yield key, task

    def _changed(self, place: str, since: datetime | None) -> Iterator[Mapping[str, Any]]:
        params: dict[str, Any] = {"project": int(place), "fields": "all"}
        wanted: list[dict[str, Any]] = []
        if since is not None:
            wanted.append(
                {
                    "filter": "filter:tasks:updated_at",
                    "operator": "greater",
                    "type": "Datetime",
                    "value": _before(since).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                }
            )
        params["query"] = json.dumps({"filters": {"conjunction": "and", "items": wanted}})
        return self._pages("/api/tasks", params, "tasks")

    def _pages(
        self, path: str, params: Mapping[str, Any], part: str
    ) -> Iterator[Mapping[str, Any]]:
        """All rows of a list, page by page; addresses of next pages are not followed."""
        seen = 0
        for page in range(1, _PAGES):
            found = self._tool.ask(
                "GET", path, params={**params, "page": page, "page_size": _PAGE}, missing=page > 1
            )
            if found is None and page > 1:
                return
            rows = found.get(part) if isinstance(found, dict) else None
            if not isinstance(rows, list):
                raise self._tool.nonsense(path)
            if not rows:
                return
            yield from (row for row in rows if isinstance(row, dict))
            seen += len(rows)
            # The server may give smaller pages than it was asked for: it also tells the whole.
            total = found.get("total")
            if found.get("next") is None and seen >= (total if isinstance(total, int) else 0):
                return

    def _number(self, found: Any, field: str) -> int:
        value = found.get(field) if isinstance(found, Mapping) else None
        if not isinstance(value, int):
            raise self._tool.nonsense(field)
        return value


def _task(item: Item) -> dict[str, Any]:
    body: dict[str, Any] = {"data": {values.SHOWN: _shown(item), values.KEY: item.key}}
    if item.prelabel is not None:
        prediction: dict[str, Any] = {"result": values.encode(item.prelabel, item.asset)}
        if item.confidence is not None:
            prediction["score"] = item.confidence
        body["predictions"] = [prediction]
    return body


def _shown(item: Item) -> Any:
    """What the interface shows: an address, the bytes of a picture, a text, or a row."""
    content = item.content
    if content.url is not None:
        return content.url
    if item.asset.media is Media.IMAGE:
        coded = base64.b64encode(content.body).decode("ascii")
        return f"data:{content.media_type};base64,{coded}"
    text = content.body.decode()
    return json.loads(text) if item.asset.media is Media.TABLE else text


def _moment(text: Any) -> datetime:
    """A time in UTC; raises ValueError or OverflowError where there is none."""
    found = datetime.fromisoformat(str(text))
    if found.tzinfo is None:
        raise ValueError(text)
    return found.astimezone(UTC)


def _time(text: Any) -> datetime | None:
    try:
        return _moment(text)
    except (ValueError, OverflowError):
        return None


def _before(since: datetime) -> datetime:
    """A little earlier, if there is such a time."""
    try:
        return since - _OVERLAP
    except OverflowError:
        return since
