"""Fixtures that tests of more than one area ask for."""

from tests.browser import chromium, page
from tests.prometheus import prometheus_binaries

__all__ = ["chromium", "page", "prometheus_binaries"]
