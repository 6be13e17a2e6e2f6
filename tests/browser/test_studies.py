"""Page of the studies: a study is queued; a table is imported, shown with figures and claims, refused, deleted."""

import re

import pytest
from playwright.sync_api import expect

from benchmarks.studies import STUDY, write_table

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "results.csv"
    write_table(path, seeds=2)
    return path


def test_an_imported_table_is_shown_and_deleted(page, table):
    page.goto(f"/studies?study={STUDY}")
    study = page.locator(f"#{STUDY}")
    expect(study.get_by_text("Nothing yet")).to_be_visible()
    study.get_by_label("Import a table (CSV)").set_input_files(table)
    expect(study.get_by_label("Results")).to_contain_text("imported: results.csv")
    expect(study.get_by_text("supported").first).to_be_visible()
    panel = study.get_by_role("region", name="Scores by model")
    panel.scroll_into_view_if_needed()
    expect(panel.locator(".js-plotly-plot")).to_be_visible()
    expect(panel.get_by_text("imported from results.csv")).to_be_visible()
    panel.get_by_label("dataset").select_option("cars3d")
    expect(panel.get_by_text("data: cars3d")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    study.get_by_role("button", name="Delete this import").click()
    expect(study.get_by_text("Nothing yet")).to_be_visible()


@pytest.mark.console_errors("status of 422")
def test_a_refused_table_is_named_with_line_and_column(page, tmp_path):
    path = tmp_path / "wrong.csv"
    path.write_text("group,dataset,seed,beta,mig\nbeta-VAE,dsprites,0,4,nan\n")
    page.goto(f"/studies?study={STUDY}")
    page.locator(f"#{STUDY}").get_by_label("Import a table (CSV)").set_input_files(path)
    expect(page.get_by_text(re.compile("wrong.csv, line 2, column 'mig'"))).to_be_visible()


def test_runs_of_a_study_are_estimated_and_queued_from_the_page(page):
    page.goto("/studies?study=latent-dimensionality")
    study = page.locator("#latent-dimensionality")
    study.get_by_label("Scale", exact=True).fill("0.0002")
    study.get_by_label("Only runs").fill("*beta-4-*-seed-0")
    study.get_by_role("button", name="Estimate").click()
    expect(study.get_by_role("status")).to_contain_text("5 runs of")
    expect(study.get_by_role("status")).not_to_contain_text("GPU")
    study.get_by_label("GPU share").fill("0.5")
    study.get_by_role("button", name="Estimate").click()
    expect(study.get_by_role("status")).to_contain_text("No worker with a GPU is running: the runs wait for one.")
    study.get_by_label("GPU share").fill("0")
    study.get_by_role("button", name="Estimate").click()
    study.get_by_role("button", name="Queue 5 runs").click()
    study.get_by_role("link", name="progress of the sweep").click()
    expect(page.get_by_role("heading", name="latent-dimensionality")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Cancel the sweep").click()
    expect(page.locator(".page-head .chip")).to_have_text("cancelled", timeout=120_000)
