"""Small projects of sets, numbers, boxes and spans, labelled by who knows, with a control arm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from querist.experiments import load_demo
from querist.project import Project
from querist.schema import (
    Box,
    BoxesValue,
    ClassesValue,
    LabeledBox,
    LabeledSpan,
    NumberValue,
    Span,
    SpansValue,
    TaskKind,
    Value,
)

ARTICLES = {"trouser": 1, "bag": 8, "ankle boot": 9}
NAMES = ("Ada", "Alan", "Grace", "Kurt", "Emmy", "Wei", "Rosa", "Omar", "Lena", "Ivan")
TOWNS = ("Paris", "Lagos", "Kyoto", "Bergen", "Cusco", "Quito", "Perth", "Minsk")
Assets = tuple[Any, dict[str, Value]]


def all_labeled(folder: Path, task: TaskKind, **policy: Any) -> Project:
    """A project of rows without a round, of which every label is known."""
    media, classes, make, learner = _TASKS[task]
    rows, truth = make(folder)
    project = Project.create(
        folder / "project", task=task, media=media, classes=classes, learner=learner, policy=policy
    )
    project.add(rows)
    project.labels.import_many(list(truth.items()), annotator="known")
    return project


def two_arms(folder: Path, task: TaskKind, *, rounds: int = 3, **policy: Any) -> Project:
    """A project after some rounds of 12 labels of each arm; the audit set is labelled too."""
    media, classes, make, learner = _TASKS[task]
    assets, truth = make(folder)
    project = Project.create(
        folder / "project",
        task=task,
        media=media,
        classes=classes,
        learner=learner,
        policy={"batch_size": 12, "audit_size": 40, "control_share": 1.0, **policy},
    )
    project.add(assets)
    for _ in range(rounds):
        project.next_round()
        while items := project.queue.next("ana", 100).items:
            for item in items:
                name = Path(item.asset.uri).name if task is TaskKind.BOXES else item.asset.id
                project.labels.submit(item.asset.id, truth[name], annotator="ana")
        project.finish_round()
    return project


def _scenes(folder: Path) -> Assets:
    """Pictures of one or two of the package's Fashion-MNIST articles side by side."""
    demo, side = load_demo(), 96
    (folder / "scenes").mkdir(parents=True)
    truth: dict[str, Value] = {}
    for number in range(100):
        rng = np.random.default_rng(number)
        pixels, found = np.full((side, side), rng.integers(60, 180), np.uint8), []
        for left in (2, 50)[: 1 + number % 2]:
            name = str(rng.choice(list(ARTICLES)))
            article = demo.images[rng.choice(np.flatnonzero(demo.labels == ARTICLES[name]))]
            grey = np.asarray(Image.fromarray(article).resize((42, 42)))
            rows, columns = (np.flatnonzero((grey > 20).any(axis=axis)) for axis in (1, 0))
            grey = grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            height, width = grey.shape
            top = int(rng.integers(0, side - height))
            pixels[top : top + height, left : left + width][grey > 20] = grey[grey > 20]
            box = Box(x=left, y=top, width=width, height=height)
            found.append(LabeledBox(name=name, box=box))
        truth[f"s{number:03}.png"] = BoxesValue(boxes=tuple(found))
        Image.fromarray(pixels).save(folder / "scenes" / f"s{number:03}.png")
    return folder / "scenes", truth


def _texts(_: Path) -> Assets:
    """Sentences with names and towns, of which some have neither."""
    patterns = ("Yesterday {name} went to {town}.", "It rained in {town} all day", "No one came")
    texts = [
        f"{pattern.format(name=name, town=town)} {number}"
        for number, (name, town) in enumerate((n, t) for n in NAMES for t in TOWNS)
        for pattern in patterns
    ]
    truth: dict[str, Value] = {}
    for row, text in enumerate(texts):
        spans = [
            LabeledSpan(name=kind, span=Span(start=at, end=at + len(word)))
            for kind, words in (("person", NAMES), ("town", TOWNS))
            for word in words
            if (at := text.find(word)) >= 0
        ]
        truth[f"t{row}"] = SpansValue(spans=tuple(spans))
    return [{"id": f"t{row}", "text": text} for row, text in enumerate(texts)], truth


def _rows() -> tuple[list[dict[str, Any]], np.ndarray]:
    X = np.random.default_rng(0).normal(size=(240, 4))
    return [
        {"id": f"r{i}", **{f"x{j}": float(it) for j, it in enumerate(x)}} for i, x in enumerate(X)
    ], X


def _sets(_: Path) -> Assets:
    rows, X = _rows()
    names = ("low", "mid", "high")
    return rows, {
        f"r{i}": ClassesValue(names=tuple(n for n, v in zip(names, x, strict=False) if v > 0.3))
        for i, x in enumerate(X)
    }


def _numbers(_: Path) -> Assets:
    rows, X = _rows()
    noise = np.random.default_rng(1).normal(0, 0.5, len(X))
    y = 2 * X[:, 0] - X[:, 1] + noise
    return rows, {f"r{i}": NumberValue(number=float(it)) for i, it in enumerate(y)}


_Task = tuple[str, tuple[str, ...], Callable[[Path], Assets], dict[str, Any]]
_TASKS: dict[TaskKind, _Task] = {
    TaskKind.BOXES: (
        "image",
        tuple(ARTICLES),
        _scenes,
        {"parameters": {"size": 96, "steps": 60}},
    ),
    TaskKind.SPANS: ("text", ("person", "town"), _texts, {}),
    TaskKind.MULTI_LABEL: ("table", ("low", "mid", "high"), _sets, {}),
    TaskKind.REGRESSION: ("table", (), _numbers, {}),
}
