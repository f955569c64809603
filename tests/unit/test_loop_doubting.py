"""The doubt of an asset, split by models and by views, through whole projects."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from querist.errors import (
    InvalidInputError,
    MissingSignalError,
    NotFittedError,
    NotFoundError,
    UnknownNameError,
)
from querist.learners import Item, create_learner
from querist.learners.views import another_view, viewed_proba
from querist.metrics import decompose
from querist.project import Project
from querist.schema import Media

CLASSES = ["a", "b"]


def _rows(count: int = 80) -> list[dict[str, object]]:
    """Two clouds with a row between them that could be either, and one far from all."""
    rng = np.random.default_rng(0)
    rows = [
        {"id": f"r{i}", "x": float(4 * (i % 2) - 2 + 0.5 * rng.normal()), "y": float(rng.normal())}
        for i in range(count)
    ]
    return [*rows, {"id": "between", "x": 0.0, "y": 0.0}]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory):
    """A table with forty labels and a model."""
    with Project.create(tmp_path_factory.mktemp("d") / "p", media="table", classes=CLASSES) as made:
        made.add(_rows())
        for i in range(40):
            made.labels.submit(f"r{i}", CLASSES[i % 2], annotator="ana")
        made.train()
        yield made


def test_both_parts_add_up_and_what_lies_between_is_doubted_most(project: Project) -> None:
    """The ids keep their order; a row amid a cloud is sure, the one between is not."""
    ids = ["r50", "between", "r51"]
    found = project.models.doubts(ids)
    assert [it.asset_id for it in found] == ids
    for it in found:
        assert it.total == pytest.approx(it.aleatoric + it.epistemic)
        assert it.epistemic >= 0
        assert it.drawn == 8
    assert found[1].total > 2 * max(found[0].total, found[2].total)
    assert project.models.doubts(ids) == found


def test_the_models_that_tell_it_are_trained_once_and_only_where_that_is_allowed(tmp_path) -> None:
    """Nothing is trained for a page that must not wait; one that is missing is trained alone."""
    with Project.create(tmp_path / "p", media="table", classes=CLASSES) as made:
        made.add(_rows())
        for i in range(40):
            made.labels.submit(f"r{i}", CLASSES[i % 2], annotator="ana")
        made.train()
        with pytest.raises(NotFittedError, match="not trained yet"):
            made.models.doubts(["between"], trains=False)
        trained: list[str] = []

        def progress(done: int, total: int | None = None, message: str = "") -> None:
            trained.append(message)

        model = made.models.prepare_doubt(progress=progress)
        assert trained == [f"Training model {k} of 8" for k in range(1, 9)]
        kept = made.folder / "cache" / "doubt"
        (first,) = made.models.doubts(["between"], trains=False)
        shutil.rmtree(kept / model / "4")
        assert made.models.doubts(["between"], progress=progress) == [first]
        assert trained[8:] == ["Training model 5 of 8"]
        made.labels.submit("between", "a", annotator="ana")
        made.train()
        newest = made.models.prepare_doubt()
        assert [it.name for it in kept.iterdir()] == [newest] != [model]


def test_what_cannot_be_split_is_said(project: Project, tmp_path: Path) -> None:
    """Unknown sources and assets, rows without views, and a project without a model."""
    with pytest.raises(UnknownNameError, match="dreams"):
        project.models.doubts(["r0"], source="dreams")
    with pytest.raises(NotFoundError):
        project.models.doubts(["nobody"])
    with pytest.raises(MissingSignalError, match="no other views"):
        project.models.doubts(["r0"], source="views")
    with pytest.raises(InvalidInputError, match="0 assets"):
        project.models.doubts([])
    with Project.create(tmp_path / "p", media="table", classes=CLASSES) as bare:
        bare.add(_rows(4))
        with pytest.raises(NotFoundError, match="no model"):
            bare.models.doubts(["r0"])


class Counted:
    """An encoder that counts two words."""

    def encode(self, items: Sequence[Item]) -> np.ndarray:
        """How often each occurs (n, 2)."""
        words = [(item.text or "").split() for item in items]
        return np.array([[it.count("boot"), it.count("shirt")] for it in words], np.float32)


def test_views_of_a_text_leave_words_out_where_there_are_some() -> None:
    """One word looks always the same; where a class hangs on one of many, views contradict."""
    learner = create_learner("logistic-regression")
    X = np.array([[1, 0], [0, 1], [2, 0], [0, 2]] * 5, np.float32)
    learner.fit(X, np.array([0, 1] * 10), class_count=2, rng=np.random.default_rng(0))
    texts = ["boot", "boot leather sole shirt"]
    items = [Item(media=Media.TEXT, text=text) for text in texts]
    said = viewed_proba(learner, Counted(), items, views=40, rng=np.random.default_rng(0))
    assert said.shape == (40, 2, 2)
    assert np.array_equal(said[0], learner.predict_proba(Counted().encode(items)))
    found = decompose(said).epistemic
    assert found[0] == pytest.approx(0, abs=1e-6)
    assert found[1] > 0.02


def test_views_of_texts_through_a_project(tmp_path: Path) -> None:
    """They are encoded by the project's own encoder; the parts add up."""
    with Project.create(tmp_path / "p", media="text", classes=CLASSES) as made:
        made.add([{"id": f"t{i}", "text": f"{('boot', 'shirt')[i % 2]} {i}"} for i in range(20)])
        for i in range(10):
            made.labels.submit(f"t{i}", CLASSES[i % 2], annotator="ana")
        made.train()
        (found,) = made.models.doubts(["t15"], source="views")
    assert (found.source, found.drawn) == ("views", 8)
    assert found.total == pytest.approx(found.aleatoric + found.epistemic)


def test_a_view_of_a_picture_is_a_part_of_it() -> None:
    """Smaller sides, only colours that were there; another draw is another view."""
    pixels = np.arange(40 * 60, dtype=np.uint8).reshape(40, 60)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    item = Item(media=Media.IMAGE, data=file.getvalue())
    rng = np.random.default_rng(0)
    views = [another_view(item, rng).data for _ in range(4)]
    assert len(set(views)) > 1
    for data in views:
        with Image.open(io.BytesIO(data or b"")) as view:
            assert view.size == (51, 34)
            assert set(np.unique(np.asarray(view))) <= set(pixels.ravel().tolist())
    with pytest.raises(InvalidInputError, match="decoded"):
        another_view(Item(media=Media.IMAGE, data=b"no picture"), rng)
