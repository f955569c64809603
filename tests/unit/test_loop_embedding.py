"""Encoders that are fitted on a pool, and fitted again once the pool has outgrown them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from querist.catalog import newest_vectors
from querist.errors import NotFoundError
from querist.learners import EncoderIdentity, Item
from querist.loop import intake, training
from querist.loop.serving import answer
from querist.project import Project
from querist.schema import Arm, Media, Role
from querist.server import create_app

CLASSES = ["clothes", "weather"]
WORDS = {
    "clothes": ["boot", "sole", "lace", "heel", "shirt", "sleeve", "collar", "hat"],
    "weather": ["rain", "wind", "cloud", "storm", "snow", "fog", "hail", "sun"],
}
CONFIGURATION = """<View><Text name="text" value="$text"/>
<Choices name="class" toName="text"><Choice value="clothes"/></Choices></View>"""


def texts(start: int, stop: int) -> list[dict[str, str]]:
    """Texts of two kinds, whose words come in turn."""
    rng = np.random.default_rng(start)
    kinds = [CLASSES[i % 2] for i in range(start, stop)]
    return [
        {"id": f"t{i:03d}", "text": " ".join([*rng.choice(WORDS[kind], 4), f"n{i}"]), "known": kind}
        for i, kind in zip(range(start, stop), kinds, strict=True)
    ]


def add(project: Project, start: int, stop: int) -> list[str]:
    """Add texts; returns what the progress told."""
    told: list[str] = []

    def progress(done: int, total: int | None = None, message: str = "") -> None:
        told.append(message)

    project.add(texts(start, stop), metadata_columns=["known"], progress=progress)
    return list(dict.fromkeys(it for it in told if it.startswith(("Fitting", "Embedding"))))


def key_of(project: Project) -> str:
    """The key of the vectors in use."""
    return intake.open_encoder(project.catalog).identity.key


def make(folder: Path, rounds: int = 0, **policy: object) -> Project:
    """A project of 30 texts, and of rounds that were labelled."""
    wanted = {"batch_size": 6, "audit_size": 6, "control_share": 0.5, **policy}
    project = Project.create(
        folder, media="text", classes=CLASSES, oracle_column="known", policy=wanted
    )
    add(project, 0, 30)
    if rounds:
        project.oracle(rounds)
    return project


def test_a_pool_three_times_as_large_has_the_encoder_fitted_again(tmp_path: Path) -> None:
    """Not before; then every asset has a vector of the new fit, and the progress says so."""
    with make(tmp_path / "p") as project:
        first = key_of(project)
        assert add(project, 30, 89) == ["Embedding with text-tfidf"]
        assert key_of(project) == first
        assert add(project, 89, 90) == [
            "Fitting text-tfidf on 90 assets again: there were 30 at its last fit",
            "Embedding with an earlier fit of text-tfidf",
            "Embedding with text-tfidf",
        ]
        second = key_of(project)
        assert second != first
        embeddings = project.catalog.embeddings
        assert embeddings.fits("text-tfidf") == (30, 90)
        assert set(embeddings.keys()) == {first, second}
        assert [len(embeddings.matrix(key)) for key in (first, second)] == [90, 90]
        assert add(project, 90, 91)[:1] == ["Embedding with an earlier fit of text-tfidf"]
        assert key_of(project) == second
        assert project.embed() == 0


def test_an_encoder_of_many_assets_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another fit would see hardly more, the pool may grow as far as it will."""
    monkeypatch.setattr(intake, "FIT_SAMPLE", 80)
    with make(tmp_path / "p") as project:
        first = key_of(project)
        add(project, 30, 200)
        assert key_of(project) == first


def test_a_model_goes_on_with_the_vectors_that_it_learned(tmp_path: Path) -> None:
    """What it says of new assets, of other texts and of views comes from its own fit."""
    with make(tmp_path / "p", rounds=2) as project:
        catalog = project.catalog
        model = catalog.records.models.latest(Arm.ACTIVE)
        assert model is not None
        item = Item(media=Media.TEXT, text="boot lace shirt")
        before = intake.encoder_of(catalog, model.encoder).encode([item])
        tasks = [{"data": {"text": "boot lace shirt"}}]
        (said,), _ = answer(catalog, tasks, CONFIGURATION)
        add(project, 30, 120)
        assert key_of(project) != model.encoder
        assert np.array_equal(intake.encoder_of(catalog, model.encoder).encode([item]), before)
        assert answer(catalog, tasks, CONFIGURATION) == ([said], model.id)
        known = catalog.assets.metadata("known")
        new = np.arange(30, 120)
        found = training.predict(catalog, model, new).argmax(axis=1)
        assert np.mean([CLASSES[i] == known[j] for i, j in zip(found, new, strict=True)]) > 0.8
        (doubt,) = project.models.doubts(["t100"], source="views")
        assert doubt.total == pytest.approx(doubt.aleatoric + doubt.epistemic)


