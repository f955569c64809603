"""Auto-labelling: accept what the model is sure enough of, under a promised error rate."""

from querist.autolabel.acceptance import Acceptance, acceptance_threshold

__all__ = ["Acceptance", "acceptance_threshold"]
