"""Parts of a page that are shown again and again leave nothing behind: listeners, elements, canvases, workers."""

from collections.abc import Callable

from playwright.sync_api import CDPSession, Page, Request, expect

from tests.browser.explore_page import open_explore, wait_until

MODELS = (["demo-disc", "demo-disc-mixed"], ["demo-room", "demo-room-mixed"])
#: Rounds before the first sizes and before the last: each ends with the second of two models.
SWITCHES = 2
#: Difference between rounds that is no growth: messages that fade, elements that Plotly keeps for measuring.
SLACK = 30

#: Replace the model of Explore in this document by that of another address.
SHOW_MODEL = """async (address) => {
    const { mountExplore, shown } = await import(document.querySelector('script[src$="/explore.js"]').src);
    (window.shown ?? shown).destroy();
    history.replaceState(null, '', address);
    const other = new DOMParser().parseFromString(await (await fetch(address)).text(), 'text/html');
    window.shown = mountExplore(JSON.parse(other.getElementById('boot').textContent));
    await window.shown.ready;
}"""
#: Replace the comparison in this document by that of other models.
SHOW_COMPARISON = """async (ids) => {
    const { mountComparison, shown } = await import(document.querySelector('script[src$="/compare.js"]').src);
    (window.shown ?? shown).destroy();
    window.shown = mountComparison(ids);
    await window.shown.ready;
}"""


def sizes(session: CDPSession) -> dict[str, float]:
    """Listeners and nodes of the page, attached or not, after garbage collection."""
    session.send("HeapProfiler.collectGarbage")
    metrics = session.send("Performance.getMetrics")["metrics"]
    return {metric["name"]: metric["value"] for metric in metrics if metric["name"] in ("JSEventListeners", "Nodes")}


def assert_no_growth(page: Page, show: Callable[[int], None]) -> None:
    """Assert that rounds of ``show`` leave as many listeners and nodes as the first rounds did."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    outstanding: set[Request] = set()

    def begin(request: Request) -> None:
        if "/api/" in request.url and "/files/" not in request.url:  # files are of workers, which may end before
            outstanding.add(request)

    def end(request: Request) -> None:
        outstanding.discard(request)

    page.on("request", begin)
    page.on("response", lambda response: end(response.request))
    page.on("requestfailed", end)

    def settled() -> dict[str, float]:
        """Sizes once no answer is outstanding and nothing is drawn any more."""
        seen: list[dict[str, float]] = []
        wait_until(page, lambda: seen.append(sizes(session)) or (not outstanding and seen[-6:] == seen[-1:] * 6))
        return seen[-1]

    for n in range(SWITCHES):
        show(n)
    before = settled()
    for n in range(SWITCHES):
        show(n)
    after = settled()
    assert all(after[name] <= before[name] + SLACK for name in before), (before, after)


def test_explore_keeps_nothing_of_the_models_that_it_showed(page: Page):
    open_explore(page)

    panel = page.get_by_role("tabpanel")

    def drawn() -> bool:
        """Whether the open tab shows what it is for; a tab that is left earlier draws nothing."""
        empty = panel.locator(".chart:not(:has(.main-svg))").count()
        return bool(panel.locator(".main-svg, table").count()) and not empty

    def show(n: int) -> None:
        page.evaluate(SHOW_MODEL, f"/explore/{('demo-disc', 'demo-room')[n % 2]}")
        for tab in ("Hinton", "Tuning", "Map", "KL", "Scores", "Training", "Correlation"):
            page.get_by_role("tab", name=tab, exact=True).click()
            wait_until(page, drawn)
        for tool in ("All traversals", "2-d pad", "Interpolate", "Swap", "Factor", "Single"):
            page.get_by_role("button", name=tool, exact=True).click()
        page.locator(".evidence .chart .main-svg").first.wait_for()
        expect(page.locator("#status-decoder")).to_have_attribute("data-backend", "browser")
        wait_until(page, lambda: len(page.workers) == 1)

    assert_no_growth(page, show)
    page.evaluate("window.shown.destroy()")
    wait_until(page, lambda: not page.workers)
    assert page.locator("main canvas, main .chart, main input").count() == 0


def test_compare_keeps_nothing_of_the_models_that_it_showed(page: Page):
    page.goto("/compare?m=demo-disc,demo-disc-mixed")
    page.locator("body[data-ready]").wait_for()

    def show(n: int) -> None:
        page.evaluate(SHOW_COMPARISON, MODELS[n % 2])
        page.get_by_role("region", name="Correlation").locator(".main-svg").first.wait_for()
        wait_until(page, lambda: len(page.workers) == 2)

    assert_no_growth(page, show)
    page.evaluate("window.shown.destroy()")
    wait_until(page, lambda: not page.workers)
    assert page.locator("main canvas, main .chart, main input").count() == 0


def test_the_views_of_the_scores_leave_nothing_behind(page: Page):
    page.goto("/scores")
    page.locator("body[data-ready]").wait_for()

    def show(_n: int) -> None:
        for view in ("Correlation", "Trade-off", "Parallel", "Distribution", "Table"):
            page.get_by_role("button", name=view, exact=True).click()
            page.locator("#scores-body .chart .main-svg, #scores-body table").first.wait_for()

    assert_no_growth(page, show)
