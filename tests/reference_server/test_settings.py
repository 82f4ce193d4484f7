"""What a node keeps between its lives."""

from pathlib import Path

from chatproof.reference_server.engines.embedded.disk import SystemDisk
from chatproof.reference_server.settings import next_incarnation, token_secret

MS = 1_000_000


def test_the_secret_stays(tmp_path: Path) -> None:
    """Tokens are good over a restart; the file is the owner's alone."""
    assert token_secret(SystemDisk(), tmp_path) == token_secret(SystemDisk(), tmp_path)
    assert 0o600 == (tmp_path / "token.secret").stat().st_mode & 0o777


def test_the_incarnation_grows_even_when_the_clock_goes_back(tmp_path: Path) -> None:
    """Each life has a larger number than the one before."""
    lives = [next_incarnation(SystemDisk(), tmp_path, wall_ns) for wall_ns in (50 * MS, 60 * MS, 10 * MS, 10 * MS)]
    assert [50, 60, 61, 62] == lives
