"""Labelled image sets for demos and proofs: the packaged one, digits, Fashion-MNIST."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, MissingDependencyError, NotFoundError, StorageError

DEMO_FILE = Path(__file__).parent / "data" / "fashion-mnist-6000.npz"
FASHION_FOLDER = "/usr/share/datasets/fashion-mnist"
CLASSES_OF_FASHION = (
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "boot",
)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSet:
    """Gray images with their known classes.

    Attributes:
        images: Pixels (n, h, w), uint8.
        labels: Classes (n,), int64, positions in ``class_names``.
        class_names: One name per class.
        source: Where the pictures come from.
        licence: Under which terms.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    source: str
    licence: str

    def __post_init__(self) -> None:
        if self.images.ndim != 3 or len(self.images) != len(self.labels):
            raise InvalidInputError(
                f"Images of shape {self.images.shape} do not fit {len(self.labels)} labels.",
                remedy="Give images (n, h, w) and labels (n,).",
            )

    def __len__(self) -> int:
        return len(self.labels)


def load_demo() -> ImageSet:
    """The 6,000 articles of Fashion-MNIST that come with the package, 600 a class.

    Raises:
        NotFoundError: the file is not in the installed package.
    """
    if not DEMO_FILE.is_file():
        raise NotFoundError(
            f"The demo data {DEMO_FILE.name} is not in this installation.",
            remedy="Install Querist again, or run scripts/make_demo_data.py in a checkout.",
        )
    with np.load(DEMO_FILE, allow_pickle=False) as stored:
        images, labels = stored["images"], stored["labels"]
    return _fashion(images, labels, "Fashion-MNIST, 6,000 articles of the training set")


def load_digits_images() -> ImageSet:
    """The 1,797 handwritten digits of scikit-learn, 8 × 8 pixels, as gray pictures."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return ImageSet(
        images=np.round(digits.images * (255.0 / 16.0)).astype(np.uint8),
        labels=digits.target.astype(np.int64),
        class_names=tuple(f"digit-{name}" for name in digits.target_names),
        source="scikit-learn's digits (UCI Optical Recognition of Handwritten Digits, test part)",
        licence="CC BY 4.0",
    )


def load_fashion_mnist(folder: str | Path = FASHION_FOLDER) -> ImageSet:
    """All 70,000 articles of Fashion-MNIST: 60,000 of the training file, then 10,000 of the test.

    Raises:
        MissingDependencyError: the four IDX files are not in ``folder``.
    """
    found = Path(folder)
    names = [
        f"{part}-{kind}" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")
    ]
    missing = [name for name in names if not (found / f"{name}-ubyte.gz").is_file()]
    if missing:
        raise MissingDependencyError(
            f"Fashion-MNIST is not in {str(found)!r}: {missing[0]}-ubyte.gz is missing.",
            remedy="On Debian run: apt install dataset-fashion-mnist",
            missing=missing,
        )
    parts = [read_idx(found / f"{name}-ubyte.gz") for name in names]
    return _fashion(
        np.concatenate([parts[0], parts[2]]),
        np.concatenate([parts[1], parts[3]]),
        "Fashion-MNIST, all 70,000 articles",
    )


def read_idx(path: Path) -> NDArray[np.uint8]:
    """The array of one gzipped IDX file of unsigned bytes.

    Raises:
        StorageError: the file is damaged or holds something else.
    """
    try:
        data = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as problem:
        raise StorageError(
            f"{path} cannot be read: {problem}.", remedy="Fetch the data set again."
        ) from problem
    dimensions = data[3] if data[:3] == b"\x00\x00\x08" else 0
    start = 4 + 4 * dimensions
    shape = struct.unpack(f">{dimensions}I", data[4:start]) if dimensions else (0,)
    if not dimensions or len(data) - start != int(np.prod(shape)):
        raise StorageError(
            f"{path} is not an IDX file of unsigned bytes, or it is cut short.",
            remedy="Fetch the data set again.",
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def write_image_folder(
    image_set: ImageSet, folder: str | Path, progress: Progress | None = None
) -> int:
    """Write one PNG a picture into one folder a class, for example ``boot/00012.png``.

    The number is the picture's position in the set, so names never change; files that are there
    already are left alone, and a file only gets its name once it is complete.

    Args:
        image_set: What to write.
        folder: Where; made if missing.
        progress: Called with (files done, files in all) now and then.

    Returns:
        How many files were written.

    Raises:
        MissingDependencyError: Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError as problem:
        raise MissingDependencyError.of("Writing PNG files", "app") from problem

    root = Path(folder)
    for name in image_set.class_names:
        (root / name).mkdir(parents=True, exist_ok=True)
    present = {path.relative_to(root).as_posix() for path in root.glob("*/*.png")}
    written, total = 0, len(image_set)
    for position, (pixels, code) in enumerate(zip(image_set.images, image_set.labels, strict=True)):
        name = f"{image_set.class_names[code]}/{position:05d}.png"
        if name not in present:
            unfinished = root / f"{name}.part"
            Image.fromarray(pixels).save(unfinished, format="PNG", compress_level=1)
            unfinished.replace(root / name)
            written += 1
        if progress is not None and ((position + 1) % 500 == 0 or position + 1 == total):
            progress(position + 1, total)
    return written


def _fashion(images: NDArray[np.uint8], labels: NDArray[np.uint8], source: str) -> ImageSet:
    return ImageSet(
        images=images,
        labels=labels.astype(np.int64),
        class_names=CLASSES_OF_FASHION,
        source=f"{source} (Zalando Research)",
        licence="MIT",
    )
