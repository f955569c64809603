"""Sends batches: books tasks first, then puts them into the tool; a killed sending goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from querist.catalog import Catalog
from querist.errors import ConflictError, InvalidInputError
from querist.labeling.gold import mix_in
from querist.labeling.suggesting import suggest
from querist.labeling.workforces.base import Connector, Content, Item
from querist.labeling.workforces.content import SharedContent
from querist.schema import (
    Asset,
    Delivery,
    DeliveryState,
    Media,
    Ontology,
    Question,
    Workforce,
    is_number,
    is_whole,
    to_json,
)

DAY = 86_400.0
MOST_DAYS = 365
MOST = 100_000
MOST_OPINIONS = 20
# What goes in one request: so many items, or so many bytes of content.
_CHUNK, _CHUNK_BYTES = 1_000, 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of sending: how many items went out, gold among them, and where they are.

    Attributes:
        items: Items that are out now by this call, each once however many shall answer it.
        resumed: Of them, those that an earlier call had booked and not sent.
        place: Where the tool has the new ones.
    """

    items: int
    resumed: int
    place: str


def send(
    catalog: Catalog,
    workforce: Workforce,
    connector: Connector,
    *,
    count: int,
    days: float,
    prelabels: bool,
    shared: SharedContent | None,
    opinions: int = 1,
) -> Sent:
    """Book and send; what it promises is said at ``Workforces.send``."""
    _check(workforce, count, days)
    _check_opinions(connector, opinions)
    media = catalog.settings.media
    ontology = catalog.records.ontologies.current()
    connector.check(ontology, media)
    log = catalog.records.deliveries
    log.expire()
    # The tool is asked first: while it cannot be reached nothing is booked.
    title = _title(catalog, workforce, ontology)
    place = shared_place = connector.place(title, ontology, media)
    if opinions > 1:
        shared_place = connector.place(f"{title} x{opinions}", ontology, media)
    waiting = log.list(workforce=workforce.name, state=DeliveryState.BOOKED)
    booked = log.book(
        workforce.name,
        count=count,
        seconds=days * DAY,
        place=place,
        ontology_version=ontology.version,
        opinions=opinions,
        shared_place=shared_place,
    )
    if booked:
        booked = [*booked, *_gold(catalog, booked, place, days * DAY)]
    if prelabels and booked:
        booked = _suggested(catalog, booked)
    outgoing = _by_item([*waiting, *booked])
    for chunk in _chunks(catalog, outgoing, shared):
        first = chunk[0][0]
        asked = _ontology(catalog, first.ontology_version)
        connector.send(first.place, [item for _, item in chunk], asked)
        log.confirm([it.key for delivery, _ in chunk for it in outgoing[delivery.key]])
    return Sent(items=len(outgoing), resumed=len(_by_item(waiting)), place=place)


def _by_item(sent: Sequence[Delivery]) -> dict[str, list[Delivery]]:
    """The deliveries that are one item in the tool, by its key, in their order."""
    found: dict[str, list[Delivery]] = {}
    for delivery in sent:
        found.setdefault(delivery.item, []).append(delivery)
    return found


def _check(workforce: Workforce, count: int, days: float) -> None:
    if not workforce.active:
        raise ConflictError(
            f"{workforce.name!r} gets no batches any more.",
            remedy="Add another workforce.",
            name=workforce.name,
        )
    if not (is_whole(count) and 1 <= count <= MOST):
        raise InvalidInputError(
            f"The number of tasks is {count}.", remedy=f"Send 1 to {MOST:,} tasks at a time."
        )
    if not (is_number(days) and 0 < days <= MOST_DAYS):
        raise InvalidInputError(
            f"The tasks would be out for {days!r} days.",
            remedy=f"Give more than 0, at most {MOST_DAYS} days.",
        )


def _check_opinions(connector: Connector, opinions: int) -> None:
    if not (is_whole(opinions) and 1 <= opinions <= MOST_OPINIONS):
        raise InvalidInputError(
            f"The number of opinions on an asset is {opinions}.",
            remedy=f"Ask for 1 to {MOST_OPINIONS}.",
        )
    # Connectors of other packages may not say.
    if opinions > 1 and not getattr(connector, "tells_people", False):
        raise InvalidInputError(
            f"{connector.name} does not tell who answers.",
            remedy="Ask for one opinion on an asset, or send the others to another workforce.",
        )


