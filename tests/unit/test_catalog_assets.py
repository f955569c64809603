"""Reading assets: pictures, contents, metadata, and projects as a whole."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from querist.catalog import Catalog, Settings
from querist.catalog.thumbnails import UnreadableImageError, inspect, sniff
from querist.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    UnknownNameError,
)
from querist.schema import Candidate


def encoded(mode: str, size: tuple[int, int], kind: str = "PNG", **options: object) -> bytes:
    """An encoded picture of a gradient."""
    ramp = np.linspace(0, 255, size[0] * size[1]).reshape(size[::-1]).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(ramp).convert(mode).save(buffer, format=kind, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    """The decoded picture."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """A catalog with four pictures of a registered folder."""
    root = tmp_path / "photos"
    root.mkdir()
    made = Catalog.create(tmp_path / "shop", Settings.of(name="shop", classes=["a", "b"]))
    made.records.sources.add(root)
    names = [f"{i}.png" for i in range(4)]
    for i, name in enumerate(names):
        (root / name).write_bytes(encoded("L", (10 + i, 20)))
    made.assets.ingest(
        Candidate(id=name, path=root / name, metadata={"kind": i} if i else {})
        for i, name in enumerate(names)
    )
    yield made
    made.close()


def test_small_originals_are_their_own_thumbnail() -> None:
    """A small web-safe picture is not encoded twice."""
    data = encoded("L", (28, 28))
    found = inspect(data)
    assert (found.thumbnail, found.media_type) == (data, "image/png")
    assert (found.width, found.height) == (28, 28)


@pytest.mark.parametrize(
    ("mode", "kind", "media_type"),
    [
        ("RGB", "JPEG", "image/jpeg"),
        ("CMYK", "JPEG", "image/jpeg"),
        ("L", "TIFF", "image/jpeg"),
        ("1", "PNG", "image/jpeg"),
        ("P", "GIF", "image/jpeg"),
        ("I;16", "TIFF", "image/jpeg"),
        ("F", "TIFF", "image/jpeg"),
        ("RGBA", "PNG", "image/png"),
        ("LA", "PNG", "image/png"),
    ],
)
def test_large_originals_get_a_web_safe_thumbnail(mode: str, kind: str, media_type: str) -> None:
    """Every mode becomes a picture that browsers show, 256 pixels along its long edge."""
    found = inspect(encoded(mode, (1000, 500), kind))
    assert (found.width, found.height, found.media_type) == (1000, 500, media_type)
    assert opened(found.thumbnail).size == (256, 128)


def test_deep_grey_is_stretched_not_cut() -> None:
    """A 16-bit picture keeps its range from dark to light in the thumbnail."""
    deep = np.linspace(0, 60_000, 400 * 400).reshape(400, 400).astype(np.uint16)
    buffer = io.BytesIO()
    Image.fromarray(deep).save(buffer, format="TIFF")
    shown = np.asarray(opened(inspect(buffer.getvalue()).thumbnail), dtype=float)
    assert shown[:10].mean() < 20
    assert 110 < shown[120:136].mean() < 145
    assert shown[-10:].mean() > 235


def test_exif_orientation_is_applied() -> None:
    """A photo taken sideways is stored as it is seen, even when it is small."""
    exif = Image.Exif()
    exif[0x0112] = 6
    for size in ((600, 300), (60, 30)):
        found = inspect(encoded("RGB", size, "JPEG", exif=exif.tobytes()))
        assert (found.width, found.height) == size[::-1]
        thumbnail = opened(found.thumbnail)
        assert thumbnail.height > thumbnail.width


@pytest.mark.parametrize("data", [b"", b"\x00", b"GIF89a", b"<?xml version='1.0'?><svg/>"])
def test_rubbish_is_unreadable(data: bytes) -> None:
    """No bytes make the inspection fail in any other way."""
    with pytest.raises(UnreadableImageError):
        inspect(data)


def test_media_types_come_from_the_bytes() -> None:
    """A file's name is not believed."""
    for kind, media_type in (("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")):
        assert sniff(encoded("RGB", (8, 8), kind)[:16]) == media_type
    assert sniff(b"<svg xmlns=") == "application/octet-stream"


