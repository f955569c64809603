"""The encoder of a project's assets, as it was fitted last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from querist.learners import Encoder, create_encoder, default_encoder, starts_script

if TYPE_CHECKING:
    from querist.catalog.catalog import Catalog


def encoder_name(catalog: Catalog) -> str:
    """The name of the project's encoder; never ``auto``, but what that takes."""
    name = catalog.settings.learner.encoder
    return default_encoder(catalog.settings.media) if name == "auto" else name


def blank_encoder(catalog: Catalog) -> Encoder:
    """The project's encoder, not yet fitted."""
    name = encoder_name(catalog)
    parameters = dict(catalog.settings.learner.encoder_parameters)
    if starts_script(name):
        parameters["folder"] = str(catalog.folder)
    return create_encoder(name, **parameters)


def encoder_fits(catalog: Catalog) -> tuple[int, ...]:
    """How many assets there were at each of its fits, ascending; the last is in use."""
    return catalog.embeddings.fits(encoder_name(catalog))


def encoder_of_fit(catalog: Catalog, assets: int) -> Encoder:
    """The encoder as it was fitted when there were so many assets."""
    encoder = blank_encoder(catalog)
    encoder.load(catalog.embeddings.state_folder(encoder_name(catalog), assets))
    return encoder


def newest_encoder(catalog: Catalog) -> Encoder:
    """The encoder as it was fitted last; not fitted at all where it never was."""
    encoder = blank_encoder(catalog)
    fits = encoder_fits(catalog) if encoder.needs_fit else ()
    return encoder_of_fit(catalog, fits[-1]) if fits else encoder


def newest_vectors(catalog: Catalog) -> str | None:
    """Key of the vectors that the project's encoder made, as it was fitted last.

    ``None`` where it has made none yet.
    """
    encoder = newest_encoder(catalog)
    if encoder.needs_fit and not encoder_fits(catalog):
        return None
    key = encoder.identity.key
    return key if key in catalog.embeddings.keys() else None  # noqa: SIM118 - no dict
