"""Facts about the packaged and the installed image sets."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from querist.errors import InvalidInputError, MissingDependencyError, NotFoundError, StorageError
from querist.experiments import datasets
from querist.experiments.datasets import (
    DEMO_FILE,
    FASHION_FOLDER,
    ImageSet,
    load_demo,
    load_digits_images,
    load_fashion_mnist,
    read_idx,
    write_image_folder,
)


def _few() -> ImageSet:
    images = np.arange(6 * 4 * 5, dtype=np.uint8).reshape(6, 4, 5)
    return ImageSet(
        images=images,
        labels=np.array([0, 1, 0, 1, 0, 1]),
        class_names=("bag", "boot"),
        source="made here",
        licence="none",
    )


def test_the_demo_has_600_articles_of_each_of_ten_classes() -> None:
    """The packaged file is complete, small, and comes with its licence."""
    demo = load_demo()
    assert demo.images.shape == (6_000, 28, 28)
    assert np.bincount(demo.labels).tolist() == [600] * 10
    assert demo.class_names[demo.labels[0]] in demo.class_names
    assert DEMO_FILE.stat().st_size < 3.5e6
    notice = (DEMO_FILE.parent / "LICENSE-fashion-mnist.txt").read_text(encoding="utf-8")
    assert "Zalando SE" in notice
    assert "MIT License" in notice


def test_the_demo_is_the_file_that_was_made() -> None:
    """Every pixel and label is the one that the script drew."""
    demo = load_demo()
    digest = hashlib.sha256(demo.images.tobytes() + demo.labels.tobytes()).hexdigest()
    assert digest == "edba6407e96bc2ebcb46e038dcc1d3847d3c22bb5f9e7948acb19b908f33201a"


def test_a_missing_demo_file_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation without the file is named as such."""
    monkeypatch.setattr(datasets, "DEMO_FILE", tmp_path / "gone.npz")
    with pytest.raises(NotFoundError, match=r"gone\.npz"):
        load_demo()


def test_digits_are_pictures_with_full_contrast() -> None:
    """The 1,797 digits of scikit-learn use the whole range of gray."""
    digits = load_digits_images()
    assert digits.images.shape == (1_797, 8, 8)
    assert (digits.images.min(), digits.images.max()) == (0, 255)
    assert len(digits.class_names) == 10


def test_without_the_debian_package_the_apt_command_is_told(tmp_path: Path) -> None:
    """The error names the missing file and the command."""
    with pytest.raises(MissingDependencyError, match="apt install dataset-fashion-mnist") as caught:
        load_fashion_mnist(tmp_path)
    assert "train-images-idx3-ubyte.gz" in caught.value.message


@pytest.mark.skipif(not Path(FASHION_FOLDER).is_dir(), reason="dataset-fashion-mnist is missing")
def test_the_full_set_has_70000_articles_and_holds_the_demo() -> None:
    """Training file first, then test; each article of the demo is one of the training file."""
    full = load_fashion_mnist()
    assert full.images.shape == (70_000, 28, 28)
    assert np.bincount(full.labels).tolist() == [7_000] * 10
    training = {
        (image.tobytes(), int(code))
        for image, code in zip(full.images[:60_000], full.labels[:60_000], strict=True)
    }
    demo = load_demo()
    assert all(
        (image.tobytes(), int(code)) in training
        for image, code in zip(demo.images, demo.labels, strict=True)
    )


@pytest.mark.parametrize(
    "content",
    [b"no gzip", gzip.compress(b""), gzip.compress(b"\0\0\x08\x01\0\0\0\x05abc"), b"\x1f\x8b\x08"],
    ids=["no gzip", "empty", "too short", "cut off"],
)
def test_a_damaged_idx_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """Not gzip, empty, cut short: each is named and not read as data."""
    path = tmp_path / "labels.gz"
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"labels\.gz"):
        read_idx(path)


def test_a_folder_of_files_gives_back_the_pixels(tmp_path: Path) -> None:
    """One folder a class, names that never change, and lossless files."""
    few = _few()
    seen: list[tuple[int, int]] = []
    assert write_image_folder(few, tmp_path, lambda done, total: seen.append((done, total))) == 6
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))
    assert files == [
        "bag/00000.png",
        "bag/00002.png",
        "bag/00004.png",
        "boot/00001.png",
        "boot/00003.png",
        "boot/00005.png",
    ]
    assert np.array_equal(np.asarray(Image.open(tmp_path / "boot/00003.png")), few.images[3])
    assert seen == [(6, 6)]


def test_files_that_are_there_are_left_alone(tmp_path: Path) -> None:
    """A second call writes only what is missing, an unfinished file included."""
    write_image_folder(_few(), tmp_path)
    kept = tmp_path / "bag/00000.png"
    before = kept.stat().st_mtime_ns
    (tmp_path / "boot/00005.png").rename(tmp_path / "boot/00005.png.part")
    assert write_image_folder(_few(), tmp_path) == 1
    assert kept.stat().st_mtime_ns == before
    assert not list(tmp_path.rglob("*.part"))


def test_images_and_labels_of_different_length_are_refused() -> None:
    """An image set keeps its parts aligned."""
    with pytest.raises(InvalidInputError, match="do not fit 1 labels"):
        ImageSet(
            images=np.zeros((2, 3, 3), np.uint8),
            labels=np.array([0]),
            class_names=("a",),
            source="",
            licence="",
        )