def _title(catalog: Catalog, workforce: Workforce, ontology: Ontology) -> str:
    # Two projects of one name may use one tool: their places must not be the same.
    made = f"{catalog.settings.name}\0{workforce.name}\0{workforce.created_at}"
    mark = hashlib.sha256(made.encode()).hexdigest()[:8]
    return f"{catalog.settings.name[:24]} v{ontology.version} {mark}"


def _gold(
    catalog: Catalog, booked: Sequence[Delivery], place: str, seconds: float
) -> list[Delivery]:
    """Gold questions among what is held by the workforce, as for anybody who labels here."""
    if not catalog.settings.policy.gold_share:
        return []
    name = booked[0].workforce
    tasks = [catalog.records.tasks.get(it.task_id) for it in booked if it.key == it.item]
    mixed = mix_in(catalog, tasks, name, count=2 * len(tasks), seconds=seconds)
    asked = [task for task in mixed if task.kind is Question.GOLD]
    return list(catalog.records.deliveries.book_gold(replace(booked[0], place=place), asked))


def _suggested(catalog: Catalog, booked: Sequence[Delivery]) -> list[Delivery]:
    items = _by_item(booked)
    first = {key: group[0].task_id for key, group in items.items()}
    tasks = [catalog.records.tasks.get(it) for it in first.values()]
    found = {key: it for key, it in suggest(catalog, tasks).items() if it.shown}
    if not found:
        return list(booked)
    model_id = next(iter(found.values())).model_id
    # Whoever answers an item sees what goes with it.
    by_key = {
        it.key: found[first[key]].value
        for key, group in items.items()
        if first[key] in found
        for it in group
    }
    catalog.records.deliveries.suggest(by_key, model_id)
    return list(catalog.records.deliveries.list(keys=[it.key for it in booked]))


def _ontology(catalog: Catalog, version: int) -> Ontology:
    known = catalog.records.ontologies.versions()
    return next(it.ontology for it in known if it.ontology.version == version)


def _chunks(
    catalog: Catalog, outgoing: Mapping[str, Sequence[Delivery]], shared: SharedContent | None
) -> Iterator[list[tuple[Delivery, Item]]]:
    chunk: list[tuple[Delivery, Item]] = []
    size = 0
    # By place, or those that are asked of several would break each chunk in two.
    leads = sorted((group[0] for group in outgoing.values()), key=lambda it: it.place)
    for start in range(0, len(leads), _CHUNK):
        part = leads[start : start + _CHUNK]
        assets = catalog.assets.get_many([it.asset_id for it in part])
        for delivery, asset in zip(part, assets, strict=True):
            item = _item(catalog, delivery, asset, shared, len(outgoing[delivery.item]))
            full = len(chunk) == _CHUNK or size + len(item.content.body) > _CHUNK_BYTES
            if chunk and (full or chunk[0][0].place != delivery.place):
                yield chunk
                chunk, size = [], 0
            chunk.append((delivery, item))
            size += len(item.content.body)
    if chunk:
        yield chunk


def _item(
    catalog: Catalog,
    delivery: Delivery,
    asset: Asset,
    shared: SharedContent | None,
    opinions: int,
) -> Item:
    return Item(
        key=delivery.key,
        asset=asset,
        content=_content(catalog, delivery, asset, shared),
        prelabel=delivery.prelabel,
        opinions=opinions,
    )


def _content(
    catalog: Catalog, delivery: Delivery, asset: Asset, shared: SharedContent | None
) -> Content:
    if asset.media is Media.TEXT:
        return Content(media_type="text/plain", body=(asset.text or "").encode())
    if asset.media is Media.TABLE:
        features = json.dumps(to_json(asset.features or {}), ensure_ascii=False)
        return Content(media_type="application/json", body=features.encode())
    if shared is not None:
        return Content(media_type="image", url=shared.url(delivery))
    body, media_type = catalog.assets.content(asset.id)
    data = body.read_bytes() if isinstance(body, Path) else bytes(body)
    return Content(media_type=media_type, body=data)
