"""The browser of the tests: what happens where there is none, and that it runs what a page's scripts say."""


import pytest
from playwright.sync_api import Page

from tests.browser import chromium_path


def test_without_chromium_a_test_is_skipped_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shown, not silent."""
    monkeypatch.setenv("CHATPROOF_CHROMIUM", "no-such-browser")
    monkeypatch.delenv("CHATPROOF_NEED_CHROMIUM", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Chromium: none of no-such-browser"):
        chromium_path()


def test_where_chromium_was_asked_for_its_absence_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """CI says that it needs it."""
    monkeypatch.setenv("CHATPROOF_CHROMIUM", "no-such-browser")
    monkeypatch.setenv("CHATPROOF_NEED_CHROMIUM", "1")
    with pytest.raises(pytest.fail.Exception, match="asks for it"):
        chromium_path()


@pytest.mark.slow
def test_the_page_runs_scripts(page: Page) -> None:
    """It is a browser, not a parser."""
    page.set_content("<p id=said></p><script>said.textContent = 'hello'</script>")
    assert "hello" == page.text_content("#said")
