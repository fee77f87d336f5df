"""The documentation of the API in a browser: both pages show it, by what we serve ourselves and within their policy."""

import pytest

from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", ["/api/v2/docs", "/api/v2/docs/swagger"])
async def test_the_documentation_is_shown_without_a_request_to_another_host(open_page: OpenPage, path: str) -> None:
    page = await open_page(path)

    await page.get_by_text("List releases").first.wait_for()

    assert page.errors == []  # type: ignore[attr-defined]  # gathered by the fixture.
