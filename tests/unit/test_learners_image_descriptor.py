"""The image descriptor: real pictures, odd files, and what it must not depend on."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from querist.errors import InvalidInputError
from querist.learners import Item, Matrix, create_encoder, create_learner
from querist.learners.image_decoding import decode_squares, upright_size
from querist.schema import Media


def item(image: Image.Image, kind: str = "PNG", **options: Any) -> Item:
    """The picture as a file of ``kind``."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return Item(media=Media.IMAGE, data=buffer.getvalue())


def encode(*images: Image.Image) -> Matrix:
    """The descriptors of pictures stored as PNG."""
    return create_encoder("image-descriptor").encode([item(image) for image in images])


def photo(height: int = 40, width: int = 40) -> Image.Image:
    """A smooth colour picture without symmetry."""
    y, x = np.mgrid[:height, :width]
    planes = (x * 5 % 256, (x + 2 * y) % 256, y * 3 % 256)
    return Image.fromarray(np.stack(planes, axis=2).astype(np.uint8))


def accuracy(X: Matrix, y: np.ndarray, train: int) -> float:
    """Share of the rows after the first ``train`` that the default learner gets right."""
    learner = create_learner("logistic-regression")
    learner.fit(X[:train], y[:train], class_count=10, rng=np.random.default_rng(0))
    found = learner.predict_proba(X[train:]).argmax(axis=1)
    return float((found == y[train:]).mean())


def test_digits_are_told_apart() -> None:
    """On scikit-learn's digits, half of them as labels, at least 97 % are right."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = [Image.fromarray((image * 15).astype(np.uint8)) for image in digits.images]
    order = np.random.default_rng(0).permutation(len(images))
    X = encode(*(images[i] for i in order))
    assert accuracy(X, digits.target[order], 900) >= 0.97


def test_few_labels_of_clothes_are_enough() -> None:
    """On Fashion-MNIST 200 random labels give at least 76 % on other pictures."""
    from querist.experiments import datasets

    with np.load(datasets.DEMO_FILE) as stored:
        images, labels = stored["images"], stored["labels"].astype(np.int64)
    chosen = np.random.default_rng(0).permutation(len(images))[:1_200]
    X = encode(*(Image.fromarray(images[i]) for i in chosen))
    assert accuracy(X, labels[chosen], 200) >= 0.76


def test_colour_alone_is_enough_to_tell_pictures_apart() -> None:
    """Two pictures with the same luma and other hues have different vectors."""
    red, green = np.zeros((2, 32, 32, 3), np.uint8)
    red[..., 0] = 200
    green[..., 1] = 102  # 200 * 0.299 / 0.587
    found = encode(Image.fromarray(red), Image.fromarray(green))
    assert np.linalg.norm(found[0] - found[1]) > 0.5


def test_gray_and_rgb_files_of_one_picture_have_one_vector() -> None:
    """The mode of the file does not matter, only what is seen."""
    gray = photo().convert("L")
    np.testing.assert_allclose(*encode(gray, gray.convert("RGB")), atol=1e-6)


def test_brightness_hardly_moves_the_gradients() -> None:
    """Half the contrast keeps the gradient parts nearly where they were."""
    image = np.asarray(photo().convert("L"))
    found = encode(Image.fromarray(image), Image.fromarray(image // 2))[:, :348]
    assert float(found[0] @ found[1]) / 2 > 0.98


def test_the_orientation_tag_is_obeyed() -> None:
    """A picture stored on its side with an EXIF tag equals the upright one."""
    upright = photo(40, 24)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    sideways = item(upright.transpose(Image.Transpose.ROTATE_90), exif=exif)
    squares = decode_squares([sideways, item(upright)], 32)
    assert np.array_equal(squares[0], squares[1])


def test_a_wide_picture_is_padded_with_its_edge() -> None:
    """Padding repeats the border, so it adds no gradient."""
    stripe = np.zeros((8, 32, 3), np.uint8)
    stripe[:4] = 90
    square = decode_squares([item(Image.fromarray(stripe))], 32)[0]
    assert (square[:14] == 90).all()
    assert (square[18:] == 0).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
def test_every_mode_is_read(mode: str) -> None:
    """Bilevel, palette, alpha, print, 16-bit and float pictures all give a useful vector."""
    if mode in {"I;16", "I", "F"}:
        kind = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
        image = Image.fromarray((np.asarray(photo().convert("L")).astype(kind)) * 100)
    else:
        image = photo().convert("RGBA" if mode == "LA" else "RGB").convert(mode)
    found = create_encoder("image-descriptor").encode([item(image, "TIFF")])
    assert np.isfinite(found).all()
    assert found[0, :348].std() > 0.01


def test_transparent_parts_are_white() -> None:
    """What lies under full transparency cannot be seen, so it does not count."""
    clear = Image.new("RGBA", (30, 30), (10, 200, 30, 0))
    np.testing.assert_allclose(*encode(clear, Image.new("RGB", (30, 30), "white")), atol=1e-6)


def test_an_even_picture_is_not_blown_up() -> None:
    """A picture of one colour has no gradients and a finite vector."""
    found = encode(Image.new("RGB", (50, 50), (40, 90, 200)))
    assert np.isfinite(found).all()
    assert not found[0, :348].any()


def test_one_pixel_is_a_picture() -> None:
    """The smallest and the longest pictures can be encoded."""
    found = encode(Image.new("L", (1, 1), 7), Image.new("L", (900, 1), 7), photo(1, 500))
    assert np.isfinite(found).all()


def test_a_jpeg_is_close_to_its_png() -> None:
    """The short cut of decoding a large JPEG small changes little."""
    large = photo(40, 40).resize((900, 900))
    encoder = create_encoder("image-descriptor")
    a, b = encoder.encode([item(large, "JPEG", quality=90), item(large)])
    assert float(a @ b) / float(np.linalg.norm(a) * np.linalg.norm(b)) > 0.98


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n broken"])
def test_what_is_no_picture_is_refused_by_position(data: bytes) -> None:
    """The error names the position of the bad file in the batch."""
    items = [item(photo()), Item(media=Media.IMAGE, data=data)]
    with pytest.raises(InvalidInputError, match="Picture 1 of the batch") as caught:
        create_encoder("image-descriptor").encode(items)
    assert caught.value.details["position"] == 1
    assert " object at 0x" not in caught.value.message


def test_a_cut_off_picture_is_refused() -> None:
    """Half a PNG is not silently encoded as a half-black picture."""
    whole = item(photo(200, 200)).data
    assert whole is not None
    with pytest.raises(InvalidInputError, match="cannot be decoded"):
        create_encoder("image-descriptor").encode(
            [Item(media=Media.IMAGE, data=whole[: len(whole) // 2])]
        )


def test_the_size_of_a_png_is_told_without_its_pixels() -> None:
    """One that ends before its pixels has a size; one that was held on its side is turned."""
    plain = item(photo(40, 60)).data
    assert plain is not None
    assert upright_size(plain[: plain.index(b"IDAT") + 8]) == (60, 40)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = item(photo(40, 60), exif=exif).data
    assert turned is not None
    assert upright_size(turned) == (40, 60)
    with pytest.raises(InvalidInputError, match="cannot be decoded"):
        upright_size(b"no picture")
