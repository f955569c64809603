"""The team page in a real browser: people, agreement, disputes, gold questions, invitations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from querist.catalog import Settings
from querist.project import Project
from querist.schema import ClassValue, LabeledSpan, Role, Span, SpansValue

pytestmark = pytest.mark.browser


@pytest.fixture
def team(pictures: Path, picture_names: list[str]) -> Path:
    """Twelve pictures asked of three people; ana and cia are mostly right, ben says "eight"."""
    settings = Settings.read(pictures)
    policy = replace(
        settings.policy,
        overlap=3,
        overlap_share=1.0,
        control_share=0.0,
        audit_size=0,
        hourly_cost=30.0,
        currency="EUR",
    )
    replace(settings, policy=policy).write(pictures)
    with Project.open(pictures) as project:
        project.next_round(12)
        for name in ("ana", "ben", "cia"):
            for number, item in enumerate(project.queue.next(name, 12).items):
                truth = item.asset.id.split("/")[-2]
                wrong = {"ben": "eight", "cia": "nine" if number % 4 == 0 else truth}
                project.labels.submit(
                    item.asset.id,
                    wrong.get(name, truth),
                    annotator=name,
                    task_id=item.task.id,
                    seconds=1.5 if name == "ana" else 4.0,
                )
        held = list(project.catalog.records.labels.currents())
        for entry in held[:3]:
            project.reviews.accept(entry.asset_id, reviewer="rolf")
    return pictures


def test_people_stand_with_their_numbers_and_what_they_confuse(team, serve, enter):
    """The table tells speed, share and cost; a name opens the bias, a pair its assets."""
    page = enter(serve(team))
    page.keyboard.press("g")
    page.keyboard.press("t")
    table = page.get_by_role("region", name="People")
    row = table.get_by_role("row", name="ben")
    row.get_by_text("4.0 s").wait_for()
    expect(row).to_contain_text("EUR\N{NO-BREAK SPACE}0.40")
    row.get_by_role("button", name="ben", exact=True).click()
    drawer = page.get_by_role("dialog", name="ben")
    drawer.get_by_role("heading", name="Gives too often, or too seldom").wait_for()
    page.wait_for_url("**person=ben*")
    pair = drawer.get_by_role("button", name="eight", exact=False).first
    pair.click()
    opened = drawer.get_by_role("link", name="Open ").first
    opened.wait_for()
    asset_id = (opened.get_attribute("title")) or ""
    opened.click()
    page.get_by_role("complementary", name="Asset").get_by_role("heading", name=asset_id).wait_for()
    page.go_back()
    page.get_by_role("dialog", name="ben").wait_for()


def test_a_role_and_a_rate_are_changed(team, serve, enter):
    """The owner makes somebody a reviewer with a rate; it is stored and shown."""
    page = enter(serve(team))
    page.get_by_role("link", name="Team", exact=True).click()
    page.get_by_role("button", name="cia", exact=True).click()
    drawer = page.get_by_role("dialog", name="cia")
    drawer.get_by_label("Role").click()
    page.get_by_role("option", name="Reviewer").click()
    drawer.get_by_label("Hourly cost").fill("42")
    drawer.get_by_role("button", name="Save").click()
    page.get_by_text("Saved for cia").wait_for()
    with Project.open(team) as project:
        cia = project.catalog.records.annotators.get("cia")
        assert (cia.role, cia.hourly_cost) == (Role.REVIEWER, 42.0)


def test_agreement_is_told_by_pairs_and_opens_where_they_differ(team, serve, enter):
    """Two figures with what they are measured on; a pair's cell shows the assets between them."""
    server = serve(team)
    page = enter(server)
    page.goto(f"{server.address}/team?tab=agreement")
    page.get_by_role("heading", name="Krippendorff's α").wait_for()
    with Project.open(team) as project:
        found = project.opinions.agreement()
    assert found.alpha is not None
    page.get_by_text(f"{found.alpha:.2f}", exact=True).first.wait_for()
    cell = page.get_by_role("button", name="ana and ben:")
    cell.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="ana and ben differ on").wait_for()
    page.wait_for_url("**with=ben*")
    page.reload()
    page.get_by_role("heading", name="ana and ben differ on").wait_for()


def span(end: int) -> SpansValue:
    """The first letters of a text."""
    return SpansValue(spans=(LabeledSpan(name="a", span=Span(start=0, end=end)),))


@pytest.mark.parametrize(
    ("task", "media", "answers", "names"),
    [
        ("multi_label", "text", [["a"], ["a", "b"]], ["Krippendorff's α"]),
        ("regression", "text", [3.0, 3.5], ["Krippendorff's α"]),
        ("spans", "text", [span(4), span(3)], ["Krippendorff's α", "Mean IoU", "F1"]),
    ],
)
def test_agreement_on_other_labels_than_a_class_is_told_too(
    tmp_path, serve, enter, task, media, answers, names
):
    """Sets, numbers and shapes: the figures that Python gives, of all and of the pair."""
    policy = {"audit_size": 0, "control_share": 0.0, "overlap": 2, "overlap_share": 1.0}
    with Project.create(
        tmp_path / "shop",
        task=task,
        media=media,
        classes=[] if task == "regression" else ["a", "b"],
        policy=policy,
    ) as project:
        project.add([{"id": f"t{i}", "text": f"text {i}"} for i in range(6)])
        project.next_round(6)
        for at, who in enumerate(("ana", "ben")):
            for number, item in enumerate(project.queue.next(who, 6).items):
                value = answers[at] if number else answers[0]
                project.labels.submit(item.asset.id, value, annotator=who, task_id=item.task.id)
        found = project.opinions.agreement()
    server = serve(tmp_path / "shop")
    page = enter(server)
    page.goto(f"{server.address}/team?tab=agreement")
    page.get_by_text("with 12 opinions that give a label").wait_for()
    for name in names:
        page.get_by_role("heading", name=name, exact=True).wait_for()
    assert found.alpha is not None
    assert page.get_by_text(f"{found.alpha:.2f}", exact=True).count() > 0
    expect(page.get_by_text(f"they agree too little (α {found.alpha:.2f})")).to_be_visible()
    figure = found.shapes.pairs[0].f1 if found.shapes else found.pairs[0].alpha
    cell = page.get_by_role("button", name="ana and ben:")
    expect(cell).to_contain_text(f"{figure:.2f}")
    cell.click()
    page.get_by_role("heading", name="ana and ben differ on 5 of 6 assets").wait_for()


