"""demo: the main job on real images, through the same calls that any project uses."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from querist.cli.printing import output, print_table, progress_bar
from querist.errors import NotFoundError
from querist.schema import percent

if TYPE_CHECKING:
    from querist.loop.curve import CurvePoint
    from querist.project import Project

# A fifth of the pictures: known labels cost nothing, and a larger audit has less doubt.
AUDIT = 1_200


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(demo)


def demo(
    dataset: Annotated[
        str,
        typer.Option(help="articles, digits, fashion-mnist, or a folder with a folder a class."),
    ] = "articles",
    headless: Annotated[
        bool, typer.Option("--headless", help="Run end to end with the known labels.")
    ] = False,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of the headless run.")] = 12,
    batch: Annotated[int, typer.Option(min=1, help="Labels a round.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random draw.")] = 0,
    folder: Annotated[
        Path | None, typer.Option(help="Where the demo lives; a temporary folder if headless.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the headless report goes.")] = Path(
        "querist-demo-report"
    ),
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port of the web app; 0 takes a free one.")
    ] = 8321,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Watch Querist do its job on real images. Example: querist demo --headless."""
    if headless:
        with tempfile.TemporaryDirectory(prefix="querist-demo-") as temporary:
            home = folder or Path(temporary)
            with _prepare(home, dataset, batch, seed) as project:
                _run(project, rounds, out)
        return
    from querist.server import serve

    with _prepare(folder or Path("querist-demo"), dataset, batch, seed) as project:
        output.print("Label by hand, or press “Let the known labels answer” on the home page.")
        serve(project, host="127.0.0.1", port=port, open_browser=browser)


def _prepare(home: Path, dataset: str, batch: int, seed: int) -> Project:
    """The demo's project: made from a folder of image files, or opened if it is there already."""
    from querist.project import Project

    place = home / "project"
    if (place / "querist.toml").exists():
        return Project.open(place)
    images = _images(home, dataset)
    classes = sorted(entry.name for entry in images.iterdir() if entry.is_dir())
    if len(classes) < 2:
        raise NotFoundError(
            f"{images} holds {len(classes)} class folders.",
            remedy="Give a folder with one folder of images for each class.",
        )
    project = Project.create(
        place,
        name=Path(dataset).name,
        classes=classes,
        policy={
            "batch_size": batch,
            "audit_size": AUDIT,
            "control_share": 1.0,
            "seed": seed,
        },
        oracle_column="folder",
    )
    start = time.perf_counter()
    with progress_bar() as progress:
        report = project.add(images, progress=progress)
    output.print(
        f"{report.added:,} images of {len(classes)} classes added and embedded in "
        f"{time.perf_counter() - start:.1f} s."
    )
    return project


def _images(home: Path, dataset: str) -> Path:
    from querist.experiments import datasets

    loaders = {
        "articles": datasets.load_demo,
        "digits": datasets.load_digits_images,
        "fashion-mnist": datasets.load_fashion_mnist,
    }
    if dataset not in loaders:
        given = Path(dataset)
        if not given.is_dir():
            raise NotFoundError(
                f"There is no data set and no folder named {dataset!r}.",
                remedy=f"Give one of {', '.join(loaders)}, or a folder with a folder a class.",
            )
        return given
    image_set = loaders[dataset]()
    output.print(f"{image_set.source}. Licence: {image_set.licence}.", markup=False)
    images = home / "images"
    with progress_bar() as progress:
        datasets.write_image_folder(image_set, images, progress)
    return images


def _run(project: Project, rounds: int, out: Path) -> None:
    from querist.cli.demo_report import write_report
    from querist.loop import ceiling
    from querist.loop.curve import OPPOSITE, saved_at_least

    start = time.perf_counter()
    with progress_bar() as progress:
        for done in range(rounds):
            progress(done, rounds, f"Round {done + 1}")
            project.oracle()
    found = project.status()
    full = ceiling(project.catalog)
    control = {point.round: point for point in found.curve.control}
    rows = [
        (p.round, p.labels, _accuracy(p), _accuracy(control.get(p.round)))
        for p in found.curve.active
    ]
    print_table(["round", "labels", "active", "random control"], rows)
    if full:
        output.print(f"All {full.labels:,} labels would give {percent(full.accuracy.value)}.")
    if found.saving:
        most = OPPOSITE[saved_at_least(found.saving, found.curve)]
        output.print(
            f"To the same accuracy active learning took [bold]{most}"
            f"{percent(found.saving.mean_ratio, 0)} of random's labels[/], averaged over the curve."
        )
    if found.advice:
        output.print(f"[bold]{found.advice.sentence}[/]")
        for reason in found.advice.reasons:
            output.print(f"  {reason}", markup=False)
    path = write_report(project, found, full, out)
    output.print(f"{rounds} rounds in {time.perf_counter() - start:.1f} s. Report: {path}")


def _accuracy(point: CurvePoint | None) -> str:
    return "–" if point is None else str(point.accuracy)
