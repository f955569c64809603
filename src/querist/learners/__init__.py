"""Models and encoders behind two seams; heavy libraries are imported when one is created."""

from querist.learners.base import Codes, Encoder, EncoderIdentity, Item, Learner, Matrix
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

__all__ = [
    "Codes",
    "Encoder",
    "EncoderIdentity",
    "Item",
    "Learner",
    "Matrix",
    "create_encoder",
    "create_learner",
    "default_encoder",
    "encoder_class",
    "encoder_names",
    "learner_class",
    "learner_names",
    "out_of_fold",
]
