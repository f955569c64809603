"""Auto-labelling: accept what the model is sure enough of, under a promised error rate."""

from querist.autolabel.auditing import AutoLabelSet
from querist.autolabel.auto_label import AUDIT, AutoLabel
from querist.autolabel.certificate import Certificate, certify
from querist.autolabel.difficulty import difficulty
from querist.autolabel.labeler import Suggestions, suggest
from querist.autolabel.proposing import ClassShare, CurvePoint, Proposal

__all__ = [
    "AUDIT",
    "AutoLabel",
    "AutoLabelSet",
    "Certificate",
    "ClassShare",
    "CurvePoint",
    "Proposal",
    "Suggestions",
    "certify",
    "difficulty",
    "suggest",
]
