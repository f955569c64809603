"""Suspect labels, workforces outside and the labelling settings in a real browser."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from querist.project import Project
from querist.schema import ClassValue, Question, ReviewState, Role

pytestmark = pytest.mark.browser

CLASSES = ("boot", "shirt")
WRONG = ("t3", "t10", "t21")


@pytest.fixture
def doubted(tmp_path: Path) -> Path:
    """Eighty rows of two clear classes, all labelled, three of them wrong, and a model."""
    folder = tmp_path / "shop"
    policy = {"audit_size": 0, "control_share": 0.0, "batch_size": 80}
    rng = np.random.default_rng(0)
    points = rng.normal(size=(80, 3)) + np.where(np.arange(80) % 2, 2, -2)[:, None]
    with Project.create(folder, media="table", classes=CLASSES, policy=policy) as project:
        project.add(
            [{"id": f"t{i}", "a": a, "b": b, "c": c} for i, (a, b, c) in enumerate(points.tolist())]
        )
        project.next_round()
        for i in range(80):
            name = CLASSES[(i + (f"t{i}" in WRONG)) % 2]
            project.labels.submit(f"t{i}", name, annotator="ana" if i < 15 else "owner")
        project.train()
    return folder


def test_suspects_are_offered_only_where_a_label_is_one_class(tmp_path, serve, enter):
    """Elsewhere nothing is asked that must fail, and an old address says why there are none."""
    folder = tmp_path / "tags"
    with Project.create(folder, task="multi_label", media="text", classes=CLASSES) as project:
        project.add([{"id": "a", "text": "a boot"}])
        project.labels.submit("a", ["boot"], annotator="ana")
    server = serve(folder)
    page = enter(server)
    page.get_by_role("link", name="Review", exact=True).click()
    views = page.get_by_role("group", name="Which labels")
    expect(views.get_by_role("button", name="Waiting")).to_be_visible()
    expect(views.get_by_role("button", name="Suspects")).to_have_count(0)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.address}/review?state=suspect")
    page.get_by_role("heading", name="Suspects are labels of one class").wait_for()
    assert not [url for url in asked if "/api/v1/suspects" in url]


def test_suspects_are_decided_by_single_keys(doubted, serve, enter):
    """Fix, keep, undo and ask, also of one's own label; each goes on to the next."""
    with Project.open(doubted) as project:
        found = project.suspects.list()
        order = [it.annotation.asset_id for it in found]
        project.catalog.records.annotators.ensure("owner", role=Role.OWNER)
    whose = {it.annotation.asset_id: it.annotation.annotator for it in found}
    server = serve(doubted)
    page = enter(server)
    page.get_by_role("link", name="Review", exact=True).click()
    page.get_by_role("button", name="Suspects").click()
    tiles = page.locator("li[data-asset]")
    expect(tiles).to_have_count(len(order))
    assert [it.get_attribute("data-asset") for it in tiles.all()] == order
    near = page.get_by_role("region", name="Most similar with a label").get_by_role("link")
    near.first.wait_for()
    assert all(it.bounding_box()["width"] > 280 for it in near.all())  # words need a line each
    page.keyboard.press("f")
    page.locator(f'[data-asset="{order[0]}"][data-done="fixed"]').wait_for()
    page.keyboard.press("Enter")
    page.locator(f'[data-asset="{order[1]}"][data-done="kept"]').wait_for()
    page.keyboard.press("u")
    page.locator(f'[data-asset="{order[1]}"]:not([data-done])[data-focused]').wait_for()
    page.keyboard.press("f")
    page.keyboard.press("b")  # at once: it means the next one
    page.locator(f'[data-asset="{order[2]}"][data-done="asked"]').wait_for()
    page.get_by_test_id("saved-mark").get_by_text("Saved", exact=True).wait_for()
    with Project.open(doubted) as project:
        for asset_id in order[:2]:
            right = ClassValue(name=CLASSES[int(asset_id[1:]) % 2])
            assert project.labels.current(asset_id).value == right
        fixed = [it for it in order[:2] if whose[it] == "ana"]
        states = {it: project.reviews.history(it)[-1].state for it in fixed}
        assert set(states.values()) == {ReviewState.FIXED}
        asked = project.catalog.records.tasks.for_asset(order[2])[-1]
        assert asked.kind is Question.SECOND
        assert not {*order[:3]} & {it.annotation.asset_id for it in project.suspects.list()}


