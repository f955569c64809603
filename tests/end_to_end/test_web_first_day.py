"""The first day in a real browser: first guesses by examples, and files from elsewhere."""

from __future__ import annotations

import shutil

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


def test_an_import_tells_what_was_left_out(picture_folder, tmp_path, serve, enter):
    """A wrong path is told beside the form, as is what brought nothing; Home tells the rest."""
    photos = tmp_path / "photos"
    shutil.copytree(picture_folder / "zero", photos)
    one = next(photos.iterdir())
    shutil.copy(one, photos / f"zz-copy{one.suffix}")
    (tmp_path / "broken").mkdir()
    for folder in (photos, tmp_path / "broken"):
        (folder / "broken.png").write_bytes(b"x")
    with Project.create(tmp_path / "shop", classes=["zero", "one"]):
        pass
    page = enter(serve(tmp_path / "shop"))
    field = page.get_by_label("Folder or file to add")
    for path, told in (
        (tmp_path / "nothing", "There is nothing at"),
        (tmp_path / "broken", "Nothing was added, 1 left out: 1 unreadable"),
    ):
        field.fill(str(path))
        page.keyboard.press("Enter")
        page.get_by_role("main").get_by_text(told).wait_for()
    field.fill(str(photos))
    page.keyboard.press("Enter")
    news = page.get_by_role("region", name="The last import")
    news.get_by_text("2 left out: 1 unreadable, 1 copy").wait_for()
    news.get_by_text("What was left out").click()
    news.get_by_text("broken.png").wait_for()
    news.get_by_role("button", name="I have read it").click()
    expect(news).to_have_count(0)


def test_nothing_is_left_to_label(tmp_path, serve, enter):
    """Where each asset is labelled or skipped Home offers the export, and no batch of one."""
    with Project.create(tmp_path / "shop", media="text", classes=["a", "b"]) as project:
        rows = [{"id": f"t{n}", "text": f"Text {n}."} for n in range(3)]
        project.add(rows, id_column="id", text_column="text")
        project.labels.submit("t0", "a", annotator="ana")
        project.labels.submit("t1", "b", annotator="ana")
        project.labels.skip("t2", annotator="ana")
    page = enter(serve(tmp_path / "shop"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Export the labels").click()
    assert download.value.suggested_filename == "shop-labels.csv"
    expect(page.get_by_role("button", name="Label the next")).to_have_count(0)
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_text("none is left to ask about").wait_for()
    expect(page.get_by_role("button", name="Label the next")).to_have_count(0)
