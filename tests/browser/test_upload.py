"""Own pictures: a zip made here is uploaded from the data page, seen there, trained on, and deleted."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect


def pictures(folder: Path, extra: tuple[tuple[str, bytes], ...] = ()) -> Path:
    """A zip of six pictures of 64 x 64 with labels, and what else is named."""
    path = folder / "My Discs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(6):
            data = io.BytesIO()
            Image.new("RGB", (64, 64), (40 * number, 90, 200)).save(data, "PNG")
            archive.writestr(f"discs/{number}.png", data.getvalue())
        archive.writestr("discs/labels.csv", "file,shade\n" + "".join(f"{n}.png,{n}\n" for n in range(6)))
        for name, content in extra:
            archive.writestr(name, content)
    return path


def open_own(page: Page) -> None:
    page.goto("/data")
    page.locator("body[data-ready]").wait_for()
    page.get_by_role("link", name="Upload pictures").click()
    page.wait_for_url("**/data/own")
    page.locator("body[data-ready]").wait_for()


@pytest.mark.console_errors("status of 503.*/datasets/")  # asked again while they are converted
def test_pictures_are_uploaded_seen_offered_for_training_and_deleted(page: Page, tmp_path: Path):
    open_own(page)
    page.get_by_label("Zip of pictures").set_input_files(pictures(tmp_path))
    expect(page.get_by_label("Name", exact=False).last).to_have_value("my-discs")
    found = page.get_by_role("group", name="Found in the zip")
    expect(found).to_contain_text("6 pictures")
    expect(found).to_contain_text("64 x 64 pixels, width x height, colour")
    expect(found).to_contain_text("Labels: shade")
    expect(found.get_by_role("img")).to_have_count(6)
    page.get_by_role("button", name="Upload", exact=True).click()
    page.wait_for_url("**/data/own?upload=my-discs*")
    expect(page.get_by_role("heading", level=1)).to_have_text("my-discs")
    image = page.locator(".true-image img")
    expect(image).to_have_attribute("src", re.compile("upload=my-discs"))
    assert image.evaluate("async i => { await i.decode(); return i.naturalWidth }") == 64
    slider = page.get_by_role("slider", name="shade")
    slider.focus()
    page.keyboard.press("End")
    expect(image).to_have_attribute("alt", re.compile("shade 5"))
    table = page.get_by_role("table", name="Uploaded sets")
    expect(table).to_contain_text("my-discs")
    page.get_by_role("link", name="Train on it", exact=True).click()
    expect(page.locator("#set-dataset_settings-path")).to_have_value("my-discs")
    expect(page.locator("#form-state")).to_contain_text(re.compile("About|No time estimate"))
    page.goto("/data/own?upload=my-discs")
    page.locator("body[data-ready]").wait_for()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete my-discs").click()
    page.wait_for_url("**/data/own")
    page.locator("body[data-ready]").wait_for()
    expect(page.get_by_role("table", name="Uploaded sets")).to_have_count(0)


@pytest.mark.console_errors("status of 422")
def test_a_refused_archive_is_said_in_words(page: Page, tmp_path: Path):
    open_own(page)
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator(".status-text.bad")).to_have_text("Choose a zip of pictures.")
    page.get_by_label("Zip of pictures").set_input_files(pictures(tmp_path, (("../evil.png", b"x"),)))
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator(".status-text.bad")).to_contain_text("with the path '../evil.png'")
