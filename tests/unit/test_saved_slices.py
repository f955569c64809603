"""Saved slices: living queries, measured on audit labels under the model of each round."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from scipy.stats import fisher_exact

from querist.catalog import AssetQuery, Condition, MostLike, run
from querist.errors import ConflictError, InvalidInputError, NotFoundError, UnknownNameError
from querist.loop import snapshot, training
from querist.project import Project
from querist.schema import Arm, Role, to_json
from querist.server import create_app

CENTERS = np.array([(0.0, 0.0), (3.0, 0.0)])


def make_rows(n: int) -> list[dict[str, object]]:
    """Two classes of two numbers; exchanged in the dark, and in one place nobody can tell them."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(n):
        code, dark, island = i % 2, i % 10 == 0 or i % 10 == 5, i % 6 in (1, 4)
        x, y = rng.normal(CENTERS[1 - code if dark else code], 0.9)
        if island:
            x, y = rng.normal((1.5, 12.0), 0.1)
        rows.append(
            {
                "id": f"row-{i:04d}",
                "x": float(x),
                "y": float(y),
                "known": ["amber", "blue"][code],
                "light": "dark" if dark else "day",
                "size": i,
            }
        )
    return rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished rounds of random labels."""
    made = tmp_path_factory.mktemp("slices") / "p"
    policy = {"batch_size": 60, "audit_size": 200, "control_share": 0.2, "strategy": "random"}
    with Project.create(
        made,
        media="table",
        classes=["amber", "blue"],
        oracle_column="known",
        policy=policy,
    ) as project:
        project.add(make_rows(1200), id_column="id", metadata_columns=["known", "light", "size"])
        project.oracle(3)
    return made


@pytest.fixture
def project(folder: Path):
    """The project of the module; each test takes its slices away again."""
    with Project.open(folder) as opened:
        yield opened
        for one in opened.catalog.records.slices.list():
            opened.rounds.slices.remove(one.name)


def where(*texts: str) -> AssetQuery:
    """The query of some conditions."""
    return AssetQuery(where=tuple(map(Condition.read, texts)))


def test_a_saved_slice_is_measured_under_each_rounds_model_on_audit_labels(project):
    """Each point is what counting by hand on the audit set gives, and Fisher's exact test."""
    project.rounds.slices.save("dark", where("light=dark"), created_by="ana")
    (report,) = project.rounds.slices.reports()
    rounds = [one for one in project.rounds.list() if one.model_id]
    assert [point.round for point in report.course] == [one.number for one in rounds]
    seen = snapshot.take(project.catalog)
    rows = np.flatnonzero(seen.audit & seen.labeled)
    light = np.array(project.catalog.assets.metadata("light"))[rows]
    for round_, point in zip(rounds, report.course, strict=True):
        model = project.catalog.records.models.get(round_.model_id)
        said = training.predict(project.catalog, model, rows).argmax(axis=1)
        right = said == seen.codes[rows]
        dark = right[light == "dark"]
        assert point.accuracy.value == pytest.approx(dark.mean())
        assert point.accuracy.count == len(dark)
        assert point.accuracy.low <= point.accuracy.value < point.accuracy.high
        day = right[light == "day"]
        assert point.rest.value == pytest.approx(day.mean())
        assert point.difference.value == pytest.approx(dark.mean() - day.mean())
        table = [[(~dark).sum(), dark.sum()], [(~day).sum(), day.sum()]]
        one_sided = fisher_exact(table, alternative="greater")[1]
        assert point.p_value == pytest.approx(min(1.0, 2 * one_sided))
        assert point.verdict == "worse"
        assert not point.searched
    assert report.assets == 240
    assert report.rule == "light is dark"


def test_the_test_is_corrected_for_all_saved_slices(project):
    """With nineteen slices of nothing beside it a chance counts for more than alone."""
    project.rounds.slices.save("dark", where("light=dark"))
    alone = project.rounds.slices.reports()[0].course[-1].p_value
    for i in range(19):
        project.rounds.slices.save(f"part {i}", where(f"size={i * 60}..{i * 60 + 400}"))
    together = project.rounds.slices.reports()
    assert together[0].course[-1].p_value == pytest.approx(20 * alone)
    falsely = [one.slice.name for one in together[1:] if one.course[-1].verdict == "worse"]
    assert falsely == []


def test_slices_that_were_searched_for_make_no_other_one_surer(project):
    """They had to look bad: beside them the chance of another slice is what it is alone."""
    project.rounds.slices.save("early", where("size=0..300"))
    alone = project.rounds.slices.reports()[0].course[-1].p_value
    newest = project.rounds.list()[-1]
    for place, one in enumerate(newest.findings, 1):
        if one.kind == "slice":
            project.rounds.slices.save_found(f"{newest.number}.{place}")
    early, *found = (one.course[-1] for one in project.rounds.slices.reports())
    assert min(one.p_value for one in found) < 0.01 < alone
    assert early.p_value == alone


