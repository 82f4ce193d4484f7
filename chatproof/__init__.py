"""chatproof: does a chat service keep its promises, at this load, under these faults?

The public names are the judge's: `judge` says what a `History` shows of each `Guarantee` (docs/JUDGE.md). They are
imported when they are asked for, because a server starts through this package too. Every part is a sub-package with
one sentence of purpose in its own docstring. `reference_server`, `loadtests`, `chaos`, `checkers` and `dashboards` are
links to the folders of the same name at the top of the repository.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatproof.checkers.guarantee import Guarantee
    from chatproof.checkers.history.history import History
    from chatproof.checkers.judge import judge

__version__ = "0.1.0"
__all__ = ["Guarantee", "History", "__version__", "judge"]

_HOMES = {
    "Guarantee": "chatproof.checkers.guarantee",
    "History": "chatproof.checkers.history.history",
    "judge": "chatproof.checkers.judge",
}
"""Public name → the module that it is imported from."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
