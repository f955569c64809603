"""Runs many independent pieces of work in a few processes, and goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "artifacts/benchmarks"
Piece = tuple[Any, ...]


def run_all(
    work: Callable[..., Any],
    pieces: Sequence[Piece],
    *,
    name: str,
    code: Iterable[Path],
    processes: int = 2,
) -> dict[Piece, Any]:
    """``work(*piece)`` of all pieces, in processes of one thread each, by piece.

    Each result is written to ``artifacts/benchmarks`` as soon as it is there, and a later call with
    the same code takes it from there. Pieces are begun in the order given: put long ones first.

    Args:
        work: A function at the top level of a module; what it returns must be JSON.
        pieces: Its arguments, once each.
        name: Begins the name of the file.
        code: Files and folders the results depend on; when one changes, all is run again.
        processes: How many at a time.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = KEPT / f"{name}-{_digest(code)}.jsonl"
    found = {tuple(line["piece"]): line["result"] for line in _lines(kept)}
    open_pieces = [piece for piece in pieces if piece not in found]
    # Read by the numerical libraries of the new processes when they are imported there.
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    progress = _Progress(len(open_pieces))
    with (
        kept.open("a", encoding="utf-8") as file,
        ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool,
    ):
        running = {pool.submit(work, *piece): piece for piece in open_pieces}
        try:
            for future in as_completed(running):
                piece = running[future]
                found[piece] = future.result()
                file.write(json.dumps({"piece": piece, "result": found[piece]}) + "\n")
                file.flush()
                progress.one_more(piece)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    progress.end()
    return {piece: found[piece] for piece in pieces}


def _lines(kept: Path) -> list[dict[str, Any]]:
    if not kept.is_file():
        return []
    text = kept.read_text(encoding="utf-8")
    # The last line may be cut off by a kill; it is run again.
    whole, _, cut = text.rpartition("\n")
    if cut:
        kept.write_text(whole + "\n" if whole else "", encoding="utf-8")
    return [json.loads(line) for line in whole.splitlines()]


def _digest(code: Iterable[Path]) -> str:
    sha = hashlib.sha256()
    for path in code:
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            sha.update(file.read_bytes())
    return sha.hexdigest()[:10]


class _Progress:
    """A line that is written over in a terminal, and a line a minute in a file."""

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0
        self.start = self.last = time.perf_counter()
        self.over = sys.stderr.isatty()

    def one_more(self, piece: Piece) -> None:
        self.done += 1
        now = time.perf_counter()
        if now - self.last < (0.2 if self.over else 60):
            return
        self.last = now
        left = (now - self.start) / self.done * (self.total - self.done)
        words = " ".join(Path(str(part)).stem for part in piece)
        text = f"  {self.done}/{self.total}, about {left / 60:.0f} min left: {words}"
        print(
            f"\r{text:<78.78}" if self.over else text,
            end="" if self.over else "\n",
            file=sys.stderr,
            flush=True,
        )

    def end(self) -> None:
        if self.over:
            print("\r" + " " * 78, end="\r", file=sys.stderr, flush=True)
