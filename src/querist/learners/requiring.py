"""What the conformance kits of learners and encoders require, each in one sentence."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from querist.errors import QueristError


def require(condition: bool, sentence: str) -> None:
    """Fail with ``sentence`` unless ``condition`` holds."""
    if not condition:
        raise AssertionError(sentence)


@contextmanager
def raises(kind: type[QueristError], what: str) -> Iterator[None]:
    """Fail unless the body raises an error of ``kind`` that says what to do."""
    try:
        yield
    except kind as error:
        require(bool(error.message and error.remedy), f"{what} raises without a remedy")
    else:
        raise AssertionError(f"{what} does not raise {kind.__name__}")


def no_pickle(folder: Path) -> None:
    """Fail where a file below ``folder`` could run code when it is read."""
    suffixes = {path.suffix for path in folder.rglob("*")}
    pickled = sorted(suffixes & {".pkl", ".pickle", ".joblib", ".pt", ".pth"})
    require(not pickled, f"files of kind {pickled} were written: never pickle")


@contextmanager
def folder_of_its_own() -> Iterator[Path]:
    """An empty folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
