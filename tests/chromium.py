"""Which Chromium drives the browser tests."""

import shutil

from playwright.async_api import Playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
"""The first is the same browser without the window that nobody sees, and takes half of the time."""


def program(playwright: Playwright) -> str | None:
    """Return the path of the Chromium on this machine, if there is one."""
    return next(filter(None, map(shutil.which, [*NAMES, playwright.chromium.executable_path])), None)
