"""Where built backends are kept, and how runs share that place."""

import fcntl
from pathlib import Path

import pytest

from chatproof.backends.cache import cache_directory, exclusive


def test_the_variable_wins() -> None:
    """CHATPROOF_CACHE is the directory itself."""
    assert Path("/a") == cache_directory({"CHATPROOF_CACHE": "/a", "XDG_CACHE_HOME": "/b"})


def test_the_users_cache_directory_is_the_default() -> None:
    """Without it, `chatproof` under XDG_CACHE_HOME, else under ~/.cache."""
    assert Path("/b/chatproof") == cache_directory({"XDG_CACHE_HOME": "/b"})
    assert Path.home() / ".cache" / "chatproof" == cache_directory({})


def test_the_lock_excludes(tmp_path: Path) -> None:
    """While one holds it nobody else gets it; afterwards the next one does, though the file is still there."""
    path = tmp_path / "deep" / "lock"
    with exclusive(path), path.open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with exclusive(path):
        assert path.exists()
