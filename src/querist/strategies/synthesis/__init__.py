"""Synthesis: new inputs worth a label, from vectors, images and texts."""

from querist.strategies.synthesis.base import Proposal, Synthesizer, create, names, register
from querist.strategies.synthesis.boundary import BoundaryBisection
from querist.strategies.synthesis.images import IMAGE_EDITS, ImageEdits
from querist.strategies.synthesis.templates import TextTemplates
from querist.strategies.synthesis.texts import TEXT_EDITS, TextEdits, synonyms
from querist.strategies.synthesis.weakness import Condition, Edit

__all__ = [
    "IMAGE_EDITS",
    "TEXT_EDITS",
    "BoundaryBisection",
    "Condition",
    "Edit",
    "ImageEdits",
    "Proposal",
    "Synthesizer",
    "TextEdits",
    "TextTemplates",
    "create",
    "names",
    "register",
    "synonyms",
]
