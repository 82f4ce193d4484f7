"""Where built backends are kept between runs, and how two runs share that place."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


def cache_directory(environ: Mapping[str, str]) -> Path:
    """`CHATPROOF_CACHE`, else `chatproof` in the user's cache directory (XDG_CACHE_HOME, else ~/.cache)."""
    if chosen := environ.get("CHATPROOF_CACHE"):
        return Path(chosen)
    home = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "chatproof"


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file `path`; wait while another process holds it. The kernel frees it if its holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
