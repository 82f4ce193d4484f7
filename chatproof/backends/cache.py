"""Where built backends are kept between runs, and how two runs share that place."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from chatproof.backends.errors import BackendMissing


def cache_directory(environ: Mapping[str, str]) -> Path:
    """`CHATPROOF_CACHE`, else `chatproof` in the user's cache directory (XDG_CACHE_HOME, else ~/.cache)."""
    if chosen := environ.get("CHATPROOF_CACHE"):
        return Path(chosen)
    home = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "chatproof"


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock file in the cache; wait while another process holds it. The kernel frees it if its holder dies.

    Raises:
        BackendMissing: the cache directory cannot be used, for the lock or for what is done meanwhile.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    except OSError as error:
        why = f"the cache directory {path.parent} cannot be used ({error.strerror})"
        raise BackendMissing(f"{why}: set CHATPROOF_CACHE to another") from error
