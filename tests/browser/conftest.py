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
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Playwright, expect

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
SLOW_MILLISECONDS = 60_000
expect.set_options(timeout=SLOW_MILLISECONDS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def browser_path() -> str:
    """Browser named by AXISCOPE_TEST_BROWSER, or the first one on the path; the headless shell needs the least CPU."""
    programs = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    names = (os.environ.get("AXISCOPE_TEST_BROWSER", ""), *programs)
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    return found or pytest.fail("no browser: install chromium, or name one by AXISCOPE_TEST_BROWSER")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """AXISCOPE_HOME with the demo models."""
    folder = tmp_path_factory.mktemp("home")
    write_zoo(folder / "zoo")
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
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One browser for all tests; each test has its own context."""
    running = playwright.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
    yield running
    running.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the pages of this test wrote to the console as errors; a test may clear what it expects."""
    return []


@contextmanager
def profile(browser: Browser, service: str, complaints: list[str]) -> Iterator[BrowserContext]:
    """Open a fresh profile, and fail at its end for errors on the console and uncaught exceptions."""
    fresh = browser.new_context(
        base_url=service,
        viewport={"width": 1480, "height": 960},
        color_scheme="light",
        permissions=["clipboard-read", "clipboard-write"],
    )
    fresh.set_default_timeout(SLOW_MILLISECONDS)

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def on_exception(error: Error) -> None:
        complaints.append(str(error))

    def watch(page: Page) -> None:
        page.on("console", on_console)
        page.on("pageerror", on_exception)

    fresh.on("page", watch)
    yield fresh
    fresh.close()
    assert not complaints, complaints


@pytest.fixture
def context(browser: Browser, service: str, complaints: list[str]) -> Iterator[BrowserContext]:
    """A fresh profile for one test."""
    with profile(browser, service, complaints) as fresh:
        yield fresh


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty page of the fresh profile."""
    return context.new_page()