def test_few_audit_labels_are_said_to_be_few(project):
    """With fewer than ten the share and its wide interval stand, and nothing is concluded."""
    project.rounds.slices.save("few", where("size=..30"))
    project.rounds.slices.save(
        "none", AssetQuery(arm=Arm.ACTIVE, where=(Condition.read("size=..1"),))
    )
    few, none = (one.course[-1] for one in project.rounds.slices.reports())
    assert 0 < few.accuracy.count < 10
    assert few.accuracy.high - few.accuracy.low > 0.3
    assert (few.verdict, few.p_value) == ("too few", None)
    assert (none.verdict, none.accuracy, none.difference) == ("too few", None, None)


def test_a_found_slice_is_saved_as_the_query_that_finds_its_assets(project):
    """Both rules of metadata and of alike assets: the members of the finding and more like them."""
    newest = project.rounds.list()[-1]
    slices = [(place, one) for place, one in enumerate(newest.findings, 1) if one.kind == "slice"]
    assert slices
    for place, finding in slices:
        saved = project.rounds.slices.save_found(f"{newest.number}.{place}", created_by="ana")
        assert saved.name == finding.evidence["rule"]
        query = project.rounds.slices.query(saved.name)
        page = run(project.catalog, AssetQuery(within=query, limit=2000))
        seen = snapshot.take(project.catalog)
        learned = {seen.ids[i] for i in seen.training(Arm.ACTIVE).tolist()}
        sampled = {seen.ids[i] for i in np.flatnonzero(seen.labeled).tolist()} - learned
        assert set(page.ids) & sampled == set(finding.members)
        assert page.total > len(finding.members)
    (first, *_) = project.rounds.slices.reports()
    assert all(point.searched for point in first.course)


def test_groups_of_alike_assets_are_told_by_one_of_them(project):
    """A slice of alike assets holds the example, and nothing nearer to another one."""
    vectors = project.catalog.embeddings.matrix(project.catalog.embeddings.keys()[-1])
    ids = project.catalog.assets.ids()
    findings = project.rounds.list()[-1].findings
    alike = [one for one in findings if one.kind == "slice" and "examples" in one.evidence]
    place = findings.index(alike[0]) + 1
    name = f"{project.rounds.list()[-1].number}.{place}"
    project.rounds.slices.save_found(name, name="alike")
    query = project.rounds.slices.query("alike")
    examples = [query.like.example, *query.like.others]
    table = ((vectors[:, None] - vectors[project.catalog.assets.positions(examples)]) ** 2).sum(2)
    expected = {ids[i] for i in np.flatnonzero(table[:, 0] == table.min(axis=1)).tolist()}
    inside = run(project.catalog, AssetQuery(like=query.like, limit=2000))
    assert set(inside.ids) == expected
    assert query.like.example in expected


def test_the_next_batch_from_a_slice_is_like_it(project):
    """Half of the batch looks for more of the slice; no audit asset is an example."""
    project.rounds.slices.save("dark", where("light=dark"))
    examples = project.rounds.slices.examples("dark")
    audit = set(project.catalog.records.rounds.arm_ids(Arm.AUDIT))
    light = dict(
        zip(project.catalog.assets.ids(), project.catalog.assets.metadata("light"), strict=True)
    )
    assert {light[one] for one in examples} == {"dark"}
    assert not audit & set(examples)
    round_ = project.next_round(40, slice="dark")
    drawn = [
        row.asset_id
        for row in project.catalog.records.rounds.selected(round=round_.number)
        if row.arm is Arm.ACTIVE
    ]
    assert np.mean([light[one] == "dark" for one in drawn]) > 0.4
    assert project.replay(round_.number)


def test_what_is_no_slice_is_refused(project):
    """Everything, what the model gets wrong, a taken name, an unknown column and finding."""
    slices = project.rounds.slices
    slices.save("dark", where("light=dark"))
    assert slices.save("dark", where("light=dark")).created_by == "querist"
    with pytest.raises(ConflictError, match="already"):
        slices.save("dark", where("light=day"))
    with pytest.raises(InvalidInputError, match="narrows nothing"):
        slices.save("all", AssetQuery(sort="margin", limit=3))
    with pytest.raises(InvalidInputError, match="gets wrong"):
        slices.save("wrong", AssetQuery(within=AssetQuery(disagree=True)))
    with pytest.raises(InvalidInputError, match="metadata column"):
        slices.save("typo", where("lihgt=dark"))
    with pytest.raises(InvalidInputError, match="name"):
        slices.save(" ", where("light=dark"))
    with pytest.raises(NotFoundError, match="no finding"):
        slices.save_found("99.1")
    with pytest.raises(NotFoundError, match="no slice"):
        slices.remove("nowhere")
    with pytest.raises(InvalidInputError, match="Both finding and slice"):
        project.next_round(5, slice="dark", remedy="1.1")


