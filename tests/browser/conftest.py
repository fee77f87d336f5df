"""A real Chromium that reads the application that ships; its requests are answered in this process, without a port."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, Request, Route, async_playwright

from tests.chromium import program
from tests.conftest import SITE

ARGUMENTS = ["--no-sandbox", "--disable-gpu", f"--unsafely-treat-insecure-origin-as-secure={SITE}"]
"""The last because browsers honour some of our headers on secure origins only, and complain on others."""

PATIENCE = 120_000
"""Milliseconds until something is given up that a page should show: many, for the machine may be busy."""

LEFT_TO_HTTPX = {"host", "content-length", "connection", "cookie"}
"""The client keeps the cookies: it follows redirects itself, so that the browser does not see all that are set."""
AXE = Axe().axe_script
SHORT = {"reporter": "no-passes"}
"""What is as it should be, which is nearly all, need not come over the line."""

WCAG_2_2_AA: dict[str, Any] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    **SHORT,
}
CONTRAST: dict[str, Any] = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, **SHORT}
"""What alone differs between light and dark."""

_lasting: dict[str, dict[str, Any]] = {}
"""What a browser would keep of static files: with requests that are answered here, it keeps nothing itself."""

OpenPage = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        if (found := program(playwright)) is None:
            pytest.skip("There is no Chromium on this machine; `apt-get install chromium-headless-shell` brings one.")
        browser = await playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
def one_at_a_time() -> asyncio.Lock:
    """What whoever uses the one connection of a test takes hold of, while pages ask for something by themselves."""
    return asyncio.Lock()


@pytest.fixture
async def open_page(
    chromium: Browser, client: httpx.AsyncClient, one_at_a_time: asyncio.Lock
) -> AsyncIterator[OpenPage]:
    """Open a page of the site in a browser of its own, with Playwright's options of a context.

    `page.errors` gathers what the page did wrong: requests to other hosts, and errors in its console.
    """
    contexts: list[BrowserContext] = []

    async def answer(errors: list[str], route: Route, request: Request) -> None:
        if request.resource_type == "ping":  # From a page that is left; Playwright no longer knows its headers.
            await route.fulfill(status=204)
            return
        async with one_at_a_time:
            await _answer(client, errors, route, request)

    async def open_page(path: str, **options: Any) -> Page:
        context = await chromium.new_context(**options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        errors: list[str] = []
        page = await context.new_page()
        page.errors = errors  # type: ignore[attr-defined]  # a test may ask the page itself what went wrong.
        page.on("console", lambda told: errors.append(f"{told.text} {told.location}") if told.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        await context.route("**/*", lambda route, request: answer(errors, route, request))
        await page.goto(SITE + path)
        await page.wait_for_load_state("networkidle")
        return page

    yield open_page
    for context in contexts:
        # A request that is still being answered would use the connection of the test while its work is undone.
        await context.unroute_all(behavior="wait")
        await context.close()


async def _answer(client: httpx.AsyncClient, errors: list[str], route: Route, request: Request) -> None:
    if not request.url.startswith(SITE):
        errors.append(f"request to another host: {request.url}")
        await route.abort()
        return
    if request.url in _lasting:
        await route.fulfill(**_lasting[request.url])
        return
    headers = {name: value for name, value in (await request.all_headers()).items() if name not in LEFT_TO_HTTPX}
    if request.method == "POST" and not {"origin", "sec-fetch-site"} & headers.keys():  # Its page is gone by now.
        await route.fulfill(status=204)
        return
    answer = await client.request(
        request.method, request.url, headers=headers, content=request.post_data_buffer, follow_redirects=True
    )
    told = {"status": answer.status_code, "headers": dict(answer.headers), "body": answer.content}
    if "immutable" in answer.headers.get("Cache-Control", ""):
        _lasting[request.url] = told
    await route.fulfill(**told)


async def violations(page: Page, options: dict[str, Any] = WCAG_2_2_AA) -> list[str]:
    """What axe finds against WCAG 2.2 AA and its own good practice, with where it found it."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE)
    found = await page.evaluate("options => axe.run(options)", options)
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"][:3]]
