"""How people name a model: by its round, the round's control arm, its own name, or its id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from querist.catalog import Catalog
from querist.errors import NotFoundError
from querist.learners.imported import IMPORTED
from querist.schema import Arm, ModelVersion, Round, Step
from querist.schema.wording import counted

_CONTROL = "-control"
# So many are offered where a name is none of a model.
_OFFERED = 20
# The kind of the finding that says why a round has no model.
NO_MODEL = "no_model"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedModel:
    """A model as it is chosen from a list.

    Attributes:
        name: What names it: ``3``, ``3-control``, its own name, or its id.
        title: What people call it.
        model_id: The model version.
        arm: The arm whose labels trained it.
        round: Its round; ``None`` of a model outside any round.
        labels: Labels that trained it.
        created_at: When it was made.
    """

    name: str
    title: str
    model_id: str
    arm: Arm
    round: int | None
    labels: int
    created_at: datetime


def version_of(catalog: Catalog, name: str | int) -> ModelVersion:
    """The model of a round (``3``), of its random labels (``3-control``), of a name, or of an id.

    A name is what an imported model was called; of several the newest has it.

    Raises:
        NotFoundError: there is no such round or model, or the round has none yet.
    """
    text = str(name).strip()
    number = text.removesuffix(_CONTROL)
    if not number.isdecimal():
        return _called(catalog, text)
    round_ = catalog.records.rounds.get(int(number))
    of_control = text != number
    model_id = round_.control_model_id if of_control else round_.model_id
    if model_id is None:
        raise _without_model(round_, of_control)
    return catalog.records.models.get(model_id)


def _called(catalog: Catalog, text: str) -> ModelVersion:
    models = catalog.records.models.list()
    for model in reversed(models):
        if text == model.id or (text and text == _own_name(model)):
            return model
    own = {model.id: _own_name(model) for model in models}
    names = list(dict.fromkeys(own[it.model_id] or it.name for it in nameable(catalog)))
    more = f" and {len(names) - _OFFERED:,} more" if len(names) > _OFFERED else ""
    raise NotFoundError(
        f"There is no model {text!r}.",
        remedy=f"Name one of: {', '.join(names[:_OFFERED])}{more}."
        if names
        else "Train one first: querist train",
    )


def _without_model(round_: Round, of_control: bool) -> NotFoundError:
    """Why a round has no model: it is not finished, or its labels trained none."""
    of = "random labels" if of_control else "labels"
    if round_.step is not Step.DONE:
        told = f"Round {round_.number} has no model of its {of} yet."
        remedy = "Label what it asks, then: querist train. Or choose a round that is finished."
    else:
        told = f"Round {round_.number} trained no model of its {of}."
        remedy = "Choose a round that trained one."
        why = next((it for it in round_.findings if it.kind == NO_MODEL), None)
        if of_control:
            remedy = f"{remedy} control_share under [policy] says how many labels are random."
        elif why is not None:
            told, remedy = f"{told} {why.title}", f"{why.remedy} Or: {remedy}"
    return NotFoundError(told, remedy=remedy, round=round_.number)


def compared_model(name: str | int, model: ModelVersion) -> ComparedModel:
    """The model under the name it was asked for."""
    text = str(name).strip()
    number = text.removesuffix(_CONTROL)
    if number.isdecimal():
        title = f"Round {int(number)}" + (", random labels" if number != text else "")
    else:
        title = _title_outside_rounds(model)
    return ComparedModel(
        name=text,
        title=title,
        model_id=model.id,
        arm=model.arm,
        round=model.round,
        labels=model.label_count,
        created_at=model.created_at,
    )


def _title_outside_rounds(model: ModelVersion) -> str:
    """The learner, or what people called the model that they brought in, and its labels."""
    labels = counted(model.label_count, "label")
    called = _own_name(model)
    return f"{called} ({model.learner}, {labels})" if called else f"{model.learner} ({labels})"


def _own_name(model: ModelVersion) -> str:
    """What people called the model that they brought in; nothing for others."""
    return str(model.parameters.get("model", "")).strip() if model.learner == IMPORTED else ""


def nameable(catalog: Catalog) -> list[ComparedModel]:
    """All models that can be compared, the newest first; those of rounds by their round."""
    models = {model.id: model for model in catalog.records.models.list()}
    names: dict[str, str] = {}
    for round_ in catalog.records.rounds.list():
        for model_id, name in (
            (round_.model_id, str(round_.number)),
            (round_.control_model_id, f"{round_.number}{_CONTROL}"),
        ):
            if model_id is not None:
                names[name] = model_id
    named = set(names.values())
    names |= {model_id: model_id for model_id in models if model_id not in named}
    found = [compared_model(name, models[model_id]) for name, model_id in names.items()]
    return sorted(found, key=lambda it: it.created_at, reverse=True)
