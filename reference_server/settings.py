"""What a node is told at its start, and the two things that it keeps for its next start: secret and incarnation."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from chatproof.reference_server.engines.embedded.disk import replace_whole
from chatproof.reference_server.ports.disk import Disk
from chatproof.reference_server.tokens import MIN_SECRET_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One node.

    Attributes:
        directory: where it keeps everything; made if missing.
        ws_port: for WebSockets; 0 picks a free one.
        http_port: for HTTP; 0 picks a free one.
        admin_key: the `X-Admin-Key` of the admin calls; empty refuses them all.
    """

    directory: Path
    host: str = "127.0.0.1"
    ws_port: int = 0
    http_port: int = 0
    admin_key: str = ""
    node: str = "node-1"


def token_secret(disk: Disk, directory: Path) -> bytes:
    """The secret that signs tokens, made at the first start: tokens stay good over a restart. Raises `OSError`."""
    path = directory / "token.secret"
    with contextlib.suppress(FileNotFoundError):
        return disk.read(path)
    secret = secrets.token_hex(MIN_SECRET_BYTES).encode()
    replace_whole(disk, path, secret)
    return secret


def next_incarnation(disk: Disk, directory: Path, wall_ns: int) -> int:
    """A number larger than that of every earlier life of this node: Unix ms, or one more than the last where the
    clock went back. Raises `OSError`."""
    path = directory / "incarnation"
    last = 0
    with contextlib.suppress(FileNotFoundError):
        kept = disk.read(path)
        last = int(kept) if kept.isdigit() else 0
    incarnation = max(wall_ns // 1_000_000, last + 1)
    replace_whole(disk, path, str(incarnation).encode())
    return incarnation
