"""What can go wrong with a backend. Each message is one sentence for a person.

    BackendError
    ├── BackendMissing      it cannot be obtained here; the sentence says what to install
    ├── BackendNotReady     it was started, and died or did not answer in time
    └── BackendDied         it served, and ended though nobody asked it to
"""

from __future__ import annotations


class BackendError(Exception):
    """A backend is not usable: the environment is not ready (exit 30)."""


class BackendMissing(BackendError):
    """No way of obtaining it works here."""


class BackendNotReady(BackendError):
    """It was started, and died or did not answer in time; the message ends with its last words."""


class BackendDied(BackendError):
    """It served, and ended though nobody asked it to; the message ends with its last words."""
