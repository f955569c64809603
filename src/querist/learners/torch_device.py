"""Which device torch runs on, how exactly, on how many threads, and from which seed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, MissingDependencyError
from querist.strategies.parts import each_part

# Pictures at a time: on a processor as many pixels as stay near it, and few enough that the last
# digits of what the network says of a picture hang on none beside it, as with 16 they do.
_PIXELS, _PICTURES, _PICTURES_OF_GPU = 1 << 17, 8, 32

Pixels = NDArray[np.uint8]


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
class _Blocks:
    """Blocks that run now, in all threads, under a setting of which torch has one for them all.

    Attributes:
        change: Sets it, and says how to put it back; called when the first block begins.
        undo: What puts it back, when the last one ends.
    """

    change: Callable[[], Callable[[], None]]
    undo: Callable[[], None] = field(default=lambda: None)
    count: int = 0
    lock: Lock = field(default_factory=Lock)

    @contextmanager
    def one(self) -> Iterator[None]:
        """A block."""
        with self.lock:
            if not self.count:
                self.undo = self.change()
            self.count += 1
        try:
            yield
        finally:
            with self.lock:
                self.count -= 1
                if not self.count:
                    self.undo()


def _to_one_thread() -> Callable[[], None]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    return lambda: torch.set_num_threads(threads)


def _to_exact() -> Callable[[], None]:
    import torch

    # As torch is by itself, a picture's vector hangs on those beside it from the third digit on.
    cudnn: Any = torch.backends.cudnn
    attention: Any = torch.backends.cuda
    kinds = (cudnn.conv, cudnn.rnn)
    precisions = [kind.fp32_precision for kind in kinds]
    exact = torch.are_deterministic_algorithms_enabled()
    warned = torch.is_deterministic_algorithms_warn_only_enabled()
    efficient, fused = attention.mem_efficient_sdp_enabled(), attention.cudnn_sdp_enabled()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # products are exact with it only
    for kind in kinds:
        kind.fp32_precision = "ieee"
    # Of the ways to attend, these two have gradients whose sums have no order.
    attention.enable_mem_efficient_sdp(False)
    attention.enable_cudnn_sdp(False)
    # A network of one's own may hold an operation that has no such algorithm: it is not refused.
    torch.use_deterministic_algorithms(True, warn_only=True)

    def undo() -> None:
        torch.use_deterministic_algorithms(exact, warn_only=warned)
        attention.enable_mem_efficient_sdp(efficient)
        attention.enable_cudnn_sdp(fused)
        for kind, precision in zip(kinds, precisions, strict=True):
            kind.fp32_precision = precision

    return undo


_ONE_THREAD, _EXACT = _Blocks(_to_one_thread), _Blocks(_to_exact)


def steady(device: str) -> AbstractContextManager[None]:
    """A block in which a network says the same again, whatever runs beside it.

    On a processor torch keeps to one thread: the products of a small head are done before a second
    one has begun, and where other programs keep the cores busy, waiting for it takes tens of times
    as long as the product. On a GPU float32 stays float32, and its algorithms are those whose sums
    have one order.
    """
    return (_ONE_THREAD if is_processor(device) else _EXACT).one()


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
    with _ONE_THREAD.one():
        each_part(see, count, step, width=width)


def each_few_pictures(
    read: Callable[[slice], Pixels],
    see: Callable[[slice, Pixels], None],
    count: int,
    *,
    size: int,
    device: str,
) -> None:
    """Read slices of a few pictures that together are ``count`` pictures, and see each.

    On a processor what comes out is the same to the bit whatever the number of cores, of pictures,
    and of other programs. A GPU sees one slice at a time, so that its memory need not grow with the
    number of cores, while those read the next ones.

    Args:
        read: Decodes the pictures of a slice.
        see: Lets a network see them; writes to places of their own.
        count: How many pictures there are.
        size: Side of a picture in pixels.
        device: Where the network runs.
    """
    width = 3 * size**2
    if is_processor(device):
        few = min(max(_PIXELS // size**2, 1), _PICTURES)
        on_each_core(lambda part: see(part, read(part)), count, few, width=width)
        return
    turn = Lock()

    def in_turn(part: slice) -> None:
        pixels = read(part)
        with turn:
            see(part, pixels)

    with steady(device):
        each_part(in_turn, count, _PICTURES_OF_GPU, width=width)


@contextmanager
def seeded(seed: int, device: str) -> Iterator[None]:
    """Seed torch within the block and leave its random state outside as it was.

    On a GPU the block is a steady one, so that the same seed gives the same network.
    """
    import torch

    at = torch.device(device)
    where = [] if at.type == "cpu" else [at.index or 0]
    kind = "cuda" if at.type == "cpu" else at.type
    exact = nullcontext() if at.type == "cpu" else steady(device)
    with torch.random.fork_rng(devices=where, device_type=kind), exact:
        torch.manual_seed(seed)
        yield
