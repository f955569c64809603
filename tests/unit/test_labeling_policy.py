"""The labeling policy: changed by managers while the project runs, kept in querist.toml."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from querist import Project
from querist.catalog import Settings
from querist.errors import InvalidInputError, UnknownNameError
from querist.schema import Role
from querist.server import create_app


@pytest.fixture
def project(tmp_path):
    """A project of texts with two classes, and a comment in its file."""
    folder = tmp_path / "shop"
    policy = {"batch_size": 7, "class_skills": {"boot": "leather"}}
    with Project.create(folder, media="text", classes=["boot", "shirt"], policy=policy) as made:
        file = folder / "querist.toml"
        text = file.read_text().replace("[policy]", "# Ask rita before you change this.\n[policy]")
        file.write_text(text)
        yield made


def test_a_change_holds_at_once_and_everywhere(project):
    """Here, in another process that has the project open, and in the file with its comments."""
    with Project.open(project.folder) as elsewhere:
        changed = project.labeling_policy.change(
            overlap=2, overlap_share=0.25, class_overlap={"boot": {"opinions": 3, "share": 0.5}}
        )
        assert (changed.overlap, changed.overlap_share, changed.batch_size) == (2, 0.25, 7)
        assert elsewhere.settings.policy == changed == project.settings.policy
        assert changed.class_skills == {"boot": "leather"}
        elsewhere.labeling_policy.change(class_skills={}, class_overlap={})
        assert project.settings.policy.class_skills == {}
    text = (project.folder / "querist.toml").read_text()
    assert "Ask rita" in text
    assert "leather" not in text
    assert Settings.read(project.folder).policy == project.settings.policy


def test_a_file_that_is_wrong_changes_nothing_meanwhile(project):
    """While somebody edits it by hand the last good policy holds; then theirs does."""
    file = project.folder / "querist.toml"
    good = file.read_text()
    file.write_text(good.replace("batch_size = 7", "batch_size = "))
    assert project.settings.policy.batch_size == 7
    file.write_text(good.replace("batch_size = 7", "batch_size = 12").replace('"text"', '"image"'))
    assert project.settings.policy.batch_size == 12
    assert project.settings.media == "text"


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"overlaps": 2}, UnknownNameError),
        ({"seed": 3}, UnknownNameError),
        ({"class_skills": {"boots": "leather"}}, UnknownNameError),
        ({"class_overlap": {"hat": {"opinions": 2}}}, UnknownNameError),
        ({"class_overlap": {"boot": {"opinions": 0}}}, InvalidInputError),
        ({"overlap": 0}, InvalidInputError),
        ({"overlap": 21}, InvalidInputError),
        ({"gold_share": 0.6}, InvalidInputError),
        ({"class_skills": {"boot": " "}}, InvalidInputError),
        ({"consensus": "coin"}, UnknownNameError),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(project, values, error):
    """By the name of the setting, its range, and the classes that there are."""
    before = (project.folder / "querist.toml").read_text()
    with pytest.raises(error):
        project.labeling_policy.change(**values)
    assert (project.folder / "querist.toml").read_text() == before


def test_rules_by_class_are_for_tasks_of_one_class(tmp_path):
    """No model says the class of a box, and no method but the majority weighs numbers."""
    with Project.create(tmp_path / "p", task="boxes", classes=["boot"]) as made:
        with pytest.raises(InvalidInputError, match="boxes"):
            made.labeling_policy.change(class_skills={"boot": "leather"})
        with pytest.raises(InvalidInputError, match="majority"):
            made.labeling_policy.change(consensus="glad")
        assert made.labeling_policy.change(overlap=2, class_skills={}).overlap == 2


def test_managers_change_it_over_rest(project):
    """Only fields that are sent change, null takes the cost away, and errors say what to do."""
    records = project.catalog.records
    records.annotators.ensure("mia", role=Role.MANAGER)
    client = TestClient(create_app(project), base_url="http://127.0.0.1:8321/api/v1/")
    token = records.tokens.issue("mia", kind="api", ttl_seconds=60)
    client.headers["Authorization"] = f"Bearer {token}"
    body = {"hourly_cost": 24.0, "class_overlap": {"shirt": {"opinions": 2}}}
    changed = client.patch("settings/labeling", json=body).json()
    assert changed["class_overlap"] == {"shirt": {"opinions": 2, "share": 1.0}}
    assert (changed["hourly_cost"], changed["class_skills"]) == (24.0, {"boot": "leather"})
    assert (
        client.patch("settings/labeling", json={"hourly_cost": None}).json()["hourly_cost"] is None
    )
    wrong = client.patch("settings/labeling", json={"class_skills": {"boots": "leather"}})
    assert wrong.status_code == 422
    assert "boot" in wrong.json()["error"]["remedy"]
    assert client.get("settings/labeling").json()["class_overlap"] == changed["class_overlap"]