def test_a_batch_goes_to_a_workforce_and_comes_back(texts, tmp_path, serve, enter):
    """An owner adds it, its secret is shown once, a batch goes out, answers are collected."""
    with Project.open(texts) as project:
        project.next_round()
    exchange = tmp_path / "exchange"
    page = enter(serve(texts))
    page.get_by_role("link", name="Team", exact=True).click()
    page.get_by_role("link", name="Workforces").click()
    page.get_by_label("Name").fill("crowd")
    page.get_by_role("combobox", name="Labels with").click()
    page.get_by_role("option", name="Folder").click()
    page.get_by_label("Address").fill(exchange.as_uri())
    page.get_by_label("Variable of the token").fill("a-token-itself")
    page.get_by_text("not the token").wait_for()
    page.get_by_label("Variable of the token").fill("")
    page.get_by_label("Each answer").fill("0.5")
    page.get_by_role("button", name="Add it").click()
    page.get_by_label("Secret of the webhook of crowd").wait_for()
    card = page.get_by_role("region", name="crowd")
    card.get_by_role("button", name="Send a batch").click()
    page.get_by_label("Assets").fill("4")
    page.get_by_role("button", name="Send 4 assets to crowd").click()
    card.get_by_text("Sent last: 4 assets").wait_for()
    (file,) = exchange.glob("*/items.jsonl")
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    with (file.parent / "answers.jsonl").open("a") as answers:
        for row, name in zip(rows[:3], ("praise", "praise", "hat"), strict=True):
            said = {
                "key": row["key"],
                "answer_id": f"a-{row['key']}",
                "at": datetime.now(UTC).isoformat(),
                "person": "eve",
                "value": {"type": "class", "name": name},
            }
            answers.write(json.dumps(said) + "\n")
    card.get_by_role("button", name="Collect now").click()
    card.get_by_text("Collected last: 2 answers, 1 from crowd could not be stored").wait_for()
    card.get_by_text("There is no class named 'hat'").wait_for()
    card.get_by_text("1.50").wait_for()
    card.get_by_role("button", name="Take 1 task back").click()
    card.get_by_text("0 of 4 sent").wait_for()
    with Project.open(texts) as project:
        given = list(project.catalog.records.labels.currents())
        assert [it.annotator for it in given] == ["crowd.eve"] * 2


def test_how_people_are_asked_is_changed_while_it_runs(texts, serve, enter, join):
    """Overlap, a skill that nobody has, the blind share; a reviewer is sent away."""
    server = serve(texts)
    page = enter(server)
    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_role("link", name="Labelling", exact=True).click()
    page.get_by_role("heading", name="A batch of 6 is 6 tasks").wait_for()
    page.get_by_label("People for each asset").fill("2")
    page.get_by_label("Share of each batch").fill("50")
    page.get_by_role("heading", name="A batch of 6 becomes 9 tasks").wait_for()
    page.get_by_role("combobox", name="Add a class").click()
    page.get_by_role("option", name="praise").click()
    page.get_by_role("combobox", name="Skill that praise needs").fill("english")
    page.get_by_text("Nobody has it").wait_for()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("it holds from the next batch on").wait_for()
    page.goto(f"{server.address}/team?tab=agreement")
    page.get_by_role("button", name="Withhold it in 10").click()
    page.get_by_text("So far 0 first answers with it, 0 without.").wait_for()
    with Project.open(texts) as project:
        policy = project.settings.policy
        assert (policy.overlap, policy.overlap_share, policy.blind_share) == (2, 0.5, 0.1)
        assert policy.class_skills == {"praise": "english"}
    rita = join(server, "rita", Role.REVIEWER)
    rita.goto(f"{server.address}/settings/labeling")
    rita.get_by_role("heading", name="Settings is for a manager and above").wait_for()
