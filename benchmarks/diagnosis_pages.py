"""How long the pages that diagnose take to answer of a project with a million predictions.

Run: python -m benchmarks.diagnosis_pages [--assets 1000000] [--tries 7]

Two projects, one of 10 classes with 1,000 audit labels and one of 100 classes with 10,000, each
with five rounds over vectors of 32 numbers, answered by jobs as a served project answers them. A
new server then answers what the pages Home, Rounds, Diagnose, Compare and Review (suspects) ask
for: the first answer, and the median and 95th percentile of the later ones, of the slowest request
of each page. Last the cache of the project is emptied, which anybody may do at any time, and what
its newest round taught is asked for again.
"""

from __future__ import annotations

import argparse
import http.client
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.reporting import Figure, report
from benchmarks.served_project import Server, enroll
from querist.engine import InlineEngine, result_of
from querist.loop.intake import open_encoder
from querist.project import Project
from querist.schema import Candidate, Role

LIMIT = 1.0
ROUNDS, WIDTH = 5, 32
# What each page asks for; {round} is the newest round, {older} one before it.
PAGES = {
    "Home": ("/home", "/project", "/jobs"),
    "Rounds": ("/rounds", "/rounds/{round}"),
    "Diagnose": (
        "/findings",
        "/confusions",
        "/lessons",
        "/findings?round={older}",
        "/confusions?round={older}",
        "/lessons?round={older}",
    ),
    "Compare": (
        "/models",
        "/comparison?first={older}&second={round}",
        "/thresholds?model={round}&confidence=0.5",
    ),
    "Review": ("/suspects?limit=1000",),
}
AGAIN = ("/confusions", "/lessons", "/suspects?limit=1000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a project is like.

    Attributes:
        classes: How many classes.
        batch: Assets of each round; each round releases as many of the audit set.
        audit: Assets of the audit set.
    """

    classes: int
    batch: int
    audit: int


SIZES = (Size(classes=10, batch=200, audit=1_000), Size(classes=100, batch=2_000, audit=10_000))


def main() -> int:
    """Measure both projects; 0 if every page answers in time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=int, default=1_000_000)
    parser.add_argument("--tries", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="where the projects are made, and kept")
    arguments = parser.parse_args()
    figures: list[Figure] = []
    details: dict[str, Any] = {"assets": arguments.assets}
    with tempfile.TemporaryDirectory(prefix="querist-bench-") as temporary:
        for size in SIZES:
            folder = (arguments.keep or Path(temporary)) / f"classes-{size.classes}"
            if not folder.exists():
                start = time.perf_counter()
                prepare(folder, size, arguments.assets)
                print(f"{size}: made in {time.perf_counter() - start:.0f} s", flush=True)
            found, told = measured(folder, size, arguments.tries)
            figures += found
            details[f"{size.classes} classes"] = told
            if not arguments.keep:
                shutil.rmtree(folder)
    name = "diagnosis_pages" if arguments.assets >= 1_000_000 else "diagnosis_pages_part"
    return report(name, figures, details=details)


def prepare(folder: Path, size: Size, assets: int) -> None:
    """A project of rows whose rounds were answered from their known classes, as jobs."""
    rng = np.random.default_rng(size.classes)
    vectors, classes = mixture(size.classes, assets, rng)
    names = [f"class {code:03d}" for code in range(size.classes)]
    project = Project.create(
        folder,
        media="table",
        classes=names,
        oracle_column="known",
        policy={"batch_size": size.batch, "audit_size": size.audit},
    )
    # The rows say little, as nothing here reads them: their vectors are put in beside them.
    blank = {f"x{column}": 0 for column in range(WIDTH)}
    project.catalog.assets.ingest(
        Candidate(
            id=f"row-{i}",
            features=blank,
            metadata={"known": names[code], "shelf": f"shelf {i % 17}"},
        )
        for i, code in enumerate(classes.tolist())
    )
    identity = open_encoder(project.catalog, fit=True).identity
    ids = project.catalog.assets.ids()
    for start in range(0, assets, 100_000):
        rows = slice(start, start + 100_000)
        project.catalog.embeddings.put(identity, ids[rows], vectors[rows])
    jobs = InlineEngine(project.catalog.records.jobs, project.handlers)
    result_of(jobs.submit("oracle_round", {"rounds": ROUNDS}))
    project.close()


def mixture(
    classes: int, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Vectors (n, d) of classes that overlap, of which the later ones are rarer; and classes."""
    share = 1 / np.sqrt(np.arange(1, classes + 1))
    codes = rng.choice(classes, size=count, p=share / share.sum())
    centers = rng.normal(size=(classes, WIDTH), scale=1.2 if classes > 50 else 0.6)
    noise = rng.standard_normal((count, WIDTH), dtype=np.float32)
    return centers[codes].astype(np.float32) + noise, codes


def measured(folder: Path, size: Size, tries: int) -> tuple[list[Figure], dict[str, Any]]:
    """Figures of one project, and all seconds by route."""
    (token,) = enroll(folder, ["ana"], role=Role.MANAGER)
    figures: list[Figure] = []
    told: dict[str, Any] = {}
    server = Server(folder)
    server.start()
    try:
        for page, routes in PAGES.items():
            taken = {it: _asked(server.port, token, _named(it), tries) for it in routes}
            told |= {route: _rounded(seconds) for route, seconds in taken.items()}
            figures += _figures(f"{size.classes} classes: {page}", taken)
    finally:
        server.stop()
    shutil.rmtree(folder / "cache")
    server = Server(folder)
    server.start()
    try:
        for route in AGAIN:
            seconds = _asked(server.port, token, route, 1)
            told[f"{route}, with an empty cache"] = _rounded(seconds)
            figures.append(
                Figure(
                    name=f"{size.classes} classes: {route.split('?')[0]}, with an empty cache",
                    value=seconds[0], unit="s",
                )
            )  # fmt: skip
    finally:
        server.stop()
    return figures, told


def _figures(name: str, taken: dict[str, list[float]]) -> Iterator[Figure]:
    """The slowest route of a page at its first answer, and at the median and p95 of the later."""
    values = {
        "first answer": max(seconds[0] for seconds in taken.values()),
        "median": max(float(np.median(seconds[1:])) for seconds in taken.values()),
        "p95": max(float(np.percentile(seconds[1:], 95)) for seconds in taken.values()),
    }
    for what, value in values.items():
        target = None if what == "median" else LIMIT
        yield Figure(name=f"{name}, {what}", value=value, target=target, unit="s", better="lower")


def _named(route: str) -> str:
    return route.format(round=ROUNDS, older=ROUNDS - 1)


def _rounded(seconds: list[float]) -> list[float]:
    return [round(one, 4) for one in seconds]


def _asked(port: int, token: str, route: str, tries: int) -> list[float]:
    """Wall seconds of each of the requests, from sending to the last byte of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    found = []
    for _ in range(tries):
        start = time.perf_counter()
        connection.request("GET", f"/api/v1{route}", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        body = answer.read()
        found.append(time.perf_counter() - start)
        if answer.status != 200:
            raise SystemExit(f"{route}: {answer.status} {body[:500]!r}")
    print(f"  {route}: {found[0]:.3f} s, then {np.median(found[1:] or found):.3f} s", flush=True)
    connection.close()
    return found


if __name__ == "__main__":
    sys.exit(main())
