"""The directory of one run: its name, its parts, and that it can be written."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from chatproof.gate.errors import EnvironmentNotReady

NEEDED_BYTES = 1 << 30
"""A default run writes about 200 MB; below this much free space it is refused before it starts."""


class RunDirectory:
    """Paths of one run. Sockets live in a short-lived directory of their own: their paths are limited to 107 bytes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run_id = path.name
        self.logs = path / "logs"
        self.target_data = path / "target"
        self.plan = path / "plan.json"
        self._sockets = tempfile.TemporaryDirectory(prefix="chatproof-", ignore_cleanup_errors=True)
        self.control = Path(self._sockets.name) / "control.sock"

    def close(self) -> None:
        """Remove what must not outlive the run."""
        self._sockets.cleanup()


def new_run_directory(out: Path, scenario: str, target: str, seed: int) -> RunDirectory:
    """Make the directory of a new run below `out`. Raises `EnvironmentNotReady` where that is impossible."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3]
    kind = "".join(c if c.isalnum() or c in "-." else "-" for c in f"{scenario}-{target}")[:60]
    path = (out / f"{stamp}-{kind}-{seed}").resolve()
    try:
        for directory in (path, path / "logs", path / "target", path / "history", path / "segments"):
            directory.mkdir(parents=True)
        free = shutil.disk_usage(path).free
    except OSError as error:
        raise EnvironmentNotReady(f"The output directory {out} cannot be written: {error.strerror}.") from error
    if free < NEEDED_BYTES:
        raise EnvironmentNotReady(
            f"The output directory {out} has {free >> 20} MiB free; a run needs {NEEDED_BYTES >> 20} MiB."
        )
    return RunDirectory(path)
