"""Training from the page: fill the form, queue, watch, open the model; sweeps; mistakes named at once.

Runs after the other files of this folder: it adds a model to the zoo they count.
"""

import os
import re
import signal
import socket
import sys
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

MINUTES = 5 * 60_000
# A run that can be struck in its middle.
STRUCK = """
dataset = "dsprites"
objective = "beta_vae"
latents = 4
steps = 400
batch_size = 4
seed = 5
log_every = 10
checkpoint_every = 25
evaluate = ["mig"]

[objective_settings]
beta = 2.5
"""


def open_form(page: Page) -> None:
    page.goto("/jobs#new")
    page.get_by_role("heading", name="New run").wait_for()


def fill(page: Page, label: str, value: str) -> None:
    box = page.get_by_role("textbox", name=re.compile(rf"^{label}( \w+)?$"))
    box.fill(value)
    box.press("Tab")


def test_the_form_is_made_of_the_schemas_and_shows_the_meaning_of_each_setting(page: Page):
    open_form(page)
    expect(page.get_by_role("region", name="Objective")).to_contain_text("Weight of the KL")
    page.get_by_role("combobox", name="Objective", exact=True).select_option("factor_vae")
    expect(page.get_by_role("region", name="Objective")).to_contain_text("Weight of the total correlation")
    expect(page.get_by_role("region", name="Objective")).to_contain_text("Kim & Mnih 2018")


def test_a_value_that_is_not_allowed_is_named_at_the_field(page: Page):
    open_form(page)
    fill(page, "beta", "-1")
    expect(page.get_by_text("at least 0")).to_be_visible()
    fill(page, "beta", "four")
    expect(page.get_by_text("four is no number")).to_be_visible()


def number_of_jobs(page: Page) -> int:
    counts: dict[str, int] = page.request.get("/api/v1/jobs?limit=1").json()["counts"]
    return sum(counts.values())


def test_nothing_is_queued_while_a_value_is_wrong_and_the_first_wrong_box_gets_the_focus(page: Page):
    open_form(page)
    before = number_of_jobs(page)
    fill(page, "latents", "-3")
    fill(page, "learning rate", "abc")
    fill(page, "batch size", "0")
    queue = page.get_by_role("button", name="Queue this run")
    expect(queue).to_be_disabled()
    expect(page.locator("#form-state")).to_have_text("Cannot be queued: correct latents, batch size, learning rate.")
    queue.dispatch_event("click")
    expect(page.get_by_role("textbox", name="latents")).to_be_focused()
    page.get_by_role("button", name="TOML").click()  # would throw away what was typed
    expect(page.get_by_role("textbox", name="latents")).to_be_focused()
    for label, value in (("latents", "4"), ("batch size", "16"), ("learning rate", "0.001")):
        expect(queue).to_be_disabled()
        fill(page, label, value)
    expect(queue).to_be_enabled()
    page.get_by_role("button", name="TOML").click()
    page.get_by_label("The run as TOML").fill("foo = = 3")
    expect(queue).to_be_disabled()
    expect(page.locator("#form-state")).not_to_contain_text("About")
    colour = page.locator("#toml-wrong").evaluate("node => getComputedStyle(node).color")
    assert colour == page.locator("#form-state").evaluate("node => getComputedStyle(node).color")
    queue.dispatch_event("click")
    assert number_of_jobs(page) == before


@pytest.mark.slow
def test_focus_on_cancel_and_selected_text_outlive_the_polls(page: Page):
    open_form(page)
    fill(page, "steps", "1000000")
    page.get_by_text("more settings").click()
    fill(page, "log every", "5")
    page.get_by_role("button", name="Queue this run").click()
    facts = page.locator(".job-facts")
    expect(facts).to_contain_text(re.compile(r"[1-9]\d* of 1,000,000"), timeout=MINUTES)
    cancel = page.get_by_role("button", name="Cancel", exact=True)
    cancel.focus()
    title = page.locator(".job-item[aria-current] b")
    title.evaluate("node => getSelection().selectAllChildren(node)")
    chosen = page.evaluate("getSelection().toString()")
    before = facts.inner_text()
    expect(facts).not_to_have_text(before)
    for _ in range(2):  # polls of the list
        page.wait_for_event("response", lambda answer: "/api/v1/jobs?limit=100" in answer.url)
    expect(cancel).to_be_focused()
    assert chosen
    assert page.evaluate("getSelection().toString()") == chosen
    page.once("dialog", lambda question: question.dismiss())
    page.keyboard.press("Enter")
    page.once("dialog", lambda question: question.accept())
    page.keyboard.press("Enter")
    expect(page.locator("#job-view .job-title .chip")).to_contain_text("cancelled", timeout=MINUTES)


