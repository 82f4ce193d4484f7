"""What a node is told at its start, and the two things that it keeps for its next start: secret and incarnation."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

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


def token_secret(directory: Path) -> bytes:
    """The secret that signs tokens, made at the first start: tokens stay good over a restart. Raises `OSError`."""
    path = directory / "token.secret"
    if not path.exists():
        _write(path, secrets.token_hex(MIN_SECRET_BYTES).encode())
    return path.read_bytes()


def next_incarnation(directory: Path, wall_ns: int) -> int:
    """A number larger than that of every earlier life of this node: Unix ms, or one more than the last where the
    clock went back. Raises `OSError`."""
    path = directory / "incarnation"
    kept = path.read_text() if path.exists() else ""
    last = int(kept) if kept.isdigit() else 0
    incarnation = max(wall_ns // 1_000_000, last + 1)
    _write(path, str(incarnation).encode())
    return incarnation


def _write(path: Path, content: bytes) -> None:
    """Replace a file whole, readable by its owner only: a crash leaves the old one or the new one."""
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
