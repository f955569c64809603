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
from querist.learners.out_of_fold import out_of_fold
from querist.learners.registry import (
    create_encoder,
    create_learner,
    default_encoder,
    encoder_class,
    encoder_names,
    learner_class,
    learner_names,
)
from querist.learners.signals import OF_A_MODEL, linear_head, model_signals

__all__ = [
    "OF_A_MODEL",
    "Codes",
    "Encoder",
    "EncoderIdentity",
    "Item",
    "Learner",
    "LinearLearner",
    "Matrix",
    "SamplingLearner",
    "bootstrap_committee",
    "create_encoder",
    "create_learner",
    "default_encoder",
    "encoder_class",
    "encoder_names",
    "learner_class",
    "learner_names",
    "linear_head",
    "model_signals",
    "out_of_fold",
    "sampled_committee",
]
