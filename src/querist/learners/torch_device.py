"""Which device torch runs on, how exactly, on how many threads, and from which seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from querist.errors import InvalidInputError, MissingDependencyError
from querist.strategies.parts import each_part

# Pictures at a time: on a processor as many pixels as stay near it, and few enough that the last
# digits of what the network says of a picture hang on none beside it, as with 16 they do.
_PIXELS, _PICTURES, _PICTURES_OF_GPU = 1 << 17, 8, 32


def choose(device: str | None, *, feature: str, extra: str) -> str:
    """``device``, or a GPU where there is one.

    Raises:
        MissingDependencyError: torch is not installed; the error names ``extra``.
        InvalidInputError: there is no such device here.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingDependencyError.of(feature, extra) from error
    if device is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InvalidInputError(
            f"The device {device!r} cannot be used: {str(error).splitlines()[0]}",
            remedy="Leave the device out, or give 'cpu' or 'cuda'.",
            device=device,
        ) from None
    return device


def mixed_precision(device: str) -> Any:
    """A context in which products are in bfloat16, where the device computes in it.

    It has the range of float32, so that no gradient vanishes and no loss needs scaling, as it would
    with float16. Elsewhere nothing changes.
    """
    import torch

    kind = torch.device(device).type
    able = kind == "cpu" or (kind == "cuda" and torch.cuda.is_bf16_supported())
    return torch.autocast(device_type=kind, dtype=torch.bfloat16, enabled=able)


@dataclass
class _Inside:
    """Blocks of ``one_thread`` that run now, in all threads: torch has one number for them all."""

    lock: Lock = field(default_factory=Lock)
    count: int = 0
    before: int = 1


_INSIDE = _Inside()


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep torch's work on the processor on one thread within the block.

    The products of a small head are done before a second thread has begun; where other programs
    keep the cores busy, waiting for it takes tens of times as long as the product.
    """
    import torch

    with _INSIDE.lock:
        if not _INSIDE.count:
            _INSIDE.before = torch.get_num_threads()
        _INSIDE.count += 1
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _INSIDE.lock:
            _INSIDE.count -= 1
            if not _INSIDE.count:
                torch.set_num_threads(_INSIDE.before)


def is_processor(device: str) -> bool:
    """Whether the device is the processor itself."""
    return device.partition(":")[0] == "cpu"


def on_each_core(see: Callable[[slice], None], count: int, step: int, *, width: int) -> None:
    """Call ``see`` for slices of ``step`` inputs, each on one thread, beside each other.

    The threads of one call wait for each other: where other programs keep the cores busy that takes
    several times as long as the work.

    Args:
        see: Lets a network see some inputs; writes to places of their own.
        count: How many inputs there are.
        step: Inputs of a call.
        width: Numbers of an input, to tell whether threads are worth it.
    """
    with one_thread():
        each_part(see, count, step, width=width)


def each_few_pictures(see: Callable[[slice], None], count: int, *, size: int, device: str) -> None:
    """Call ``see`` for slices of a few pictures that together are ``count`` pictures.

    On a processor what comes out is the same to the bit whatever the number of cores, of pictures,
    and of other programs.

    Args:
        see: Lets a network see some pictures; writes to places of their own.
        count: How many pictures there are.
        size: Side of a picture in pixels.
        device: Where the network runs.
    """
    if is_processor(device):
        few = min(max(_PIXELS // size**2, 1), _PICTURES)
        on_each_core(see, count, few, width=3 * size**2)
    else:
        for start in range(0, count, _PICTURES_OF_GPU):
            see(slice(start, min(start + _PICTURES_OF_GPU, count)))


@contextmanager
def seeded(seed: int, device: str) -> Iterator[None]:
    """Seed torch within the block and leave its random state outside as it was."""
    import torch

    at = torch.device(device)
    where = [] if at.type == "cpu" else [at.index or 0]
    with torch.random.fork_rng(devices=where, device_type="cuda" if at.type == "cpu" else at.type):
        torch.manual_seed(seed)
        yield