def test_assets_come_in_the_order_asked(catalog: Catalog) -> None:
    """Get, read and positions follow the ids given, repeats included."""
    ids = ["3.png", "0.png", "3.png"]
    assert [asset.id for asset in catalog.assets.get_many(ids)] == ids
    assert [opened(item.data or b"").width for item in catalog.assets.read(ids)] == [13, 10, 13]
    assert catalog.assets.get_many([]) == []
    asset = catalog.assets.get("2.png")
    assert (asset.width, asset.height, asset.metadata) == (12, 20, {"kind": 2})
    assert asset.added_at is not None
    assert asset.added_at.utcoffset() is not None


def test_unknown_ids_are_named(catalog: Catalog) -> None:
    """The error says which ids the catalog does not have."""
    with pytest.raises(NotFoundError, match=r"'x', 'y'") as caught:
        catalog.assets.positions(["0.png", "x", "y"])
    assert caught.value.details["ids"] == ["x", "y"]


def test_metadata_is_aligned_and_unknown_columns_are_named(catalog: Catalog) -> None:
    """A column has one value an asset; a misspelt column is answered with the right one."""
    assert catalog.assets.metadata("kind") == [None, 1, 2, 3]
    with pytest.raises(UnknownNameError, match="kind"):
        catalog.assets.metadata("kimd")


def test_content_is_served_only_from_registered_folders(catalog: Catalog, tmp_path: Path) -> None:
    """A file that became a link to elsewhere, or went away, is not served."""
    path, media_type = catalog.assets.content("0.png")
    assert media_type == "image/png"
    assert isinstance(path, Path)
    path.unlink()
    with pytest.raises(NotFoundError, match="gone"):
        catalog.assets.content("0.png")
    with pytest.raises(NotFoundError, match="gone"):
        catalog.assets.read(["0.png"])
    secret = tmp_path / "secret.png"
    secret.write_bytes(encoded("L", (5, 5)))
    path.symlink_to(secret)
    with pytest.raises(PermissionDeniedError):
        catalog.assets.content("0.png")
    with pytest.raises(PermissionDeniedError):
        catalog.assets.read(["0.png"])


def test_a_project_is_made_once_and_opened_often(catalog: Catalog, tmp_path: Path) -> None:
    """Creating twice is a conflict; opening nothing is not found; a second opening sees all."""
    with pytest.raises(ConflictError, match="already"):
        Catalog.create(catalog.folder, Settings.of(name="other"))
    with pytest.raises(NotFoundError, match="querist init"):
        Catalog.open(tmp_path / "nowhere")
    other = Catalog.open(catalog.folder)
    assert other.assets.ids() == catalog.assets.ids()
    assert other.settings == catalog.settings
    assert other.records.ontologies.current().names == ("a", "b")
    other.close()
    other.close()


def test_a_refused_project_is_no_project(tmp_path: Path) -> None:
    """When making fails, the folder holds no project and can be used for another try."""
    bad = Settings.of(name="shop", records="mysql://db/shop")
    with pytest.raises(InvalidInputError):
        Catalog.create(tmp_path, bad)
    Catalog.create(tmp_path, Settings.of(name="shop")).close()


def test_classes_written_into_the_file_join_the_ontology(catalog: Catalog) -> None:
    """A class that somebody adds to querist.toml is there at the next opening, at the end."""
    path = catalog.folder / "querist.toml"
    path.write_text(path.read_text().replace('["a", "b"]', '["c", "a", "b"]'))
    other = Catalog.open(catalog.folder)
    assert other.records.ontologies.current().names == ("a", "b", "c")
    other.close()


def test_an_empty_catalog_answers(tmp_path: Path) -> None:
    """A catalog without assets has no ids, no metadata and no missing vectors."""
    empty = Catalog.create(tmp_path, Settings.of(name="shop"))
    assert empty.assets.count() == 0
    assert empty.assets.ids() == []
    assert empty.assets.metadata("kind") == []
    assert empty.embeddings.missing("x-1-y-3") == []
    assert empty.embeddings.keys() == ()
    empty.close()
