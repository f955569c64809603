"""Adding assets: what goes in, what is refused, and what an interruption leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from querist.catalog import Catalog, Settings
from querist.errors import JobCancelledError, UnavailableError
from querist.schema import Candidate


def picture(path: Path, seed: int, size: tuple[int, int] = (28, 28), **options: object) -> Path:
    """Write a picture of noise; the format follows from the name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, size=(*size[::-1], 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, **options)
    return path


def folder_of(root: Path) -> list[Candidate]:
    """The candidates that a folder of images offers."""
    return [
        Candidate(id=path.relative_to(root).as_posix(), path=path)
        for path in sorted(root.rglob("*"))
        if not path.is_dir()
    ]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A source folder."""
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


@pytest.fixture
def catalog(tmp_path: Path, root: Path) -> Iterator[Catalog]:
    """An empty catalog that may read the source folder."""
    made = Catalog.create(tmp_path / "shop", Settings.of(name="shop", classes=["a", "b"]))
    made.records.sources.add(root)
    yield made
    made.close()


def test_adding_keeps_order_and_is_idempotent(catalog: Catalog, root: Path) -> None:
    """Assets take the source's order; adding again adds nothing; later ones come behind."""
    for i in range(7):
        picture(root / f"b{i}.png", i)
    first = catalog.assets.ingest(folder_of(root))
    assert (first.added, first.present, first.problems) == (7, 0, ())
    picture(root / "a.png", 99)
    again = catalog.assets.ingest(folder_of(root))
    assert (again.added, again.present, again.problems) == (1, 7, ())
    assert catalog.assets.ids() == [f"b{i}.png" for i in range(7)] + ["a.png"]
    assert catalog.assets.positions(["a.png", "b0.png"]).tolist() == [7, 0]


def test_known_files_are_not_read_again(catalog: Catalog, root: Path) -> None:
    """A file with the size and time it had is taken as unchanged without reading it."""
    path = picture(root / "a.png", 1)
    catalog.assets.ingest(folder_of(root))
    status = path.stat()
    path.write_bytes(b"x" * status.st_size)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    report = catalog.assets.ingest(folder_of(root))
    assert (report.added, report.present, report.problems) == (0, 1, ())


