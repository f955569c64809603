"""Joining by an invitation in a real browser, and what an annotator is shown."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from querist.project import Project
from querist.schema import Role

pytestmark = pytest.mark.browser


def test_an_invited_person_joins_by_a_name_and_labels(texts, serve, page):
    """The link asks for a name, then lets in an annotator who sees no catalog."""
    with Project.open(texts) as project:
        project.next_round()
        owner = project.catalog.records.annotators.ensure("olga", Role.OWNER)
        _, secret = project.team.invite(Role.ANNOTATOR, by=owner)
    server = serve(texts)
    page.goto(f"{server.address}/#invitation={secret}")
    page.get_by_label("Your name").fill("ana")
    expect(page).not_to_have_url(re.compile("invitation"))
    page.keyboard.press("Enter")
    pages = page.get_by_role("navigation", name="Pages")
    pages.wait_for()
    expect(pages.get_by_role("link")).to_have_text(["Home", "Label", "Rounds"])
    pages.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    page.keyboard.press("1")
    page.get_by_test_id("saved-mark").get_by_text("Saved", exact=True).wait_for()
    with Project.open(texts) as project:
        assert project.catalog.records.annotators.get("ana").role is Role.ANNOTATOR
        given = list(project.catalog.records.labels.currents())
    assert [entry.annotator for entry in given] == ["ana"]


def test_team_counts_answers_and_home_the_labels_that_were_not_undone(texts, serve, enter):
    """Three answers, one of them taken back: each page says what its figure is of."""
    with Project.open(texts) as project:
        ids = project.catalog.assets.ids()[:3]
        for asset_id in ids:
            project.labels.submit(asset_id, "invoice", annotator="ana")
        project.labels.undo(ids[0], annotator="ana")
    server = serve(texts)
    page = enter(server)
    spent = page.get_by_role("region", name="Spent so far")
    spent.get_by_text("Labels2").wait_for()
    spent.get_by_text("Without those undone; second opinions count.").wait_for()
    page.goto(f"{server.address}/team")
    page.get_by_role("heading", name="has given 3 answers.").wait_for()
    page.get_by_role("columnheader", name="Answers").wait_for()


def test_a_used_invitation_says_so(texts, serve, page, watch):
    """The second person gets the reason in words and may ask for another link."""
    with Project.open(texts) as project:
        owner = project.catalog.records.annotators.ensure("olga", Role.OWNER)
        _, secret = project.team.invite(Role.ANNOTATOR, by=owner)
        project.team.accept(secret, "ana")
    page.goto(f"{serve(texts).address}/#invitation={secret}")
    page.get_by_label("Your name").fill("ben")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("invitation", ignore_case=True)
    watch.forgive()  # the browser logs every refused request


def test_a_double_click_invites_one_person(texts, serve, enter):
    """However fast the answer to the first click is, the second makes no further link."""
    server = serve(texts)
    page = enter(server)
    page.goto(f"{server.address}/team?tab=invitations")
    button = page.get_by_role("button", name="Make a link")
    button.wait_for()
    place = button.bounding_box()
    page.mouse.move(place["x"] + 20, place["y"] + 10)
    for number in (1, 2):
        page.mouse.down(click_count=number)
        page.mouse.up(click_count=number)
        page.get_by_label("The link, shown only now").wait_for()
    page.get_by_role("button", name="Revoke").wait_for()
    with Project.open(texts) as project:
        assert len(project.team.invitations()) == 1
