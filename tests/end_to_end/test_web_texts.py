"""Texts in a real browser: lists show how they begin, and a drawer says why a model is unsure."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from querist.catalog import Settings
from querist.project import Project
from querist.schema import Arm

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# The ninth colour of the palette is a dark violet.
TOPICS = (
    *("boots", "coats", "hats", "bags", "belts", "scarves"),
    *("gloves", "socks", "shirts", "jeans"),
)
WORDS = (
    "arrived",
    "late",
    "torn",
    "again",
    "refund",
    "please",
    "colour",
    "size",
    "wrong",
    "thanks",
)
PEOPLE = ("ana", "ben", "cia")


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    """Two rounds of letters on ten topics, the second of six; then three people contradict."""
    rng = np.random.default_rng(0)
    rows = []
    for n in range(300):
        topic = TOPICS[n % len(TOPICS)]
        said = " ".join(rng.choice(WORDS, 9))
        text = f"My {topic} {said}, and I write for the {n + 1}th time about my {topic}."
        rows.append({"id": f"letter-{n:03}", "text": text, "topic": topic})
    folder = tmp_path / "letters"
    policy = {"batch_size": 60, "audit_size": 60, "control_share": 0.0}
    with Project.create(
        folder, media="text", classes=TOPICS, oracle_column="topic", policy=policy
    ) as project:
        project.add(rows, metadata_columns=["topic"])
        project.oracle(1)
        project.next_round(6)
        project.oracle(1)
    settings = Settings.read(folder)
    overlap = replace(settings.policy, overlap=3, overlap_share=1.0)
    replace(settings, policy=overlap).write(folder)
    with Project.open(folder) as project:
        project.next_round(8)
        for place, who in enumerate(PEOPLE):
            for item in project.queue.next(who, 8).items:
                at = TOPICS.index(str(item.asset.metadata["topic"]))
                said = TOPICS[(at + place) % len(TOPICS)]
                project.labels.submit(item.asset.id, said, annotator=who, task_id=item.task.id)
        for asset_id in project.catalog.records.rounds.arm_ids(Arm.AUDIT)[:2]:
            entry = project.labels.current(asset_id)
            assert entry is not None
            assert entry.value is not None
            project.gold.add(asset_id, entry.value, created_by="ana")
    return folder


def test_lists_of_texts_show_how_they_begin(letters, serve, enter, look):
    """Gold questions, what two people differ on, and what a round chose: no ids."""
    server = serve(letters)
    page = enter(server)
    findings: list[str] = []
    page.goto(f"{server.address}/team?tab=gold")
    gold = page.get_by_role("region", name="gold questions")
    expect(gold.get_by_role("link", name="Open letter-").first).to_contain_text("My ")
    findings += look(page, "texts-gold")
    page.goto(f"{server.address}/team?tab=agreement&person=ana&with=ben")
    differ = page.get_by_role("region", name="differ on")
    expect(differ.get_by_role("link", name="Open letter-").first).to_contain_text("My ")
    findings += look(page, "texts-differ")
    page.goto(f"{server.address}/rounds/2")
    chosen = page.get_by_role("region", name="What it chose, and why")
    expect(chosen.get_by_role("link").first).to_contain_text("My ")
    expect(chosen).not_to_contain_text("letter-")
    findings += look(page, "texts-chosen")
    assert not findings, "\n".join(findings)


def test_what_is_most_similar_can_be_read(letters, serve, enter, look):
    """Each text has the drawer's width and up to three lines, all of it told; also on a phone."""
    server = serve(letters)
    page = enter(server)
    page.goto(f"{server.address}/catalog?asset=letter-200")
    drawer = page.get_by_role("complementary", name="Asset")
    near = drawer.get_by_role("button", name="Open letter-").first
    words = near.get_by_text("My ")
    expect(near).to_have_attribute("title", re.compile(r"^My .+ about my \w+\.$"))
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        near.scroll_into_view_if_needed()
        expect(near).to_be_in_viewport(ratio=1)
        assert words.evaluate("it => it.clientWidth") > 250
        assert 2 <= words.evaluate("it => it.clientHeight / 18") <= 3
    findings = look(page, "texts-near")
    near.click()
    expect(drawer.get_by_role("heading", name="letter-200")).to_have_count(0)
    assert not findings, "\n".join(findings)


def test_six_labels_are_not_made_a_hundred(letters, serve, enter, look):
    """What a small batch taught is told in points; only of a large one also by the hundred."""
    server = serve(letters)
    page = enter(server)
    page.goto(f"{server.address}/diagnose?round=2")
    taught = page.get_by_role("region", name="What data taught")
    expect(taught.get_by_role("listitem", name="Round 1,")).to_contain_text("a hundred")
    small = taught.get_by_role("listitem", name="Round 2,")
    expect(small).to_contain_text("6 labels")
    expect(small).not_to_contain_text("a hundred")
    taught.scroll_into_view_if_needed()
    findings = look(page, "texts-lessons")
    assert not findings, "\n".join(findings)


def test_a_drawer_tells_why_the_model_is_unsure_after_a_job(letters, serve, enter, look):
    """The page waits for no training: it offers one, shows how far it is, and then tells."""
    server = serve(letters)
    page = enter(server)
    page.goto(f"{server.address}/catalog?asset=letter-200")
    doubt = page.get_by_test_id("doubt")
    doubt.get_by_role("button", name="Ask its models").click()
    expect(doubt).to_contain_text("trained once for each model")
    findings = look(page, "texts-doubt-untrained")
    doubt.get_by_role("button", name="Train them").click()
    expect(doubt).to_contain_text("By 8 models", timeout=30_000)
    expect(doubt).to_contain_text("In the data")
    findings += look(page, "texts-doubt")
    drawer = page.get_by_role("complementary", name="Asset")
    drawer.get_by_role("button", name="Open letter-").first.click()
    expect(drawer.get_by_role("heading", name="letter-200")).to_have_count(0)
    expect(doubt).to_contain_text("By 8 models")
    assert not findings, "\n".join(findings)
