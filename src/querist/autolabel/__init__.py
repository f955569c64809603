"""Auto-labelling: accept what the model is sure enough of, under a promised error rate."""

from querist.autolabel.auditing import AutoLabelSet
from querist.autolabel.auto_label import AUDIT, AutoLabel
from querist.autolabel.certificate import Certificate, certify
from querist.autolabel.difficulty import UNKNOWN, difficulty
from querist.autolabel.labeler import Suggestions, suggest
from querist.autolabel.proposing import ClassShare, CurvePoint, Proposal
from querist.autolabel.risk import Claims, Risk, fit_risk
from querist.autolabel.second_opinion import Judged, errors_beside

__all__ = [
    "AUDIT",
    "UNKNOWN",
    "AutoLabel",
    "AutoLabelSet",
    "Certificate",
    "Claims",
    "ClassShare",
    "CurvePoint",
    "Judged",
    "Proposal",
    "Risk",
    "Suggestions",
    "certify",
    "difficulty",
    "errors_beside",
    "fit_risk",
    "suggest",
]
