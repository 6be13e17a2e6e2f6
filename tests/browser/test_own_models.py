"""Models that people bring: with images of their own, and with nothing but the two graphs."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from backend.models.importing import ImportDataset, ImportRequest, import_model
from tests.browser.explore_page import open_explore, picture, slider, wait_for_change
from training.config import build
from training.datasets import own

N = 60


@pytest.fixture
def brought(home: Path, tmp_path: Path):
    """Models `bare` (no data set) and `labelled` (own images) in the zoo of the running service."""
    source = home / "zoo" / "demo-room"
    pair = source / "encoder.onnx", source / "decoder.onnx"
    rng = np.random.default_rng(0)
    labels = np.stack([rng.permutation(N) % 10, rng.integers(0, 3, N)], 1)
    images = rng.integers(0, 256, (N, 64, 64, 3), np.uint8)
    np.savez(tmp_path / "own.npz", images=images, labels=labels, label_names=np.array(["size", "colour"]))
    settings = {"path": str(tmp_path / "own.npz")}
    opened = own.load(build(own.Config, settings), tmp_path)
    import_model(ImportRequest(*pair, "bare"), home / "zoo")
    import_model(ImportRequest(*pair, "labelled", dataset=ImportDataset("own", settings, opened)), home / "zoo")
    yield
    for name in ("bare", "labelled"):
        shutil.rmtree(home / "zoo" / name)


def test_two_files_are_looked_at_and_imported_from_the_page(page: Page, home: Path):
    page.goto("/#import")
    dialog = page.get_by_role("dialog", name="Import a model")
    for which in ("encoder", "decoder"):
        dialog.locator(f"#import-{which}").set_input_files(home / "zoo" / "demo-room" / f"{which}.onnx")
    dialog.locator("#import-name").fill("From the page")
    dialog.get_by_role("button", name="See what is in them").click()
    expect(dialog.get_by_role("img", name="Images decoded from random latents")).to_be_visible()
    expect(dialog).to_contain_text("images of 64 x 64, colour")
    assert not (home / "zoo" / "from-the-page").exists()
    dialog.get_by_role("button", name="Import it").click()
    expect(page).to_have_url(re.compile("/explore/from-the-page"))
    page.goto("about:blank")  # it would decode with the model that goes
    shutil.rmtree(home / "zoo" / "from-the-page")


@pytest.mark.usefixtures("brought")
def test_a_model_without_data_has_sliders_that_move_its_picture(page: Page):
    open_explore(page, model="/explore/bare")
    expect(page.get_by_text("No data set is known")).to_be_visible()
    before = picture(page)
    slider(page, 0).press("End")
    wait_for_change(page, before)
    expect(page.get_by_text("This model names no data set, so there are no factors")).to_be_visible()


@pytest.mark.usefixtures("brought")
def test_own_images_are_chosen_by_the_factors_closest_to_the_sliders(page: Page):
    open_explore(page, model="/explore/labelled")
    before = picture(page, "input")
    page.get_by_role("slider", name="Factor size").press("Home")
    wait_for_change(page, before, "input")
    page.get_by_role("link", name=re.compile("^data")).click()
    expect(page.get_by_role("heading", name="Factor browser")).to_be_visible()
    expect(page.get_by_text(re.compile(r"image #\d+, size \d, colour \d"))).to_be_visible()


@pytest.mark.usefixtures("brought")
@pytest.mark.console_errors("status of 422")
def test_the_page_of_own_images_offers_those_that_models_were_trained_on(page: Page):
    page.goto("/data/own")
    page.get_by_role("link", name=re.compile("^labelled")).click()
    expect(page.get_by_role("heading", name="Factor browser")).to_be_visible()