def test_a_method_is_seen_applied_and_taken_back(team, serve, enter):
    """The preview says how many labels change; applying changes them, taking back restores all."""
    with Project.open(team) as project:
        before = {it.asset_id: it.value for it in project.catalog.records.labels.currents()}
        wanted = project.opinions.preview("dawid-skene")
        disputes = {it.asset_id for it in project.opinions.disputes()}
    assert disputes
    assert wanted
    server = serve(team)
    page = enter(server)
    page.goto(f"{server.address}/team?tab=disputes")
    page.get_by_role("heading", name="without a majority").wait_for()
    page.get_by_role("button", name="See what changes").click()
    page.get_by_role("button", name=f"Change {len(wanted)} label").click()
    page.get_by_role("button", name="Take it back").wait_for()
    with Project.open(team) as project:
        after = {it.asset_id: it.value for it in project.catalog.records.labels.currents()}
    assert {it.asset_id for it in wanted} == {it for it in after if after[it] != before.get(it)}
    page.get_by_role("button", name="Take it back").click()
    page.get_by_text("Taken back", exact=True).wait_for()  # what was applied "can be taken back"
    with Project.open(team) as project:
        again = {it.asset_id: it.value for it in project.catalog.records.labels.currents()}
        assert {it.asset_id for it in project.opinions.disputes()} == disputes
    assert {it: value for it, value in again.items() if value is not None} == before


def test_gold_questions_are_suggested_asked_and_removed(team, serve, enter):
    """A hard accepted label becomes a question by a button, and is removed and undone."""
    server = serve(team)
    page = enter(server)
    page.goto(f"{server.address}/team?tab=gold")
    page.get_by_role("heading", name="No gold questions yet").wait_for()
    button = page.get_by_role("button", name="Ask it: ").first
    asset_id = (button.get_attribute("aria-label") or "").removeprefix("Ask it: ")
    button.click()
    page.get_by_role("button", name=f"Remove {asset_id}").wait_for()
    with Project.open(team) as project:
        (gold,) = project.gold.list()
        held = project.catalog.records.labels.current(asset_id)
    assert (gold.asset_id, gold.value) == (asset_id, held.value)
    page.get_by_role("button", name=f"Remove {asset_id}").click()
    page.get_by_text("Asked no more").wait_for()
    page.get_by_role("heading", name="No gold questions yet").wait_for()
    page.get_by_role("button", name="Undo").last.click()
    page.get_by_role("button", name=f"Remove {asset_id}").wait_for()


def test_an_invitation_is_made_used_and_revoked(texts, serve, enter, context):
    """The link lets in a reviewer, who sees Review and no Team; another link is revoked."""
    server = serve(texts)
    page = enter(server)
    page.get_by_role("link", name="Team", exact=True).click()
    page.get_by_role("heading", name="Nobody has labelled yet").wait_for()
    page.get_by_role("button", name="Invite somebody").click()
    page.get_by_role("combobox", name="Role").click()
    page.get_by_role("option", name="Reviewer").click()
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("The link, shown only now").input_value()
    revokes = page.get_by_role("button", name="Revoke the invitation of a reviewer")
    expect(revokes).to_have_count(1)
    page.get_by_role("button", name="Make a link").click()
    expect(revokes).to_have_count(2)
    revokes.first.click()
    expect(revokes).to_have_count(1)
    page.close()
    context.clear_cookies()
    other = context.new_page()
    other.goto(link)
    other.get_by_label("Your name").fill("rita")
    other.keyboard.press("Enter")
    pages = other.get_by_role("navigation", name="Pages")
    pages.wait_for()
    expect(pages.get_by_role("link")).to_have_text(
        ["Home", "Catalog", "Label", "Review", "Rounds", "Diagnose", "Experiment"]
    )
    other.goto(f"{server.address}/team")
    other.get_by_role("heading", name="Team is for a manager and above").wait_for()


def test_an_annotator_meets_no_error_while_gold_is_asked(pictures, serve, join):
    """Home shows the rounds without what they chose; there is no link to them, and no refusal."""
    settings = Settings.read(pictures)
    policy = replace(settings.policy, gold_share=0.3)
    replace(settings, policy=policy).write(pictures)
    with Project.open(pictures) as project:
        project.next_round()
        project.gold.add(project.catalog.assets.ids()[-1], ClassValue(name="one"), created_by="rev")
    server = serve(pictures)
    page = join(server, "ana", Role.ANNOTATOR)
    page.get_by_role("heading", name="Rounds", exact=True).wait_for()
    pages = page.get_by_role("navigation", name="Pages")
    expect(pages.get_by_role("link")).to_have_text(["Home", "Label"])
    expect(page.locator("a[href^='/rounds']")).to_have_count(0)
    page.goto(f"{server.address}/rounds")
    page.get_by_role("heading", name="Rounds are not shown to you now").wait_for()
