"""Files of arrays whose heads claim more than there is are refused before memory is taken."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from querist.errors import InvalidInputError, StorageError
from querist.formats import read_source
from querist.formats.score_tables import read_scores

MANY = 10**12
WIDE = 10**8


def head(*shape: int) -> bytes:
    """The head of an array of floats of this shape, without its numbers."""
    file = io.BytesIO()
    facts = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, facts)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    """An array as a file."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(path: Path, **arrays: bytes) -> Path:
    """An archive of these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in arrays.items():
            archive.writestr(f"{name}.npy", body)
    return path


@pytest.mark.parametrize("claimed", [(MANY, 2), (2, MANY), (WIDE, 2)])
def test_scores_whose_head_claims_more_than_there_is_are_refused(
    tmp_path: Path, claimed: tuple[int, int]
) -> None:
    """Whether the rows fit the ids or not, in words and without memory."""
    ids = npy(np.array(["t0", "t1"]))
    path = npz(tmp_path / "h.npz", probabilities=head(*claimed), ids=ids)
    tracemalloc.start()
    with pytest.raises(StorageError, match=r"h\.npz cannot be read"):
        read_scores(path, arrays=("probabilities",))
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_rows_without_ids_are_refused_before_they_are_read(tmp_path: Path) -> None:
    """A small file may hold rows without end: 80 MB of zeros here."""
    ids = npy(np.array(["t0", "t1"]))
    path = npz(tmp_path / "z.npz", probabilities=npy(np.zeros((5_000_000, 2))), ids=ids)
    tracemalloc.start()
    with pytest.raises(InvalidInputError, match="2 ids and numbers of shape"):
        read_scores(path, arrays=("probabilities",))
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_assets_whose_head_claims_more_than_there_is_are_refused(
    tmp_path: Path, ending: str
) -> None:
    """The array and its claim are named."""
    path = tmp_path / f"x.{ending}"
    if ending == "npy":
        path.write_bytes(head(MANY, 2))
    else:
        npz(path, X=head(MANY, 2))
    with pytest.raises(InvalidInputError, match="claims the shape"):
        read_source(path, media="table")
