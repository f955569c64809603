"""Saved slices in a real browser while somebody else changes them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from querist.catalog import AssetQuery
from querist.project import Project

pytestmark = pytest.mark.browser


def test_a_slice_that_another_forgot_leaves_the_open_page(pictures, serve, enter, watch):
    """The live stream tells of it; without the stream the refusal does, and then its row goes."""
    with Project.open(pictures) as project:
        project.oracle(1)
        slices = project.rounds.slices
        for name in ("one", "two", "three"):
            slices.save(f"all {name}", AssetQuery(label=(name,)), created_by="olga")
    page = enter(serve(pictures))
    page.get_by_role("link", name="Diagnose", exact=True).click()
    table = page.get_by_role("region", name="Saved slices")
    table.get_by_role("link", name="all one").wait_for()
    page.wait_for_timeout(5_000)  # until what the page hears of as it opens is asked anew
    with Project.open(pictures) as project:
        project.rounds.slices.remove("all one")
    expect(table.get_by_role("link", name="all one")).to_have_count(0)

    page.route("**/api/v1/events", lambda route: route.abort())
    page.reload()
    table.get_by_role("link", name="all two").wait_for()
    with Project.open(pictures) as project:
        project.rounds.slices.remove("all two")
        project.rounds.slices.remove("all three")
    table.get_by_role("button", name="Forget the slice all two").click()
    page.get_by_text("There is no slice 'all two'").wait_for()
    expect(table.get_by_role("link", name="all three")).to_have_count(0)
    watch.forgive()
