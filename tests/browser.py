"""Chromium for tests that look at pages: the system's, driven through Playwright; nothing is downloaded.

Where there is none, tests that ask for `page` are shown as skipped, with the reason. Where CHATPROOF_NEED_CHROMIUM=1
they fail instead. CHATPROOF_CHROMIUM names a browser that is not on the PATH.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.needed import missing

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PATH_VARIABLE, _NEED_VARIABLE = "CHATPROOF_CHROMIUM", "CHATPROOF_NEED_CHROMIUM"
_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)
"""Without a sandbox, since root may run the tests; without everything that would call home."""

PATIENCE_MS = 30_000


def chromium_path() -> str:
    """Where Chromium is. Skips the test, or fails it where that was asked for, if it is nowhere."""
    names = (os.environ[_PATH_VARIABLE],) if os.environ.get(_PATH_VARIABLE) else _NAMES
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        missing(f"no Chromium: none of {', '.join(names)} is on the PATH", _NEED_VARIABLE)
    return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the tests of a module; Playwright's event loop must not outlive them."""
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page in a context of its own, in which whatever the page's scripts throw fails the test at its end."""
    context = chromium.new_context(accept_downloads=True, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield page
    context.close()
    assert [] == thrown