def test_bad_files_are_named_and_the_rest_goes_in(catalog: Catalog, root: Path) -> None:
    """Damaged, empty, doubled, missing and scriptable files are reported by name and kind."""
    picture(root / "good.png", 1)
    (root / "zero.png").touch()
    (root / "text.png").write_text("not an image")
    cut = picture(root / "cut.jpg", 2, size=(300, 300))
    cut.write_bytes(cut.read_bytes()[:-4000])
    (root / "drawing.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (root / "twin.png").write_bytes((root / "good.png").read_bytes())
    wanted = [*folder_of(root), Candidate(id="gone.png", path=root / "gone.png")]
    report = catalog.assets.ingest(wanted)
    assert {problem.name: problem.kind for problem in report.problems} == {
        "zero.png": "empty",
        "text.png": "unreadable",
        "cut.jpg": "unreadable",
        "drawing.svg": "unreadable",
        "twin.png": "duplicate",
        "gone.png": "unreadable",
    }
    assert report.added == 1
    assert catalog.assets.ids() == ["good.png"]
    twin = next(p for p in report.problems if p.name == "twin.png")
    assert "'good.png'" in twin.message


def test_an_image_that_claims_too_many_pixels_is_not_decoded(catalog: Catalog, root: Path) -> None:
    """A small file that would unpack to gigabytes is refused."""
    header = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (60_000).to_bytes(4, "big") * 2
    (root / "bomb.png").write_bytes(header + b"\x08\x02\x00\x00\x00" + b"\x00" * 64)
    report = catalog.assets.ingest(folder_of(root))
    assert [problem.kind for problem in report.problems] == ["unreadable"]


def test_changed_content_is_reported_and_the_old_kept(catalog: Catalog, root: Path) -> None:
    """A file that changed under a known id does not replace what people may have labelled."""
    picture(root / "a.png", 1)
    catalog.assets.ingest(folder_of(root))
    before = catalog.assets.get("a.png")
    picture(root / "a.png", 2)
    os.utime(root / "a.png", ns=(1, 1))
    report = catalog.assets.ingest(folder_of(root))
    assert [(p.name, p.kind) for p in report.problems] == [("a.png", "changed")]
    assert catalog.assets.get("a.png") == before


def test_a_touched_file_with_the_same_content_is_present(catalog: Catalog, root: Path) -> None:
    """A new time alone is no change."""
    picture(root / "a.png", 1)
    catalog.assets.ingest(folder_of(root))
    os.utime(root / "a.png", ns=(5, 5))
    report = catalog.assets.ingest(folder_of(root))
    assert (report.added, report.present, report.problems) == (0, 1, ())


def test_links_that_leave_the_source_are_refused(
    catalog: Catalog, root: Path, tmp_path: Path
) -> None:
    """A link, a linked folder or a path with dots cannot bring a foreign file in."""
    secret = picture(tmp_path / "private" / "secret.png", 1)
    (root / "link.png").symlink_to(secret)
    (root / "dir").symlink_to(secret.parent, target_is_directory=True)
    inside = picture(root / "inside.png", 2)
    (root / "fine.png").symlink_to(inside)
    report = catalog.assets.ingest(
        [
            Candidate(id="link", path=root / "link.png"),
            Candidate(id="folder", path=root / "dir" / "secret.png"),
            Candidate(id="dots", path=root / ".." / "private" / "secret.png"),
            Candidate(id="plain", path=secret),
            Candidate(id="fine", path=root / "fine.png"),
        ]
    )
    assert [(p.name, p.kind) for p in report.problems] == [
        (name, "outside") for name in ("link", "folder", "dots", "plain")
    ]
    assert catalog.assets.ids() == ["fine"]


def test_ids_used_twice_keep_the_first(catalog: Catalog, root: Path) -> None:
    """A source that uses an id twice adds the first one and reports the second."""
    one, two = picture(root / "1.png", 1), picture(root / "2.png", 2)
    report = catalog.assets.ingest(
        [
            Candidate(id="x", path=one),
            Candidate(id="x", path=two),
            Candidate(id="x", path=one),
            Candidate(id="", path=two),
        ]
    )
    assert (report.added, report.present) == (1, 1)
    assert [(p.name, p.kind) for p in report.problems] == [("x", "duplicate"), ("", "invalid")]


def test_arrays_are_kept_as_png(catalog: Catalog) -> None:
    """Pixels without a file are stored in the catalog, bit for bit, and added only once."""
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 256, (28, 28), dtype=np.uint8)
    wide = rng.integers(0, 256, (40, 700, 3), dtype=np.uint8)
    candidates = [
        Candidate(id="g", array=grey),
        Candidate(id="w", array=wide),
        Candidate(id="f", array=grey.astype(np.float32)),  # type: ignore[arg-type]
    ]
    report = catalog.assets.ingest(candidates)
    assert [(p.name, p.kind) for p in report.problems] == [("f", "invalid")]
    assert catalog.assets.ingest(candidates).present == 2
    for name, array in (("g", grey), ("w", wide)):
        data, media_type = catalog.assets.content(name)
        assert media_type == "image/png"
        assert isinstance(data, bytes)
        assert np.array_equal(decoded(data), array)
    assert catalog.assets.get("w").width == 700


def decoded(data: bytes) -> np.ndarray:
    """The pixels of encoded bytes."""
    import io

    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def test_texts_and_rows(tmp_path: Path) -> None:
    """Texts are unique by content, rows are not; other media are refused."""
    texts = Catalog.create(tmp_path / "t", Settings.of(name="t", media="text"))
    report = texts.assets.ingest(
        [
            Candidate(id="1", text="Good day"),
            Candidate(id="2", text="Good day"),
            Candidate(id="3", text=" "),
            Candidate(id="4", text="\ud800"),
            Candidate(id="5", features={"x": 1}),
            Candidate(id="6"),
            Candidate(id="7", text="Grüße 🙂", metadata={"when": np.int64(3), "nan": float("nan")}),
        ]
    )
    assert [(p.name, p.kind) for p in report.problems] == [
        ("2", "duplicate"),
        ("3", "empty"),
        ("4", "invalid"),
        ("5", "invalid"),
        ("6", "invalid"),
    ]
    assert texts.assets.get("7").metadata == {"when": 3, "nan": None}
    assert [item.text for item in texts.assets.read(["7", "1"])] == ["Grüße 🙂", "Good day"]
    changed = texts.assets.ingest([Candidate(id="1", text="Bad day")])
    assert [p.kind for p in changed.problems] == ["changed"]
    texts.close()

    rows = Catalog.create(tmp_path / "r", Settings.of(name="r", media="table"))
    report = rows.assets.ingest(
        [
            Candidate(id="1", features={"x": 1, "y": "a"}),
            Candidate(id="2", features={"y": "a", "x": 1}),
            Candidate(id="3", features={"x": object()}),
        ]
    )
    assert report.added == 2
    assert [(p.name, p.kind) for p in report.problems] == [("3", "invalid")]
    assert rows.assets.ingest([Candidate(id="1", features={"y": "a", "x": 1})]).present == 1
    assert rows.assets.read(["2"])[0].features == {"x": 1, "y": "a"}
    # Who labels sees the columns as the file has them; what learns sees them in one order.
    assert list(rows.assets.get("2").features) == ["y", "x"]
    assert list(rows.assets.read(["2"])[0].features) == ["x", "y"]
    rows.close()