@pytest.mark.slow
def test_a_double_click_queues_one_run_where_the_browser_has_no_random_uuid(page: Page):
    """As over plain http on a network: `crypto.randomUUID` is for https and localhost alone."""
    page.add_init_script("delete Crypto.prototype.randomUUID")
    open_form(page)
    before = number_of_jobs(page)
    fill(page, "steps", "1000000")
    expect(page.locator("#form-state")).to_contain_text(re.compile("About|No time estimate"))
    page.get_by_role("button", name="Queue this run").dblclick()
    expect(page).to_have_url(re.compile(r"/jobs\?job=\d+"))
    assert number_of_jobs(page) == before + 2  # the run and its evaluation
    page.once("dialog", lambda question: question.accept())
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator("#job-view .job-title .chip")).to_contain_text("cancelled", timeout=MINUTES)


@pytest.mark.console_errors("status of 422")
def test_form_and_toml_are_the_same_run(page: Page):
    open_form(page)
    fill(page, "beta", "16")
    page.get_by_role("button", name="TOML").click()
    text = page.get_by_label("The run as TOML")
    assert "[objective_settings]\nbeta = 16" in text.input_value()
    text.fill(text.input_value().replace("beta = 16", "beta = 2.5"))
    page.get_by_role("button", name="Form").click()
    expect(page.get_by_label("beta", exact=True)).to_have_value("2.5")
    page.get_by_role("button", name="TOML").click()
    page.get_by_label("The run as TOML").fill("steps 4")
    expect(page.get_by_text("line 1: got steps 4; illegal character in key")).to_be_visible()


def test_a_sweep_may_be_limited_to_some_runs_at_a_time(page: Page):
    open_form(page)
    limit = page.get_by_role("spinbutton", name=re.compile("Runs at a time"))
    expect(limit).to_be_hidden()
    page.get_by_role("button", name="Vary a setting").click()
    page.get_by_role("textbox", name="Values of seed, separated by commas").fill("0, 1, 2")
    limit.fill("2")
    expect(page.get_by_role("button", name="Queue 3 runs")).to_be_enabled()
    page.get_by_role("button", name="TOML").click()
    text = page.get_by_label("The run as TOML")
    assert "max_parallel = 2" in text.input_value()
    text.fill(text.input_value().replace("max_parallel = 2", "max_parallel = 1"))
    page.get_by_role("button", name="Form").click()
    expect(limit).to_have_value("1")


@pytest.mark.slow
def test_a_run_queued_from_the_page_is_watched_and_becomes_a_model(page: Page):
    open_form(page)
    fill(page, "steps", "30")
    fill(page, "latents", "4")
    fill(page, "batch size", "8")
    page.get_by_text("more settings").click()
    fill(page, "log every", "5")
    page.get_by_role("button", name="Queue this run").click()
    expect(page).to_have_url(re.compile(r"/jobs\?job=\d+"))
    view = page.locator("#job-view")
    expect(view.locator(".chip.good")).to_have_text("succeeded", timeout=MINUTES)
    expect(page.get_by_role("region", name="Loss").locator(".legendtext").first).to_contain_text("total")
    expect(page.get_by_role("region", name="KL per latent").locator(".legendtext")).to_have_count(4)
    expect(page.get_by_role("region", name="Log", exact=True)).to_contain_text("step=30 last_step=30")
    expect(page.get_by_role("img", name=re.compile("Traversals of all latents after"))).to_be_visible()
    (evaluation,) = job_shown(page)["followers"]  # of every metric, a minute beside the tests that follow
    assert page.request.delete(f"/api/v1/jobs/{evaluation}").ok
    page.get_by_role("link", name="Open the model").click()
    expect(page).to_have_url(re.compile(r"/explore/dsprites-beta_vae-"))