@pytest.mark.parametrize("by", ["label", "predicted"])
def test_a_class_that_is_none_is_refused_with_the_nearest(project, by):
    """At the top and within another query; nothing is saved."""
    query = AssetQuery(**{by: ("amber", "blu")})
    for one in (query, AssetQuery(within=query)):
        with pytest.raises(UnknownNameError, match=r"class named 'blu'.*Did you mean blue"):
            project.rounds.slices.save("typo", one)
    assert project.rounds.slices.reports() == []


def test_a_range_that_is_turned_round_is_refused(project):
    """Of a column and of the confidence; one that was saved long ago says so, others are told."""
    slices = project.rounds.slices
    with pytest.raises(InvalidInputError, match=r"size=10\.\.2 ends before.*size=2\.\.10"):
        slices.save("turned", where("size=10..2"))
    with pytest.raises(InvalidInputError, match=r"0\.9 to 0\.5"):
        slices.save("turned", AssetQuery(confidence=(0.9, 0.5)))
    turned = to_json(where("size=2..10"))
    turned["where"][0] |= {"low": 10.0, "high": 2.0}
    project.catalog.records.slices.add("old", turned, finding=None, created_by="ana")
    slices.save("dark", where("light=dark"))
    old, dark = slices.reports()
    assert "ends before it begins" in str(old.problem)
    assert (old.assets, old.course) == (0, ())
    assert dark.problem is None


def test_a_slice_that_cannot_be_asked_says_why_and_the_others_are_told(project):
    """Vectors of an encoder that is gone: a problem beside that slice only."""
    ids = project.catalog.assets.ids()
    gone = AssetQuery(like=MostLike(example=ids[0], others=(ids[1],), encoder="gone-1"))
    project.catalog.records.slices.add("gone", to_json(gone), finding=None, created_by="ana")
    project.rounds.slices.save("dark", where("light=dark"))
    broken, whole = project.rounds.slices.reports()
    assert broken.problem is not None
    assert broken.course == ()
    assert whole.problem is None
    assert whole.course


def test_a_round_whose_model_says_nothing_is_left_out_of_the_course_alone(folder, tmp_path):
    """What an old model said is gone: the slice is told under the newest one all the same."""
    copied = Path(shutil.copytree(folder, tmp_path / "p"))
    with Project.open(copied) as project:
        oldest = next(one for one in project.rounds.list() if one.model_id is not None)
    [said] = copied.rglob(f"predictions/{oldest.model_id}.lance")
    shutil.rmtree(said)
    with Project.open(copied) as project:
        project.rounds.slices.save("amber", AssetQuery(predicted=("amber",)))
        [report] = project.rounds.slices.reports()
    assert oldest.number not in [point.round for point in report.course]
    assert report.course
    assert report.problem is None


@pytest.fixture
def client(project):
    """The owner over REST; jobs run in the request."""
    records = project.catalog.records
    records.annotators.ensure("ana", role=Role.OWNER)
    token = records.tokens.issue("ana", kind="api", ttl_seconds=600)
    home = "http://127.0.0.1:8321"
    headers = {"Authorization": f"Bearer {token}"}
    with TestClient(create_app(project), base_url=home, headers=headers) as found:
        yield found


def test_over_rest_a_view_of_the_catalog_becomes_a_slice_and_back(client, project):
    """The conditions of the grid are kept, who kept them too, and the slice narrows the grid."""
    conditions = {"where": ["light=dark", "size=100..600"], "label": ["amber"]}
    shown = client.get("/api/v1/assets", params=conditions).json()["total"]
    made = client.post("/api/v1/slices", params=conditions, json={"name": "amber at night"})
    assert made.status_code == 201
    assert made.json()["created_by"] == "ana"
    (report,) = client.get("/api/v1/slices").json()
    assert report["assets"] == shown > 0
    assert report["rule"] == "light is dark and size is 100 to 600 and label is amber"
    assert len(report["course"]) == len(project.rounds.slices.reports()[0].course)
    inside = client.get("/api/v1/assets", params={"slice": "amber at night", "state": "labeled"})
    assert inside.json()["total"] == shown
    gone = client.delete("/api/v1/slices", params={"name": "amber at night"})
    assert gone.status_code == 204
    assert client.get("/api/v1/assets", params={"slice": "amber at night"}).status_code == 404


def test_over_rest_a_found_slice_is_kept_by_the_name_of_its_finding(client):
    """One request; conditions beside it are refused, as is a finding that is none."""
    told = client.get("/api/v1/findings", params={"round": 3}).json()["findings"]
    found = [it for it in told if it["finding"]["kind"] == "slice"]
    name, finding = found[0]["id"], found[0]["finding"]
    saved = client.post("/api/v1/slices", json={"finding": name}).json()
    assert (saved["name"], saved["finding"]) == (finding["evidence"]["rule"], name)
    both = client.post("/api/v1/slices", params={"q": "row"}, json={"finding": name})
    assert both.status_code == 422
    assert client.post("/api/v1/slices", json={"finding": "9.9"}).status_code == 404
