"""Fixtures that tests of more than one area ask for."""

from tests.browser import chromium, page

__all__ = ["chromium", "page"]
