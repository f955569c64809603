"""Which device torch runs on."""

from __future__ import annotations

from querist.errors import InvalidInputError, MissingDependencyError


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