@pytest.mark.slow
def test_a_sweep_is_built_queued_and_cancelled_from_the_page(page: Page):
    open_form(page)
    fill(page, "steps", "100000")
    page.get_by_role("button", name="Vary a setting").click()
    page.get_by_label(re.compile("^Values of seed")).fill("0, 1, 2")
    page.get_by_role("button", name="Queue 3 runs").click()
    expect(page).to_have_url(re.compile(r"/sweeps/\d+"))
    expect(page.get_by_role("table", name="State of each run").locator("td a")).to_have_count(3)
    page.once("dialog", lambda question: question.accept())
    page.get_by_role("button", name="Cancel the sweep").click()
    expect(page.locator(".page-head .chip")).to_have_text("cancelled", timeout=MINUTES)


def job_shown(page: Page) -> dict[str, Any]:
    number = re.search(r"job=(\d+)", page.url)
    assert number
    answer: dict[str, Any] = page.request.get(f"/api/v1/jobs/{number[1]}").json()
    return answer


@pytest.mark.parametrize(
    ("workers", "said"),
    [
        ([], "No worker is running: jobs wait until one is started"),
        ([{"name": "Ray at head:6379", "answers": False, "slots": 0}], "Ray at head:6379 does not answer: jobs wait"),
    ],
)
def test_the_queue_shows_why_no_job_runs(page: Page, workers: list[dict[str, Any]], said: str):
    def answer(route: Route) -> None:
        response = route.fetch()
        body = response.json()
        route.fulfill(response=response, json={**body, "workers": workers, "counts": {**body["counts"], "queued": 2}})

    page.route(re.compile(r"/api/v1/jobs\?limit=100"), answer)
    page.goto("/jobs")
    expect(page.locator("#job-list .notice")).to_contain_text(said)
    page.unroute_all(behavior="wait")


def test_a_first_estimate_is_measured_while_the_form_is_open(page: Page):
    open_form(page)
    fill(page, "latents", "7")
    told = page.locator(".submit-bar .estimate")
    expect(told).to_contain_text("measuring some steps on this machine")
    expect(told).to_contain_text("measured on this machine", timeout=MINUTES)
    expect(told).to_contain_text(re.compile(r"About .+ a step"))


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the trainer is found by /proc")
def test_a_trainer_that_is_killed_is_seen_to_resume_and_its_model_is_in_the_gallery_with_its_scores(page: Page):
    open_form(page)
    page.get_by_role("button", name="TOML").click()
    page.get_by_label("The run as TOML").fill(STRUCK)
    page.get_by_role("button", name="Queue this run").click()
    expect(page).to_have_url(re.compile(r"/jobs\?job=\d+"))
    view = page.locator("#job-view")
    expect(view.locator(".chip.accent")).to_have_text("running", timeout=MINUTES)
    log = page.get_by_role("region", name="Log", exact=True)
    expect(log).to_contain_text(re.compile(r"step=1\d0 last_step=400"), timeout=MINUTES)
    host, _, pid = job_shown(page)["attempts"][0]["worker"].rpartition(":")
    assert host == socket.gethostname()
    os.kill(int(pid), signal.SIGKILL)
    attempts = page.locator("table.attempts tbody tr")
    expect(attempts).to_have_count(2, timeout=MINUTES)
    expect(attempts.first).to_contain_text("crashed")
    expect(attempts.first).to_contain_text("SIGKILL")
    expect(view.locator(".job-title .chip.good")).to_have_text("succeeded", timeout=MINUTES)
    expect(log).to_contain_text("job resumed")
    job = job_shown(page)
    assert job["attempts"][1]["first_step"] >= 25
    page.goto(f"/jobs?job={job['followers'][0]}")
    expect(view.locator(".job-title .chip.good")).to_have_text("succeeded", timeout=MINUTES)
    page.goto("/?q=" + job["result"]["model"])
    card = page.get_by_role("article")
    expect(card).to_have_count(1)
    expect(card).to_contain_text(re.compile(r"MIG\s*0?\.\d+"))


@pytest.mark.slow
def test_a_missing_score_is_computed_by_a_click_and_the_panel_then_shows_it(page: Page):
    page.goto("/scores?dataset=dsprites&q=demo-disc-mixed")
    page.locator("body[data-ready]").wait_for()
    page.get_by_role("gridcell", name="not computed").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("button", name="Queue an evaluation").click()
    expect(drawer.locator("[role=status]:not(#toasts)")).to_contain_text(re.compile("queued|running|succeeded"))
    expect(drawer.locator("[role=status]:not(#toasts)")).to_contain_text("succeeded", timeout=MINUTES)
    expect(page.get_by_role("gridcell", name="not computed").first).to_be_visible()
    value = page.locator(".table-window tbody td[data-column] .value")
    expect(value.first).to_be_visible()
