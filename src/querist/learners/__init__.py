"""Models and encoders behind two seams; heavy libraries are imported when one is created."""

from querist.learners.base import (
    Codes,
    Encoder,
    EncoderIdentity,
    Item,
    Learner,
    LinearLearner,
    Matrix,
    SamplingLearner,
)
from querist.learners.committee import bootstrap_committee, sampled_committee
from querist.learners.content_classifier import ContentClassifier, positions_as_rows
from querist.learners.out_of_fold import out_of_fold
from querist.learners.registry import (
    create_encoder,
    create_learner,
    create_value_learner,
    default_encoder,
    default_value_learner,
    encoder_class,
    encoder_names,
    learner_class,
    learner_names,
    starts_script,
    tasks_learned,
    value_learner_class,
    value_learner_names,
)
from querist.learners.signals import OF_A_CLASSIFIER, OF_A_MODEL, linear_head, model_signals
from querist.learners.value_base import Guesses, Inputs, ValueLearner

__all__ = [
    "OF_A_CLASSIFIER",
    "OF_A_MODEL",
    "Codes",
    "ContentClassifier",
    "Encoder",
    "EncoderIdentity",
    "Guesses",
    "Inputs",
    "Item",
    "Learner",
    "LinearLearner",
    "Matrix",
    "SamplingLearner",
    "ValueLearner",
    "bootstrap_committee",
    "create_encoder",
    "create_learner",
    "create_value_learner",
    "default_encoder",
    "default_value_learner",
    "encoder_class",
    "encoder_names",
    "learner_class",
    "learner_names",
    "linear_head",
    "model_signals",
    "out_of_fold",
    "positions_as_rows",
    "sampled_committee",
    "starts_script",
    "tasks_learned",
    "value_learner_class",
    "value_learner_names",
]