def test_cancelling_keeps_what_was_seen(catalog: Catalog, root: Path) -> None:
    """A cancelled add leaves whole assets in order, and the next one goes on behind them."""
    for i in range(300):
        picture(root / f"{i:03d}.png", i, size=(4, 4))

    def stop(done: int, total: int | None = None, message: str = "") -> None:
        if done >= 64:
            raise JobCancelledError("Asked to stop.", remedy="Start again.")

    def slowly() -> Iterator[Candidate]:
        for number, candidate in enumerate(folder_of(root)):
            if number == 299:
                time.sleep(0.15)  # progress is told at most ten times a second
            yield candidate

    with pytest.raises(JobCancelledError):
        catalog.assets.ingest(slowly(), progress=stop)
    kept = catalog.assets.ids()
    assert 64 <= len(kept) < 300
    assert kept == [f"{i:03d}.png" for i in range(len(kept))]
    report = catalog.assets.ingest(folder_of(root))
    assert report.present == len(kept)
    assert catalog.assets.ids() == [f"{i:03d}.png" for i in range(300)]


def test_progress_ends_at_the_number_of_candidates(catalog: Catalog, root: Path) -> None:
    """Progress never goes back and ends at the total."""
    for i in range(5):
        picture(root / f"{i}.png", i)
    seen: list[int] = []

    def note(done: int, total: int | None = None, message: str = "") -> None:
        seen.append(done)

    catalog.assets.ingest(folder_of(root), total=5, progress=note)
    assert seen == sorted(seen)
    assert seen[-1] == 5


def test_only_one_adds_at_a_time(catalog: Catalog, root: Path) -> None:
    """A second add to the same project is refused instead of doubling assets."""
    picture(root / "a.png", 1)
    errors: list[Exception] = []

    def add_meanwhile() -> Iterator[Candidate]:
        yield from folder_of(root)
        other = Catalog.open(catalog.folder)
        try:
            other.assets.ingest(folder_of(root))
        except UnavailableError as error:
            errors.append(error)
        finally:
            other.close()

    report = catalog.assets.ingest(add_meanwhile())
    assert report.added == 1
    assert len(errors) == 1


ADD = """
import sys
from pathlib import Path
from querist.catalog import Catalog
from querist.schema import Candidate

catalog = Catalog.open(sys.argv[1])
root = Path(sys.argv[2])
paths = sorted(root.glob("*.png"))
print("start", flush=True)
import querist.catalog.ingest as module
module.BATCH_ROWS = 64
catalog.assets.ingest(Candidate(id=path.name, path=path) for path in paths)
print("done", flush=True)
"""


def test_kill_at_any_moment_and_run_again(catalog: Catalog, root: Path) -> None:
    """After SIGKILLs during an add, running it again leaves no hole, no double, no half row."""
    for i in range(900):
        picture(root / f"{i:04d}.png", i, size=(6, 6))
    command = [sys.executable, "-c", textwrap.dedent(ADD), str(catalog.folder), str(root)]
    kills = 0
    for wait in (0.005, 0.03, 0.06, 0.09):
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "start\n"
        time.sleep(wait)
        kills += child.poll() is None
        child.send_signal(signal.SIGKILL)
        child.communicate()
        kept = catalog.assets.ids()
        assert kept == [f"{i:04d}.png" for i in range(len(kept))]
    assert kills
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.endswith("done\n")
    assert catalog.assets.ids() == [f"{i:04d}.png" for i in range(900)]
    for name in ("0000.png", "0450.png", "0899.png"):
        data, _ = catalog.assets.thumbnail(name)
        assert decoded(data).shape == (6, 6, 3)
