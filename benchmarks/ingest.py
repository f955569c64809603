"""Adds 70,000 images through ten SIGKILLs, then once cleanly, and times both and the first page.

Run as ``python -m benchmarks.ingest``. Needs Debian's package dataset-fashion-mnist.
"""

from __future__ import annotations

import argparse
import gzip
import io
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.browsing import pages
from benchmarks.reporting import Figure, report
from querist.catalog import AssetQuery, Catalog, Settings, facets, run
from querist.schema import Candidate

DATASET = Path("/usr/share/datasets/fashion-mnist")
CLASSES = [
    "t-shirt", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "boot",
]  # fmt: skip
KILLS = 10
COUNT = 70_000


def main() -> int:
    """Run the benchmark; 0 when every target holds."""
    if sys.argv[1:2] == ["--child"]:
        return add_in_child(Path(sys.argv[2]), Path(sys.argv[3]))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="querist-bench-") as folder:
        images = Path(folder) / "images"
        print(f"Writing {COUNT:,} PNG files")
        write_images(images)
        figures = [*interrupted(Path(folder), images, random.Random(arguments.seed))]
        figures += clean(Path(folder), images)
        return report("ingest", figures)


def write_images(folder: Path) -> None:
    """Write the data set's images as PNG files, one folder a thousand."""
    number = 0
    for part in ("train", "t10k"):
        for image in read_idx(DATASET / f"{part}-images-idx3-ubyte.gz"):
            path = folder / f"{number // 1000:02d}" / f"{number:05d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(path, compress_level=1)
            number += 1
    if number != COUNT:
        raise SystemExit(f"The data set has {number} images, {COUNT} were expected.")


def read_idx(path: Path) -> NDArray[np.uint8]:
    """The images (n, 28, 28) of an IDX file, gzipped or not."""
    plain = path.with_suffix("")
    if plain.exists():
        data = plain.read_bytes()
    elif path.exists():
        data = gzip.decompress(path.read_bytes())
    else:
        raise SystemExit(f"{path} is missing. Install it: apt-get install dataset-fashion-mnist")
    return np.frombuffer(data, dtype=np.uint8, offset=16).reshape(-1, 28, 28)


def candidates(folder: Path) -> Iterator[Candidate]:
    """What a folder of images offers, in the order of names."""
    for path in sorted(folder.rglob("*.png")):
        yield Candidate(id=path.relative_to(folder).as_posix(), path=path)


def add_in_child(project: Path, images: Path) -> int:
    """The process that is killed: adds, and says how far it is."""

    def tell(done: int, *_: object) -> None:
        print(done, flush=True)

    catalog = Catalog.open(project)
    catalog.assets.ingest(candidates(images), total=COUNT, progress=tell)
    catalog.close()
    return 0


def new_project(folder: Path, images: Path) -> Path:
    """An empty project that may read the images."""
    catalog = Catalog.create(folder, Settings.of(name=folder.name, classes=CLASSES))
    catalog.records.sources.add(images)
    catalog.close()
    return folder


def interrupted(folder: Path, images: Path, chance: random.Random) -> Iterator[Figure]:
    """Add while being killed at random moments; then look for holes, doubles and bad rows."""
    project = new_project(folder / "interrupted", images)
    moments = sorted(chance.randrange(COUNT) for _ in range(KILLS))
    kills = 0
    for moment in [*moments, COUNT + 1]:
        command = [sys.executable, "-m", "benchmarks.ingest", "--child", str(project), str(images)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for line in child.stdout:
            if int(line) >= moment:
                # Progress comes between commits: wait a little to hit them too.
                time.sleep(chance.uniform(0.0, 0.15))
                child.send_signal(signal.SIGKILL)
                break
        child.communicate()
        if child.returncode == -signal.SIGKILL:
            kills += 1
            print(f"  kill {kills} after {moment:,} images: {count(project):,} assets are kept")
        elif child.returncode:
            raise SystemExit(f"The adding process failed with code {child.returncode}.")
    yield Figure(name="kills survived", value=kills, target=KILLS)
    yield from integrity(project, images)


def count(project: Path) -> int:
    """Assets in a project, as another process sees them."""
    catalog = Catalog.open(project)
    try:
        return catalog.assets.count()
    finally:
        catalog.close()


def integrity(project: Path, images: Path) -> Iterator[Figure]:
    """Exact count, no doubles, the source's order, and every thumbnail decodes to the original."""
    catalog = Catalog.open(project)
    ids = catalog.assets.ids()
    expected = [candidate.id for candidate in candidates(images)]
    broken = 0
    for asset_id in ids:
        data, _ = catalog.assets.thumbnail(asset_id)
        with Image.open(io.BytesIO(data)) as thumbnail:
            broken += thumbnail.size != (28, 28) or data != (images / asset_id).read_bytes()
    catalog.close()
    yield Figure(
        name="assets missing", value=len(set(expected) - set(ids)), target=0, better="lower"
    )
    yield Figure(name="assets twice", value=len(ids) - len(set(ids)), target=0, better="lower")
    yield Figure(name="order differs", value=float(ids != expected), target=0, better="lower")
    yield Figure(name="thumbnails broken", value=broken, target=0, better="lower")


def clean(folder: Path, images: Path) -> Iterator[Figure]:
    """One timed add, the same again, pages of the full catalog, and the first round."""
    project = new_project(folder / "clean", images)
    catalog = Catalog.open(project)
    first = catalog.assets.ingest(candidates(images), total=COUNT)
    rate = first.added / first.seconds
    yield Figure(name="add", value=rate, target=1_000, unit="images/s")
    again = catalog.assets.ingest(candidates(images), total=COUNT)
    rate = again.present / again.seconds
    yield Figure(name="add again", value=rate, target=10_000, unit="images/s")
    table = np.random.default_rng(0).dirichlet(np.ones(10), size=COUNT)
    catalog.predictions.put("model-bench", CLASSES, table)
    query = AssetQuery(state="unlabeled", text="7", sort="confidence", offset=10_000, limit=500)
    for name, ask in (("page of 500", run), ("facets", facets)):
        ask(catalog, query, "model-bench")
        took = min(timed(lambda ask=ask: ask(catalog, query, "model-bench")) for _ in range(5))
        yield Figure(name=name, value=took * 1000, target=150, unit="ms", better="lower")
    catalog.close()
    yield from first_round(project)
    yield from pages(project)


def timed(call) -> float:  # type: ignore[no-untyped-def]
    """Wall seconds of a call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def first_round(project: Path) -> Iterator[Figure]:
    """Time ``querist next 100`` in a fresh process, after embedding."""
    querist = [sys.executable, "-m", "querist"]
    embed = timed(lambda: subprocess.run([*querist, "embed", "-p", str(project)], check=True))
    yield Figure(name="embed", value=COUNT / embed, unit="images/s")
    ask = [*querist, "next", "100", "-p", str(project)]
    took = timed(lambda: subprocess.run(ask, check=True, stdout=subprocess.DEVNULL))
    yield Figure(name="querist next 100", value=took, target=3.0, unit="s", better="lower")


if __name__ == "__main__":
    sys.exit(main())
