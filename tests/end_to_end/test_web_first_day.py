"""The first day in a real browser: first guesses by examples, and files from elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from querist.project import Project

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_guesses_by_examples_then_predictions_of_a_model_elsewhere(
    pictures, picture_names, tmp_path, serve, enter, look
):
    """Keys give examples, all get a guess; a broken file is told, a good one comes in."""
    server = serve(pictures)
    page = enter(server)
    page.get_by_role("link", name="Make first guesses").click()
    tiles = page.locator("[data-example]")
    tiles.nth(59).wait_for()
    guess = page.get_by_role("button", name="Guess 600 assets")
    expect(guess).to_be_disabled()
    tiles.first.focus()
    ids = [tile.get_attribute("data-example") or "" for tile in tiles.all()]
    truth = [picture_names.index(one.split("/")[-2]) for one in ids]
    for code in truth:
        page.keyboard.press(str((code + 1) % 10))
    page.get_by_role("heading", name="Every class is shown").wait_for()
    findings = look(page, "guesses")
    page.keyboard.press("Control+Enter")
    page.get_by_role("heading", name="Each of 600 assets has a first guess").wait_for()
    with Project.open(pictures) as project:
        (model,) = project.catalog.records.models.list()
        found = project.catalog.predictions.probabilities(model.id).argmax(axis=1)
        everything = list(project.catalog.assets.ids())
    assert model.label_count == 0
    right = [picture_names.index(one.split("/")[-2]) for one in everything] == found
    assert right.mean() > 0.6

    broken = tmp_path / "said.npz"
    broken.write_bytes(b"broken")
    page.goto(f"{server.address}/settings/import")
    sent = page.get_by_label("File of this computer").first
    sent.set_input_files(broken)
    page.get_by_role("button", name="Bring them in").first.click()
    page.get_by_role("alert").get_by_text("said.npz cannot be read").wait_for()
    findings += look(page, "import-broken")
    shares = np.eye(10)[found] * 0.5 + 0.05
    np.savez(
        broken,
        ids=np.array(everything),
        probabilities=shares,
        classes=np.array(picture_names),
    )
    sent.set_input_files(broken)
    page.route("**/predictions/upload?*", lambda _: None)  # it never gets there
    page.get_by_role("button", name="Bring them in").first.click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Bring them in").first).to_be_enabled()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.unroute("**/predictions/upload?*")
    page.get_by_role("button", name="Bring them in").first.click()
    page.get_by_text("Predictions of 600 assets").wait_for()
    page.get_by_role("link", name="See where it is least sure").click()
    page.wait_for_url("**/catalog?sort=margin")
    assert not findings, "\n".join(findings)
