"""The newest model as an ML backend of Label Studio: what it says of tasks that are shown there."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import numpy as np

from querist.catalog import Catalog, reads_assets, value_learner
from querist.errors import InvalidInputError, NotFoundError
from querist.learners import Encoder, Guesses, Inputs, Item
from querist.learners.image_decoding import decode_squares
from querist.learners.label_studio_answers import as_asset
from querist.learners.remote_items import IDS
from querist.loop import training, value_training
from querist.loop.intake import encoder_of
from querist.outside import label_studio_values as form
from querist.schema import Arm, Asset, ClassValue, Media, ModelVersion, Ontology, Value

_MOST_CONFIGURATION = 1 << 20
# How the keys of items begin that are out with a workforce.
_ITEM = "item-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """What a labeling interface calls its parts: control, object, and the field it shows."""

    control: str
    shown: str
    field: str

    @classmethod
    def of(cls, configuration: str, ontology: Ontology) -> Interface:
        """The first control of the ontology's kind.

        Raises:
            InvalidInputError: it is no XML, too long, or asks for something else.
        """
        wanted = form.control_of(ontology.task)
        try:
            if len(configuration) > _MOST_CONFIGURATION or "<!" in configuration:
                raise ValueError("it is too long, or declares entities")
            root = ElementTree.fromstring(configuration)  # noqa: S314 - no declarations, see above
        except (ElementTree.ParseError, ValueError) as error:
            raise InvalidInputError(
                f"The labeling interface cannot be read: {error}.",
                remedy="Send the project's label_config.",
            ) from None
        fields = {it.get("name"): it.get("value", "") for it in root.iter()}
        for part in root.iter(wanted):
            name, shown = part.get("name"), part.get("toName")
            if name and shown and fields.get(shown, "").startswith("$"):
                return cls(control=name, shown=shown, field=fields[shown][1:])
        raise InvalidInputError(
            f"The labeling interface has no {wanted} of what a task shows.",
            remedy=f"This project's task is {ontology.task.value}: connect a project of that kind.",
        )


def answer(
    catalog: Catalog, tasks: Sequence[Any], configuration: str
) -> tuple[list[dict[str, Any]], str | None]:
    """A prediction for each task in Label Studio's form, and the model that says it.

    A task whose data name an asset under ``querist``, or an item that is out with a workforce, gets
    what the model has said of it; of others the content is read, texts, rows and pictures as data
    addresses. Nothing is said of the audit
    set, where a suggestion would flatter the model it measures, of what cannot be read, of other
    contents where the model is sent ids alone, nor before the first model. Addresses are not
    followed.

    Raises:
        InvalidInputError: the interface asks for something else than the project.
    """
    ontology = catalog.records.ontologies.current()
    interface = Interface.of(configuration, ontology)
    model = catalog.records.models.latest(Arm.ACTIVE)
    said: list[dict[str, Any]] = [{"result": []} for _ in tasks]
    if model is None:
        return said, None
    data = [task.get("data") if isinstance(task, dict) else None for task in tasks]
    known, fresh = _sorted(catalog, data, interface.field)
    for at, value, score in (*_of_known(catalog, model, known), *_of_fresh(catalog, model, fresh)):
        asset = known[at] if at in known else as_asset("", fresh[at])
        said[at] = _prediction(value, score, asset, interface) | {"model_version": model.id}
    return said, model.id


def _sorted(
    catalog: Catalog, data: Sequence[Any], field: str
) -> tuple[dict[int, Asset], dict[int, Item]]:
    """Tasks by place: those of assets that may be spoken of, and those with other content."""
    audit = catalog.records.rounds.arm_ids(Arm.AUDIT)
    sent = _sent(catalog, data)
    known, fresh = {}, {}
    for at, one in enumerate(data):
        if not isinstance(one, Mapping):
            continue
        asset = _named(catalog, one.get(form.KEY), sent)
        if asset is not None:
            if asset.id not in audit:
                known[at] = asset
        elif (item := _item(one.get(field), catalog.settings.media)) is not None:
            fresh[at] = item
    return known, fresh


def _sent(catalog: Catalog, data: Sequence[Any]) -> dict[str, str]:
    """The assets of items that were sent to a workforce, by the keys that tasks carry."""
    named = [one.get(form.KEY) for one in data if isinstance(one, Mapping)]
    texts = {it for it in named if isinstance(it, str) and it.isascii() and it.isprintable()}
    keys = sorted(it for it in texts if it.startswith(_ITEM))
    return {it.key: it.asset_id for it in catalog.records.deliveries.list(keys=keys)}


def _named(catalog: Catalog, name: Any, sent: Mapping[str, str]) -> Asset | None:
    if not isinstance(name, str):
        return None
    try:
        return catalog.assets.get(sent.get(name, name))
    except NotFoundError:
        return None


_Said = list[tuple[int, Value, float | None]]


def _of_known(catalog: Catalog, model: ModelVersion, known: Mapping[int, Asset]) -> _Said:
    if not known:
        return []
    positions = np.asarray(catalog.assets.positions([it.id for it in known.values()]))
    if not training.classifies(catalog):
        values = value_training.predict(catalog, model, positions)
        return [(at, value, None) for at, value in zip(known, values, strict=True)]
    table = training.predict(catalog, model, positions)
    names = catalog.records.ontologies.current().names
    return [
        (at, ClassValue(name=names[int(row.argmax())]), float(row.max()))
        for at, row in zip(known, table, strict=True)
    ]


def _of_fresh(catalog: Catalog, model: ModelVersion, fresh: Mapping[int, Item]) -> _Said:
    if not fresh:
        return []
    encoder = encoder_of(catalog, model.encoder)
    if encoder.identity.preprocessing == IDS or _is_sent_ids(catalog, model):
        return []  # it would take another asset for the one that is asked about
    try:
        return _of_contents(catalog, model, encoder, fresh)
    except InvalidInputError:
        readable = {at: item for at, item in fresh.items() if _is_readable(item)}
        if len(readable) == len(fresh):
            raise
        return _of_contents(catalog, model, encoder, readable) if readable else []


def _is_readable(item: Item) -> bool:
    """Whether a picture can be decoded; texts and rows were looked at before."""
    if item.media is not Media.IMAGE:
        return True
    try:
        decode_squares([item], 8)
    except InvalidInputError:
        return False
    return True


def _of_contents(
    catalog: Catalog, model: ModelVersion, encoder: Encoder, fresh: Mapping[int, Item]
) -> _Said:
    items = list(fresh.values())
    inputs = Inputs(
        asset_ids=[str(at) for at in fresh],
        vectors=encoder.encode(items),
        items=lambda wanted: [items[i] for i in wanted],
    )
    guesses = _guesses(catalog, model, inputs)
    reading = catalog.records.ontologies.reading()
    made_under = reading.made_under(model)
    found: _Said = []
    for row, (at, value) in enumerate(zip(fresh, guesses.values, strict=True)):
        now = reading.value(value, made_under)
        if now is not None:
            sure = None
            if isinstance(value, ClassValue) and guesses.probabilities is not None:
                sure = float(guesses.probabilities[row].max())
            found.append((at, now, sure))
    return found


def _is_sent_ids(catalog: Catalog, model: ModelVersion) -> bool:
    """Whether the model is elsewhere and is told ids alone, so that it knows assets only."""
    if training.classifies(catalog) and not reads_assets(model.learner):
        return False
    learner = value_learner(catalog, model.learner, model.parameters)
    return learner.parameters.get("send") == IDS


def _guesses(catalog: Catalog, model: ModelVersion, inputs: Inputs) -> Guesses:
    if not training.classifies(catalog):
        return value_training.load(catalog, model).predict(inputs)
    if reads_assets(model.learner):
        learner = value_learner(catalog, model.learner, model.parameters)
        learner.load(catalog.folder / "models" / model.id)
        return learner.predict(inputs)
    table = training.load(catalog, model).predict_proba(inputs.vectors)
    values = [ClassValue(name=model.classes[code]) for code in table.argmax(axis=1).tolist()]
    return Guesses(values=values, uncertainty=1 - table.max(axis=1), probabilities=table)


def _item(content: Any, media: Media) -> Item | None:
    """What a task shows, ``None`` where it cannot be read here."""
    if media is Media.TEXT:
        return Item(media=media, text=content) if isinstance(content, str) else None
    if media is Media.TABLE:
        return Item(media=media, features=content) if isinstance(content, Mapping) else None
    if not isinstance(content, str) or not content.startswith("data:image/"):
        return None
    head, _, coded = content.partition(",")
    try:
        raw = base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return Item(media=media, data=raw) if head.endswith(";base64") else None


def _prediction(
    value: Value, score: float | None, asset: Asset, interface: Interface
) -> dict[str, Any]:
    try:
        regions = form.encode(value, asset)
    except InvalidInputError:  # the size of a picture is not known, or a text has changed
        return {"result": []}
    named = {"from_name": interface.control, "to_name": interface.shown}
    found: dict[str, Any] = {"result": [region | named for region in regions]}
    return found if score is None else found | {"score": score}