@pytest.mark.parametrize("strategy", ["auto", "margin", "badge", "bait"])
def test_a_round_draws_by_the_vectors_that_its_model_reads(tmp_path: Path, strategy: str) -> None:
    """After a new fit a model is trained for the round; rounds of both fits replay."""
    with make(tmp_path / "p", rounds=1, strategy=strategy) as project:
        old = project.rounds.list()[-1].plan
        add(project, 30, 150)
        plan = project.next_round().plan
        assert plan is not None
        assert old is not None
        model = project.catalog.records.models.get(str(plan.model_id))
        assert model.encoder == plan.encoder == key_of(project) != old.encoder
        project.oracle(1)
        assert all(project.replay(number) for number in (1, 2))


def test_a_fit_that_was_stopped_goes_on(tmp_path: Path) -> None:
    """Whatever was stored when it stopped, the next embedding makes the rest of both fits."""
    with make(tmp_path / "p") as project:
        first = key_of(project)

        def stop(done: int, total: int | None = None, message: str = "") -> None:
            if message.startswith("Embedding with an earlier"):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            project.add(texts(30, 100), metadata_columns=["known"], progress=stop)
        second = key_of(project)
        assert second != first
        assert project.embed() == 100
        assert len(project.catalog.embeddings.matrix(first)) == 100


def test_a_fit_of_before_numbers_were_kept_is_fitted_again(tmp_path: Path) -> None:
    """Its folder names no number: the first new asset has it fitted again, and it is kept."""
    with make(tmp_path / "p") as project:
        first = key_of(project)
        folder = project.catalog.embeddings.state_folder("text-tfidf", 30)
        folder.rename(project.catalog.embeddings.state_folder("text-tfidf", 0))
        assert key_of(project) == first
        assert project.embed() == 0
        add(project, 30, 31)
        assert project.catalog.embeddings.fits("text-tfidf") == (0, 31)
        assert intake.encoder_of(project.catalog, first).identity.key == first


def test_vectors_of_another_encoder_are_named(tmp_path: Path) -> None:
    """A model that read other vectors than the project makes now says so, and what to do."""
    with (
        make(tmp_path / "p") as project,
        pytest.raises(NotFoundError, match=r"'gone-1'.*'text-tfidf'.*querist train"),
    ):
        intake.encoder_of(project.catalog, "gone-1")


def test_a_round_after_a_change_of_encoder_has_a_model_of_it(tmp_path: Path) -> None:
    """The model that read other vectors is trained anew on those that the round draws by."""
    with make(tmp_path / "p", rounds=1, strategy="badge") as project:
        vectors = np.random.default_rng(0).normal(size=(30, 3)) + np.eye(3)[np.arange(30) % 2]
        ids = project.catalog.assets.ids()
        project.models.import_embeddings({"ids": ids, "vectors": vectors}, name="mine")
    with Project.open(tmp_path / "p") as project:
        plan = project.next_round().plan
        assert plan is not None
        model = project.catalog.records.models.get(str(plan.model_id))
        assert model.encoder == plan.encoder == "imported.mine-1-file-3"


def test_what_is_alike_goes_by_the_newest_fit_and_the_encoder_has_its_own_name(
    tmp_path: Path,
) -> None:
    """Without a model neighbours are those of the newest fit, whatever its key sorts by."""
    with make(tmp_path / "p") as project:
        # Vectors of another encoder, whose name sorts last, in which all are the same.
        project.catalog.embeddings.put(
            EncoderIdentity(name="zeros", version="1", preprocessing="none", dimensions=2),
            project.catalog.assets.ids(),
            np.ones((30, 2), np.float32),
        )
        assert project.catalog.embeddings.keys()[-1].startswith("zeros")
        first = key_of(project)
        add(project, 30, 90)
        project.catalog.records.annotators.ensure("ana", role=Role.OWNER)
        token = project.catalog.records.tokens.issue("ana", kind="api", ttl_seconds=600)
        headers = {"Authorization": f"Bearer {token}"}
        home = "http://127.0.0.1:8321/api/v1/"
        with TestClient(create_app(project), base_url=home, headers=headers) as client:
            found = client.get("asset", params={"id": "t000"}).json()["neighbours"]
            told = client.get("project").json()
        assert told["encoder"] == "text-tfidf"
        assert newest_vectors(project.catalog) == key_of(project) != first
        near, _ = project.catalog.embeddings.nearest(key_of(project), 0, len(found))
        ids = project.catalog.assets.ids()
        assert [card["id"] for card in found] == [ids[int(at)] for at in near]


def test_vectors_that_the_encoder_has_not_made_are_nobodys(tmp_path: Path) -> None:
    """Before the first embedding there are none, whatever another encoder has left."""
    with Project.create(tmp_path / "p", media="text", classes=CLASSES) as project:
        assert newest_vectors(project.catalog) is None
