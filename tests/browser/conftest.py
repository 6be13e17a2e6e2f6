"""A service of our own on a free port with the demo models, a browser, and pages that must not complain."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Playwright, expect

from backend.db.engine import Database
from backend.jobs.queue import step_times
from tests.demo_zoo import write_zoo

ROOT = Path(__file__).parents[2]
DISABLED = (
    # two pages of the address bar in every window, a second of CPU time each
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),
    # what Playwright disables itself; the browser takes the last list
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "MediaRouter"),
    *("HttpsFirstBalancedModeAutoEnable", "LensOverlay", "PaintHolding", "ThirdPartyStoragePartitioning"),
    *("AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled"),
    "PreconnectToSearch",
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(DISABLED)}",
)
DESKTOP = {"width": 1480, "height": 960}
STORED = "cookies,local_storage,indexeddb,cache_storage,service_workers,file_systems"
SLOW_MILLISECONDS = 60_000
expect.set_options(timeout=SLOW_MILLISECONDS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder drives a browser. Files with slow tests come first: none is waited for at the end."""
    driving = {item for item in items if Path(__file__).parent in item.path.parents}
    for item in driving:
        item.add_marker(pytest.mark.browser)
    slow = {item.path for item in driving if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item in driving and item.path not in slow)


def browser_path() -> str:
    """Browser named by AXISCOPE_TEST_BROWSER, or the first one on the path; the headless shell needs the least CPU."""
    programs = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    names = (os.environ.get("AXISCOPE_TEST_BROWSER", ""), *programs)
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    return found or pytest.fail("no browser: install chromium, or name one by AXISCOPE_TEST_BROWSER")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """AXISCOPE_HOME with the demo models, where steps of the runs in the forms were measured before."""
    folder = tmp_path_factory.mktemp("home")
    write_zoo(folder / "zoo")
    run = {"dataset": "dsprites", "architecture": "conv64", "objective": "beta_vae", "threads": 1}
    with Database(f"sqlite:///{folder / 'axiscope.db'}") as database:
        database.migrate()
        for latents, batch_size in ((10, 64), (4, 8)):
            step_times.record(database, {**run, "latents": latents, "batch_size": batch_size}, 0.1)
    return folder


@pytest.fixture(scope="session")
def service(home: Path) -> Iterator[str]:
    """Address of a running service."""
    command = [sys.executable, "-c", "from backend.cli import main; main()", "up", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "AXISCOPE_HOME": str(home), "OMP_NUM_THREADS": "1"}
    environment["AXISCOPE_BUNDLED_ZOO"] = str(home / "none")  # the demo models alone: tests count them
    log = (home / "service.log").open("w")
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    address = None
    for line in process.stdout or ():
        log.write(line)
        if found := re.search(r"http://[\w.]+:\d+", line):
            address = found.group()
            break
    try:
        if address is None:
            pytest.fail(f"the service did not start: {(home / 'service.log').read_text()[-2000:]}")
        yield address
    finally:
        process.terminate()
        process.wait(20)
        if process.stdout:
            process.stdout.close()
        log.close()


@pytest.fixture(scope="session")
def profile(playwright: Playwright, service: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """One browser with one profile for all tests of a worker: it compiles the scripts of the pages once."""
    kept = playwright.chromium.launch_persistent_context(
        tmp_path_factory.mktemp("profile"),
        executable_path=browser_path(),
        args=list(FLAGS),
        base_url=service,
        viewport=DESKTOP,
        color_scheme="light",
        permissions=["clipboard-read", "clipboard-write"],
    )
    kept.set_default_timeout(SLOW_MILLISECONDS)
    yield kept
    kept.close()


@contextmanager
def forgetting(profile: BrowserContext) -> Iterator[BrowserContext]:
    """Leave the profile as it was: no page, nothing stored by any origin, on line. Only what it compiled is kept."""
    origins: set[str] = set()

    def watch(page: Page) -> None:
        page.on("framenavigated", lambda frame: origins.add("/".join(frame.url.split("/")[:3])))

    profile.on("page", watch)
    yield profile
    profile.remove_listener("page", watch)
    profile.unroute_all(behavior="ignoreErrors")
    profile.set_offline(offline=False)
    first, *others = profile.pages
    for page in others:
        page.close()
    session = profile.new_cdp_session(first)
    for origin in origins:
        session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": STORED})
    session.detach()


@pytest.fixture
def context(profile: BrowserContext, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """The profile without anything stored; exceptions and unexpected errors on the console fail the test."""
    errors: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"{message.text} ({message.location.get('url', '')})")

    def watch(page: Page) -> None:
        page.on("console", on_console)
        page.on("pageerror", lambda error: errors.append(str(error)))

    profile.on("page", watch)
    with forgetting(profile):
        yield profile
    profile.remove_listener("page", watch)
    expected = [mark.args[0] for mark in request.node.iter_markers("console_errors")]
    unexpected = [error for error in errors if not any(re.search(pattern, error) for pattern in expected)]
    assert not unexpected, unexpected


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty page."""
    return context.new_page()
